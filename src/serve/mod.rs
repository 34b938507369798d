//! `upcase serve`: the command, from its options to its exit.

pub(crate) mod adapters;
mod budget;
mod buffers;
pub(crate) mod config;
pub(crate) mod connection;
mod letters;
mod linger;
mod listener;
pub(crate) mod log;
mod protocol;
mod record;
pub(crate) mod server;
pub(crate) mod shared;
mod workers;

use std::io;
use std::time::Duration;

use color_eyre::eyre::Result;

use crate::error::{Error, connection_code};
use crate::runtime::Signals;
use crate::stdio::OutputThread;
use crate::terminal::Terminal;
use crate::{cli, report, runtime};
use config::{ConnectionConfig, ServerConfig};
use log::Log;
use server::{Server, ServerEvent, Summary};

/// Time after the grace in which the server ends by itself; then the process ends in any case.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);

/// Open files that are not connections: the standard streams, the listeners, those of name lookup and of the signals'
/// thread, the client that waits at the limit, and some to spare.
const RESERVED_FILES: u64 = 20;

/// Open files of each thread's runtime (on Linux: epoll twice, its waker, its end of the signals' pipe).
const FILES_PER_THREAD: u64 = 4;

/// Concurrent connections where the system's limit of open files is not known.
const FALLBACK_CONNECTIONS: u32 = 1000;

/// Serves until SIGINT, SIGTERM or SIGHUP, then finishes open replies; a second signal ends the server at once.
///
/// # Errors
/// Fails if an address cannot be listened on, or the runtime or the signal handlers cannot be set up.
pub fn command(args: &cli::ServeArgs, terminal: Terminal) -> Result<()> {
    let max_connections = raise_file_limit();
    let config = ServerConfig {
        connection: ConnectionConfig {
            keep_alive: args.keep_alive,
            pause: args.pause,
            idle_timeout: args.idle_timeout,
        },
        max_connections: args.max_connections.unwrap_or(max_connections),
        grace: args.grace,
    };
    let lang = terminal.lang;
    runtime::run(Signals::All, args.grace.saturating_add(SHUTDOWN_MAX), async |shutdown| {
        let listeners = tokio::select! {
            bound = listener::bind(&args.host, args.port, terminal) => bound?,
            // Name lookup may take long.
            () = shutdown.cancelled() => return Ok(()),
        };
        // One thread writes messages and the trace, so that a message stands between the events around it.
        let needs_output = !args.quiet || args.trace.is_verbose();
        let output = needs_output.then(|| start_output(terminal)).transpose()?;
        let tracer = args.trace.tracer(terminal, || output.clone());
        let log = match output {
            Some(output) if !args.quiet => Log::new(output, args.format, terminal),
            _ => Log::disabled(),
        };
        if let Some(faults) = args.faults.plan() {
            report::status("faults", lang.faults(faults), terminal);
        }
        for listener in &listeners {
            report::status("listening", lang.listening(listener.local_addr()?), terminal);
        }
        let faults = args.faults.plan().cloned();
        let server = Server::new(listeners, config).with_log(log).with_tracer(tracer).with_faults(faults);
        let server = server.run(shutdown, |event| match event {
            ServerEvent::AcceptPaused(error) => {
                report::warning(connection_code(&error), lang.accept_paused(&error), terminal);
            }
            ServerEvent::LimitReached => {
                report::warning("max-connections", lang.limit_reached(config.max_connections), terminal);
            }
            ServerEvent::ShuttingDown { connections } => {
                report::status("stopping", lang.stopping(connections as u64, args.grace), terminal);
            }
        });
        let Summary { connections, messages, bytes, uptime } = server.await?;
        report::status("stopped", lang.summary(connections, messages, bytes, uptime), terminal);
        Ok(())
    })
}

fn start_output(terminal: Terminal) -> Result<OutputThread, Error> {
    let on_error =
        move |error: &io::Error| report::warning("output", terminal.lang.log_lost(error), terminal);
    OutputThread::start(io::stdout(), on_error).map_err(Error::StartThread)
}

/// Raises the limit of open files as far as this process may, and returns the number of connections that fit.
fn raise_file_limit() -> u32 {
    let Ok(files) = rlimit::increase_nofile_limit(u64::MAX) else { return FALLBACK_CONNECTIONS };
    let reserved = RESERVED_FILES + FILES_PER_THREAD * workers::cores() as u64;
    u32::try_from(files.saturating_sub(reserved).max(1)).unwrap_or(u32::MAX)
}
