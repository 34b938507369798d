//! The amount of work in a run: rounds, clients and times.

use std::time::Duration;

use super::section::Section;

/// Concurrent clients in the sections that do not vary their number. The project's targets are stated for this number.
pub(super) const CLIENTS: usize = 64;

/// The amount of work in a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    fixed: SectionPlan,
    /// For the sections that vary the number of clients: they have many times the measurements.
    scaling: SectionPlan,
    pub(super) idle_connections: usize,
}

/// The amount of work in a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct SectionPlan {
    /// Measurements of each server.
    pub(super) rounds: usize,
    /// The numbers of clients, each measured separately.
    pub(super) clients: &'static [usize],
    pub(super) window: Window,
}

/// The parts of one measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Load before the measured time, so that caches, buffers and the core's clock settle.
    pub(super) warm_up: Duration,
    pub(super) measured: Duration,
    /// Longest wait for open replies after the measured time.
    pub(super) drain: Duration,
}

impl Plan {
    /// Medians of five rounds change little from run to run, and the run takes less than ten minutes.
    ///
    /// 1.5 s are enough for about ten thousand connections; a p99.9 needs a thousand. Linux repeats a SYN that a full
    /// backlog dropped after 1, 3 and 7 s: 4 s include the first two, and the report counts the remaining ones.
    pub(super) const FULL: Self = Self {
        fixed: SectionPlan {
            rounds: 5,
            clients: &[CLIENTS],
            window: Window {
                warm_up: Duration::from_millis(300),
                measured: Duration::from_millis(1500),
                drain: Duration::from_secs(4),
            },
        },
        scaling: SectionPlan {
            rounds: 3,
            clients: &[1, 8, 64, 256, 1000],
            window: Window {
                warm_up: Duration::from_millis(200),
                measured: Duration::from_secs(1),
                drain: Duration::from_secs(4),
            },
        },
        // So many that a table of connections, which doubles when it is full, adds little to each.
        idle_connections: 4000,
    };

    /// The least work that executes all of the benchmark, in less than the 30 s that continuous integration may take.
    pub(super) const QUICK: Self = Self {
        fixed: SectionPlan { rounds: 1, clients: &[CLIENTS], window: Window::QUICK },
        scaling: SectionPlan { rounds: 1, clients: &[1, CLIENTS, 1000], window: Window::QUICK },
        idle_connections: 500,
    };

    pub(super) const fn with_rounds(mut self, rounds: usize) -> Self {
        self.fixed.rounds = rounds;
        self.scaling.rounds = rounds;
        self
    }

    pub(super) const fn section(&self, section: Section) -> &SectionPlan {
        if section.is_scaling() { &self.scaling } else { &self.fixed }
    }

    /// Returns the most connections that are open at once.
    pub(super) fn max_connections(&self) -> usize {
        self.scaling.clients.iter().copied().fold(self.idle_connections, usize::max)
    }
}

impl Window {
    const QUICK: Self = Self {
        warm_up: Duration::from_millis(20),
        measured: Duration::from_millis(100),
        drain: Duration::from_millis(500),
    };
}
