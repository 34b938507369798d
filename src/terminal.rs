//! The language and the styles of output, and the printing to the standard streams.
//!
//! Colour is never removed from finished output: [`Styles`] without colour add nothing. So bytes from a peer are
//! printed unchanged.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
#[cfg(unix)]
use std::sync::{Mutex, PoisonError, mpsc};
#[cfg(unix)]
use std::thread;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use owo_colors::Style;
use terminal_size::{Height, Width, terminal_size_of};

use crate::error::{Error, Result};
use crate::i18n::Language;
use crate::stdio;

/// The choice of when to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise
    Auto,
    /// Always, also in a file or a pipe
    Always,
    /// Never
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// The settings of all output: the language, and each stream's styles.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// The language of all text.
    pub lang: Language,
    /// The styles of standard output.
    pub out: Styles,
    /// The styles of standard error.
    pub err: Styles,
    /// Standard output ends at a terminal, or has colour and is meant for one: untrusted text must be escaped.
    pub out_needs_escaping: bool,
    /// Standard error is a terminal.
    pub err_is_terminal: bool,
    /// Status lines, warnings and errors are JSON.
    pub is_json: bool,
}

impl Terminal {
    /// Detects the standard streams, and chooses their styles.
    ///
    /// `Always` and `Never` override `NO_COLOR`, which overrides `CLICOLOR_FORCE`. With none of them, a terminal has
    /// colour, except if `TERM` is `dumb`, or is missing and `CI` is not set (the order of anstream, after
    /// <https://bixense.com/clicolors/> and <https://no-color.org>).
    #[must_use]
    pub fn new(color: Color, lang: Language, is_json: bool) -> Self {
        ColorChoice::from(color).write_global();
        let out = AutoStream::choice(&std::io::stdout()) != ColorChoice::Never;
        let err = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
        Self {
            lang,
            out: Styles::new(out),
            err: Styles::new(err),
            // Colour that is forced into a pipe is meant for a terminal at the pipe's other end.
            out_needs_escaping: out || std::io::stdout().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
            is_json,
        }
    }

    /// Returns the settings for output that is not a terminal and has no colour.
    #[must_use]
    pub const fn plain(lang: Language) -> Self {
        let none = Styles::new(false);
        Self { lang, out: none, err: none, out_needs_escaping: false, err_is_terminal: false, is_json: false }
    }

    /// Returns the columns of standard output: those of its terminal, or 80.
    pub(crate) fn out_width() -> usize {
        width(terminal_size_of(std::io::stdout()))
    }

    /// Returns the columns of standard error: those of its terminal, or 80.
    pub(crate) fn err_width() -> usize {
        width(terminal_size_of(std::io::stderr()))
    }

    /// Prints one line on standard error, without waiting until it is written. Ignores errors: the program can do its
    /// work without standard error.
    pub(crate) fn print_err(line: impl Display) {
        let line = format!("{line}\n").into_bytes();
        match stdio::stderr() {
            // A standard error that has stalled for long loses lines, and stops nothing.
            Some(stderr) if stderr.has_room() => stderr.push_stderr(&line),
            Some(_) => {}
            None => drop(std::io::stderr().write_all(&line)),
        }
    }
}

fn width(size: Option<(Width, Height)>) -> usize {
    const DEFAULT: usize = 80;
    size.map_or(DEFAULT, |(Width(columns), _)| columns.into())
}

/// The styles of one stream. Without colour, each style adds nothing.
///
/// Bold, magenta, green and red are readable on dark and on light backgrounds. Yellow and the bright colours are not
/// on light ones, and blue is not on dark ones.
#[derive(Clone, Copy, Debug)]
pub struct Styles {
    /// A label before a text: `Received from`, `Sent:`.
    pub label: Style,
    /// A peer's address.
    pub peer: Style,
    /// A message or a reply.
    pub text: Style,
    /// A remark of this program beside a peer's text.
    pub remark: Style,
    /// The label of an error.
    pub error: Style,
}

impl Styles {
    /// Returns the styles with or without colour.
    #[must_use]
    pub const fn new(color: bool) -> Self {
        let plain = Style::new();
        if color {
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

/// Writes bytes to standard output, and flushes it. Lines on standard error that were printed before come first.
///
/// # Errors
/// Returns [`Error::WriteOutput`] if standard output can't be written.
pub fn print(bytes: &[u8]) -> Result<()> {
    wait_for_status_lines(STATUS_WAIT);
    stdio::write_whole(&mut std::io::stdout().lock(), bytes).map_err(Error::WriteOutput)
}

/// Time that output, a prompt and the end of the program wait for the lines on standard error before them. A stalled
/// standard error delays them no longer.
pub(crate) const STATUS_WAIT: Duration = Duration::from_millis(200);

/// Waits until the lines on standard error are written, for `timeout` at most.
pub(crate) fn wait_for_status_lines(timeout: Duration) {
    if let Some(stderr) = stdio::stderr() {
        stderr.wait_written(timeout);
    }
}

/// The mode of the terminal before a prompt changed it.
#[cfg(unix)]
static MODE: Mutex<Option<rustix::termios::Termios>> = Mutex::new(None);

/// Remembers the terminal's mode, for [`restore_mode`].
pub(crate) fn remember_mode() {
    #[cfg(unix)]
    if let Ok(mode) = rustix::termios::tcgetattr(std::io::stdin()) {
        *MODE.lock().unwrap_or_else(PoisonError::into_inner) = Some(mode);
    }
}

/// Restores the terminal's mode if it was remembered: a signal may end a prompt that has changed it.
pub(crate) fn restore_mode() {
    #[cfg(unix)]
    if let Some(mode) = MODE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        use rustix::termios::{OptionalActions, tcsetattr};

        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &mode);
        // A terminal that is paused (Ctrl-S) would block this thread.
        let (done, is_done) = mpsc::channel();
        let end_line = move || {
            let _ = rustix::io::write(std::io::stdin(), b"\r\n");
            let _ = done.send(());
        };
        if thread::Builder::new().spawn(end_line).is_ok() {
            let _ = is_done.recv_timeout(STATUS_WAIT);
        }
    }
}
