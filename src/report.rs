//! An error, its causes and its way out, as the outermost layer shows them; and the exit code that follows.

use std::error::Error;
use std::fmt::{self, Display};
use std::process::ExitCode;

use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre::{EyreHandler, Report, Result, set_hook};
use owo_colors::OwoColorize as _;

use crate::console::Screen;
use crate::failure::Failure;

/// Sets how panics and errors are shown from now on.
///
/// A [`Failure`] is three lines at most, whatever `RUST_BACKTRACE` says: it is the world's, and no line of our
/// source explains it. Everything else is a fault of ours and goes to color-eyre.
///
/// # Errors
/// When hooks were set before.
pub fn install(screen: Screen) -> Result<()> {
    let colour = !screen.err.error.is_plain();
    let (panics, errors) = HookBuilder::default()
        .theme(if colour { Theme::dark() } else { Theme::new() })
        .display_env_section(false)
        .into_hooks();
    panics.install();
    let errors = errors.into_eyre_hook();
    set_hook(Box::new(
        move |error| if error.is::<Failure>() { Box::new(Brief(screen)) } else { errors(error) },
    ))?;
    Ok(())
}

/// Shows the error, if there is one, and gives the exit code: 0 all went well, 1 something failed.
///
/// (2, the command line is wrong, is clap's to give.)
#[must_use]
pub fn exit_code(outcome: Result<()>, screen: Screen) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) if reader_is_gone(&report) => ExitCode::SUCCESS,
        Err(report) => {
            show(&report, screen);
            ExitCode::FAILURE
        }
    }
}

fn show(report: &Report, screen: Screen) {
    if report.is::<Failure>() {
        screen.say(format_args!("{report:?}"));
    } else {
        screen.say(format_args!("{}{report:?}", screen.lang.error_label().style(screen.err.error)));
    }
}

/// `upcase … | head` has what it wanted: that is an end, and no failure.
fn reader_is_gone(report: &Report) -> bool {
    matches!(report.downcast_ref(), Some(Failure::Output { source }) if source.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Shows a [`Failure`] in the language of the screen.
struct Brief(Screen);

impl EyreHandler for Brief {
    fn debug(&self, error: &(dyn Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(failure) = error.downcast_ref::<Failure>() else { return fmt::Debug::fmt(error, f) };
        let Screen { lang, err, .. } = self.0;
        write!(f, "{} {}", lang.error_label().style(err.error), lang.failure(failure))?;
        let mut line = |label: &str, text: &dyn Display| write!(f, "\n{} {text}", label.style(err.label));
        if let Some(cause) = failure.cause() {
            line(lang.cause_label(), &lang.cause(cause))?;
        }
        if let Some(way_out) = lang.way_out(failure) {
            line(lang.way_out_label(), &way_out)?;
        }
        Ok(())
    }
}
