//! How often, how long and how many.

use std::time::Duration;

/// How many connections ask at once, where their number is not what is varied: as many as the project's targets are
/// stated for.
pub(super) const CLIENTS: usize = 64;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How often each server is measured in a section.
    pub(super) rounds: usize,
    /// The same for the sections that vary the number of clients: they have many times the points.
    pub(super) growth_rounds: usize,
    /// One measurement.
    pub(super) window: Window,
    /// The same for the sections that vary the number of clients.
    pub(super) growth_window: Window,
    /// The numbers of clients.
    pub(super) growth: &'static [usize],
    /// How many connections are idle at once.
    pub(super) idle: usize,
}

/// The parts of one measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Load before anything counts, so that caches, buffers and the clock of the core have settled.
    pub(super) warm_up: Duration,
    /// What counts.
    pub(super) length: Duration,
    /// How long afterwards clients that have asked may wait.
    pub(super) drain: Duration,
}

impl Pace {
    /// Medians of five change little from run to run, and all of it takes less than ten minutes. 1.5 s are long
    /// enough for some ten thousand connections, of which the p99.9 needs a thousand. A SYN that a full backlog
    /// drops is sent again after 1, 3 and 7 s: 4 s see the first two, and of the rest it is said how many there were.
    pub(super) const FULL: Self = Self {
        rounds: 5,
        growth_rounds: 3,
        window: Window {
            warm_up: Duration::from_millis(300),
            length: Duration::from_millis(1500),
            drain: Duration::from_secs(4),
        },
        growth_window: Window {
            warm_up: Duration::from_millis(200),
            length: Duration::from_secs(1),
            drain: Duration::from_secs(4),
        },
        growth: &[1, 8, 64, 256, 1000],
        // Enough that what grows in doubling steps, as tables of connections do, is spread thin.
        idle: 4000,
    };

    /// As little as goes through every line, in less than the 30 s that a check may take.
    pub(super) const QUICK: Self = Self {
        rounds: 1,
        growth_rounds: 1,
        window: Window::QUICK,
        growth_window: Window::QUICK,
        growth: &[1, 64, 1000],
        idle: 500,
    };
}

impl Window {
    const QUICK: Self = Self {
        warm_up: Duration::from_millis(20),
        length: Duration::from_millis(100),
        drain: Duration::from_millis(500),
    };
}
