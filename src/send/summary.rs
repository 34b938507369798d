//! The summary of a message that was sent many times: for people, and as JSON.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::stats::{Bucket, Latencies, Quantiles, Stats};
use crate::cli::Target;
use crate::escape::json_line;
use crate::i18n::Language;
use crate::terminal::Styles;

/// How wide the longest bar of the histogram is: with the columns before it, the lines fit 80 columns.
const BAR_WIDTH: usize = 40;

/// Who was asked, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoadSummary<'a> {
    pub(super) target: &'a Target,
    pub(super) connections: u16,
}

/// The summary for people: several lines.
pub(super) fn text(course: LoadSummary<'_>, stats: &Stats, lang: Language, palette: Styles) -> String {
    let Stats { sent, wrong, lost, .. } = *stats;
    let mut text = format!(
        "{}\n{}\n",
        server(course.target, stats).style(palette.peer),
        lang.counts(sent, stats.answered(), wrong, lost, stats.unfinished())
    );
    for (fault, count) in &stats.faults {
        let _ = writeln!(text, "{count:>6} × {fault}");
    }
    if stats.answered() > 0 {
        let elapsed = stats.elapsed();
        let _ = writeln!(text, "{}", lang.rate(course.connections, elapsed, rate(stats, elapsed)));
    }
    let times = [(lang.connection_times(), &stats.connections), (lang.reply_times_label(), &stats.replies)];
    push_times(&times, lang, palette, &mut text);
    push_histogram(&stats.replies.rows(), lang, palette, &mut text);
    text
}

/// The server as it was written, and the addresses that it was found at.
fn server(target: &Target, stats: &Stats) -> String {
    let mut text = target.to_string();
    let found = stats.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !found.is_empty() && found != text {
        let _ = write!(text, " ({found})");
    }
    text
}

fn push_times(times: &[(&str, &Latencies)], lang: Language, palette: Styles, text: &mut String) {
    let known = times.iter().filter_map(|(label, times)| Some((label, times.quantiles()?)));
    let known = known.collect::<Vec<(_, Quantiles)>>();
    if known.is_empty() {
        return;
    }
    let _ = write!(text, "\n{:10}", "");
    for label in lang.quantiles() {
        let _ = write!(text, "{:>10}", label.style(palette.label));
    }
    for (label, quantiles) in known {
        let _ = write!(text, "\n{:10}", label.style(palette.label));
        for time in quantiles {
            let _ = write!(text, "{:>10}", lang.time(time));
        }
    }
    text.push('\n');
}

fn push_histogram(rows: &[Bucket], lang: Language, palette: Styles, text: &mut String) {
    let Some(most) = rows.iter().map(|row| row.count).max() else { return };
    text.push('\n');
    for Bucket { from, to, count } in rows {
        let bar = bar(*count, most);
        let padding = BAR_WIDTH - bar.chars().count();
        let _ = writeln!(
            text,
            "{:>7} – {:>7}  {}{:padding$}  {count}",
            lang.time(*from),
            lang.time(*to),
            bar.style(palette.text),
            "",
        );
    }
}

/// A bar in eighths of a column; what is there at all can be seen.
fn bar(count: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * 8 * BAR_WIDTH as u128;
    let eighths = usize::try_from(eighths.div_ceil(u128::from(most.max(1)))).unwrap_or(0);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// Replies in a second.
#[allow(clippy::cast_precision_loss, reason = "a rate of three digits")]
fn rate(stats: &Stats, elapsed: Duration) -> f64 {
    stats.answered() as f64 / elapsed.as_secs_f64()
}

/// The summary as one line of JSON.
pub(super) fn json(course: LoadSummary<'_>, stats: &Stats) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        summary: Summary<'a>,
    }

    #[derive(Serialize)]
    struct Summary<'a> {
        host: &'a str,
        port: u16,
        addresses: Vec<SocketAddr>,
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

    let microseconds = |times: &Latencies| {
        let in_microseconds = |time: Duration| (time.as_secs_f64() * 1e9).round() / 1e3;
        let [min, median, p99, max] = times.quantiles()?.map(in_microseconds);
        Some(Microseconds { min, median, p99, max })
    };
    let elapsed = stats.elapsed();
    json_line(&Line {
        summary: Summary {
            host: &course.target.host,
            port: course.target.port,
            addresses: stats.addresses.iter().copied().collect(),
            connections: course.connections,
            sent: stats.sent,
            answered: stats.answered(),
            right: stats.right,
            wrong: stats.wrong,
            lost: stats.lost,
            unfinished: stats.unfinished(),
            seconds: elapsed.as_secs_f64(),
            replies_per_second: rate(stats, elapsed),
            connect_microseconds: microseconds(&stats.connections),
            microseconds: microseconds(&stats.replies),
        },
    })
}
