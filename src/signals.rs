//! What tells the program to stop: SIGINT and SIGTERM, or Ctrl-C where there are no signals.

use std::future::Future;
use std::io;

use tokio::sync::oneshot;

/// The first and the second time that the program is told to stop.
pub struct Signals<First, Second> {
    /// Stop, and finish what is under way.
    pub first: First,
    /// Stop at once.
    pub second: Second,
}

/// Handles the signals from now on, also as a container's first process, where nothing else would.
///
/// # Errors
/// When the system does not let them be handled.
pub fn watch() -> io::Result<Signals<impl Future<Output = ()>, impl Future<Output = ()>>> {
    let mut stop = Stop::new()?;
    let (tell_first, first) = oneshot::channel();
    let (tell_second, second) = oneshot::channel();
    tokio::spawn(async move {
        stop.told().await;
        let _ = tell_first.send(());
        stop.told().await;
        let _ = tell_second.send(());
    });
    Ok(Signals { first: when_told(first), second: when_told(second) })
}

async fn when_told(told: oneshot::Receiver<()>) {
    if told.await.is_err() {
        // The task is gone with the runtime: no signal has come, and none will.
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Stop(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Stop {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn told(&mut self) {
        self.0.recv().await;
    }
}
