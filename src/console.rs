//! What reaches a person's screen: the only place that chooses styles, and that makes a peer's text
//! harmless.
//!
//! Neither colour nor escaping is done by stripping afterwards: a [`Palette`] without colour adds nothing, and
//! what a peer sent never goes through anything that takes bytes away from it.

use std::fmt::{self, Display, Write as _};
use std::io::{IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use owo_colors::Style;
use serde::Serialize;

use crate::config::{Colour, Lang};
use crate::failure::{Failure, Result};

/// How things are shown in this run: the language, and each stream's colours.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// The language of what is said.
    pub lang: Lang,
    /// The styles for standard output.
    pub out: Palette,
    /// The styles for standard error.
    pub err: Palette,
    /// Whether what goes to standard output ends on a terminal, so that a peer's controls must not.
    pub out_is_terminal: bool,
    /// Whether a person sees standard error.
    pub err_is_terminal: bool,
}

impl Screen {
    /// Decides for each standard stream whether it is coloured.
    ///
    /// A flag beats `NO_COLOR`, which beats `CLICOLOR_FORCE`; without any of them a terminal is coloured, unless
    /// `TERM` is `dumb` or missing where `CI` is not set (anstream's order, after
    /// <https://bixense.com/clicolors/> and <https://no-color.org>).
    #[must_use]
    pub fn new(colour: Colour, lang: Lang) -> Self {
        match colour {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::Always,
            Colour::Never => ColorChoice::Never,
        }
        .write_global();
        let out = AutoStream::choice(&std::io::stdout()) != ColorChoice::Never;
        let err = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
        Self {
            lang,
            out: Palette::new(out),
            err: Palette::new(err),
            // Whoever forces colour into a pipe means it for a terminal at its far end.
            out_is_terminal: out || std::io::stdout().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// A screen that says things in `lang`, without colour.
    #[must_use]
    pub const fn plain(lang: Lang) -> Self {
        let none = Palette::new(false);
        Self { lang, out: none, err: none, out_is_terminal: false, err_is_terminal: false }
    }

    /// Says one line on standard error. A standard error that is gone is no reason to stop.
    pub fn say(&self, line: impl Display) {
        // One write, so that the lines of two threads never mix.
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}

/// The styles of one stream; without colour, each of them adds nothing.
///
/// Bold, magenta, green and red stand out on dark and on light backgrounds; yellow and the bright colours vanish
/// on light ones, blue on dark ones.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// What comes before a text: `Recebido de`, `Enviado:`.
    pub label: Style,
    /// A peer's address.
    pub peer: Style,
    /// A message or a reply.
    pub text: Style,
    /// A remark of ours inside someone's text.
    pub remark: Style,
    /// The label of an error.
    pub error: Style,
}

impl Palette {
    /// The styles with colour, or those that add nothing.
    #[must_use]
    pub const fn new(colour: bool) -> Self {
        let plain = Style::new();
        if colour {
            Self {
                label: plain.bold(),
                peer: plain.magenta(),
                text: plain.green(),
                remark: plain.italic(),
                error: plain.red().bold(),
            }
        } else {
            Self { label: plain, peer: plain, text: plain, remark: plain, error: plain }
        }
    }
}

/// Writes to standard output, at once.
///
/// # Errors
/// When it can't be written.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(bytes).and_then(|()| output.flush()).map_err(|source| Failure::Output { source })
}

/// A peer's text on one line: nothing in it moves the cursor, turns the text round, hides, or ends the line.
///
/// Escaped are control characters (C0, DEL, C1), line and paragraph separators, all that Unicode calls
/// default-ignorable (bidi controls, zero-width characters, tags), and markup that has no width. Bytes that are no
/// UTF-8 show as `\xNN`. A joiner or a variation selector that is part of an emoji or an ideograph stays.
#[must_use]
pub fn one_line(bytes: &[u8]) -> impl Display {
    Escaped { bytes, layout: Layout::OneLine }
}

/// Appends what [`one_line`] shows of `bytes`.
pub fn push_one_line(bytes: &[u8], to: &mut Vec<u8>) {
    // Most texts have nothing to escape, and are found to be so at the speed of copying.
    if bytes.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
        to.extend_from_slice(bytes);
    } else {
        let _ = write!(to, "{}", one_line(bytes));
    }
}

/// Whether [`one_line`] shows each of these lines as it is. It may say no where one with accents is, too.
#[must_use]
pub fn are_plain(lines: &[u8]) -> bool {
    lines.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\n'))
}

/// A peer's text over several lines: as [`one_line`], but line breaks and tabs stay.
#[must_use]
pub fn lines(bytes: &[u8]) -> impl Display {
    Escaped { bytes, layout: Layout::Lines }
}

/// One line of JSON, in which everything that [`one_line`] escapes is escaped as JSON does (`\u202e`).
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
