//! The server: accepts connections, hands them to the worker threads, and shuts down gracefully.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::config::ServerConfig;
use super::log::Log;
use super::shared::{Metrics, Shared};
use super::workers::Workers;
use crate::errno::is_error_of_accepted_peer;
use crate::net::fault::FaultPlan;
use crate::net::tcp::shorten_backlog;
use crate::net::trace::Tracer;

/// Pause of the listener when the machine has run out of a resource (`HAProxy` pauses 100 ms, nginx 500 ms).
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Time between two reports of the same event. While the machine is short of files, each file that becomes free lets one
/// accept succeed and the next one fail.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Time for the log to be written after the last connection, however short the grace period is. A reader that reads
/// needs milliseconds; a stalled reader must not keep the server alive.
const LOG_GRACE: Duration = Duration::from_millis(500);

/// A TCP server that replies in upper case.
///
/// ```
/// use std::net::TcpListener;
///
/// use tokio_util::sync::CancellationToken;
/// use upcase::{Client, Request, Server, ServerConfig};
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> std::io::Result<()> {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let port = listener.local_addr()?.port();
///     let shutdown = CancellationToken::new();
///     let server = Server::new(vec![listener], ServerConfig::default());
///     let server = tokio::spawn(server.run(shutdown.clone(), |event| eprintln!("{event:?}")));
///
///     let reply = Client::new("127.0.0.1", port).send(&Request::new("mensagem de teste")).await;
///     assert_eq!(reply.body, b"MENSAGEM DE TESTE");
///
///     shutdown.cancel();
///     assert_eq!(server.await??.messages, 1);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Server {
    listeners: Vec<std::net::TcpListener>,
    config: ServerConfig,
    log: Log,
    tracer: Option<Tracer>,
    faults: Option<FaultPlan>,
}

/// An event of a running server that its operator wants to know.
#[derive(Debug)]
pub enum ServerEvent {
    /// Accepting failed, usually because the machine has run out of open files or memory: new connections wait. Reported
    /// once a minute at most.
    AcceptPaused(io::Error),
    /// A client waits for another connection to end. Reported once a minute at most.
    LimitReached,
    /// Shutdown begins while this many connections are open.
    ShuttingDown {
        /// Open connections.
        connections: usize,
    },
}

/// The totals of a server's run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Accepted connections, including those without a message.
    pub connections: u64,
    /// Messages received, including those that a broken connection cut off.
    pub messages: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Time from the start of the server to its end.
    pub uptime: Duration,
}

impl Server {
    /// Creates a server on bound listeners. It logs nothing.
    #[must_use]
    pub fn new(listeners: Vec<std::net::TcpListener>, config: ServerConfig) -> Self {
        Self { listeners, config, log: Log::disabled(), tracer: None, faults: None }
    }

    /// Sets the log of messages.
    #[must_use]
    pub(crate) fn with_log(mut self, log: Log) -> Self {
        self.log = log;
        self
    }

    /// Sets the trace of connections.
    #[must_use]
    pub(crate) fn with_tracer(mut self, tracer: Option<Tracer>) -> Self {
        self.tracer = tracer;
        self
    }

    /// Sets the faults of connections.
    #[must_use]
    pub(crate) fn with_faults(mut self, faults: Option<FaultPlan>) -> Self {
        self.faults = faults;
        self
    }

    /// Serves until `shutdown` is cancelled, then finishes open replies within the grace period.
    ///
    /// The server runs on the current-thread runtime that polls this future, and on one more thread for each further
    /// core.
    ///
    /// # Errors
    /// Fails if the runtime cannot register the listeners.
    pub async fn run(
        self,
        shutdown: CancellationToken,
        mut on_event: impl FnMut(ServerEvent),
    ) -> io::Result<Summary> {
        let Self { listeners, config, log, tracer, faults } = self;
        let started = Instant::now();
        let listeners = listeners.into_iter().map(register).collect::<io::Result<Vec<_>>>()?;
        let limit = config.max_connections.min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        let permits = Arc::new(Semaphore::new(limit as usize));
        let metrics = Metrics::default();
        let accepts = !faults.as_ref().is_some_and(FaultPlan::is_no_accept);
        if !accepts {
            listeners.iter().try_for_each(shorten_backlog)?;
        }
        let shared = Arc::new(Shared { config: config.connection, log, metrics, tracer, faults });
        // Connections run on these threads until the end of this function.
        let mut workers = Workers::start(Arc::clone(&shared), &shutdown, limit as usize);

        tokio::select! {
            () = shutdown.cancelled() => {}
            never = accept_loop(&listeners, &permits, &mut workers, &mut on_event), if accepts => match never {},
        }

        // From here on the system refuses new clients, and resets those in the backlog, instead of letting them wait.
        drop(listeners);
        let mut grace = pin!(sleep(config.grace));
        let connections = limit as usize - permits.available_permits();
        if connections > 0 {
            on_event(ServerEvent::ShuttingDown { connections });
        }
        tokio::select! {
            // All permits are available once every connection has ended.
            _ = permits.acquire_many(limit) => {}
            () = &mut grace => {}
        }
        tokio::select! {
            () = shared.log.flush() => {}
            _ = async { tokio::join!(grace, sleep(LOG_GRACE)) } => {}
        }
        let Metrics { connections, messages, bytes } = &shared.metrics;
        Ok(Summary {
            connections: connections.get(),
            messages: messages.get(),
            bytes: bytes.get(),
            uptime: started.elapsed(),
        })
    }
}

fn register(listener: std::net::TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Accepts connections and hands them to the workers.
///
/// At the limit of connections the next client waits for a permit, and further clients wait in the backlog. None is
/// refused.
async fn accept_loop(
    listeners: &[TcpListener],
    permits: &Arc<Semaphore>,
    workers: &mut Workers,
    on_event: &mut impl FnMut(ServerEvent),
) -> Infallible {
    let mut last = 0;
    let (mut limit_report, mut pause_report) = (Throttle::default(), Throttle::default());
    loop {
        match accept(listeners, &mut last).await {
            Ok((stream, peer)) => {
                if permits.available_permits() == 0 && limit_report.is_due() {
                    on_event(ServerEvent::LimitReached);
                }
                let permit =
                    Arc::clone(permits).acquire_owned().await.expect("the semaphore is never closed");
                workers.spawn(stream, peer, permit);
            }
            Err(error) if is_error_of_accepted_peer(&error) => {}
            Err(error) => {
                if pause_report.is_due() {
                    on_event(ServerEvent::AcceptPaused(error));
                }
                sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}

/// Limits how often the same event is reported.
#[derive(Default)]
struct Throttle {
    reported: Option<Instant>,
}

impl Throttle {
    /// Returns whether the event was not reported within the last interval, and takes it as reported if so.
    fn is_due(&mut self) -> bool {
        let is_due = self.reported.is_none_or(|at| at.elapsed() > REPORT_INTERVAL);
        if is_due {
            self.reported = Some(Instant::now());
        }
        is_due
    }
}

/// Accepts the next connection of any listener, beginning after the `last` one used, so that a busy listener does not
/// starve the others.
async fn accept(listeners: &[TcpListener], last: &mut usize) -> io::Result<(TcpStream, SocketAddr)> {
    poll_fn(|cx| {
        for _ in listeners {
            *last = (*last + 1) % listeners.len();
            if let Poll::Ready(accepted) = listeners[*last].poll_accept(cx) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;
    use crate::cli::LogFormat;
    use crate::i18n::Language;
    use crate::stdio::OutputThread;
    use crate::terminal::Terminal;

    const DEADLINE: Duration = Duration::from_secs(180);

    /// An output that panics.
    struct Faulty;

    impl Write for Faulty {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("a bug in the log, simulated by a test");
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn panic_in_the_log_delays_no_client() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let output = OutputThread::start(Faulty, |_| {}).unwrap();
        let log = Log::new(output, LogFormat::Text, Terminal::plain(Language::En));
        let shutdown = CancellationToken::new();
        let server = Server::new(vec![listener], ServerConfig::default()).with_log(log);
        let server = tokio::spawn(server.run(shutdown.clone(), |_| {}));
        // More than the log's queue holds, so that connections would wait for room.
        for _ in 0..1200 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(&[&[b'x'; 1023], &b"\n"[..]].concat()).await.unwrap();
            let mut reply = Vec::new();
            timeout(DEADLINE, client.read_to_end(&mut reply)).await.expect("a reply arrives").unwrap();
            assert_eq!(reply, [b'X'; 1023]);
        }
        shutdown.cancel();
        timeout(DEADLINE, server).await.expect("the server ends").unwrap().unwrap();
    }
}
