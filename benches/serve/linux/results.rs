//! The figures of all rounds, their medians and ratios.

use std::collections::BTreeMap;

use super::plan::CLIENTS;
use super::section::{Figure, Section};
use super::server::Server;

/// A figure that is measured once in each round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) section: Section,
    pub(super) clients: usize,
    pub(super) server: Server,
    pub(super) figure: Figure,
}

impl Key {
    /// Returns the key of a section that has one number of clients.
    pub(super) const fn new(section: Section, server: Server, figure: Figure) -> Self {
        Self { section, clients: CLIENTS, server, figure }
    }

    pub(super) const fn with_server(self, server: Server) -> Self {
        Self { server, ..self }
    }
}

/// A summary of one figure's values, one from each round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summary {
    pub(super) rounds: usize,
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// The 95 % confidence interval of the median, for six rounds or more.
    pub(super) confidence: Option<(f64, f64)>,
}

impl Summary {
    fn new(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (rounds, half) = (values.len(), values.len() / 2);
        let (&min, &max) = (values.first()?, values.last()?);
        let median =
            if rounds % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) };
        let confidence = confidence_rank(rounds).map(|rank| (values[rank], values[rounds - 1 - rank]));
        Some(Self { rounds, median, min, max, confidence })
    }
}

/// Returns the index of the lower bound of the median's 95 % confidence interval in `count` sorted values. The upper
/// bound has the same distance from the end.
///
/// These are the bounds of the sign test, which assumes nothing about the distribution: each value is below the true
/// median with probability 1/2, so the number of values below follows a binomial distribution.
fn confidence_rank(count: usize) -> Option<usize> {
    const TAIL: f64 = 0.025;
    let mut probability = 0.5_f64.powi(i32::try_from(count).ok()?);
    let mut cumulative = probability;
    let mut rank = None;
    for below in 0..count / 2 {
        if cumulative > TAIL {
            break;
        }
        rank = Some(below);
        probability *= f64::from(u32::try_from(count - below).ok()?);
        probability /= f64::from(u32::try_from(below + 1).ok()?);
        cumulative += probability;
    }
    rank
}

/// All figures, round by round.
#[derive(Debug, Default)]
pub(super) struct Results(BTreeMap<Key, Vec<f64>>);

impl Results {
    /// Adds the value of the next round.
    pub(super) fn add(&mut self, key: Key, value: f64) {
        self.0.entry(key).or_default().push(value);
    }

    pub(super) fn summary(&self, key: Key) -> Option<Summary> {
        Summary::new(self.0.get(&key)?.clone())
    }

    /// Returns the summary of the rounds' ratios. Within a round the machine was much the same for both figures.
    pub(super) fn ratio(&self, key: Key, relative_to: Key) -> Option<Summary> {
        let (values, others) = (self.0.get(&key)?, self.0.get(&relative_to)?);
        Summary::new(values.iter().zip(others).map(|(value, other)| value / other).collect())
    }
}
