//! The definitions, as plainly as they can be put: no state, no pieces, no haste.

use upcase::text::trim::PENDING_MAX;

/// The upper case of a text: every character by the standard library's full mapping, every other byte as it is.
#[must_use]
pub fn upper(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in text.utf8_chunks() {
        if chunk.valid().is_ascii() {
            // The same, but in no time for the long ones.
            out.extend(chunk.valid().to_ascii_uppercase().into_bytes());
        } else {
            out.extend(chunk.valid().chars().flat_map(char::to_uppercase).collect::<String>().into_bytes());
        }
        out.extend(chunk.invalid());
    }
    out
}

/// A text without what it ends with, if that is the beginning of a character whose end has not come.
#[must_use]
pub fn whole_characters(text: &[u8]) -> &[u8] {
    let last = text.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    let is_cut_short = str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
    &text[..text.len() - if is_cut_short { last.len() } else { 0 }]
}

/// A text without the white space at its ends.
#[must_use]
pub fn strip(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| is_blank(**byte)).count();
    &text[start..text.len() - trailing_blanks(&text[start..])]
}

/// Whether a text ends with more white space than has to be held back.
#[must_use]
pub fn has_long_tail(text: &[u8]) -> bool {
    trailing_blanks(text) > PENDING_MAX
}

/// Whether `reply` is the reply to the whole of `message`.
///
/// A run of white space that is too long to be held back may come with it, but for what may be held.
#[must_use]
pub fn is_reply(reply: &[u8], message: &[u8]) -> bool {
    let stripped = strip(message);
    let Some(tail) = reply.strip_prefix(&upper(stripped)[..]) else { return false };
    let blanks = trailing_blanks(message);
    let passed_on = stripped.is_empty() || blanks <= PENDING_MAX;
    if passed_on {
        tail.is_empty()
    } else {
        message[message.len() - blanks..].starts_with(tail) && blanks - tail.len() <= PENDING_MAX
    }
}

fn trailing_blanks(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| is_blank(**byte)).count()
}

/// What Python's `bytes.strip()` takes off.
fn is_blank(byte: u8) -> bool {
    b" \t\n\r\x0b\x0c".contains(&byte)
}
