//! What a message that is sent many times adds up to.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::client::Reply;

/// What became of the messages so far, and how long it took.
#[derive(Debug)]
pub(super) struct Stats {
    started: Instant,
    /// The server's addresses that gave a connection.
    pub(super) addresses: BTreeSet<SocketAddr>,
    pub(super) sent: u64,
    pub(super) right: u64,
    pub(super) wrong: u64,
    pub(super) lost: u64,
    pub(super) connections: Latencies,
    pub(super) replies: Latencies,
    /// What went wrong, where it is not shown with each message, and how often: the kinds that came first.
    pub(super) faults: Vec<(String, u64)>,
}

/// So many kinds of faults are told apart: more would bury the figures, and might never end.
const FAULTS_MAX: usize = 5;

impl Stats {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            addresses: BTreeSet::new(),
            sent: 0,
            right: 0,
            wrong: 0,
            lost: 0,
            connections: Latencies::new(),
            replies: Latencies::new(),
            faults: Vec::new(),
        }
    }

    /// Takes what came of a message that was counted as sent.
    pub(super) fn add(&mut self, outcome: &Reply) {
        self.addresses.extend(outcome.address);
        if let Some(took) = outcome.connected_in {
            self.connections.add(took);
        }
        if outcome.is_answered() {
            self.replies.add(outcome.took);
        }
        match outcome.failure {
            None => self.right += 1,
            Some(_) if outcome.is_answered() => self.wrong += 1,
            Some(_) => self.lost += 1,
        }
    }

    /// Takes what was wrong with a message; true for the first of its kind.
    pub(super) fn add_fault(&mut self, fault: &str) -> bool {
        if let Some((_, count)) = self.faults.iter_mut().find(|(known, _)| known == fault) {
            *count += 1;
            return false;
        }
        let is_told = self.faults.len() < FAULTS_MAX;
        if is_told {
            self.faults.push((fault.to_owned(), 1));
        }
        is_told
    }

    pub(super) const fn answered(&self) -> u64 {
        self.right + self.wrong
    }

    /// How many were under way when it ended.
    pub(super) const fn unfinished(&self) -> u64 {
        self.sent - self.answered() - self.lost
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// The longest time that is told from longer ones: an hour, and a quarter of a megabyte for it.
const NANOSECONDS_MAX: u64 = 3_600_000_000_000;

/// How long something took, each time: exact to a thousandth, in memory that does not grow with the number.
#[derive(Debug)]
pub(super) struct Latencies {
    histogram: Histogram<u64>,
    /// The least and the most, which the histogram would round.
    range: Option<(Duration, Duration)>,
}

/// The least, the median, the 99th percentile, and the most.
pub(super) type Quantiles = [Duration; 4];

impl Latencies {
    fn new() -> Self {
        let histogram = Histogram::new_with_max(NANOSECONDS_MAX, 3).expect("its bounds are in order");
        Self { histogram, range: None }
    }

    fn add(&mut self, time: Duration) {
        self.histogram.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let (min, max) = self.range.unwrap_or((time, time));
        self.range = Some((min.min(time), max.max(time)));
    }

    pub(super) fn quantiles(&self) -> Option<Quantiles> {
        let (min, max) = self.range?;
        let at = |quantile| Duration::from_nanos(self.histogram.value_at_quantile(quantile)).clamp(min, max);
        Some([min, at(0.5), at(0.99), max])
    }

    /// How many times fell between one round number and the next.
    pub(super) fn rows(&self) -> Vec<Bucket> {
        let Some([min, .., max]) = self.quantiles() else { return Vec::new() };
        let rows = |steps| {
            let bounds = bounds(steps, min, max);
            bounds.windows(2).map(|pair| Bucket { from: pair[0], to: pair[1], count: 0 }).collect::<Vec<_>>()
        };
        // The finest that can be seen at a glance.
        let all = STEPS.map(rows);
        let mut rows =
            all.into_iter().min_by_key(|rows| rows.len().saturating_sub(ROWS_MAX)).unwrap_or_default();
        for value in self.histogram.iter_recorded() {
            let time = Duration::from_nanos(value.value_iterated_to()).clamp(min, max);
            if let Some(row) = rows.iter_mut().rfind(|row| row.from <= time) {
                row.count += value.count_since_last_iteration();
            }
        }
        rows
    }
}

/// A part of a histogram.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) count: u64,
}

/// So many rows fit beside a summary on a terminal of 24 lines.
const ROWS_MAX: usize = 12;

/// The round numbers of a decade, from close ones to far ones.
const STEPS: [&[u64]; 3] = [&[10, 12, 15, 20, 25, 30, 40, 50, 60, 80], &[10, 20, 50], &[10]];

/// The round numbers around all times from `min` to `max`.
fn bounds(steps: &[u64], min: Duration, max: Duration) -> Vec<Duration> {
    let decades = (0..18).map(|power| 10_u64.pow(power));
    let round = decades.flat_map(|decade| steps.iter().map(move |step| Duration::from_nanos(step * decade)));
    let round = round.collect::<Vec<_>>();
    let first = round.iter().rposition(|&bound| bound <= min).unwrap_or(0);
    let last = round.iter().position(|&bound| bound > max).unwrap_or(round.len() - 1);
    round[first..=last].to_vec()
}
