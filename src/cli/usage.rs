//! The printing of usage errors, of the help and of the version.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use owo_colors::OwoColorize as _;

use super::help;
use crate::error::Error;
use crate::report::exit_code;
use crate::terminal::{STATUS_WAIT, Terminal, wait_for_status_lines};

/// A usage error, or the help or the version that the user asks for, in place of a command.
#[derive(Debug)]
pub struct UsageError {
    pub(super) error: clap::Error,
    /// The language and the colour that the command line asks for, even if it is wrong elsewhere.
    pub(super) terminal: Terminal,
}

impl UsageError {
    /// Prints the error, the help or the version, and returns the exit code.
    #[must_use]
    pub fn print(&self) -> ExitCode {
        let Self { error, terminal } = self;
        if let ErrorKind::DisplayHelp | ErrorKind::DisplayVersion = error.kind() {
            let printed = error.print().and_then(|()| io::stdout().flush());
            return exit_code(printed.map_err(|source| Error::WriteOutput(source).into()), *terminal);
        }
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            let _ = error.print();
        } else {
            Terminal::print_err(self.text());
        }
        wait_for_status_lines(STATUS_WAIT);
        // Without standard error, the exit code is all that is left.
        ExitCode::from(2)
    }

    /// Returns what is wrong, a hint, the usage, and where to find more.
    fn text(&self) -> String {
        let Self { error, terminal: Terminal { lang, err, .. } } = self;
        let mut text = format!("{} {}\n", lang.error_label().style(err.error), lang.usage_error(error));
        let mut push_line = |label: &str, line: &str| {
            text.extend([&label.style(err.label).to_string(), " ", line, "\n"]);
        };
        if let Some(hint) = lang.usage_hint(error) {
            push_line(lang.hint_label(), &hint);
        }
        if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
            push_line(&format!("\n{}", lang.usage_label()), &help::usage(&usage.to_string()));
        }
        text + "\n" + lang.see_help()
    }
}

/// Returns the error of an option that cannot be used with another one.
pub(super) fn conflict(option: String, other: String) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::ArgumentConflict);
    error.insert(ContextKind::InvalidArg, ContextValue::String(option));
    error.insert(ContextKind::PriorArg, ContextValue::String(other));
    error
}
