//! Reference implementations: as plain as possible, without state, pieces or fast paths.

use upcase::internals::PENDING_MAX;

/// Returns the upper case of a text: the standard library's mapping of each character, and every other byte
/// unchanged.
#[must_use]
pub fn uppercase(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in text.utf8_chunks() {
        if chunk.valid().is_ascii() {
            // The same result, but long texts would take seconds by characters.
            out.extend(chunk.valid().to_ascii_uppercase().into_bytes());
        } else {
            out.extend(chunk.valid().chars().flat_map(char::to_uppercase).collect::<String>().into_bytes());
        }
        out.extend(chunk.invalid());
    }
    out
}

/// Returns a text without an incomplete character at its end.
#[must_use]
pub fn complete_chars(text: &[u8]) -> &[u8] {
    let last = text.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    let is_incomplete = str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
    &text[..text.len() - if is_incomplete { last.len() } else { 0 }]
}

/// Returns a text without the white space at both ends.
#[must_use]
pub fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| is_whitespace(**byte)).count();
    &text[start..text.len() - trailing_whitespace(&text[start..])]
}

/// Returns true if more white space is at the end of a text than the program keeps back.
#[must_use]
pub fn has_long_whitespace_at_end(text: &[u8]) -> bool {
    trailing_whitespace(text) > PENDING_MAX
}

/// Returns true if `reply` is the reply to the complete `message`.
///
/// White space after the text may be in the reply if the run is too long to be kept back, except for the last
/// [`PENDING_MAX`] bytes.
#[must_use]
pub fn is_reply(reply: &[u8], message: &[u8]) -> bool {
    let text = trim(message);
    let Some(rest) = reply.strip_prefix(&uppercase(text)[..]) else { return false };
    let whitespace = trailing_whitespace(message);
    if text.is_empty() || whitespace <= PENDING_MAX {
        rest.is_empty()
    } else {
        message[message.len() - whitespace..].starts_with(rest) && whitespace - rest.len() <= PENDING_MAX
    }
}

fn trailing_whitespace(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| is_whitespace(**byte)).count()
}

/// Returns true for the bytes that Python's `bytes.strip()` removes.
fn is_whitespace(byte: u8) -> bool {
    b" \t\n\r\x0b\x0c".contains(&byte)
}
