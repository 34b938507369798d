//! The progress of a long operation, on a terminal's standard error.

use std::fmt;
use std::thread;
use std::time::Duration;

use humantime::format_duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle};

use crate::i18n::Language;
use crate::terminal::Terminal;

/// The time between two redraws without progress.
const TICK: Duration = Duration::from_millis(200);

/// The longest remaining time that is shown, in seconds: a day. Without progress the estimate is meaningless.
const REMAINING_MAX: u64 = 24 * 60 * 60;

/// Returns a progress line for messages, up to `count` unless that is 0.
pub(super) fn message_progress(count: u64, terminal: Terminal) -> ProgressBar {
    progress((count > 0).then_some(count), |_, messages| format!("{messages:.0}"), terminal)
}

/// Returns a progress line for bytes, up to `size` if that is known.
pub(super) fn byte_progress(size: Option<u64>, terminal: Terminal) -> ProgressBar {
    progress(size, Language::megabytes, terminal)
}

/// Returns a progress line that shows amounts as `amount` formats them. It is hidden unless standard error is a
/// terminal, and removed when dropped.
#[allow(clippy::cast_precision_loss, reason = "amounts are shown with few digits")]
fn progress(end: Option<u64>, amount: fn(Language, f64) -> String, terminal: Terminal) -> ProgressBar {
    let bar_style = if terminal.err.label.is_plain() { "{wide_bar}" } else { "{wide_bar:.green}" };
    let template = match end {
        Some(_) => format!("{{progress}} / {{all}}  {bar_style}  {{rate}}/s  {{remaining}}"),
        None => "{progress}  {rate}/s  {elapsed}".into(),
    };
    let key = |figure: fn(&ProgressState) -> f64| {
        move |state: &ProgressState, to: &mut dyn fmt::Write| {
            let _ = to.write_str(&amount(terminal.lang, figure(state)));
        }
    };
    let style = ProgressStyle::with_template(&template)
        .expect("the template is valid")
        .with_key("progress", key(|state| state.pos() as f64))
        .with_key("all", key(|state| state.len().unwrap_or(0) as f64))
        .with_key("rate", key(ProgressState::per_sec))
        .with_key("remaining", |state: &ProgressState, to: &mut dyn fmt::Write| {
            let _ = match state.eta().as_secs() {
                seconds @ ..REMAINING_MAX => write!(to, "{}", format_duration(Duration::from_secs(seconds))),
                _ => to.write_str("…"),
            };
        });
    let progress = ProgressBar::with_draw_target(end, ProgressDrawTarget::stderr())
        .with_style(style)
        .with_finish(ProgressFinish::AndClear);
    if !progress.is_hidden() {
        redraw_steadily(&progress);
    }
    progress
}

/// Redraws a progress line, by a thread that ends with the line. (indicatif's own thread is a panic where the system
/// refuses it.)
fn redraw_steadily(progress: &ProgressBar) {
    let progress = progress.downgrade();
    let redraw = move || {
        while let Some(progress) = progress.upgrade().filter(|progress| !progress.is_finished()) {
            progress.tick();
            drop(progress);
            thread::sleep(TICK);
        }
    };
    // Without the thread, only progress redraws the line.
    let _ = thread::Builder::new().name("progress".into()).spawn(redraw);
}
