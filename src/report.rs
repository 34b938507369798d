//! An error, its causes and its way out, as the outermost layer shows them; and the exit code that follows.

use std::fmt::{self, Display};
use std::process::ExitCode;

use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre::{EyreHandler, Report, Result, set_hook};
use owo_colors::OwoColorize as _;

use crate::error::Error;
use crate::terminal::Terminal;

/// Sets how panics and errors are shown from now on.
///
/// A [`Error`] is a few lines, whatever `RUST_BACKTRACE` says: it is the world's, and no line of our
/// source explains it. Everything else is a fault of ours and goes to color-eyre.
///
/// # Errors
/// When hooks were set before.
pub fn install(terminal: Terminal) -> Result<()> {
    let colour = !terminal.err.error.is_plain();
    let (panics, errors) = HookBuilder::default()
        .theme(if colour { Theme::dark() } else { Theme::new() })
        .display_env_section(false)
        .into_hooks();
    panics.install();
    let errors = errors.into_eyre_hook();
    set_hook(Box::new(
        move |error| if error.is::<Error>() { Box::new(Brief(terminal)) } else { errors(error) },
    ))?;
    Ok(())
}

/// Shows the error, if there is one, and gives the exit code: 0 all went well, 1 something failed.
///
/// (2, the command line is wrong, is clap's to give.)
#[must_use]
pub fn exit_code(outcome: Result<()>, terminal: Terminal) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) if reader_is_gone(&report) => ExitCode::SUCCESS,
        Err(report) => {
            show(&report, terminal);
            ExitCode::FAILURE
        }
    }
}

fn show(report: &Report, terminal: Terminal) {
    if report.is::<Error>() {
        terminal.print_status(format_args!("{report:?}"));
    } else {
        terminal.print_status(format_args!(
            "{}{report:?}",
            terminal.lang.error_label().style(terminal.err.error)
        ));
    }
}

/// `upcase … | head` has what it wanted: that is an end, and no failure.
fn reader_is_gone(report: &Report) -> bool {
    matches!(report.downcast_ref(), Some(Error::WriteOutput { source }) if source.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Tells a failure that ends nothing as an error is told.
pub fn error(failure: &Error, terminal: Terminal) {
    terminal.print_status(description(failure, terminal));
}

/// Tells what a person should know of, though nothing has failed.
pub fn warning(text: impl Display, terminal: Terminal) {
    terminal.print_status(format_args!("{} {text}", terminal.lang.warning_label().style(terminal.err.label)));
}

/// Shows a [`Error`] in the language of the terminal.
struct Brief(Terminal);

impl EyreHandler for Brief {
    fn debug(&self, error: &(dyn std::error::Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match error.downcast_ref() {
            Some(failure) => f.write_str(&description(failure, self.0)),
            None => fmt::Debug::fmt(error, f),
        }
    }
}

/// The failure, its causes and its way out, each on a line.
fn description(failure: &Error, terminal: Terminal) -> String {
    let Terminal { lang, err, .. } = terminal;
    let mut text = format!("{} {}", lang.error_label().style(err.error), lang.error_message(failure));
    let mut line = |label: &str, line: &str| {
        text.extend(["\n", &label.style(err.label).to_string(), " ", line]);
    };
    for cause in lang.causes(failure) {
        line(lang.cause_label(), &cause);
    }
    if let Some(way_out) = lang.hint(failure) {
        line(lang.hint_label(), &way_out);
    }
    text
}
