//! Whom something wakes, so that a conversation need not put itself down for it at each wait.

use std::task::{Context, Waker};

/// The task that has put itself down, if one has.
#[derive(Debug, Default)]
pub(super) struct Sleeper(Option<Waker>);

impl Sleeper {
    /// The task that polls.
    pub(super) fn new(cx: &Context<'_>) -> Self {
        Self(Some(cx.waker().clone()))
    }

    /// Whether it is the task that polls.
    pub(super) fn is(&self, cx: &Context<'_>) -> bool {
        self.0.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()))
    }
}
