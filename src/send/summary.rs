//! The summary of a message that was sent many times: as text, and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::stats::{Bucket, Quantiles, Stats};
use crate::i18n::Language;
use crate::net::connect::Target;
use crate::terminal::Styles;

/// The width of the histogram's longest bar: with the columns before it, the lines fit 80 columns.
const BAR_WIDTH: usize = 40;

/// The statistics of a run, and the server and connections that they are about.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoadSummary<'a> {
    pub(super) target: &'a Target,
    pub(super) connections: u16,
    pub(super) elapsed: Duration,
    pub(super) stats: &'a Stats,
}

impl LoadSummary<'_> {
    /// Returns the summary as several lines of text.
    pub(super) fn text(self, lang: Language, styles: Styles) -> String {
        let stats @ Stats { sent, wrong, lost, .. } = self.stats;
        let counts = lang.counts(*sent, stats.answered(), *wrong, *lost, stats.unfinished());
        let mut text = format!("{}\n{counts}\n", self.server().style(styles.peer));
        for (error, count) in &stats.errors {
            let _ = writeln!(text, "{count:>6} × {error}");
        }
        if stats.answered() > 0 {
            let _ =
                writeln!(text, "{}", lang.rate(self.connections, self.elapsed, self.replies_per_second()));
        }
        push_times(stats, lang, styles, &mut text);
        push_histogram(&stats.reply_times.buckets(), lang, styles, &mut text);
        text
    }

    /// Returns the server as the user wrote it, and its addresses if they say more.
    fn server(self) -> String {
        let target = self.target.to_string();
        let addresses = self.stats.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if addresses.is_empty() || addresses == target { target } else { format!("{target} ({addresses})") }
    }

    #[allow(clippy::cast_precision_loss, reason = "the rate is printed with three digits")]
    fn replies_per_second(self) -> f64 {
        self.stats.answered() as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the summary for one line of JSON.
    pub(super) fn json(&self) -> impl Serialize {
        let Self { target, connections, elapsed, stats } = *self;
        BTreeMap::from([(
            "summary",
            Summary {
                host: &target.host,
                port: target.port,
                addresses: &stats.addresses,
                connections,
                sent: stats.sent,
                answered: stats.answered(),
                right: stats.right,
                wrong: stats.wrong,
                lost: stats.lost,
                unfinished: stats.unfinished(),
                seconds: elapsed.as_secs_f64(),
                replies_per_second: self.replies_per_second(),
                connect_microseconds: stats.connect_times.quantiles().map(Microseconds::from),
                microseconds: stats.reply_times.quantiles().map(Microseconds::from),
            },
        )])
    }
}

#[derive(Serialize)]
struct Summary<'a> {
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
    seconds: f64,
    replies_per_second: f64,
    connect_microseconds: Option<Microseconds>,
    microseconds: Option<Microseconds>,
}

#[derive(Serialize)]
struct Microseconds {
    min: f64,
    median: f64,
    p99: f64,
    max: f64,
}

impl From<Quantiles> for Microseconds {
    fn from(quantiles: Quantiles) -> Self {
        let [min, median, p99, max] = quantiles.map(|time| (time.as_secs_f64() * 1e9).round() / 1e3);
        Self { min, median, p99, max }
    }
}

fn push_times(stats: &Stats, lang: Language, styles: Styles, text: &mut String) {
    let rows =
        [(lang.connection_times(), &stats.connect_times), (lang.reply_times_label(), &stats.reply_times)];
    let rows = rows.into_iter().filter_map(|(label, times)| Some((label, times.quantiles()?)));
    let rows = rows.collect::<Vec<_>>();
    if rows.is_empty() {
        return;
    }
    let _ = write!(text, "\n{:10}", "");
    for label in lang.quantiles() {
        let _ = write!(text, "{:>10}", label.style(styles.label));
    }
    for (label, quantiles) in rows {
        let _ = write!(text, "\n{:10}", label.style(styles.label));
        for time in quantiles {
            let _ = write!(text, "{:>10}", lang.time(time));
        }
    }
    text.push('\n');
}

fn push_histogram(buckets: &[Bucket], lang: Language, styles: Styles, text: &mut String) {
    let Some(largest) = buckets.iter().map(|bucket| bucket.count).max() else { return };
    text.push('\n');
    for Bucket { from, to, count } in buckets {
        let bar = bar(*count, largest);
        let padding = BAR_WIDTH - bar.chars().count();
        let _ = writeln!(
            text,
            "{:>7} – {:>7}  {}{:padding$}  {count}",
            lang.time(*from),
            lang.time(*to),
            bar.style(styles.text),
            "",
        );
    }
}

/// Returns a bar in eighths of a column, rounded up: a count of 1 is visible.
fn bar(count: u64, largest: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * 8 * BAR_WIDTH as u128;
    let eighths = usize::try_from(eighths.div_ceil(u128::from(largest.max(1)))).unwrap_or(0);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
