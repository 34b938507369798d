//! What counts of a load, and what it took of the server.

use std::time::Instant;

use color_eyre::eyre::{Result, ensure};

use super::super::pace::Window;
use super::super::running::Running;

/// Where a measurement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    WarmUp,
    Counting,
    /// What has been asked is still waited for; nothing new is asked.
    Draining,
    Over,
}

/// Looks at the server when the counting begins and when it ends.
pub(super) struct Meter<'a> {
    server: &'a Running,
    window: Window,
    begun: Instant,
    first: Option<Reading>,
    last: Option<Reading>,
}

#[derive(Clone, Copy)]
struct Reading {
    at: Instant,
    cpu: f64,
    work: u64,
}

/// What was done while it counted.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Metered {
    /// How much, in the unit of whoever counted.
    pub(in super::super) work: f64,
    /// In how long.
    pub(in super::super) seconds: f64,
    /// With how much of the server's CPU time.
    pub(in super::super) cpu: f64,
}

impl<'a> Meter<'a> {
    pub(super) fn new(server: &'a Running, window: Window) -> Self {
        Self { server, window, begun: Instant::now(), first: None, last: None }
    }

    /// Where the measurement stands, now that so much work is done.
    pub(super) fn phase(&mut self, work: u64) -> Result<Phase> {
        let Window { warm_up, length, drain } = self.window;
        let now = Instant::now();
        let passed = now - self.begun;
        if passed < warm_up {
            return Ok(Phase::WarmUp);
        }
        let reading =
            || Ok::<_, color_eyre::Report>(Reading { at: now, cpu: self.server.cpu_seconds()?, work });
        let first = match self.first {
            Some(first) => first,
            None => *self.first.insert(reading()?),
        };
        // A busy machine may do nothing at all for a while, of which there would be no rate.
        let is_idle = work == first.work;
        if passed < warm_up + length || is_idle && passed < warm_up + length + drain {
            return Ok(Phase::Counting);
        }
        ensure!(!is_idle, "no reply came in {:?}", length + drain);
        if self.last.is_none() {
            self.last = Some(reading()?);
        }
        Ok(if passed < warm_up + length + drain { Phase::Draining } else { Phase::Over })
    }

    /// What was done from the one reading to the other.
    pub(super) fn metered(&self) -> Metered {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            unreachable!("a measurement is over after its last reading")
        };
        Metered {
            work: as_f64(last.work - first.work),
            seconds: (last.at - first.at).as_secs_f64(),
            cpu: last.cpu - first.cpu,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing is done 2^52 times in seconds")]
fn as_f64(work: u64) -> f64 {
    work as f64
}
