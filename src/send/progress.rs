//! How far something has come that takes a while, on a terminal's standard error.

use std::fmt;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::console::Screen;

/// How often the time is drawn anew where nothing comes.
const TICK: Duration = Duration::from_millis(200);

/// A line that shows how far something has come; nothing, where standard error is no terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Shows nothing.
    pub(super) fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Counts messages, up to `count` if that is not 0.
    pub(super) fn of_messages(count: u64, screen: Screen) -> Self {
        let end = (count > 0).then_some(count);
        Self::new(end, "{human_pos}", "{human_len}", "{whole_per_sec}", screen)
    }

    /// Counts bytes, up to `size` if that is known.
    pub(super) fn of_bytes(size: Option<u64>, screen: Screen) -> Self {
        Self::new(size, "{decimal_bytes}", "{decimal_total_bytes}", "{decimal_bytes_per_sec}", screen)
    }

    fn new(end: Option<u64>, so_far: &str, all: &str, rate: &str, screen: Screen) -> Self {
        let bar = ProgressBar::with_draw_target(end, ProgressDrawTarget::stderr());
        let bar_style = if screen.err.label.is_plain() { "{wide_bar}" } else { "{wide_bar:.green}" };
        let template = match end {
            Some(_) => format!("{so_far} / {all}  {bar_style}  {rate}  {{eta}}"),
            None => format!("{so_far}  {rate}  {{elapsed}}"),
        };
        let style = ProgressStyle::with_template(&template).expect("the template is one of ours");
        bar.set_style(style.with_key("whole_per_sec", |state: &ProgressState, to: &mut dyn fmt::Write| {
            let _ = write!(to, "{:.0}/s", state.per_sec());
        }));
        bar.enable_steady_tick(TICK);
        Self(bar)
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
