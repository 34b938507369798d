//! Makes untrusted text safe to print: nothing in it acts on the terminal.

use std::fmt::{self, Display, Write as _};

use serde::Serialize;

/// A peer's text on one line: nothing in it moves the cursor, turns the text round, hides, or ends the line.
///
/// Escaped are control characters (C0, DEL, C1), line and paragraph separators, all that Unicode calls
/// default-ignorable (bidi controls, zero-width characters, tags), and markup that has no width. Bytes that are no
/// UTF-8 show as `\xNN`. A joiner or a variation selector that is part of an emoji or an ideograph stays.
#[must_use]
pub fn escape_line(bytes: &[u8]) -> impl Display {
    Escaped { bytes, layout: Layout::OneLine }
}

/// Appends what [`escape_line`] shows of `bytes`.
pub fn push_escaped_line(bytes: &[u8], to: &mut Vec<u8>) {
    // Most texts have nothing to escape, and are found to be so at the speed of copying.
    if bytes.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
        to.extend_from_slice(bytes);
    } else {
        to.extend_from_slice(escape_line(bytes).to_string().as_bytes());
    }
}

/// Whether [`escape_line`] shows each of these lines as it is. It may say no where one with accents is, too.
#[must_use]
pub fn are_printable_ascii(lines: &[u8]) -> bool {
    lines.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\n'))
}

/// A peer's text over several lines: as [`escape_line`], but line breaks and tabs stay.
#[must_use]
pub fn escape_lines(bytes: &[u8]) -> impl Display {
    Escaped { bytes, layout: Layout::Lines }
}

/// One line of JSON, in which everything that [`escape_line`] escapes is escaped as JSON does (`\u202e`).
///
/// # Panics
/// When `value` has a form that JSON lacks (a map whose keys are no strings): a fault of ours.
#[must_use]
pub fn json_line(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("our records are plain structs");
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    OneLine,
    Lines,
}

struct Escaped<'a> {
    bytes: &'a [u8],
    layout: Layout,
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.bytes.utf8_chunks() {
            self.write_text(chunk.valid(), f)?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl Escaped<'_> {
    fn write_text(&self, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = text.chars().peekable();
        // What is shown in front, and the same without the selector that makes an emoji of it.
        let (mut before, mut base) = (None, None);
        while let Some(c) = chars.next() {
            let after = chars.peek().copied();
            if !is_unsafe(c) || self.is_layout(c, after) || belongs_to_symbol(base, before, c, after) {
                f.write_char(c)?;
                before = Some(c);
                if c != '\u{fe0f}' {
                    base = before;
                }
            } else {
                write!(f, "{}", c.escape_default())?;
                (before, base) = (None, None);
            }
        }
        Ok(())
    }

    fn is_layout(&self, c: char, after: Option<char>) -> bool {
        // A carriage return alone would let the rest of the line overwrite its beginning.
        self.layout == Layout::Lines && (matches!(c, '\n' | '\t') || (c == '\r' && after == Some('\n')))
    }
}

/// Whether `c` acts on a terminal, or on the text around it, instead of being seen.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_default_ignorable(c) || is_markup(c)
}

/// Format characters that no renderer has to ignore, but that have no width: interlinear annotation, and the layout
/// of hieroglyphs.
const fn is_markup(c: char) -> bool {
    matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}')
}

/// Unicode's property `Default_Ignorable_Code_Point` (`DerivedCoreProperties.txt`, Unicode 16): what a renderer
/// shows nothing for. It includes all bidi controls and zero-width characters.
const fn is_default_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether an ignorable `c` is a part of the emoji or the ideograph that it stands in: a variation selector
/// behind what it varies, or the joiner between two pictographs.
fn belongs_to_symbol(base: Option<char>, before: Option<char>, c: char, after: Option<char>) -> bool {
    let (Some(base), Some(before)) = (base, before) else { return false };
    match c {
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
            // Keycaps (`1️⃣`) are the only ASCII that a selector varies.
            !is_unsafe(before) && (!before.is_ascii() || matches!(before, '0'..='9' | '#' | '*'))
        }
        '\u{200d}' => is_pictograph(base) && after.is_some_and(is_pictograph),
        _ => false,
    }
}

/// The blocks that hold what emoji sequences join: arrows to dingbats, and the pictographs of plane 1.
const fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}
