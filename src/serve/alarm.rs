//! A limit of time that every wait moves, and that few reach.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// One timer for all waits of a conversation.
///
/// tokio's `timeout` enters a timer for each wait, and takes it out again when what was waited for comes. This one is
/// entered when first something has to be waited for. Then it stays: when it goes off and the limit has moved on
/// meanwhile, it is entered again.
pub(super) struct Alarm<'a>(Pin<&'a mut Sleep>);

impl<'a> Alarm<'a> {
    /// With a timer that may go off at any time: it is set as it is needed.
    pub(super) fn new(timer: Pin<&'a mut Sleep>) -> Self {
        Self(timer)
    }

    /// What `poll` gives, unless it takes longer than `patience`.
    pub(super) async fn within<T>(
        &mut self,
        patience: Duration,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Option<T> {
        // Looking at the clock costs more than most of what need not be waited for.
        let mut end = None;
        poll_fn(|cx| {
            if let Poll::Ready(done) = poll(cx) {
                return Poll::Ready(Some(done));
            }
            match *end.get_or_insert_with(|| Instant::now().checked_add(patience)) {
                Some(end) => self.poll_until(end, cx).map(|()| None),
                None => Poll::Pending,
            }
        })
        .await
    }

    fn poll_until(&mut self, end: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if end < self.0.deadline() {
            self.0.as_mut().reset(end);
        }
        loop {
            ready!(self.0.as_mut().poll(cx));
            if end <= self.0.deadline() {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(end);
        }
    }
}
