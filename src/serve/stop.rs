//! How a conversation hears that all are to come to an end.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

use tokio::sync::watch;

/// The news for one conversation, which it asks for at each wait.
pub(super) struct Stop<'a> {
    stopping: &'a watch::Receiver<bool>,
    told: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    /// Whom the news wakes.
    sleeper: Option<Waker>,
}

impl<'a> Stop<'a> {
    /// With the future of [`told`].
    pub(super) fn new(
        stopping: &'a watch::Receiver<bool>,
        told: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    ) -> Self {
        Self { stopping, told, sleeper: None }
    }

    /// Whether it has come. If not, the task is woken when it does.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        // To put oneself down for the news takes a lock that all conversations share: once is enough.
        if self.sleeper.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return self.stopping.has_changed().unwrap_or(false);
        }
        self.sleeper = Some(cx.waker().clone());
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
