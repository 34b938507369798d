//! How far something has come that takes a while, on a terminal's standard error.

use std::fmt;
use std::time::Duration;

use humantime::format_duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::i18n::Language;
use crate::terminal::Terminal;

/// How often the time is drawn anew where nothing comes.
const TICK: Duration = Duration::from_millis(200);

/// The longest time, in seconds, that is told to be left: a day.
const LEFT_MAX: u64 = 24 * 60 * 60;

/// A line that shows how far something has come; nothing, where standard error is no terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Shows nothing.
    pub(super) fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Counts messages, up to `count` if that is not 0.
    pub(super) fn of_messages(count: u64, terminal: Terminal) -> Self {
        Self::new((count > 0).then_some(count), |_, messages| format!("{messages:.0}"), terminal)
    }

    /// Counts bytes, up to `size` if that is known.
    pub(super) fn of_bytes(size: Option<u64>, terminal: Terminal) -> Self {
        Self::new(size, Language::megabytes, terminal)
    }

    /// `amount` says so much in words.
    #[allow(clippy::cast_precision_loss, reason = "what is shown has few digits")]
    fn new(end: Option<u64>, amount: fn(Language, f64) -> String, terminal: Terminal) -> Self {
        let bar = ProgressBar::with_draw_target(end, ProgressDrawTarget::stderr());
        let bar_style = if terminal.err.label.is_plain() { "{wide_bar}" } else { "{wide_bar:.green}" };
        let template = match end {
            Some(_) => format!("{{progress}} / {{all}}  {bar_style}  {{rate}}/s  {{left}}"),
            None => "{progress}  {rate}/s  {elapsed}".into(),
        };
        let key = |figure: fn(&ProgressState) -> f64| {
            move |state: &ProgressState, to: &mut dyn fmt::Write| {
                let _ = to.write_str(&amount(terminal.lang, figure(state)));
            }
        };
        let style = ProgressStyle::with_template(&template)
            .expect("the template is one of ours")
            .with_key("progress", key(|state| state.pos() as f64))
            .with_key("all", key(|state| state.len().unwrap_or(0) as f64))
            .with_key("rate", key(ProgressState::per_sec))
            .with_key("left", |state: &ProgressState, to: &mut dyn fmt::Write| {
                let seconds = state.eta().as_secs();
                // Where it does not move there is no telling.
                let left = if seconds < LEFT_MAX {
                    format_duration(Duration::from_secs(seconds)).to_string()
                } else {
                    "…".into()
                };
                let _ = to.write_str(&left);
            });
        bar.set_style(style);
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Says something meanwhile.
    pub(super) fn suspend(&self, say: impl FnOnce()) {
        self.0.suspend(say);
    }

    /// So much more is done.
    pub(super) fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
