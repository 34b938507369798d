//! How a conversation hears that all are to come to an end.

use std::pin::Pin;
use std::task::Context;

use tokio::sync::watch;

use super::sleeper::Sleeper;

/// The news for one conversation, which it asks for at each wait.
pub(super) struct Stop<'a> {
    stopping: &'a watch::Receiver<bool>,
    told: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    /// Whom the news wakes.
    sleeper: Sleeper,
}

impl<'a> Stop<'a> {
    /// With the future of [`told`].
    pub(super) fn new(
        stopping: &'a watch::Receiver<bool>,
        told: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    ) -> Self {
        Self { stopping, told, sleeper: Sleeper::default() }
    }

    /// Whether it has come. If not, the task is woken when it does.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        // To put oneself down for the news takes a lock that all conversations share: once is enough.
        if self.sleeper.is(cx) {
            return self.stopping.has_changed().unwrap_or(false);
        }
        self.sleeper = Sleeper::new(cx);
        self.told.as_mut().poll(cx).is_ready()
    }
}

/// Is ready once `stopping` is true.
pub(super) async fn told(stopping: &watch::Receiver<bool>) {
    let told = stopping.clone().wait_for(|&stopping| stopping).await.is_ok();
    if !told {
        // Whoever could tell is gone, and has not told.
        std::future::pending::<()>().await;
    }
}
