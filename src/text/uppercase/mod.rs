//! Upper-casing of bytes that arrive in pieces.
//!
//! The mapping is Unicode's full one for the root locale (`straße ﬁ ŉ` → `STRASSE FI ʼN`), which is the mapping of
//! [`char::to_uppercase`]. Bytes that are not valid UTF-8 pass through unchanged, and the characters beside them are
//! upper-cased as usual. A character that is split over two pieces is one character.
//!
//! # Path of a byte
//!
//! [`Uppercaser::push`] completes the character that the piece before began, and keeps the beginning of a character
//! at the end of this piece for the next one. Everything between goes to [`uppercase_into`], which repeats two steps:
//!
//! 1. `blocks` converts blocks of 65 bytes or more. Each of its four passes knows some scripts.
//! 2. `uppercase_chars` converts one block character by character, if no pass knows it, and bytes that do not fill
//!    a block.
//!
//! No step validates the bytes before the conversion, because validation alone would take longer than the
//! conversion: each step changes a byte only if the byte belongs to a complete character.

mod blocks;
mod table;
#[cfg(test)]
mod tests;

use blocks::BLOCK_LEN;
use table::{SPECIAL, XOR_TABLE};

/// A streaming upper-caser: it keeps the bytes of a character whose last byte has not arrived yet.
///
/// ```
/// let (mut uppercaser, mut out) = (upcase::Uppercaser::default(), Vec::new());
/// uppercaser.push("ma\u{e7}".as_bytes(), &mut out);
/// uppercaser.push(b"\xc3", &mut out); // the first byte of an ã …
/// uppercaser.push(b"\xa3", &mut out); // … and the second
/// uppercaser.finish(&mut out);
/// assert_eq!(out, "MAÇÃ".as_bytes());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Uppercaser {
    /// The first one to three bytes of a character.
    pending: Vec<u8>,
}

impl Uppercaser {
    /// Appends the upper case of `bytes` to `out`, except for an incomplete character at their end.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let bytes = if self.pending.is_empty() { bytes } else { self.complete_pending(bytes, out) };
        let (complete, incomplete) = bytes.split_at(bytes.len() - incomplete_len(bytes));
        uppercase_into(complete, out);
        self.pending.extend_from_slice(incomplete);
    }

    /// Ends the text: the bytes of an incomplete character pass through unchanged.
    ///
    /// The same `Uppercaser` can then be used for the next text.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.pending);
    }

    /// Takes the bytes that complete the pending character from the front of `bytes`, and returns the rest.
    fn complete_pending<'a>(&mut self, mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        while let Some((&next, rest)) = bytes.split_first() {
            let is_continuation = matches!(next, 0x80..=0xBF);
            if is_continuation {
                self.pending.push(next);
                bytes = rest;
            }
            if !is_continuation || !is_incomplete_char(&self.pending) {
                uppercase_chars(&self.pending, out);
                self.pending.clear();
                break;
            }
        }
        bytes
    }
}

/// Returns the upper case of a complete text.
#[must_use]
pub fn uppercase(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    uppercase_into(bytes, &mut out);
    out
}

/// Appends the upper case of a complete text to `out`.
pub(crate) fn uppercase_into(mut bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len());
    while !bytes.is_empty() {
        bytes = blocks::uppercase_blocks(bytes, out).unwrap_or_else(|| {
            let (chars, rest) = split_block(bytes);
            uppercase_chars(chars, out);
            rest
        });
    }
}

/// Splits about one block off the front of `bytes`, without cutting a character.
fn split_block(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.split_at_checked(BLOCK_LEN) {
        Some((block, _)) => bytes.split_at(BLOCK_LEN - incomplete_len(block)),
        None => (bytes, &[]),
    }
}

/// Appends the upper case of each character to `out`, and each byte that is not valid UTF-8 unchanged.
fn uppercase_chars(mut bytes: &[u8], out: &mut Vec<u8>) {
    let table = &*XOR_TABLE;
    while let Some(&first) = bytes.first() {
        let mut len = 1;
        if first.is_ascii() {
            out.push(first.to_ascii_uppercase());
        } else if let Some(c) = decode_char(bytes) {
            len = c.len_utf8();
            let xor = table.get(c as usize).filter(|xor| xor[0] != SPECIAL);
            match (&bytes[..len], xor) {
                (&[a, b], Some(xor)) => out.extend_from_slice(&[a ^ xor[0], b ^ xor[1]]),
                (&[a, b, c], Some(xor)) => out.extend_from_slice(&[a ^ xor[0], b ^ xor[1], c ^ xor[2]]),
                _ => uppercase_char(c, out),
            }
        } else {
            out.push(first);
        }
        bytes = &bytes[len..];
    }
}

/// Appends the upper case of a character for which the table has none.
fn uppercase_char(c: char, out: &mut Vec<u8>) {
    for upper in c.to_uppercase() {
        out.extend_from_slice(upper.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Returns the character at the front of `bytes`, if it is valid and not ASCII.
///
/// The standard library's `utf8_chunks` in its place was measured to make Vietnamese text a fifth slower, and a
/// Portuguese message of 17 bytes an eighth.
fn decode_char(bytes: &[u8]) -> Option<char> {
    let bits = |byte: u8| u32::from(byte & 0x3F);
    // The conditions refuse a character in more bytes than necessary: U+0800 is the first that needs three, and
    // U+10000 the first that needs four.
    let code_point = match *bytes {
        [a @ 0xC2..=0xDF, b @ 0x80..=0xBF, ..] => bits(a & 0x1F) << 6 | bits(b),
        [a @ 0xE0..=0xEF, b @ 0x80..=0xBF, c @ 0x80..=0xBF, ..] if (a, b) >= (0xE0, 0xA0) => {
            bits(a & 0x0F) << 12 | bits(b) << 6 | bits(c)
        }
        [a @ 0xF0..=0xF4, b @ 0x80..=0xBF, c @ 0x80..=0xBF, d @ 0x80..=0xBF, ..]
            if (a, b) >= (0xF0, 0x90) =>
        {
            bits(a & 0x07) << 18 | bits(b) << 12 | bits(c) << 6 | bits(d)
        }
        _ => return None,
    };
    char::from_u32(code_point)
}

/// Returns how many bytes at the end of `bytes` begin a character whose other bytes are missing: 0 to 3.
pub(crate) fn incomplete_len(bytes: &[u8]) -> usize {
    let end = &bytes[bytes.len().saturating_sub(3)..];
    let is_first_of_char = |&byte: &u8| byte >= 0xC0; // of a character of two bytes or more
    match end.iter().rposition(is_first_of_char) {
        Some(start) if is_incomplete_char(&end[start..]) => end.len() - start,
        _ => 0,
    }
}

/// Returns true if `bytes` are the beginning of one character, and its other bytes are missing.
fn is_incomplete_char(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}
