//! The system's figures about the network, over all connections of a run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::times::Times;
use crate::net::tcp_info::TcpInfo;

/// The figures of all connections that have ended. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct NetworkStats(Arc<Mutex<Figures>>);

/// The figures of connections; empty where the system has none.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// The smoothed round-trip time of each connection.
    pub(super) rtt: Times,
    /// The mean deviation of each connection's round-trip time.
    pub(super) rtt_variance: Times,
    /// The segments that were sent again, of all connections.
    pub(super) retransmits: u64,
}

impl NetworkStats {
    /// Adds the figures of a connection that ends.
    pub(super) fn add(&self, info: &TcpInfo) {
        let mut figures = self.figures();
        figures.rtt.add(Duration::from_micros(info.rtt_microseconds.into()));
        figures.rtt_variance.add(Duration::from_micros(info.rtt_variance_microseconds.into()));
        figures.retransmits += u64::from(info.retransmits);
    }

    pub(super) fn figures(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_all_connections_are_added() {
        let stats = NetworkStats::default();
        for (rtt, variance, retransmits) in [(100, 10, 0), (300, 30, 2), (200, 20, 1)] {
            stats.clone().add(&TcpInfo {
                rtt_microseconds: rtt,
                rtt_variance_microseconds: variance,
                retransmits,
                mss: 1460,
                unacknowledged: 0,
            });
        }
        let figures = stats.figures();
        let (rtt, variance) =
            (figures.rtt.percentiles().unwrap(), figures.rtt_variance.percentiles().unwrap());
        // The times are exact to a thousandth.
        let tens = |time: Duration| (time.as_micros() + 5) / 10;
        assert_eq!([tens(rtt.min), tens(rtt.median), tens(rtt.max)], [10, 20, 30]);
        assert_eq!((tens(variance.median), figures.retransmits), (2, 3));
    }
}
