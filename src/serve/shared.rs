//! The state that all connections of a server share.

use std::sync::atomic::{AtomicU64, Ordering};

use super::config::ConnectionConfig;
use super::log::Log;
use crate::net::fault::FaultPlan;
use crate::net::trace::Tracer;

/// The state that all connections of a server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: ConnectionConfig,
    pub(crate) log: Log,
    pub(crate) metrics: Metrics,
    /// None without `-v`.
    pub(crate) tracer: Option<Tracer>,
    /// None without `--fault`.
    pub(crate) faults: Option<FaultPlan>,
}

/// The counters that all connections of a server share.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Accepted connections, including those without a message.
    pub(crate) connections: Counter,
    /// Messages received.
    pub(crate) messages: Counter,
    /// Bytes received.
    pub(crate) bytes: Counter,
}

/// A number that any thread can increase.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds `count`, and returns the sum.
    pub(crate) fn add(&self, count: u64) -> u64 {
        self.0.fetch_add(count, Ordering::Relaxed) + count
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
