//! What reaches a person's terminal: the only place that chooses styles, and that makes a peer's text
//! harmless.
//!
//! Neither colour nor escaping is done by stripping afterwards: a [`Styles`] without colour adds nothing, and
//! what a peer sent never goes through anything that takes bytes away from it.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use owo_colors::Style;

use crate::config::{Color, Language};
use crate::error::{Error, Result};

/// How things are shown in this run: the language, and each stream's colours.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// The language of what is said.
    pub lang: Language,
    /// The styles for standard output.
    pub out: Styles,
    /// The styles for standard error.
    pub err: Styles,
    /// Whether what goes to standard output ends on a terminal, so that a peer's controls must not.
    pub out_is_terminal: bool,
    /// Whether a person sees standard error.
    pub err_is_terminal: bool,
}

impl Terminal {
    /// Decides for each standard stream whether it is coloured.
    ///
    /// A flag beats `NO_COLOR`, which beats `CLICOLOR_FORCE`; without any of them a terminal is coloured, unless
    /// `TERM` is `dumb` or missing where `CI` is not set (anstream's order, after
    /// <https://bixense.com/clicolors/> and <https://no-color.org>).
    #[must_use]
    pub fn new(colour: Color, lang: Language) -> Self {
        match colour {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
        .write_global();
        let out = AutoStream::choice(&std::io::stdout()) != ColorChoice::Never;
        let err = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
        Self {
            lang,
            out: Styles::new(out),
            err: Styles::new(err),
            // Whoever forces colour into a pipe means it for a terminal at its far end.
            out_is_terminal: out || std::io::stdout().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// A terminal that says things in `lang`, without colour.
    #[must_use]
    pub const fn plain(lang: Language) -> Self {
        let none = Styles::new(false);
        Self { lang, out: none, err: none, out_is_terminal: false, err_is_terminal: false }
    }

    /// Says one line on standard error. A standard error that is gone is no reason to stop.
    pub fn print_status(&self, line: impl Display) {
        // One write, so that the lines of two threads never mix.
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}

/// The styles of one stream; without colour, each of them adds nothing.
///
/// Bold, magenta, green and red stand out on dark and on light backgrounds; yellow and the bright colours vanish
/// on light ones, blue on dark ones.
#[derive(Clone, Copy, Debug)]
pub struct Styles {
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

impl Styles {
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
    output.write_all(bytes).and_then(|()| output.flush()).map_err(|source| Error::WriteOutput { source })
}
