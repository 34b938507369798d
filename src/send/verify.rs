//! Whether the reply to a file is the file in upper case, in memory that does not grow with it. Pure: no I/O.
//!
//! What was sent and what came back are each reduced to a checksum as they go by, and the two compared at the end:
//! between them may be more than memory holds, where a server answers only once it has all.

use crc32fast::Hasher;
use memchr::{memchr, memrchr};

use crate::text::trim::{are_trimmed, trim_end, trim_start};
use crate::text::uppercase::Uppercaser;

/// What was sent, and what came back.
#[derive(Debug, Default)]
pub struct Verifier {
    sent: Lines,
    upper: Uppercaser,
    /// Room for what `upper` gives, empty between two pushes.
    reply: Vec<u8>,
    expected: Checksum,
    came: Lines,
    received: Checksum,
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

impl Verifier {
    /// Takes the next bytes of the file.
    pub fn sent(&mut self, bytes: &[u8]) {
        let Self { sent, upper, reply, expected, .. } = self;
        sent.push(bytes, |part| match part {
            Part::Text(text) => upper.push(text, reply),
            Part::Blanks(blanks) => {
                // White space ends whatever character has begun.
                upper.finish(reply);
                expected.add(reply);
                reply.clear();
                expected.append(blanks);
            }
        });
        expected.add(reply);
        reply.clear();
    }

    /// Takes the next bytes of the reply.
    pub fn received(&mut self, bytes: &[u8]) {
        let Self { came, received, .. } = self;
        came.push(bytes, |part| match part {
            Part::Text(text) => received.add(text),
            Part::Blanks(blanks) => received.append(blanks),
        });
    }

    /// What the reply is, if no more comes of either.
    #[must_use]
    pub fn verdict(mut self) -> Verdict {
        self.upper.finish(&mut self.reply);
        self.expected.add(&self.reply);
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
struct Checksum {
    bytes: u64,
    crc: Hasher,
}

impl Checksum {
    fn add(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        self.crc.update(text);
    }

    /// Adds a text of which no more than this is known.
    fn append(&mut self, text: &Self) {
        self.bytes += text.bytes;
        self.crc.combine(&text.crc);
    }
}

impl PartialEq for Checksum {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.crc.clone().finalize() == other.crc.clone().finalize()
    }
}

/// A text without the white space around it, and around each of its lines: what servers agree on, those that take
/// the text as one message, and those that take each line as one.
#[derive(Debug, Default)]
struct Lines {
    begun: bool,
    /// White space behind the last text, which more text may come behind: of any length, so only its sum is kept.
    blanks: Checksum,
    /// Newlines behind the last text: beside them other white space is taken off.
    newlines: u64,
}

/// What is certain of a text, piece by piece.
enum Part<'a> {
    Text(&'a [u8]),
    Blanks(&'a Checksum),
}

impl Lines {
    fn push(&mut self, bytes: &[u8], mut emit: impl FnMut(Part<'_>)) {
        let Some(end) = memchr(b'\n', bytes) else { return self.push_part(bytes, &mut emit) };
        let (first, rest) = (&bytes[..end], &bytes[end + 1..]);
        let (whole, last) = rest.split_at(memrchr(b'\n', rest).map_or(0, |last| last + 1));
        self.end_line(first, &mut emit);
        if are_trimmed(whole) {
            self.pass(whole, &mut emit);
        } else {
            for line in whole.split_inclusive(|&byte| byte == b'\n') {
                self.end_line(&line[..line.len() - 1], &mut emit);
            }
        }
        self.push_part(last, &mut emit);
    }

    /// A part of a line.
    fn push_part(&mut self, part: &[u8], emit: &mut impl FnMut(Part<'_>)) {
        let from_text = trim_start(part);
        let text = trim_end(from_text);
        self.push_blanks(&part[..part.len() - from_text.len()]);
        self.pass(text, emit);
        self.push_blanks(&from_text[text.len()..]);
    }

    /// The last part of a line.
    fn end_line(&mut self, part: &[u8], emit: &mut impl FnMut(Part<'_>)) {
        self.push_part(part, emit);
        self.pass(b"\n", emit);
    }

    /// White space with no newline in it.
    fn push_blanks(&mut self, blanks: &[u8]) {
        if self.begun && self.newlines == 0 {
            self.blanks.add(blanks);
        }
    }

    /// Text with nothing to take off but newlines, at its beginning and its end.
    fn pass(&mut self, text: &[u8], emit: &mut impl FnMut(Part<'_>)) {
        let start = text.iter().position(|&byte| byte != b'\n').unwrap_or(text.len());
        if self.begun {
            self.newlines += start as u64;
        }
        let text = &text[start..];
        let Some(last) = text.iter().rposition(|&byte| byte != b'\n') else { return };
        self.pass_between(emit);
        emit(Part::Text(&text[..=last]));
        self.begun = true;
        self.newlines = (text.len() - last - 1) as u64;
    }

    /// What is between two texts.
    fn pass_between(&mut self, emit: &mut impl FnMut(Part<'_>)) {
        const NEWLINES: [u8; 4096] = [b'\n'; 4096];
        let blanks = std::mem::take(&mut self.blanks);
        if self.newlines == 0 && blanks.bytes > 0 {
            emit(Part::Blanks(&blanks));
        }
        while self.newlines > 0 {
            let now = self.newlines.min(NEWLINES.len() as u64);
            emit(Part::Text(&NEWLINES[..usize::try_from(now).unwrap_or(NEWLINES.len())]));
            self.newlines -= now;
        }
    }
}
