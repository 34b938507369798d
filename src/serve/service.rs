//! What all conversations share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::log::Log;

/// What holds for every conversation.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Each line is a message, and the client ends the connection.
    pub keep_alive: bool,
    /// How long to wait for more of a message that no newline has ended.
    pub pause: Duration,
    /// How long a client may send nothing, or read nothing.
    pub idle_timeout: Duration,
}

/// What all conversations share.
#[derive(Debug)]
pub struct Service {
    /// What holds for each of them.
    pub rules: Rules,
    /// Where their messages are shown.
    pub log: Log,
    /// What they add up to.
    pub tally: Tally,
    /// Turns true when they are to come to an end.
    pub stopping: watch::Receiver<bool>,
}

/// What the server has done so far.
#[derive(Debug, Default)]
pub struct Tally {
    /// Connections accepted, those without a message too.
    pub connections: Counter,
    /// Messages received.
    pub messages: Counter,
    /// Bytes received.
    pub bytes: Counter,
}

/// A number that connections on any thread add to.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// What it has come to.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
