//! The distribution of a time: percentiles, and the buckets of a histogram.

use std::mem;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// The distribution of a time, exact to a thousandth, in constant memory.
#[derive(Debug)]
pub(super) struct Times {
    histogram: Histogram<u64>,
    /// The least and the greatest time, which the histogram would round.
    range: Option<(Duration, Duration)>,
    /// The times since the last call of [`Times::take_interval`], if they are logged.
    interval: Option<Histogram<u64>>,
}

/// A percentile: the time below which a part of all times lie.
#[derive(Debug)]
pub(super) struct Percentile {
    pub(super) label: &'static str,
    /// The name of the field in JSON.
    name: &'static str,
    quantile: f64,
    /// The fewest times that have one above the percentile. With fewer, the percentile would be the greatest time.
    count_min: u64,
}

pub(super) const PERCENTILES: [Percentile; 4] = [
    Percentile { label: "p50", name: "p50", quantile: 0.5, count_min: 2 },
    Percentile { label: "p90", name: "p90", quantile: 0.9, count_min: 10 },
    Percentile { label: "p99", name: "p99", quantile: 0.99, count_min: 100 },
    Percentile { label: "p99.9", name: "p99_9", quantile: 0.999, count_min: 1000 },
];

/// The least time, the median, the percentiles, and the greatest time. In JSON, they are in microseconds.
#[derive(Debug)]
pub(super) struct Percentiles {
    pub(super) min: Duration,
    pub(super) median: Duration,
    /// [`PERCENTILES`], each `None` if there are too few times.
    pub(super) values: [Option<Duration>; PERCENTILES.len()],
    pub(super) max: Duration,
}

impl Percentiles {
    /// Returns the 99th percentile, or `None` if there are too few times.
    pub(super) fn p99(&self) -> Option<Duration> {
        let index = PERCENTILES.iter().position(|percentile| percentile.name == "p99")?;
        self.values[index]
    }
}

impl Serialize for Percentiles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("min", &in_microseconds(self.min))?;
        map.serialize_entry("median", &in_microseconds(self.median))?;
        for (percentile, value) in PERCENTILES.iter().zip(self.values) {
            map.serialize_entry(percentile.name, &value.map(in_microseconds))?;
        }
        map.serialize_entry("max", &in_microseconds(self.max))?;
        map.end()
    }
}

/// Serializes a time as microseconds.
pub(super) fn microseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_microseconds(*time))
}

/// Returns a time in microseconds, with nanoseconds after the point.
pub(super) fn in_microseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e9).round() / 1e3
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
        Self::new(false)
    }
}

fn new_histogram() -> Histogram<u64> {
    Histogram::new(3).expect("a histogram can have three digits")
}

impl Times {
    /// Creates an empty distribution; `with_intervals` if [`Times::take_interval`] will be called.
    pub(super) fn new(with_intervals: bool) -> Self {
        Self { histogram: new_histogram(), range: None, interval: with_intervals.then(new_histogram) }
    }

    pub(super) fn add(&mut self, time: Duration) {
        for histogram in [Some(&mut self.histogram), self.interval.as_mut()].into_iter().flatten() {
            histogram.record(nanoseconds(time)).expect("the histogram grows to hold any time");
        }
        let (min, max) = self.range.unwrap_or((time, time));
        self.range = Some((min.min(time), max.max(time)));
    }

    /// Returns the times since the last call, or `None` without any.
    pub(super) fn take_interval(&mut self) -> Option<Histogram<u64>> {
        let interval = self.interval.as_mut().filter(|interval| !interval.is_empty())?;
        Some(mem::replace(interval, new_histogram()))
    }

    /// Returns the number of times.
    pub(super) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Returns the percentiles, or `None` without any time.
    pub(super) fn percentiles(&self) -> Option<Percentiles> {
        let (min, max) = self.range?;
        let at = |quantile| Duration::from_nanos(self.histogram.value_at_quantile(quantile)).clamp(min, max);
        let value =
            |percentile: &Percentile| (self.count() >= percentile.count_min).then(|| at(percentile.quantile));
        Some(Percentiles { min, median: at(0.5), values: PERCENTILES.each_ref().map(value), max })
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
