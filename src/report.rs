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
/// A [`Failure`] is a few lines, whatever `RUST_BACKTRACE` says: it is the world's, and no line of our
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

/// Tells a failure that ends nothing as an error is told.
pub fn tell(failure: &Failure, screen: Screen) {
    screen.say(description(failure, screen));
}

/// Tells what a person should know of, though nothing has failed.
pub fn warn(text: impl Display, screen: Screen) {
    screen.say(format_args!("{} {text}", screen.lang.warning_label().style(screen.err.label)));
}

/// Shows a [`Failure`] in the language of the screen.
struct Brief(Screen);

impl EyreHandler for Brief {
    fn debug(&self, error: &(dyn Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match error.downcast_ref() {
            Some(failure) => f.write_str(&description(failure, self.0)),
            None => fmt::Debug::fmt(error, f),
        }
    }
}

/// The failure, its causes and its way out, each on a line.
fn description(failure: &Failure, screen: Screen) -> String {
    let Screen { lang, err, .. } = screen;
    let mut text = format!("{} {}", lang.error_label().style(err.error), lang.failure(failure));
    let mut line = |label: &str, line: &str| {
        text.extend(["\n", &label.style(err.label).to_string(), " ", line]);
    };
    for cause in lang.causes(failure) {
        line(lang.cause_label(), &cause);
    }
    if let Some(way_out) = lang.way_out(failure) {
        line(lang.way_out_label(), &way_out);
    }
    text
}
