//! The tokio runtime of each thread, and the signals that shut the program down.

use std::future::Future;
use std::io;

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::runtime::{Builder, Runtime};

/// Returns a runtime for one thread.
///
/// # Errors
/// Returns an error if the system has no open files left for the runtime.
pub(crate) fn new() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Runs a command on this thread to its end.
///
/// # Errors
/// Returns the command's error, or an error if the runtime does not start.
pub(crate) fn run<T>(command: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = new().wrap_err("the runtime does not start")?;
    let result = runtime.block_on(command);
    // Does not wait for a name lookup, or for an output that nobody reads.
    runtime.shutdown_background();
    result
}

/// The signals that shut the program down: SIGINT and SIGTERM, or Ctrl-C on Windows.
pub(crate) struct ShutdownSignals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
}

impl ShutdownSignals {
    /// Handles the signals from now on.
    ///
    /// (Without handlers, the first process of a container would ignore these signals.)
    ///
    /// # Errors
    /// Returns an error if the system refuses the handlers.
    pub(crate) fn new() -> Result<Self> {
        Self::register().wrap_err("signals can't be handled")
    }

    #[cfg(unix)]
    fn register() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    fn register() -> io::Result<Self> {
        Ok(Self { ctrl_c: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for a signal.
    ///
    /// A signal that arrives between two calls completes the second call. Several of one kind count as one.
    pub(crate) async fn recv(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.ctrl_c.recv().await;
    }
}
