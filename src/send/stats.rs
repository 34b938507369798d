//! Statistics of a message that is sent many times.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::{Serialize, Serializer};

use super::client::Reply;

/// The most distinct errors that are counted one by one: more would hide the figures, and there may be no end of
/// them.
const ERRORS_MAX: usize = 5;

/// The results and times of all messages so far.
#[derive(Debug, Default)]
pub(super) struct Stats {
    /// The server's addresses that accepted a connection.
    pub(super) addresses: BTreeSet<SocketAddr>,
    pub(super) sent: u64,
    /// The end of the last message's interval: the time at which the next message would have been due.
    pub(super) next_due: Option<Instant>,
    pub(super) right: u64,
    pub(super) wrong: u64,
    pub(super) lost: u64,
    pub(super) connect_times: Times,
    pub(super) reply_times: Times,
    /// The first distinct errors, with their number, if they are not printed with each message.
    pub(super) errors: Vec<(String, u64)>,
}

impl Stats {
    /// Counts a message that is about to be sent, and returns its number. The next one is due at `next_due`, or after the
    /// reply.
    pub(super) fn add_sent(&mut self, next_due: Option<Instant>) -> u64 {
        self.sent += 1;
        self.next_due = self.next_due.max(next_due);
        self.sent
    }

    /// Adds the reply to a message that is counted as sent.
    pub(super) fn add_reply(&mut self, reply: &Reply) {
        self.addresses.extend(reply.address);
        if let Some(time) = reply.connect_time {
            self.connect_times.add(time);
        }
        if reply.is_complete() {
            self.reply_times.add(reply.reply_time);
        }
        match reply.error {
            None => self.right += 1,
            Some(_) if reply.is_complete() => self.wrong += 1,
            Some(_) => self.lost += 1,
        }
    }

    /// Counts an error. Returns whether it is a new one with a place in [`Stats::errors`].
    pub(super) fn add_error(&mut self, error: &str) -> bool {
        if let Some((_, count)) = self.errors.iter_mut().find(|(known, _)| known == error) {
            *count += 1;
            return false;
        }
        let has_room = self.errors.len() < ERRORS_MAX;
        if has_room {
            self.errors.push((error.to_owned(), 1));
        }
        has_room
    }
}

/// The distribution of a time, exact to a thousandth, in constant memory.
#[derive(Debug)]
pub(super) struct Times {
    histogram: Histogram<u64>,
    /// The least and the greatest time, which the histogram would round.
    range: Option<(Duration, Duration)>,
}

/// The least time, the median, the 99th percentile, and the greatest time. In JSON, they are in microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Quantiles {
    #[serde(serialize_with = "microseconds")]
    pub(super) min: Duration,
    #[serde(serialize_with = "microseconds")]
    pub(super) median: Duration,
    #[serde(serialize_with = "microseconds")]
    pub(super) p99: Duration,
    #[serde(serialize_with = "microseconds")]
    pub(super) max: Duration,
}

fn microseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 1e9).round() / 1e3)
}

/// The number of times from `from` until before `to`.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) count: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self { histogram: Histogram::new(3).expect("a histogram can have three digits"), range: None }
    }
}

impl Times {
    fn add(&mut self, time: Duration) {
        self.histogram.record(nanoseconds(time)).expect("the histogram grows to hold any time");
        let (min, max) = self.range.unwrap_or((time, time));
        self.range = Some((min.min(time), max.max(time)));
    }

    /// Returns the number of times.
    pub(super) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Returns the quantiles, or `None` without any time.
    pub(super) fn quantiles(&self) -> Option<Quantiles> {
        let (min, max) = self.range?;
        let at = |quantile| Duration::from_nanos(self.histogram.value_at_quantile(quantile)).clamp(min, max);
        Some(Quantiles { min, median: at(0.5), p99: at(0.99), max })
    }

    /// Returns the numbers of times between one round number and the next: with the finest [`STEPS`] that give at
    /// most [`BUCKETS_MAX`] buckets.
    pub(super) fn buckets(&self) -> Vec<Bucket> {
        let Some((min, max)) = self.range else { return Vec::new() };
        let candidates = STEPS.map(|steps| bounds(steps, min, max));
        let excess = |bounds: &Vec<Duration>| (bounds.len() - 1).saturating_sub(BUCKETS_MAX);
        let bounds = candidates.into_iter().min_by_key(excess).unwrap_or_default();
        let mut count_before = 0;
        let bucket = |pair: &[Duration]| {
            let (from, to) = (pair[0], pair[1]);
            let count = self.histogram.count_between(0, nanoseconds(to) - 1) - count_before;
            count_before += count;
            Bucket { from, to, count }
        };
        bounds.windows(2).map(bucket).collect()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The most buckets that fit below a summary on a terminal of 24 lines.
const BUCKETS_MAX: usize = 10;

/// The round numbers of a decade, times ten, from fine to coarse.
const STEPS: [&[u64]; 3] = [&[10, 12, 15, 20, 25, 30, 40, 50, 60, 80], &[10, 20, 50], &[10]];

/// Returns the round numbers from the last one before `min` to the first one after `max`.
fn bounds(steps: &[u64], min: Duration, max: Duration) -> Vec<Duration> {
    let decades = (0..18).map(|power| 10_u64.pow(power));
    let round = decades.flat_map(|decade| steps.iter().map(move |step| Duration::from_nanos(step * decade)));
    let round = round.collect::<Vec<_>>();
    let first = round.iter().rposition(|&bound| bound <= min).unwrap_or(0);
    let last = round.iter().position(|&bound| bound > max).unwrap_or(round.len() - 1);
    round[first..=last].to_vec()
}
