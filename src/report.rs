//! The printing of errors and warnings, and the exit code.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre::{Report, Result};
use owo_colors::OwoColorize as _;

use crate::error::{Error, TransferFailure};
use crate::i18n::Language;
use crate::runtime::interrupted_exit_code;
use crate::terminal::{Color, STATUS_WAIT, Terminal, wait_for_status_lines};

/// Installs color-eyre, which prints panics and all errors except [`Error`]: those are bugs.
///
/// # Errors
/// Returns an error if handlers are installed already.
pub fn install_handlers(terminal: Terminal) -> Result<()> {
    let has_color = !terminal.err.error.is_plain();
    HookBuilder::default()
        .theme(if has_color { Theme::dark() } else { Theme::new() })
        .display_env_section(false)
        .install()
}

/// Prints the error of a command, if any, and returns the exit code: 0 for success, 1 for an error, 128 and the signal's
/// number for a command that a signal cut off.
///
/// An [`Error`] is printed as a few lines in the user's language, even if `RUST_BACKTRACE` asks for a backtrace: the
/// environment caused the error, and no line of the source explains it.
///
/// (clap exits with code 2 if the command line is wrong.)
#[must_use]
pub fn exit_code(result: Result<()>, terminal: Terminal) -> ExitCode {
    let code = result.map_or_else(|report| print_report(&report, terminal), |()| ExitCode::SUCCESS);
    wait_for_status_lines(STATUS_WAIT);
    code
}

/// Prints the error of a command, and returns its exit code.
fn print_report(report: &Report, terminal: Terminal) -> ExitCode {
    let interrupted = || ExitCode::from(interrupted_exit_code());
    match report.downcast_ref() {
        // The reader of standard output has left, as in `upcase … | head`. That is not an error.
        Some(Error::WriteOutput(source)) if source.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Some(Error::Interrupted) => interrupted(),
        Some(expected @ Error::TransferIncomplete { reason: TransferFailure::Interrupted, .. }) => {
            error(expected, terminal);
            interrupted()
        }
        Some(expected) => {
            error(expected, terminal);
            ExitCode::FAILURE
        }
        None => {
            let label = terminal.lang.error_label();
            terminal.print_status(format_args!("{}{report:?}", label.style(terminal.err.error)));
            ExitCode::FAILURE
        }
    }
}

/// Prints a usage error, or the help or the version that the user asks for, and returns the exit code.
#[must_use]
pub fn usage_error(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| io::stdout().flush());
    if error.use_stderr() {
        // Without standard error, the exit code is all that is left.
        return ExitCode::from(2);
    }
    let result = printed.map_err(|source| Error::WriteOutput(source).into());
    exit_code(result, Terminal::new(Color::Auto, Language::En))
}

/// Prints an error, its causes and its hint, each on a line.
pub(crate) fn error(error: &Error, terminal: Terminal) {
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
    terminal.print_status(text);
}

/// Prints a warning: something that a user should know, although nothing failed.
pub(crate) fn warning(text: impl Display, terminal: Terminal) {
    terminal.print_status(format_args!("{} {text}", terminal.lang.warning_label().style(terminal.err.label)));
}
