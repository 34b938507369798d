//! Phases of a measurement, and samples of the server's CPU time at both ends of the measured time.

use std::time::Instant;

use color_eyre::eyre::{Result, ensure};

use super::plan::Window;
use super::process::ServerProcess;

/// A phase of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    WarmUp,
    Measured,
    /// Clients wait for the replies to open requests, and send no new ones.
    Drain,
    Finished,
}

/// Samples the server's CPU time when the measured time starts and when it ends.
pub(super) struct Sampler<'a> {
    server: &'a ServerProcess,
    window: Window,
    start: Instant,
    first: Option<Sample>,
    last: Option<Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    time: Instant,
    cpu_seconds: f64,
    work: u64,
}

/// The work of the measured time, and its cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement {
    /// Requests, or bytes of replies.
    pub(super) work: f64,
    pub(super) seconds: f64,
    /// The server's CPU time.
    pub(super) cpu_seconds: f64,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(server: &'a ServerProcess, window: Window) -> Self {
        Self { server, window, start: Instant::now(), first: None, last: None }
    }

    /// Returns the present phase. `work` is the work done since the start.
    pub(super) fn phase(&mut self, work: u64) -> Result<Phase> {
        let Window { warm_up, measured, drain } = self.window;
        let now = Instant::now();
        let elapsed = now - self.start;
        if elapsed < warm_up {
            return Ok(Phase::WarmUp);
        }
        let sample = || {
            let cpu_seconds = self.server.cpu_seconds()?;
            Ok::<_, color_eyre::Report>(Sample { time: now, cpu_seconds, work })
        };
        let first = match self.first {
            Some(first) => first,
            None => *self.first.insert(sample()?),
        };
        // On a busy machine nothing may happen for a while. Without any work there is no rate, so wait for some.
        let is_without_work = work == first.work;
        if elapsed < warm_up + measured || is_without_work && elapsed < warm_up + measured + drain {
            return Ok(Phase::Measured);
        }
        ensure!(!is_without_work, "no reply in {:?}", measured + drain);
        if self.last.is_none() {
            self.last = Some(sample()?);
        }
        Ok(if elapsed < warm_up + measured + drain { Phase::Drain } else { Phase::Finished })
    }

    /// Returns the difference of the two samples. Panics before [`Phase::Drain`].
    pub(super) fn measurement(&self) -> Measurement {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            unreachable!("the measured time has not ended")
        };
        Measurement {
            work: as_f64(last.work - first.work),
            seconds: (last.time - first.time).as_secs_f64(),
            cpu_seconds: last.cpu_seconds - first.cpu_seconds,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few seconds of work are far less than 2^52")]
fn as_f64(work: u64) -> f64 {
    work as f64
}
