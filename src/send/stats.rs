//! Statistics of a message that is sent many times.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::client::Reply;
use super::times::Times;

/// The most distinct errors that are counted one by one: more would hide the figures, and there may be no end of
/// them.
const ERRORS_MAX: usize = 5;

/// A message counts as late after this time: tokio's timer, which paces messages on other systems than Linux, is up to
/// 2 ms late.
const LATE: Duration = Duration::from_millis(2);

/// The results and times of all messages so far.
#[derive(Debug, Default)]
pub(super) struct Stats {
    /// The server's addresses that accepted a connection.
    pub(super) addresses: BTreeSet<SocketAddr>,
    /// The addresses of this end, without the ports, which may be very many.
    pub(super) local_addresses: BTreeSet<IpAddr>,
    /// The address and port of this end of the last connection.
    pub(super) last_local: Option<SocketAddr>,
    /// The clients that were in use at the same time, each with one connection at a time.
    pub(super) connections: u16,
    pub(super) sent: u64,
    /// The end of the last message's interval: the time at which the next message would have been due.
    pub(super) next_due: Option<Instant>,
    pub(super) right: u64,
    pub(super) wrong: u64,
    pub(super) lost: u64,
    pub(super) connect_times: Times,
    /// The times from when a message was sent to the end of its reply.
    pub(super) reply_times: Times,
    /// The times from when a message was due to the end of its reply, in an open loop.
    pub(super) response_times: Times,
    /// The messages that were sent more than [`LATE`] after they were due.
    pub(super) behind: u64,
    /// The longest time from when a message was due until it was sent.
    pub(super) latest: Duration,
    /// The first distinct errors, with their number, if they are not printed with each message.
    pub(super) errors: Vec<(String, u64)>,
}

impl Stats {
    /// Creates empty statistics; `with_intervals` if [`Times::take_interval`] will be called.
    pub(super) fn new(with_intervals: bool) -> Self {
        let times = || Times::new(with_intervals);
        Self { connect_times: times(), reply_times: times(), response_times: times(), ..Self::default() }
    }

    /// Counts a message that is about to be sent, and returns its number. The next one is due at `next_due`, or after the
    /// reply.
    pub(super) fn add_sent(&mut self, next_due: Option<Instant>) -> u64 {
        self.sent += 1;
        self.next_due = self.next_due.max(next_due);
        self.sent
    }

    /// Counts a message of an open loop that is about to be sent, and returns its number.
    pub(super) fn add_due(&mut self, due: Due) -> u64 {
        self.latest = self.latest.max(due.late);
        if due.late > LATE {
            self.behind += 1;
        }
        self.add_sent(Some(due.next_at))
    }

    /// Adds the reply to a message that is counted as sent, and the time since the message was due, if it was due at some
    /// time.
    pub(super) fn add_reply(&mut self, reply: &Reply, response_time: Option<Duration>) {
        if let Some(ends) = reply.ends {
            self.addresses.insert(ends.peer);
            self.local_addresses.insert(ends.local.ip());
            self.last_local = Some(ends.local);
        }
        if let Some(time) = reply.connect_time {
            self.connect_times.add(time);
        }
        if reply.is_complete() {
            self.reply_times.add(reply.reply_time);
            if let Some(time) = response_time {
                self.response_times.add(time);
            }
        }
        match reply.error {
            None => self.right += 1,
            Some(_) if reply.is_complete() => self.wrong += 1,
            Some(_) => self.lost += 1,
        }
    }

    /// Returns the complete replies for each second of a time.
    #[allow(clippy::cast_precision_loss, reason = "rates are shown with few digits")]
    pub(super) fn replies_per_second(&self, time: Duration) -> f64 {
        (self.right + self.wrong) as f64 / time.as_secs_f64()
    }

    /// Returns the number of wrong replies and lost messages.
    pub(super) const fn errors(&self) -> u64 {
        self.wrong + self.lost
    }

    /// Returns the 99th percentile of the response times, or without them of the reply times; `None` of too few.
    pub(super) fn p99(&self) -> Option<Duration> {
        let times = if self.response_times.count() > 0 { &self.response_times } else { &self.reply_times };
        times.percentiles()?.p99()
    }

    /// Counts an error. Returns whether it is a new one with a place in [`Stats::errors`].
    pub(super) fn add_error(&mut self, error: &str) -> bool {
        if let Some((_, count)) = self.errors.iter_mut().find(|(known, _)| known == error) {
            *count += 1;
            return false;
        }
        let has_room = self.errors.len() < ERRORS_MAX;
        if has_room {
            self.errors.push((error.to_owned(), 1));
        }
        has_room
    }
}

/// The times of a message in an open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// The time at which the message was due.
    pub(super) at: Instant,
    /// The time at which the next message is due.
    pub(super) next_at: Instant,
    /// The time from when the message was due until it could be sent.
    pub(super) late: Duration,
}
