//! The progress of a long operation, on a terminal's standard error.

use std::fmt;
use std::thread;
use std::time::{Duration, SystemTime};

use humantime::format_duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle};
use serde::Serialize;

use super::stats::Stats;
use super::times::in_microseconds;
use crate::escape::json_time;
use crate::i18n::Language;
use crate::report;
use crate::terminal::Terminal;

/// The time between two redraws without progress.
const TICK: Duration = Duration::from_millis(200);

/// The longest remaining time that is shown, in seconds: a day. Without progress the estimate is meaningless.
const REMAINING_MAX: u64 = 24 * 60 * 60;

/// Returns a progress line for bytes, up to `size` if that is known. The line is hidden unless standard error is a
/// terminal, and removed when dropped.
#[allow(clippy::cast_precision_loss, reason = "amounts are shown with few digits")]
pub(super) fn byte_progress(size: Option<u64>, terminal: Terminal) -> ProgressBar {
    let bar_style = if terminal.err.label.is_plain() { "{wide_bar}" } else { "{wide_bar:.green}" };
    let template = match size {
        Some(_) => format!("{{progress}} / {{all}}  {bar_style}  {{rate}}/s  {{remaining}}"),
        None => "{progress}  {rate}/s  {elapsed}".into(),
    };
    let key = |figure: fn(&ProgressState) -> f64| {
        move |state: &ProgressState, to: &mut dyn fmt::Write| {
            let _ = to.write_str(&terminal.lang.megabytes(figure(state)));
        }
    };
    let style = template_style(&template)
        .with_key("progress", key(|state| state.pos() as f64))
        .with_key("all", key(|state| state.len().unwrap_or(0) as f64))
        .with_key("rate", key(ProgressState::per_sec))
        .with_key("remaining", |state: &ProgressState, to: &mut dyn fmt::Write| {
            let _ = match state.eta().as_secs() {
                seconds @ ..REMAINING_MAX => write!(to, "{}", format_duration(Duration::from_secs(seconds))),
                _ => to.write_str("…"),
            };
        });
    let progress = progress(size, ProgressDrawTarget::stderr(), style);
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

/// The line that shows the figures of a run so far, on a terminal's standard error. The line is removed when dropped.
#[derive(Debug)]
pub(super) struct LiveLine {
    line: ProgressBar,
    lang: Language,
    /// The number of messages, and the duration of the run, if they are limited.
    total: Option<u64>,
    duration: Option<Duration>,
}

impl LiveLine {
    /// Creates a line without content. It stays hidden with `is_hidden`, and unless standard error is a terminal.
    pub(super) fn new(
        total: Option<u64>,
        duration: Option<Duration>,
        terminal: Terminal,
        is_hidden: bool,
    ) -> Self {
        let target = if is_hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let line = progress(None, target, template_style("{wide_msg}"));
        Self { line, lang: terminal.lang, total, duration }
    }

    /// Shows the figures after a time.
    #[allow(clippy::cast_precision_loss, reason = "figures are shown with few digits")]
    pub(super) fn update(&self, stats: &Stats, elapsed: Duration) {
        if self.line.is_hidden() {
            return;
        }
        let sent = self.total.map(|total| stats.sent as f64 / total as f64);
        let passed = self.duration.map(|duration| elapsed.div_duration_f64(duration));
        // Both limits may be set: the run ends at the first one.
        let done = [sent, passed].into_iter().flatten().reduce(f64::max);
        let (rate, errors) = (stats.replies_per_second(elapsed), stats.errors());
        self.line.set_message(self.lang.live_line(done, elapsed, rate, errors, stats.p99()));
    }

    /// Prints other lines on the terminal.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.line.suspend(print);
    }

    /// Removes the line.
    pub(super) fn clear(&self) {
        self.line.finish_and_clear();
    }
}

/// Prints the figures of a run so far as an event on standard error.
pub(super) fn report_progress(stats: &Stats, elapsed: Duration) {
    report::print_json_line(&ProgressEvent {
        time: json_time(SystemTime::now()),
        level: "info",
        event: "progress",
        seconds: elapsed.as_secs_f64(),
        sent: stats.sent,
        replies_per_second: stats.replies_per_second(elapsed),
        errors: stats.errors(),
        p99_microseconds: stats.p99().map(in_microseconds),
    });
}

#[derive(Serialize)]
struct ProgressEvent {
    time: String,
    level: &'static str,
    event: &'static str,
    seconds: f64,
    sent: u64,
    replies_per_second: f64,
    errors: u64,
    p99_microseconds: Option<f64>,
}

fn progress(len: Option<u64>, target: ProgressDrawTarget, style: ProgressStyle) -> ProgressBar {
    ProgressBar::with_draw_target(len, target).with_style(style).with_finish(ProgressFinish::AndClear)
}

fn template_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid")
}
