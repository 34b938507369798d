//! Counters of a server.

use std::sync::atomic::{AtomicU64, Ordering};

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
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
