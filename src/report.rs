//! The printing of errors, warnings and status lines, and the exit code.

use std::fmt::Display;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::time::SystemTime;

use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre::{Report, Result};
use owo_colors::OwoColorize as _;
use serde::Serialize;

use crate::error::{Error, TransferFailure};
use crate::escape::{json_line, json_time};
use crate::runtime::interrupted_exit_code;
use crate::terminal::{STATUS_WAIT, Terminal, wait_for_status_lines};

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
/// (The code 2 of a wrong command line comes from `cli`.)
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
        None if terminal.is_json => {
            print_json("error", "error", Some("internal"), &format!("{report:#}"), None);
            ExitCode::FAILURE
        }
        None => {
            let label = terminal.lang.error_label();
            Terminal::print_err(format_args!("{}{report:?}", label.style(terminal.err.error)));
            ExitCode::FAILURE
        }
    }
}

/// Prints an error, its causes and its hint, each on a line.
pub(crate) fn error(error: &Error, terminal: Terminal) {
    print_error(error, "error", terminal.lang.error_label().style(terminal.err.error), terminal);
}

/// Prints an error that is only a warning, because the user did not ask for a right reply.
pub(crate) fn tolerated_error(error: &Error, terminal: Terminal) {
    print_error(error, "warning", terminal.lang.warning_label().style(terminal.err.label), terminal);
}

fn print_error(error: &Error, level: &str, label: impl Display, terminal: Terminal) {
    let Terminal { lang, err, .. } = terminal;
    if terminal.is_json {
        let hint = lang.hint(error);
        let text = lang.error_with_causes(error);
        return print_json(level, level, Some(error.code()), &text, hint.as_deref());
    }
    let mut text = format!("{label} {}", lang.error_message(error));
    let mut push_line = |label: &str, line: &str| {
        text.extend(["\n", &label.style(err.label).to_string(), " ", line]);
    };
    for cause in lang.causes(error) {
        push_line(lang.cause_label(), &cause);
    }
    if let Some(hint) = lang.hint(error) {
        push_line(lang.hint_label(), &hint);
    }
    Terminal::print_err(text);
}

/// Prints a warning: something that a user should know, although nothing failed. Scripts know it by its `code`.
pub(crate) fn warning(code: &str, text: impl Display, terminal: Terminal) {
    if terminal.is_json {
        print_json("warning", "warning", Some(code), &text.to_string(), None);
    } else {
        Terminal::print_err(format_args!(
            "{} {text}",
            terminal.lang.warning_label().style(terminal.err.label)
        ));
    }
}

/// Prints the state of the program. Scripts know it by the name of the `event`.
pub(crate) fn status(event: &str, text: impl Display, terminal: Terminal) {
    if terminal.is_json {
        print_json("info", event, None, &text.to_string(), None);
    } else {
        Terminal::print_err(text);
    }
}

fn print_json(level: &str, event: &str, code: Option<&str>, text: &str, hint: Option<&str>) {
    #[derive(Serialize)]
    struct Record<'a> {
        time: String,
        level: &'a str,
        event: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<&'a str>,
    }

    print_json_line(&Record { time: json_time(SystemTime::now()), level, event, code, text, hint });
}

/// Prints one JSON object on standard error.
pub(crate) fn print_json_line(record: &impl Serialize) {
    Terminal::print_err(json_line(record).trim_end());
}
