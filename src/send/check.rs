//! Whether the reply to a file is the file in upper case, in memory that does not grow with it. Pure: no I/O.
//!
//! What was sent and what came back are each reduced to a checksum as they go by, and the two compared at the end:
//! between them may be more than memory holds, where a server answers only once it has all.

use crc32fast::Hasher;
use memchr::{memchr, memrchr};

use crate::case::Upper;
use crate::strip::{Strip, are_stripped};

/// What was sent, and what came back.
#[derive(Debug, Default)]
pub struct Check {
    sent: Lines,
    upper: Upper,
    /// Room for what `upper` gives, empty between two pushes.
    reply: Vec<u8>,
    expected: Sum,
    came: Lines,
    received: Sum,
}

/// How a reply compares with what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the text in upper case, but for white space around it, or around each line.
    Right,
    /// It is shorter.
    Short,
    /// It is another text.
    Wrong,
}

impl Check {
    /// Takes the next bytes of the file.
    pub fn sent(&mut self, bytes: &[u8]) {
        let Self { sent, upper, reply, expected, .. } = self;
        sent.push(bytes, |text| upper.push(text, reply));
        expected.add(reply);
        reply.clear();
    }

    /// Takes the next bytes of the reply.
    pub fn received(&mut self, bytes: &[u8]) {
        let Self { came, received, .. } = self;
        came.push(bytes, |text| received.add(text));
    }

    /// What the reply is, if no more comes of either.
    #[must_use]
    pub fn verdict(mut self) -> Verdict {
        self.sent.finish(|text| self.upper.push(text, &mut self.reply));
        self.upper.finish(&mut self.reply);
        self.expected.add(&self.reply);
        self.came.finish(|text| self.received.add(text));
        if self.received == self.expected {
            Verdict::Right
        } else if self.received.bytes < self.expected.bytes {
            Verdict::Short
        } else {
            Verdict::Wrong
        }
    }
}

/// A text's length and its CRC-32: enough against the faults of networks and programs, not against malice.
#[derive(Clone, Debug, Default)]
struct Sum {
    bytes: u64,
    crc: Hasher,
}

impl Sum {
    fn add(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        self.crc.update(text);
    }
}

impl PartialEq for Sum {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.crc.clone().finalize() == other.crc.clone().finalize()
    }
}

/// A text without the white space around it, and around each of its lines: what servers agree on, those that take
/// the text as one message, and those that take each line as one.
#[derive(Debug, Default)]
struct Lines {
    line: Strip,
    begun: bool,
    /// Newlines that more text may come behind.
    newlines: u64,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        let Some(end) = memchr(b'\n', bytes) else { return self.push_part(bytes, &mut emit) };
        let (first, rest) = (&bytes[..end], &bytes[end + 1..]);
        let (whole, last) = rest.split_at(memrchr(b'\n', rest).map_or(0, |last| last + 1));
        self.end_line(first, &mut emit);
        if are_stripped(whole) {
            self.pass(whole, &mut emit);
        } else {
            for line in whole.split_inclusive(|&byte| byte == b'\n') {
                self.end_line(&line[..line.len() - 1], &mut emit);
            }
        }
        self.push_part(last, &mut emit);
    }

    fn finish(&mut self, mut emit: impl FnMut(&[u8])) {
        self.end_line(&[], &mut emit);
    }

    /// A part of a line.
    fn push_part(&mut self, part: &[u8], emit: &mut impl FnMut(&[u8])) {
        let mut line = std::mem::take(&mut self.line);
        line.push(part, |text| self.pass(text, emit));
        self.line = line;
    }

    /// The last part of a line.
    fn end_line(&mut self, part: &[u8], emit: &mut impl FnMut(&[u8])) {
        let mut line = std::mem::take(&mut self.line);
        line.finish(part, |text| self.pass(text, emit));
        self.line = line;
        self.pass(b"\n", emit);
    }

    /// Text with nothing to take off but newlines, at its beginning and its end.
    fn pass(&mut self, text: &[u8], emit: &mut impl FnMut(&[u8])) {
        const NEWLINES: [u8; 4096] = [b'\n'; 4096];
        let start = text.iter().position(|&byte| byte != b'\n').unwrap_or(text.len());
        if self.begun {
            self.newlines += start as u64;
        }
        let text = &text[start..];
        let Some(last) = text.iter().rposition(|&byte| byte != b'\n') else { return };
        while self.newlines > 0 {
            let now = self.newlines.min(NEWLINES.len() as u64);
            emit(&NEWLINES[..usize::try_from(now).unwrap_or(NEWLINES.len())]);
            self.newlines -= now;
        }
        emit(&text[..=last]);
        self.begun = true;
        self.newlines = (text.len() - last - 1) as u64;
    }
}
