//! The summary of a message that was sent many times: as text, and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::iter;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use owo_colors::OwoColorize as _;
use serde::{Serialize, Serializer};

use super::network::NetworkStats;
use super::schedule::Schedule;
use super::stats::Stats;
use super::times::{Bucket, PERCENTILES, Percentiles, microseconds};
use crate::i18n::Language;
use crate::net::connect::Target;
use crate::terminal::Styles;

/// The widths that the text is laid out for. On a wider terminal, longer bars would show nothing more.
const WIDTHS: RangeInclusive<usize> = 40..=100;

/// The statistics of a run, and the server and connections that they are about.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    #[serde(skip)]
    target: &'a Target,
    host: &'a str,
    port: u16,
    addresses: &'a BTreeSet<SocketAddr>,
    local_addresses: &'a BTreeSet<IpAddr>,
    #[serde(skip)]
    last_local: Option<SocketAddr>,
    connections: u16,
    connections_opened: u64,
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
    connect_times: Option<Percentiles>,
    #[serde(rename = "microseconds")]
    reply_times: Option<Percentiles>,
    #[serde(flatten)]
    network: Network,
    #[serde(flatten)]
    open_loop: Option<OpenLoop>,
    #[serde(skip)]
    histogram: Vec<Bucket>,
    #[serde(skip)]
    errors: &'a [(String, u64)],
}

/// The system's figures about the network, over all connections; `None` where the system has none.
#[derive(Debug, Default, Serialize)]
struct Network {
    #[serde(rename = "rtt_microseconds")]
    rtt: Option<Percentiles>,
    #[serde(rename = "rtt_variance_microseconds")]
    rtt_variance: Option<Percentiles>,
    retransmits: Option<u64>,
}

impl Network {
    fn new(stats: &NetworkStats) -> Self {
        let figures = stats.figures();
        let retransmits = (figures.rtt.count() > 0).then_some(figures.retransmits);
        Self { rtt: figures.rtt.percentiles(), rtt_variance: figures.rtt_variance.percentiles(), retransmits }
    }
}

/// The figures that only an open loop has.
#[derive(Debug, Serialize)]
struct OpenLoop {
    rate: f64,
    #[serde(rename = "response_microseconds")]
    response_times: Option<Percentiles>,
    behind: u64,
    #[serde(rename = "behind_microseconds", serialize_with = "microseconds")]
    latest: Duration,
    unsent: u64,
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl<'a> Summary<'a> {
    /// Creates the summary of a run that started at `started`, and ends now. An open loop has a schedule.
    pub(super) fn new(
        target: &'a Target,
        started: Instant,
        schedule: Option<&Schedule>,
        stats: &'a Stats,
        network: &NetworkStats,
    ) -> Self {
        let Stats {
            ref addresses,
            ref local_addresses,
            last_local,
            connections,
            sent,
            right,
            wrong,
            lost,
            ref errors,
            ..
        } = *stats;
        let answered = right + wrong;
        let elapsed = started.elapsed();
        // Each message takes its whole interval, also the last one: 3 messages at 200 ms are 5 a second, not 7.5.
        let taken = stats.next_due.map_or(elapsed, |next_due| elapsed.max(next_due - started));
        Self {
            target,
            host: &target.host,
            port: target.port,
            addresses,
            local_addresses,
            last_local,
            connections,
            connections_opened: stats.connect_times.count(),
            sent,
            answered,
            right,
            wrong,
            lost,
            unfinished: sent - answered - lost,
            elapsed,
            replies_per_second: stats.replies_per_second(taken),
            connect_times: stats.connect_times.percentiles(),
            reply_times: stats.reply_times.percentiles(),
            network: Network::new(network),
            open_loop: schedule.map(|schedule| OpenLoop {
                rate: schedule.rate(),
                response_times: stats.response_times.percentiles(),
                behind: stats.behind,
                latest: stats.latest,
                unsent: schedule.due_count(elapsed).saturating_sub(sent),
            }),
            histogram: if schedule.is_some() { &stats.response_times } else { &stats.reply_times }.buckets(),
            errors,
        }
    }

    /// Returns the summary as several lines of text, for a terminal of `width` columns.
    pub(super) fn text(&self, lang: Language, styles: Styles, width: usize) -> String {
        let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
        let counts = lang.counts(self.sent, self.answered, self.wrong, self.lost, self.unfinished);
        let mut text = format!("{}\n{}\n", self.ends().style(styles.peer), wrap(&counts, width));
        for (error, count) in self.errors {
            let _ = writeln!(text, "{count:>6} × {error}");
        }
        if self.answered > 0 {
            let (opened, concurrent) = (self.connections_opened, self.connections);
            let rate = lang.rate(self.replies_per_second, self.elapsed, opened, concurrent);
            let _ = writeln!(text, "{}", wrap(&rate, width));
        }
        if let Network { rtt: Some(rtt), rtt_variance: Some(variance), retransmits: Some(retransmits) } =
            &self.network
        {
            let network = lang.network(rtt.median, variance.median, *retransmits);
            let _ = writeln!(text, "{}", wrap(&network, width));
        }
        if let Some(OpenLoop { behind, latest, unsent, .. }) = self.open_loop
            && behind + unsent > 0
        {
            let behind = wrap(&lang.behind(behind, latest, unsent), width);
            let _ = writeln!(text, "{behind}\n{}", wrap(lang.client_limit(), width));
        }
        self.push_times(lang, styles, &mut text);
        self.push_notes(lang, width, &mut text);
        self.push_histogram(lang, styles, width, &mut text);
        text
    }

    /// Returns both ends: this one with its port if there was one connection, and the server as the user wrote it, with
    /// its addresses if they say more.
    fn ends(&self) -> String {
        let target = self.target.to_string();
        let addresses = join(self.addresses);
        let server = if addresses.is_empty() || addresses == target {
            target
        } else {
            format!("{target} ({addresses})")
        };
        match self.last_local {
            None => server,
            Some(local) if self.connections_opened == 1 => format!("{local} → {server}"),
            Some(_) => format!("{} → {server}", join(self.local_addresses)),
        }
    }

    fn push_times(&self, lang: Language, styles: Styles, text: &mut String) {
        let replies = if self.open_loop.is_some() { lang.service_times() } else { lang.reply_times_label() };
        let columns = [
            (lang.connection_times(), self.connect_times.as_ref()),
            (replies, self.reply_times.as_ref()),
            (lang.response_times(), self.open_loop.as_ref().and_then(|open| open.response_times.as_ref())),
        ];
        let columns = columns.into_iter().filter_map(|(label, times)| Some((label, times?)));
        let columns = columns.collect::<Vec<_>>();
        if columns.is_empty() {
            return;
        }
        let _ = write!(text, "\n{:LABEL_WIDTH$}", "");
        for (label, _) in &columns {
            let _ = write!(text, "{:>TIME_WIDTH$}", label.style(styles.label));
        }
        let percentiles = PERCENTILES.iter().map(|percentile| percentile.label);
        let labels = iter::once(lang.least()).chain(percentiles).chain([lang.greatest()]);
        let row = |times: &Percentiles, index: usize| match index.checked_sub(1) {
            None => Some(times.min),
            Some(index) => times.values.get(index).copied().unwrap_or(Some(times.max)),
        };
        for (index, label) in labels.enumerate() {
            let cells = columns.iter().map(|(_, times)| row(times, index)).collect::<Vec<_>>();
            if cells.iter().all(Option::is_none) {
                continue;
            }
            let _ = write!(text, "\n{:LABEL_WIDTH$}", label.style(styles.label));
            for time in cells {
                let time = time.map_or("–".into(), |time| lang.time(time));
                let _ = write!(text, "{time:>TIME_WIDTH$}");
            }
        }
        text.push('\n');
    }

    /// Explains the table: the percentiles that are left out, and the two times of an open loop.
    fn push_notes(&self, lang: Language, width: usize, text: &mut String) {
        let Some(times) = &self.reply_times else { return };
        let left_out = PERCENTILES.iter().zip(times.values).filter(|(_, value)| value.is_none());
        let left_out = left_out.map(|(percentile, _)| percentile.label).collect::<Vec<_>>();
        if !left_out.is_empty() {
            let _ = writeln!(text, "{}", wrap(&lang.too_few_replies(&left_out.join(", ")), width));
        }
        if self.open_loop.is_some() {
            let _ = writeln!(text, "{}\n{}", lang.service_times_note(), lang.response_times_note());
        }
    }

    fn push_histogram(&self, lang: Language, styles: Styles, width: usize, text: &mut String) {
        let Some(largest) = self.histogram.iter().map(|bucket| bucket.count).max() else { return };
        let count_width = largest.to_string().len();
        text.push('\n');
        for Bucket { from, to, count } in &self.histogram {
            let (from, to) = (lang.time(*from), lang.time(*to));
            let row = format!("{from:>6} – {to:>6}  {count:>count_width$}  ");
            let bar = bar(*count, largest, width.saturating_sub(row.chars().count()));
            let _ = writeln!(text, "{}", format!("{row}{}", bar.style(styles.text)).trim_end());
        }
    }
}

/// The widths of the columns in the table of times: with three columns of times, the table fits 40 columns.
const LABEL_WIDTH: usize = 6;
const TIME_WIDTH: usize = 11;

fn join(items: impl IntoIterator<Item = impl ToString>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// Breaks a line of items that are separated by commas where the next item does not fit into `width`.
fn wrap(line: &str, width: usize) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    for item in line.split_inclusive(", ") {
        let item_width = item.trim_end().chars().count();
        if column > 0 && column + item_width > width {
            wrapped.truncate(wrapped.trim_end().len());
            wrapped.push('\n');
            column = 0;
        }
        wrapped.push_str(item);
        column += item.chars().count();
    }
    wrapped
}

/// Returns a bar of up to `width` columns, in eighths of a column, rounded up: a count of 1 is visible.
fn bar(count: u64, largest: u64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * 8 * width as u128;
    let eighths = usize::try_from(eighths.div_ceil(u128::from(largest.max(1)))).unwrap_or(0);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
