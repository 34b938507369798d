//! `upcase serve`: the listener, the conversations, the log, and how they end.

mod accept;
mod alarm;
mod buffers;
pub mod connection;
mod listener;
pub mod log;
mod message;
mod protocol;
mod record;
pub mod service;
mod sleeper;
mod stop;
mod workers;

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep};

use crate::net::tcp::Listener;
use crate::terminal::Terminal;
use crate::{cli, runtime, signals};
use log::Log;
use service::{Rules, Service, Tally};
use workers::Workers;

/// How long the log may take to be written after the last connection, however short the grace is: a reader that
/// reads needs milliseconds, and one that has stalled may not keep the server.
const LOG_GRACE: Duration = Duration::from_secs(1);

/// How the server treats its connections as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What holds for each conversation.
    pub rules: Rules,
    /// How many conversations there may be at once; more clients wait in the backlog.
    pub max_connections: u32,
    /// How long replies under way are finished for, at the end.
    pub grace: Duration,
}

/// Serves as the command line says, until SIGINT or SIGTERM; a second one ends it at once.
///
/// # Errors
/// When no address can be listened on, or the runtime or the signal handlers can't be set up.
pub fn command(args: &cli::ServeArgs, terminal: Terminal) -> Result<()> {
    let room = accept::make_room();
    let options = Options {
        rules: Rules { keep_alive: args.keep_alive, pause: args.pause, idle_timeout: args.idle_timeout },
        max_connections: args.max_connections.unwrap_or(room),
        grace: args.grace,
    };
    runtime::run(async {
        let signals = signals::watch().wrap_err("signals can't be handled")?;
        let mut first = pin!(signals.first);
        let listeners = tokio::select! {
            bound = listener::bind(&args.host, args.port, terminal) => bound?,
            // A name may take its time to be looked up.
            () = &mut first => return Ok(()),
        };
        for listener in &listeners {
            terminal.print_status(terminal.lang.listening(listener.local_addr()?));
        }
        let log = if args.quiet { Log::none() } else { Log::new(std::io::stdout(), args.format, terminal) };
        tokio::select! {
            served = run(listeners, options, log, terminal, first) => Ok(served?),
            () = signals.second => Ok(()),
        }
    })
}

/// Serves on `listeners` until `shutdown` is ready, then finishes the replies under way and says a summary.
///
/// # Errors
/// When the listeners can't be waited for.
pub async fn run(
    listeners: Vec<TcpListener>,
    options: Options,
    log: Log,
    terminal: Terminal,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let listeners = listeners.into_iter().map(Listener::new).collect::<io::Result<Vec<_>>>()?;
    let started = Instant::now();
    let (stop, stopping) = watch::channel(false);
    let limit = options.max_connections.min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
    let slots = Arc::new(Semaphore::new(limit as usize));
    // Conversations go on in them until the end of this.
    let mut workers = Workers::start();
    let service = Arc::new(Service { rules: options.rules, log, tally: Tally::default(), stopping });

    tokio::select! {
        () = shutdown => {}
        never = accept::forever(&listeners, &slots, &service, &mut workers, terminal) => match never {},
    }

    // From here on new clients are refused by the system, instead of being left to wait.
    drop(listeners);
    let mut grace = pin!(sleep(options.grace));
    stop.send_replace(true);
    let open = limit as usize - slots.available_permits();
    if open > 0 {
        terminal.print_status(terminal.lang.stopping(open as u64, options.grace));
    }
    tokio::select! {
        // All slots are free again once every conversation has ended.
        _ = slots.acquire_many(limit) => {}
        () = &mut grace => {}
    }
    tokio::select! {
        () = service.log.close() => {}
        _ = async { tokio::join!(grace, sleep(LOG_GRACE)) } => {}
    }
    let Tally { connections, messages, bytes } = &service.tally;
    terminal.print_status(terminal.lang.summary(
        connections.get(),
        messages.get(),
        bytes.get(),
        started.elapsed(),
    ));
    Ok(())
}
