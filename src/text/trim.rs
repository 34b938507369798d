//! Taking the white space off both ends of a message that comes in pieces.
//!
//! White space is what Python's `bytes.strip()` takes off, as the tutorial's server does: blank and
//! `\t \n \r \x0b \x0c`. (Rust's own `trim_ascii` leaves `\x0b` in place.) Pure: no I/O, and nothing of ours is
//! imported.

use memchr::memchr;

/// The longest run of white space, in bytes, that is held back until it is known to be inside the message.
///
/// What someone types or pads stays far below; a longer run is passed on, so that a connection's memory is
/// bounded whatever its client sends.
pub const HELD_MAX: usize = 64 * 1024;

/// From this length of lines on, looking for their ends is quicker than looking at every byte; the first line stands
/// for the others.
const LONG_LINE: usize = 128;

/// A message under way: it knows whether the text has begun, and holds white space that may be its end.
#[derive(Clone, Debug, Default)]
pub struct Trimmer {
    begun: bool,
    held: Vec<u8>,
}

impl Trimmer {
    /// Hands to `emit`, in order, what of the message is certain with `bytes`.
    pub fn push(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        let bytes = if self.begun { bytes } else { trim_start(bytes) };
        let text = trim_end(bytes);
        self.emit(text, &mut emit);
        if self.begun {
            self.held.extend_from_slice(&bytes[text.len()..]);
        }
        if self.held.len() > HELD_MAX {
            emit(&self.held);
            self.held = Vec::new();
        }
    }

    /// Hands to `emit` what is left of the message, of which `bytes` are the last.
    ///
    /// The state is then as new, for the next message.
    pub fn finish(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        let text = if self.begun { trim_end(bytes) } else { trim(bytes) };
        self.emit(text, &mut emit);
        *self = Self::default();
    }

    fn emit(&mut self, text: &[u8], emit: &mut impl FnMut(&[u8])) {
        if text.is_empty() {
            return;
        }
        self.begun = true;
        if !self.held.is_empty() {
            emit(&self.held);
            self.held = Vec::new();
        }
        emit(text);
    }
}

/// A whole message without the white space at its ends.
#[must_use]
pub fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// Whether [`strip`] takes nothing off any of these lines, which end in newlines.
///
/// No is also the answer where a line begins or ends with a control character that is no white space: to tell them
/// apart would take twice as long.
#[must_use]
pub fn are_trimmed(lines: &[u8]) -> bool {
    if memchr(b'\n', lines).is_some_and(|end| end >= LONG_LINE) {
        return each_is_trimmed(lines);
    }
    let first = lines.first().is_some_and(|&byte| byte <= b' ' && byte != b'\n');
    let (before, after) = (lines.iter(), lines.iter().skip(1));
    !before.zip(after).fold(first, |found, (&before, &after)| {
        found | ((before == b'\n') ^ (after == b'\n')) & (before.max(after) <= b' ')
    })
}

fn each_is_trimmed(mut lines: &[u8]) -> bool {
    while let Some(end) = memchr(b'\n', lines) {
        if trim(&lines[..end]).len() < end {
            return false;
        }
        lines = &lines[end + 1..];
    }
    true
}

/// A text without the white space at its beginning.
pub(crate) fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&byte| !is_blank(byte)).unwrap_or(bytes.len());
    &bytes[start..]
}

/// A text without the white space at its end.
pub(crate) fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
    &bytes[..end]
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
