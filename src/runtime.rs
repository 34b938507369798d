//! The tokio runtime of each thread, and the signals that shut the program down.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::error::Error;

/// Time that a command has to print its last lines after a signal. A command that a stalled output blocks does not end by
/// itself.
pub(crate) const EXIT_GRACE: Duration = Duration::from_secs(1);

/// The first shutdown signal, or 0.
static SIGNAL: AtomicU8 = AtomicU8::new(0);

/// Returns a runtime for one thread.
///
/// # Errors
/// Returns an error if the system has no open files left for the runtime.
pub(crate) fn new() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Runs a command on this thread to its end. The first of the `signals` cancels the command's token.
///
/// A second SIGINT or SIGTERM ends the process. So does the end of `grace` after the first signal, if the command is still
/// running then: it may be blocked by an output that nobody reads. Another thread waits for the signals, and never blocks
/// on a standard stream. (Without handlers, the first process of a container would ignore the signals.)
///
/// # Errors
/// Returns the command's error, or an error if the system refuses the runtime, the thread or the handlers.
pub(crate) fn run(
    signals: Signals,
    grace: Duration,
    command: impl AsyncFnOnce(CancellationToken) -> Result<()>,
) -> Result<()> {
    let runtime = new().wrap_err("the runtime does not start")?;
    let shutdown = CancellationToken::new();
    handle_signals(signals, shutdown.clone(), grace)?;
    let result = runtime.block_on(command(shutdown));
    // Does not wait for a name lookup, or for an output that nobody reads.
    runtime.shutdown_background();
    result
}

/// Runs a part of a command that a signal may cut off.
///
/// # Errors
/// Returns the part's error, or [`Error::Interrupted`].
pub(crate) async fn interruptible<T>(
    shutdown: &CancellationToken,
    part: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        biased;
        result = part => result,
        () = shutdown.cancelled() => Err(Error::Interrupted),
    }
}

/// Returns the exit code of a command that a signal cut off: 128 and the signal's number, as a shell reports it.
pub(crate) fn interrupted_exit_code() -> u8 {
    128 + SIGNAL.load(Ordering::Relaxed)
}

/// The signals that shut a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signals {
    /// SIGINT, SIGTERM and SIGHUP; Ctrl-C on Windows.
    All,
    /// SIGTERM and SIGHUP: at a prompt, Ctrl-C is a key.
    ExceptInterrupt,
}

/// Handles the signals from now on, on a thread of its own.
fn handle_signals(signals: Signals, shutdown: CancellationToken, grace: Duration) -> Result<()> {
    let (sender, registered) = mpsc::channel();
    let wait_for_signals = move || {
        let runtime = match new() {
            Ok(runtime) => runtime,
            Err(error) => return drop(sender.send(Err(error))),
        };
        runtime.block_on(async {
            let mut handlers = match Handlers::register(signals) {
                Ok(handlers) => handlers,
                Err(error) => return drop(sender.send(Err(error))),
            };
            let _ = sender.send(Ok(()));
            SIGNAL.store(handlers.recv().await, Ordering::Relaxed);
            shutdown.cancel();
            handlers.ignore_hangup();
            let _ = timeout(grace, handlers.recv()).await;
            crate::terminal::restore_mode();
            std::process::exit(interrupted_exit_code().into());
        });
    };
    thread::Builder::new().name("signals".into()).spawn(wait_for_signals).map_err(Error::StartThread)?;
    registered
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread ended")))
        .wrap_err("signals can't be handled")
}

/// The handlers of the shutdown signals.
#[cfg(unix)]
struct Handlers {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Handlers {
    fn register(signals: Signals) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let handler = |kind, is_wanted: bool| is_wanted.then(|| signal(kind)).transpose();
        Ok(Self {
            interrupt: handler(SignalKind::interrupt(), signals == Signals::All)?,
            terminate: signal(SignalKind::terminate())?,
            hangup: handler(SignalKind::hangup(), !is_hangup_ignored())?,
        })
    }

    /// Ignores SIGHUP from now on: the shell and the system both send it when a terminal closes.
    fn ignore_hangup(&mut self) {
        self.hangup = None;
    }

    /// Waits for a signal, and returns its number.
    async fn recv(&mut self) -> u8 {
        async fn recv(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }

        tokio::select! {
            () = recv(&mut self.interrupt) => 2,
            _ = self.terminate.recv() => 15,
            () = recv(&mut self.hangup) => 1,
        }
    }
}

/// Returns whether the process was started with SIGHUP ignored, as by nohup(1): a handler would undo that.
///
/// Only Linux shows this (`SigIgn` in proc(5)).
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 != 0)
}

#[cfg(windows)]
struct Handlers(Option<tokio::signal::windows::CtrlC>);

#[cfg(windows)]
impl Handlers {
    fn register(signals: Signals) -> io::Result<Self> {
        Ok(Self((signals == Signals::All).then(tokio::signal::windows::ctrl_c).transpose()?))
    }

    const fn ignore_hangup(&self) {}

    async fn recv(&mut self) -> u8 {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
        2
    }
}
