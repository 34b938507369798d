//! Uppercaser-casing of bytes that come in pieces.
//!
//! The mapping is Unicode's full one for the root locale (`straße ﬁ ŉ` → `STRASSE FI ʼN`), the one that
//! [`char::to_uppercase`] holds. Bytes that are no UTF-8 pass through unchanged and do not disturb their
//! neighbours; a character that is split over two pieces is one character. Pure: no I/O, and nothing of ours
//! is imported.
//!
//! # Method
//!
//! Four passes (`case::blocks`) take turns, each going on for as long as the text suits it: ASCII; Latin-1; all
//! characters of two bytes (Greek, Cyrillic, Armenian …); Latin-1 amid what has no case (East and South Asia,
//! punctuation, emoji). What suits none of them, and the last bytes of a piece, goes character by character: by a
//! table (`case::table`) of the bits that differ in the upper case or, where it is of another form or not in
//! the table, by the standard library.
//!
//! Nothing is validated beforehand, since that would take longer than the upper-casing itself: a byte is changed
//! only as part of a whole character, and each of the ways above sees by itself whether it has one.

mod blocks;
mod table;

use blocks::BLOCK;
use table::{FLIPS, OTHERWISE};

/// The longest part of a character that can be waiting for its end: three of the four bytes of UTF-8.
const PARTIAL_MAX: usize = 3;

/// An upper-casing under way: it remembers the bytes of a character whose end has not come.
///
/// ```
/// let (mut upper, mut out) = (upcase::text::uppercase::Uppercaser::default(), Vec::new());
/// upper.push("ma\u{e7}".as_bytes(), &mut out);
/// upper.push(b"\xc3", &mut out); // half of an ã …
/// upper.push(b"\xa3", &mut out); // … and the other half
/// upper.finish(&mut out);
/// assert_eq!(out, "MAÇÃ".as_bytes());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Uppercaser {
    partial: [u8; PARTIAL_MAX],
    partial_len: usize,
}

impl Uppercaser {
    /// Appends to `out` the upper case of `bytes`, but for a character at their end that is not whole.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = self.complete_partial(bytes, out);
        out.reserve(rest.len());
        while !rest.is_empty() {
            let passes = [blocks::ascii, blocks::latin1::<false>, blocks::two_bytes, blocks::latin1::<true>];
            let after = passes.iter().map(|pass| pass(rest, out)).find(|after| after.len() < rest.len());
            rest = after.unwrap_or_else(|| self.uppercase_chars(rest, out));
        }
    }

    /// Ends the text: a character that never came whole passes through as it is.
    ///
    /// The state is then as new, for the next text.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.partial[..self.partial_len]);
        self.partial_len = 0;
    }

    /// Takes from `bytes` what ends the partial character, and returns what is left of them.
    fn complete_partial<'a>(&mut self, mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        while self.partial_len > 0 {
            let Some((&next, rest)) = bytes.split_first() else { break };
            let mut longer = [0; PARTIAL_MAX + 1];
            longer[..self.partial_len].copy_from_slice(&self.partial[..self.partial_len]);
            longer[self.partial_len] = next;
            let longer = &longer[..=self.partial_len];
            if let Ok(text) = str::from_utf8(longer) {
                text.chars().for_each(|c| uppercase_char(c, out));
                self.partial_len = 0;
            } else if is_cut_short(longer) {
                self.partial[self.partial_len] = next;
                self.partial_len += 1;
            } else {
                // `next` does not go on with the character: what there is of it was no UTF-8, and `next` may
                // begin a character of its own.
                self.finish(out);
                break;
            }
            bytes = rest;
        }
        bytes
    }

    /// Takes characters off `bytes`, about a block of them, and returns what is left.
    fn uppercase_chars<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let table = &*FLIPS;
        let mut rest = bytes;
        while !rest.is_empty() && bytes.len() - rest.len() < BLOCK {
            let bits = |byte: u8| u32::from(byte & 0x3F);
            let (number, len) = match *rest {
                [a @ ..0x80, ..] => {
                    out.push(a.to_ascii_uppercase());
                    rest = &rest[1..];
                    continue;
                }
                [a @ 0xC2..=0xDF, b @ 0x80..=0xBF, ..] => (bits(a & 0x1F) << 6 | bits(b), 2),
                // With more bytes than its number needs, a character is no UTF-8: from U+0800 it needs three, and
                // from U+10000 four.
                [a @ 0xE0..=0xEF, b @ 0x80..=0xBF, c @ 0x80..=0xBF, ..] if (a, b) >= (0xE0, 0xA0) => {
                    (bits(a & 0x0F) << 12 | bits(b) << 6 | bits(c), 3)
                }
                [a @ 0xF0..=0xF4, b @ 0x80..=0xBF, c @ 0x80..=0xBF, d @ 0x80..=0xBF, ..]
                    if (a, b) >= (0xF0, 0x90) =>
                {
                    (bits(a & 0x07) << 18 | bits(b) << 12 | bits(c) << 6 | bits(d), 4)
                }
                _ => (u32::MAX, 0), // no character
            };
            let Some(c) = char::from_u32(number) else {
                rest = self.pass_invalid(rest, out);
                continue;
            };
            let (character, after) = rest.split_at(len);
            match (table.get(number as usize).filter(|flips| flips[0] != OTHERWISE), character) {
                (Some(flips), &[a, b]) => out.extend_from_slice(&[a ^ flips[0], b ^ flips[1]]),
                (Some(flips), &[a, b, c]) => {
                    out.extend_from_slice(&[a ^ flips[0], b ^ flips[1], c ^ flips[2]]);
                }
                _ => uppercase_char(c, out),
            }
            rest = after;
        }
        rest
    }

    /// Takes off `bytes` those that they begin with and that are no character, and returns what is left.
    fn pass_invalid<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let head = &bytes[..bytes.len().min(PARTIAL_MAX + 1)];
        let len = if is_cut_short(head) {
            self.partial[..head.len()].copy_from_slice(head);
            self.partial_len = head.len();
            head.len()
        } else {
            // Of what the standard library would count to them, the rest will pass in its turn.
            out.push(head[0]);
            1
        };
        &bytes[len..]
    }
}

/// The upper case of a text that is there whole.
#[must_use]
pub fn uppercase(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    uppercase_into(bytes, &mut out);
    out
}

/// Appends to `out` the upper case of a text that is there whole.
pub fn uppercase_into(bytes: &[u8], out: &mut Vec<u8>) {
    let mut upper = Uppercaser::default();
    upper.push(bytes, out);
    upper.finish(out);
}

/// Whether `bytes` are the beginning of one character, and no more than that.
pub(crate) fn is_cut_short(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

fn uppercase_char(c: char, out: &mut Vec<u8>) {
    for upper in c.to_uppercase() {
        out.extend_from_slice(upper.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
