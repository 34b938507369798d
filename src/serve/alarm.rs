//! A limit of time that every wait moves, and that few reach.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::sleeper::Sleeper;

/// One timer for all waits of a conversation.
///
/// tokio's `timeout` enters a timer for each wait, and takes it out again when what was waited for comes. This one is
/// entered when first something has to be waited for. Then it stays: when it goes off and the limit has moved on
/// meanwhile, it is entered again.
pub(super) struct Alarm<'a> {
    timer: Pin<&'a mut Sleep>,
    /// Whom the timer wakes.
    sleeper: Sleeper,
}

/// How long something is waited for, from when it first has to be.
pub(super) struct Limit {
    patience: Duration,
    // Looking at the clock costs more than most of what need not be waited for.
    end: Option<Instant>,
}

impl Limit {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, end: None }
    }
}

impl<'a> Alarm<'a> {
    /// With a timer that may go off at any time: it is set as it is needed.
    pub(super) fn new(timer: Pin<&'a mut Sleep>) -> Self {
        Self { timer, sleeper: Sleeper::default() }
    }

    /// Is ready when what is waited for has taken longer than its limit.
    pub(super) fn poll(&mut self, limit: &mut Limit, cx: &mut Context<'_>) -> Poll<()> {
        if limit.end.is_none() {
            limit.end = Instant::now().checked_add(limit.patience);
        }
        let Some(end) = limit.end else { return Poll::Pending };
        if end < self.timer.deadline() {
            self.timer.as_mut().reset(end);
            self.sleeper = Sleeper::default();
        }
        // It is entered already in nearly all waits.
        if self.sleeper.is(cx) && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.sleeper = Sleeper::new(cx);
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if end <= self.timer.deadline() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(end);
        }
    }
}
