//! The summary of a message that was sent many times: as text, and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use owo_colors::OwoColorize as _;
use serde::{Serialize, Serializer};

use super::stats::{Bucket, Quantiles, Stats};
use crate::i18n::Language;
use crate::net::connect::Target;
use crate::terminal::Styles;

/// The width of the histogram's longest bar: with the columns before it, the lines fit 80 columns.
const BAR_WIDTH: usize = 40;

/// The statistics of a run, and the server and connections that they are about.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    #[serde(skip)]
    target: &'a Target,
    host: &'a str,
    port: u16,
    addresses: &'a BTreeSet<SocketAddr>,
    connections: u16,
    sent: u64,
    answered: u64,
    right: u64,
    wrong: u64,
    lost: u64,
    unfinished: u64,
    #[serde(rename = "seconds", serialize_with = "seconds")]
    elapsed: Duration,
    replies_per_second: f64,
    #[serde(rename = "connect_microseconds")]
    connect_times: Option<Quantiles>,
    #[serde(rename = "microseconds")]
    reply_times: Option<Quantiles>,
    #[serde(skip)]
    histogram: Vec<Bucket>,
    #[serde(skip)]
    errors: &'a [(String, u64)],
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl<'a> Summary<'a> {
    #[allow(clippy::cast_precision_loss, reason = "the rate is printed with three digits")]
    pub(super) fn new(target: &'a Target, connections: u16, elapsed: Duration, stats: &'a Stats) -> Self {
        let Stats { ref addresses, sent, right, wrong, lost, ref errors, .. } = *stats;
        let answered = right + wrong;
        Self {
            target,
            host: &target.host,
            port: target.port,
            addresses,
            connections,
            sent,
            answered,
            right,
            wrong,
            lost,
            unfinished: sent - answered - lost,
            elapsed,
            replies_per_second: answered as f64 / elapsed.as_secs_f64(),
            connect_times: stats.connect_times.quantiles(),
            reply_times: stats.reply_times.quantiles(),
            histogram: stats.reply_times.buckets(),
            errors,
        }
    }

    /// Returns the summary as several lines of text.
    pub(super) fn text(&self, lang: Language, styles: Styles) -> String {
        let counts = lang.counts(self.sent, self.answered, self.wrong, self.lost, self.unfinished);
        let mut text = format!("{}\n{counts}\n", self.server().style(styles.peer));
        for (error, count) in self.errors {
            let _ = writeln!(text, "{count:>6} × {error}");
        }
        if self.answered > 0 {
            let _ = writeln!(text, "{}", lang.rate(self.connections, self.elapsed, self.replies_per_second));
        }
        self.push_times(lang, styles, &mut text);
        self.push_histogram(lang, styles, &mut text);
        text
    }

    /// Returns the server as the user wrote it, and its addresses if they say more.
    fn server(&self) -> String {
        let target = self.target.to_string();
        let addresses = self.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if addresses.is_empty() || addresses == target { target } else { format!("{target} ({addresses})") }
    }

    fn push_times(&self, lang: Language, styles: Styles, text: &mut String) {
        let rows =
            [(lang.connection_times(), &self.connect_times), (lang.reply_times_label(), &self.reply_times)];
        if rows.iter().all(|(_, times)| times.is_none()) {
            return;
        }
        let _ = write!(text, "\n{:10}", "");
        for label in lang.quantiles() {
            let _ = write!(text, "{:>10}", label.style(styles.label));
        }
        for (label, times) in rows {
            let Some(Quantiles { min, median, p99, max }) = times else { continue };
            let _ = write!(text, "\n{:10}", label.style(styles.label));
            for time in [min, median, p99, max] {
                let _ = write!(text, "{:>10}", lang.time(*time));
            }
        }
        text.push('\n');
    }

    fn push_histogram(&self, lang: Language, styles: Styles, text: &mut String) {
        let Some(largest) = self.histogram.iter().map(|bucket| bucket.count).max() else { return };
        text.push('\n');
        for Bucket { from, to, count } in &self.histogram {
            let (from, to) = (lang.time(*from), lang.time(*to));
            let bar = bar(*count, largest);
            let padding = BAR_WIDTH - bar.chars().count();
            let bar = bar.style(styles.text);
            let _ = writeln!(text, "{from:>7} – {to:>7}  {bar}{:padding$}  {count}", "");
        }
    }
}

/// Returns a bar in eighths of a column, rounded up: a count of 1 is visible.
fn bar(count: u64, largest: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * 8 * BAR_WIDTH as u128;
    let eighths = usize::try_from(eighths.div_ceil(u128::from(largest.max(1)))).unwrap_or(0);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
