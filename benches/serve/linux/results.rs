//! What was measured, and its medians.

use std::collections::BTreeMap;

use super::pace::CLIENTS;
use super::section::Section;
use super::server::Server;

/// What a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    /// Milliseconds until a server listens.
    Start,
    /// Megabytes of the executable.
    Size,
    /// Units of work in a second.
    Rate,
    /// Seconds of CPU time for a million units.
    Cpu,
    /// Percent of a core.
    Busy,
    /// Latencies in microseconds.
    P50,
    P99,
    P999,
    /// Exchanges without a reply in the end.
    Unanswered,
    /// Bytes of memory for an idle connection.
    IdleBytes,
}

impl Figure {
    /// The heading of its column.
    pub(super) fn heading(self, unit: &str) -> String {
        match self {
            Self::Start => "ms to listen".into(),
            Self::Size => "MB".into(),
            Self::Rate => format!("{unit}/s"),
            Self::Cpu => "CPU, s/million".into(),
            Self::Busy => "busy, %".into(),
            Self::P50 => "p50, µs".into(),
            Self::P99 => "p99, µs".into(),
            Self::P999 => "p99.9, µs".into(),
            Self::Unanswered => "unanswered".into(),
            Self::IdleBytes => "bytes".into(),
        }
    }

    /// Whether servers are compared by it.
    pub(super) const fn is_compared(self) -> bool {
        matches!(self, Self::Rate | Self::Cpu)
    }
}

/// What was measured once in each round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) section: Section,
    pub(super) clients: usize,
    pub(super) server: Server,
    pub(super) figure: Figure,
}

impl Key {
    /// A figure of a section with the usual number of clients.
    pub(super) const fn of(section: Section, server: Server, figure: Figure) -> Self {
        Self { section, clients: CLIENTS, server, figure }
    }
}

/// A median, and the least and the greatest beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// The bounds between which the true median lies with a confidence of 95 %; none for fewer than six values.
    pub(super) confidence: Option<(f64, f64)>,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (&min, &max) = (values.first()?, values.last()?);
        let half = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) };
        let confidence =
            confidence_rank(values.len()).map(|rank| (values[rank], values[values.len() - 1 - rank]));
        Some(Self { median, min, max, confidence })
    }
}

/// Returns how many of the least and of the greatest of `count` values can be left out so that the true median still
/// lies between the others with a confidence of 95 %: the sign test's bounds, which assume nothing of the distribution.
fn confidence_rank(count: usize) -> Option<usize> {
    let mut probability = 0.5_f64.powi(i32::try_from(count).ok()?);
    let mut below = 0.0;
    let mut rank = None;
    for k in 0..count / 2 {
        below += probability;
        if below > 0.025 {
            break;
        }
        rank = Some(k);
        let (left, next) = (u32::try_from(count - k).ok()?, u32::try_from(k + 1).ok()?);
        probability *= f64::from(left) / f64::from(next);
    }
    rank
}

/// All that was measured, round by round.
#[derive(Debug, Default)]
pub(super) struct Results(BTreeMap<Key, Vec<f64>>);

impl Results {
    /// Takes what the next round gave.
    pub(super) fn add(&mut self, key: Key, value: f64) {
        self.0.entry(key).or_default().push(value);
    }

    /// What the rounds gave.
    pub(super) fn spread(&self, key: Key) -> Option<Spread> {
        Spread::of(self.0.get(&key)?.clone())
    }

    /// How many rounds there were.
    pub(super) fn rounds(&self, key: Key) -> usize {
        self.0.get(&key).map_or(0, Vec::len)
    }

    /// What the rounds gave over what the same rounds gave of another: the machine was much the same for both.
    pub(super) fn ratio(&self, key: Key, over: Key) -> Option<Spread> {
        let (values, others) = (self.0.get(&key)?, self.0.get(&over)?);
        Spread::of(values.iter().zip(others).map(|(value, other)| value / other).collect())
    }
}
