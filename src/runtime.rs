//! The tokio runtime of each thread, and the signals that shut the program down.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use color_eyre::eyre::Result;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::error::Error;

/// Time that a command has to print its last lines after a signal. A command that a stalled output blocks does not end by
/// itself.
pub(crate) const EXIT_GRACE: Duration = Duration::from_secs(1);

/// The numbers of the shutdown signals, which are the same on all systems (POSIX, kill(1)).
#[cfg(unix)]
const SIGHUP: u8 = 1;
const SIGINT: u8 = 2;
const SIGTERM: u8 = 15;

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
    #[cfg(unix)]
    check_open_files().map_err(Error::Start)?;
    let runtime = new().map_err(Error::Start)?;
    let shutdown = CancellationToken::new();
    handle_signals(signals, shutdown.clone(), grace)?;
    runtime.block_on(command(shutdown))
}

/// Checks that a command can open the files that its two runtimes need: without them, tokio panics.
#[cfg(unix)]
fn check_open_files() -> io::Result<()> {
    use std::os::fd::AsFd as _;

    /// On Linux: epoll twice, its waker, and an end of the signals' pipe for each runtime, and the pipe.
    const FILES: usize = 10;
    let stderr = io::stderr();
    let files = (0..FILES).map(|_| stderr.as_fd().try_clone_to_owned());
    files.collect::<io::Result<Vec<_>>>().map(drop)
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
    /// SIGINT, SIGTERM and SIGHUP; on Windows Ctrl-C, Ctrl-Break, the end of the console, the session and the system.
    All,
    /// All except SIGINT and Ctrl-C, which is a key at a prompt.
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
            #[cfg(unix)]
            handlers.ignore_hangup();
            let _ = timeout(grace, handlers.recv()).await;
            crate::terminal::restore_mode();
            std::process::exit(interrupted_exit_code().into());
        });
    };
    thread::Builder::new().name("signals".into()).spawn(wait_for_signals).map_err(Error::StartThread)?;
    let registered = registered.recv().unwrap_or_else(|_| Err(io::Error::other("the signals' thread ended")));
    Ok(registered.map_err(Error::Start)?)
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
            () = recv(&mut self.interrupt) => SIGINT,
            _ = self.terminate.recv() => SIGTERM,
            () = recv(&mut self.hangup) => SIGHUP,
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

/// The handlers of the console's events. All but Ctrl-C end the program as SIGTERM does elsewhere.
///
/// After the last three, the system waits a few seconds for the process to end.
#[cfg(windows)]
struct Handlers {
    interrupt: Option<tokio::signal::windows::CtrlC>,
    ctrl_break: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    logoff: tokio::signal::windows::CtrlLogoff,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Handlers {
    fn register(signals: Signals) -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        Ok(Self {
            interrupt: (signals == Signals::All).then(ctrl_c).transpose()?,
            ctrl_break: ctrl_break()?,
            close: ctrl_close()?,
            logoff: ctrl_logoff()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Waits for an event, and returns the number of the signal that does the same elsewhere.
    async fn recv(&mut self) -> u8 {
        let interrupt = async {
            match &mut self.interrupt {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupt => SIGINT,
            _ = self.ctrl_break.recv() => SIGTERM,
            _ = self.close.recv() => SIGTERM,
            _ = self.logoff.recv() => SIGTERM,
            _ = self.shutdown.recv() => SIGTERM,
        }
    }
}
