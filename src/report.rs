//! The printing of errors and warnings, and the exit code.

use std::fmt::{self, Display};
use std::io::{self, Write as _};
use std::process::ExitCode;

use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre::{EyreHandler, Report, Result, set_hook};
use owo_colors::OwoColorize as _;

use crate::error::Error;
use crate::i18n::Language;
use crate::terminal::{Color, Terminal};

/// Installs the handlers of panics and errors.
///
/// An [`Error`] is printed as a few lines in the user's language, even if `RUST_BACKTRACE` asks for a backtrace: the
/// environment caused the error, and no line of the source explains it. Panics and all other errors are bugs, and are
/// left to color-eyre.
///
/// # Errors
/// Returns an error if handlers are installed already.
pub fn install(terminal: Terminal) -> Result<()> {
    let has_color = !terminal.err.error.is_plain();
    let (panic_hook, eyre_hook) = HookBuilder::default()
        .theme(if has_color { Theme::dark() } else { Theme::new() })
        .display_env_section(false)
        .into_hooks();
    panic_hook.install();
    let eyre_hook = eyre_hook.into_eyre_hook();
    set_hook(Box::new(move |error| {
        if error.is::<Error>() { Box::new(UserErrorHandler(terminal)) } else { eyre_hook(error) }
    }))?;
    Ok(())
}

/// Prints the error of a command, if any, and returns the exit code: 0 for success, 1 for an error.
///
/// (clap exits with code 2 if the command line is wrong.)
#[must_use]
pub fn exit_code(result: Result<()>, terminal: Terminal) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) if is_closed_output(&report) => ExitCode::SUCCESS,
        Err(report) => {
            print_report(&report, terminal);
            ExitCode::FAILURE
        }
    }
}

/// Prints a usage error, or the help or the version that the user asks for, and returns the exit code.
#[must_use]
pub fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| io::stdout().flush());
    match printed {
        // Standard error is closed: the exit code is all that is left.
        _ if error.use_stderr() => ExitCode::from(2),
        Ok(()) => ExitCode::SUCCESS,
        Err(source) if source.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(source) => {
            let terminal = Terminal::new(Color::Auto, Language::En);
            self::error(&Error::WriteOutput { source }, terminal);
            ExitCode::FAILURE
        }
    }
}

fn print_report(report: &Report, terminal: Terminal) {
    let Terminal { lang, err, .. } = terminal;
    if report.is::<Error>() {
        terminal.print_status(format_args!("{report:?}"));
    } else {
        terminal.print_status(format_args!("{}{report:?}", lang.error_label().style(err.error)));
    }
}

/// Returns whether the reader of standard output has left, as in `upcase … | head`. That is not an error.
fn is_closed_output(report: &Report) -> bool {
    matches!(report.downcast_ref(), Some(Error::WriteOutput { source }) if source.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints an error after which the program goes on.
pub fn error(error: &Error, terminal: Terminal) {
    terminal.print_status(description(error, terminal));
}

/// Prints a warning: something that a user should know, although nothing failed.
pub fn warning(text: impl Display, terminal: Terminal) {
    terminal.print_status(format_args!("{} {text}", terminal.lang.warning_label().style(terminal.err.label)));
}

/// Formats an [`Error`] in the user's language.
struct UserErrorHandler(Terminal);

impl EyreHandler for UserErrorHandler {
    fn debug(&self, error: &(dyn std::error::Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match error.downcast_ref() {
            Some(error) => f.write_str(&description(error, self.0)),
            None => fmt::Debug::fmt(error, f),
        }
    }
}

/// Returns the error, its causes and its hint, each on a line.
fn description(error: &Error, terminal: Terminal) -> String {
    let Terminal { lang, err, .. } = terminal;
    let mut text = format!("{} {}", lang.error_label().style(err.error), lang.error_message(error));
    let mut push_line = |label: &str, line: &str| {
        text.extend(["\n", &label.style(err.label).to_string(), " ", line]);
    };
    for cause in lang.causes(error) {
        push_line(lang.cause_label(), &cause);
    }
    if let Some(hint) = lang.hint(error) {
        push_line(lang.hint_label(), &hint);
    }
    text
}
