//! Trimming of white space from both ends of a message, which may arrive in pieces.
//!
//! White space is what Python's `bytes.strip()` removes, because the tutorial's server uses it: space and
//! `\t \n \r \x0b \x0c`. (Rust's own `trim_ascii` does not remove `\x0b`.)

/// The largest number of bytes of white space that a `Trimmer` keeps until it knows if more text follows.
///
/// White space that people type is much shorter. A longer run is passed on, so that the memory of a connection is
/// limited whatever the client sends.
pub const PENDING_MAX: usize = 64 * 1024;

/// A streaming `trim`: it drops white space before the text, and keeps white space after it until more text follows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trimmer {
    has_text: bool,
    /// White space after the text so far.
    pending: Vec<u8>,
}

impl Trimmer {
    /// Takes the next bytes of the message, and calls `emit` for the bytes that are known to belong to the trimmed
    /// message, in order.
    pub(crate) fn push(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        let bytes = if self.has_text { bytes } else { trim_start(bytes) };
        let text = trim_end(bytes);
        self.emit_text(text, &mut emit);
        self.pending.extend_from_slice(&bytes[text.len()..]);
        if self.pending.len() > PENDING_MAX {
            self.emit_pending(&mut emit);
        }
    }

    /// Takes the last bytes of the message, and calls `emit` for the rest of the trimmed message.
    ///
    /// The same `Trimmer` can then be used for the next message.
    pub(crate) fn finish(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        let text = if self.has_text { trim_end(bytes) } else { trim(bytes) };
        self.emit_text(text, &mut emit);
        *self = Self::default();
    }

    /// Emits `text` after the pending white space, which is now known to stand inside the message.
    fn emit_text(&mut self, text: &[u8], emit: &mut impl FnMut(&[u8])) {
        if !text.is_empty() {
            self.has_text = true;
            self.emit_pending(emit);
            emit(text);
        }
    }

    fn emit_pending(&mut self, emit: &mut impl FnMut(&[u8])) {
        if !self.pending.is_empty() {
            emit(&std::mem::take(&mut self.pending));
        }
    }
}

/// Returns a message without the white space at both ends.
#[must_use]
pub fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// Returns true if no line begins or ends with white space. Each line ends with a newline.
///
/// The answer is also false if a line begins or ends with another control character: the callers then trim line by
/// line, with the same result.
///
/// A line that is not trimmed has white space beside a newline: of two neighbouring bytes exactly one is a newline,
/// and the other is a space or a control character. Looking at all pairs of neighbours without a branch is six times
/// as fast as looking for each line's ends, measured on lines of 20 bytes in batches of 8 KiB.
#[must_use]
pub(crate) fn are_trimmed(lines: &[u8]) -> bool {
    let is_space_or_control = |byte: u8| byte <= b' ';
    let has_space_at_start = lines.first().is_some_and(|&byte| byte != b'\n' && is_space_or_control(byte));
    let pairs = lines.iter().zip(lines.iter().skip(1));
    !pairs.fold(has_space_at_start, |found, (&left, &right)| {
        let is_end_of_line = (left == b'\n') ^ (right == b'\n');
        found | is_end_of_line & is_space_or_control(left.max(right))
    })
}

/// Returns a text without the white space at its start.
pub(crate) fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&byte| !is_whitespace(byte)).unwrap_or(bytes.len());
    &bytes[start..]
}

/// Returns a text without the white space at its end.
pub(crate) fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| !is_whitespace(byte)).map_or(0, |last| last + 1);
    &bytes[..end]
}

const fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{PENDING_MAX, Trimmer, are_trimmed, trim};

    fn trim_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, last: &[u8]) -> Vec<u8> {
        let (mut trimmer, mut out) = (Trimmer::default(), Vec::new());
        for piece in pieces {
            trimmer.push(piece, |text| out.extend_from_slice(text));
        }
        trimmer.finish(last, |text| out.extend_from_slice(text));
        out
    }

    #[test]
    fn white_space_is_that_of_pythons_strip() {
        assert_eq!(trim(b" \t\n\r\x0b\x0ca b\x0c\x0b\r\n\t "), b"a b");
        assert_eq!(trim(b" \x0b "), b"");
        for other in [b'\0', 0x1c, 0x1f, 0x85, 0xa0] {
            assert_eq!(trim(&[other]), [other], "{other:#x}");
        }
    }

    #[test]
    fn white_space_inside_a_message_stays_in_any_pieces() {
        assert_eq!(trim_pieces([&b"a"[..], b" ", b"\n", b"b ", b" "], b" "), b"a \nb");
    }

    #[test]
    fn text_is_emitted_as_soon_as_it_is_certain() {
        let (mut trimmer, mut out) = (Trimmer::default(), Vec::new());
        for (piece, emitted) in [(&b" a "[..], &b"a"[..]), (b" ", b""), (b"b", b"  b")] {
            out.clear();
            trimmer.push(piece, |text| out.extend_from_slice(text));
            assert_eq!(out, emitted, "after {:?}", piece.escape_ascii().to_string());
        }
    }

    #[test]
    fn finish_resets_the_trimmer() {
        let (mut trimmer, mut out) = (Trimmer::default(), Vec::new());
        for message in [b" a ", b" b "] {
            trimmer.push(message, |text| out.extend_from_slice(text));
            trimmer.finish(b"", |text| out.extend_from_slice(text));
        }
        assert_eq!(out, b"ab");
    }

    #[test]
    fn white_space_after_text_is_kept_up_to_the_maximum() {
        let longest = vec![b' '; PENDING_MAX];
        assert_eq!(trim_pieces([&b"a"[..], &longest], b""), b"a");
        assert_eq!(trim_pieces([&b"a"[..], &longest, b" "], b" ").len(), 1 + PENDING_MAX + 1);
    }

    #[test]
    fn white_space_before_text_is_dropped_at_any_length() {
        let spaces = vec![b' '; 2 * PENDING_MAX];
        assert_eq!(trim_pieces([&spaces[..], b"a"], b""), b"a");
    }

    #[test]
    fn control_characters_at_the_ends_of_lines_count_as_not_trimmed() {
        assert!(!are_trimmed(b"\x01a\n"));
        assert!(!are_trimmed(b"a\n\x01a\n"));
        assert!(!are_trimmed(b"a\x01\n"));
        assert!(are_trimmed(b"a\x01a\n"));
    }

    proptest! {
        #[test]
        fn are_trimmed_is_true_if_trim_changes_no_line(lines in "([a \r\x0b]{0,3}(a{200}[a ]{0,2})?\n){0,5}") {
            let each = lines.split_terminator('\n').all(|line| trim(line.as_bytes()) == line.as_bytes());
            prop_assert_eq!(are_trimmed(lines.as_bytes()), each);
        }

        #[test]
        fn any_pieces_equal_the_whole(pieces in vec("[a \n\r\x0b]{0,4}", 1..12)) {
            let whole = pieces.concat();
            let (last, first) = pieces.split_last().unwrap();
            let trimmed = trim_pieces(first.iter().map(String::as_bytes), last.as_bytes());
            prop_assert_eq!(trimmed, trim(whole.as_bytes()));
        }
    }
}
