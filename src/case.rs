//! Upper-casing of bytes that come in pieces.
//!
//! The mapping is Unicode's full one for the root locale (`straße ﬁ ŉ` → `STRASSE FI ʼN`), the one that
//! [`char::to_uppercase`] holds. Bytes that are no UTF-8 pass through unchanged and do not disturb their
//! neighbours; a character that is split over two pieces is one character. Pure: no I/O, and nothing of ours
//! is imported.

/// The longest part of a character that can be waiting for its end: three of the four bytes of UTF-8.
const PARTIAL_MAX: usize = 3;

/// An upper-casing under way: it remembers the bytes of a character whose end has not come.
///
/// ```
/// let (mut upper, mut out) = (upcase::case::Upper::default(), Vec::new());
/// upper.push("ma\u{e7}".as_bytes(), &mut out);
/// upper.push(b"\xc3", &mut out); // half of an ã …
/// upper.push(b"\xa3", &mut out); // … and the other half
/// upper.finish(&mut out);
/// assert_eq!(out, "MAÇÃ".as_bytes());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Upper {
    partial: [u8; PARTIAL_MAX],
    partial_len: usize,
}

impl Upper {
    /// Appends to `out` the upper case of `bytes`, but for a character at their end that is not whole.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let bytes = self.complete_partial(bytes, out);
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            upper_text(chunk.valid(), out);
            let rest = chunk.invalid();
            if chunks.peek().is_none() && is_cut_short(rest) {
                self.partial[..rest.len()].copy_from_slice(rest);
                self.partial_len = rest.len();
            } else {
                out.extend_from_slice(rest);
            }
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
                upper_text(text, out);
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
}

/// The upper case of a text that is there whole.
#[must_use]
pub fn upper(bytes: &[u8]) -> Vec<u8> {
    let (mut upper, mut out) = (Upper::default(), Vec::with_capacity(bytes.len()));
    upper.push(bytes, &mut out);
    upper.finish(&mut out);
    out
}

/// Whether `bytes` are the beginning of one character, and no more than that.
pub(crate) fn is_cut_short(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

fn upper_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.to_uppercase().as_bytes());
}
