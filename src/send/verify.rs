//! Verifies replies: a right reply is the message in upper case, except for white space around its lines.
//!
//! The white space may differ because one server trims the message as a whole, and another trims each line. The
//! text of a file is verified by checksums, since it may not fit into memory. Pure: no I/O.

use crc32fast::Hasher;

use crate::address::Ends;
use crate::error::{Error, Result};
use crate::escape::escape_line;
use crate::text::trim::{trim, trim_end, trim_start};
use crate::text::uppercase::Uppercaser;

/// The most bytes that a character has (RFC 3629). Text without a character boundary in as many bytes is not valid
/// UTF-8.
const CHARACTER_MAX: usize = 4;

/// Checks the reply to a message against the `expected` text.
///
/// # Errors
/// [`Error::WrongReply`], with the first difference.
pub(super) fn verify(ends: Ends, body: &[u8], expected: &[u8]) -> Result<()> {
    let reply = trim(body);
    let lines = |text| <[u8]>::split(text, |&byte| byte == b'\n').map(trim);
    if reply == expected || lines(reply).eq(lines(expected)) {
        return Ok(());
    }
    let offset = reply.iter().zip(expected).take_while(|(received, expected)| received == expected).count();
    let ends_early = offset == reply.len();
    // Show the whole character that differs, where both texts have a boundary before it.
    let is_common_boundary = |at: &usize| is_boundary(expected, *at) && is_boundary(reply, *at);
    let offset =
        (offset.saturating_sub(CHARACTER_MAX - 1)..=offset).rev().find(is_common_boundary).unwrap_or(offset);
    // The beginning of a reply says most about the server: `HTTP/1.1 400 Bad Request`.
    let start = if offset < EXCERPT_LEN { 0 } else { offset - EXCERPT_CONTEXT };
    let (received, expected) = (excerpt(reply, start), excerpt(expected, start));
    Err(Error::WrongReply { ends, offset, ends_early, received, expected })
}

/// The length of an excerpt, in bytes: an HTTP status line.
const EXCERPT_LEN: usize = 24;

/// The equal bytes before a difference that an excerpt shows if the excerpt does not start with the reply.
const EXCERPT_CONTEXT: usize = 8;

/// Returns the part of `text` from `start` on that is long enough to recognise, escaped, on one line.
fn excerpt(text: &[u8], start: usize) -> String {
    let mut starts = (start.saturating_sub(CHARACTER_MAX - 1)..=start).rev();
    let start = starts.find(|&start| is_boundary(text, start)).unwrap_or(start);
    let end = text.len().min(start + EXCERPT_LEN);
    let end = (end..end + CHARACTER_MAX).find(|&end| is_boundary(text, end)).unwrap_or(end);
    let ellipsis = |is_cut| if is_cut { "…" } else { "" };
    format!("{}{}{}", ellipsis(start > 0), escape_line(&text[start..end]), ellipsis(end < text.len()))
}

/// Returns whether `at` is between two UTF-8 characters.
fn is_boundary(text: &[u8], at: usize) -> bool {
    at == 0 || text.get(at).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000)
}

/// Compares the reply to a file with the file, in constant memory. Both come in pieces, at different times.
#[derive(Debug, Default)]
pub(super) struct FileVerifier {
    uppercaser: Uppercaser,
    /// The buffer for the upper case of one piece.
    upper: Vec<u8>,
    expected: TrimmedChecksum,
    received: TrimmedChecksum,
}

/// The result of comparing a reply with the expected text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    /// The reply is wrong, and shorter than expected.
    Short,
    Wrong,
}

impl FileVerifier {
    pub(super) fn add_sent(&mut self, bytes: &[u8]) {
        self.uppercaser.push(bytes, &mut self.upper);
        self.add_expected();
    }

    pub(super) fn add_received(&mut self, bytes: &[u8]) {
        self.received.add(bytes);
    }

    /// Compares all that was sent with all that was received.
    pub(super) fn verdict(&mut self) -> Verdict {
        self.uppercaser.finish(&mut self.upper);
        self.add_expected();
        let (received, expected) = (&self.received.text, &self.expected.text);
        if received.len == expected.len && received.crc() == expected.crc() {
            Verdict::Right
        } else if received.len < expected.len {
            Verdict::Short
        } else {
            Verdict::Wrong
        }
    }

    fn add_expected(&mut self) {
        self.expected.add(&self.upper);
        self.upper.clear();
    }
}

/// The length and the CRC-32 of a text: enough against errors of networks and programs, not against an attacker.
#[derive(Clone, Debug, Default)]
struct Checksum {
    len: u64,
    hasher: Hasher,
}

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        self.hasher.update(bytes);
    }

    fn crc(&self) -> u32 {
        self.hasher.clone().finalize()
    }
}

/// The checksum of a text without white space at its ends and at the ends of each line.
///
/// The result does not depend on the borders of the pieces. White space of any length is only counted in a
/// checksum, never stored.
#[derive(Debug, Default)]
struct TrimmedChecksum {
    /// The checksum up to the last byte that is not white space.
    text: Checksum,
    /// The checksum with the white space since then, as it counts if more text follows.
    with_space: Checksum,
    /// The white space has a newline: only newlines count.
    line_ended: bool,
}

impl TrimmedChecksum {
    fn add(&mut self, bytes: &[u8]) {
        if has_untrimmed_line(bytes) {
            bytes.split_inclusive(|&byte| byte == b'\n').for_each(|line| self.add_part(line));
        } else {
            self.add_part(bytes);
        }
    }

    /// Adds a part with white space to trim at its ends only.
    fn add_part(&mut self, part: &[u8]) {
        let text = trim_start(part);
        self.add_space(&part[..part.len() - text.len()]);
        let trimmed = trim_end(text);
        if !trimmed.is_empty() {
            self.add_text(trimmed);
            self.add_space(&text[trimmed.len()..]);
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        self.with_space.add(text);
        self.text = self.with_space.clone();
        self.line_ended = false;
    }

    fn add_space(&mut self, space: &[u8]) {
        if self.text.len == 0 {
            return;
        }
        for &byte in space {
            if byte == b'\n' && !self.line_ended {
                self.with_space = self.text.clone();
                self.line_ended = true;
            }
            if byte == b'\n' || !self.line_ended {
                self.with_space.add(&[byte]);
            }
        }
    }
}

/// Returns whether a newline has white space beside it other than a newline, or another control character.
///
/// Text without such lines is added at once. Without this check, sending a text takes 2.2 times as long.
fn has_untrimmed_line(bytes: &[u8]) -> bool {
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    pairs.fold(false, |found, (&first, &second)| {
        found | (((first == b'\n') ^ (second == b'\n')) & (first.max(second) <= b' '))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::uppercase::uppercase;

    #[test]
    fn excerpt_of_a_reply_that_is_not_valid_utf8_is_short() {
        let expected = b"\x80".repeat(1000);
        let reply = [&expected[..600], &b"\x81".repeat(1000)].concat();
        let address = ([127, 0, 0, 1], 8080).into();
        let result = verify(Ends { local: address, peer: address }, &reply, &expected);
        let Err(Error::WrongReply { offset, received, expected, .. }) = result else { panic!("{result:?}") };
        let excerpt = |byte: &str| format!("…{}{}…", r"\x80".repeat(8), byte.repeat(16));
        assert_eq!((offset, received, expected), (600, excerpt(r"\x81"), excerpt(r"\x80")));
    }

    /// Returns the verdict about texts that come in pieces, with borders at `cuts`.
    fn verdict(sent: &[u8], received: &[u8], cuts: &[usize]) -> Verdict {
        let mut verifier = FileVerifier::default();
        pieces(sent, cuts).for_each(|piece| verifier.add_sent(piece));
        pieces(received, cuts).for_each(|piece| verifier.add_received(piece));
        verifier.verdict()
    }

    fn pieces<'a>(text: &'a [u8], cuts: &[usize]) -> impl Iterator<Item = &'a [u8]> {
        let mut cuts = cuts.iter().map(|cut| cut % (text.len() + 1)).collect::<Vec<_>>();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        (1..cuts.len()).map(move |end| &text[cuts[end - 1]..cuts[end]])
    }

    /// Trims the text and each of its lines, by the plain definition.
    fn trim_lines(text: &[u8]) -> Vec<u8> {
        let lines = text.split(|&byte| byte == b'\n').map(trim).collect::<Vec<_>>();
        trim(&lines.join(&b'\n')).to_vec()
    }

    #[test]
    fn file_reply_with_long_white_space_is_right() {
        let space = " \t".repeat(100_000);
        for text in [
            format!("a{space}b"),
            format!("a{space}\n{space}b"),
            format!("a{space}"),
            format!("{space}\na\n{space}{space}b\n{space}"),
        ] {
            let text = text.as_bytes();
            for reply in [uppercase(trim(text)), uppercase(text), uppercase(&trim_lines(text))] {
                for cuts in [&[][..], &[1], &[100, 100_000], &[150_000, 200_000, 300_000]] {
                    assert_eq!(verdict(text, &reply, cuts), Verdict::Right, "{} {cuts:?}", reply.len());
                }
            }
            let other = [b"A", &space.as_bytes()[1..], b"B"].concat();
            assert_ne!(verdict(text, &other, &[7, 150_000]), Verdict::Right);
        }
    }

    #[test]
    fn file_reply_with_a_character_cut_short_is_right() {
        for cut in 0..6 {
            assert_eq!(verdict(b"a\xc3 \xa7b", b"A\xc3 \xa7B", &[cut, cut + 1]), Verdict::Right);
        }
    }

    proptest! {
        #[test]
        fn file_reply_may_differ_in_trimmed_white_space(
            text in "[ab\u{e7} \t\r\n]{0,40}",
            cuts in prop::collection::vec(any::<usize>(), 0..6),
        ) {
            let as_one_message = uppercase(trim(text.as_bytes()));
            prop_assert_eq!(verdict(text.as_bytes(), &as_one_message, &cuts), Verdict::Right);
            let line_by_line = text.split('\n').map(|line| [&uppercase(trim(line.as_bytes()))[..], b"\n"].concat());
            let line_by_line = line_by_line.collect::<Vec<_>>().concat();
            prop_assert_eq!(verdict(text.as_bytes(), &line_by_line, &cuts), Verdict::Right);
        }

        #[test]
        fn file_reply_with_another_text_is_not_right(
            text in "[ab \n]{0,12}",
            other in "[AB \n]{0,12}",
            cuts in prop::collection::vec(any::<usize>(), 0..4),
        ) {
            let (expected, received) = (trim_lines(&uppercase(text.as_bytes())), trim_lines(other.as_bytes()));
            let due = match received.len().cmp(&expected.len()) {
                _ if received == expected => Verdict::Right,
                std::cmp::Ordering::Less => Verdict::Short,
                _ => Verdict::Wrong,
            };
            prop_assert_eq!(verdict(text.as_bytes(), other.as_bytes(), &cuts), due);
        }
    }
}
