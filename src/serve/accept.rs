//! From listeners to connections: a limit, and no error that ends it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::connection;
use super::service::Service;
use super::workers::{self, Workers};
use crate::net::tcp::{Listener, Stream};
use crate::report;
use crate::terminal::Terminal;

/// How long the listener rests when the machine has run out of something (`HAProxy` rests 100 ms, nginx 500 ms).
const REST: Duration = Duration::from_millis(100);

/// How long the same warning is not said again for. While the machine is short of files, every file that comes free
/// makes one accept succeed and the next one fail: those are one shortage, and one warning.
const WARNING_EVERY: Duration = Duration::from_secs(60);

/// Open files that are no connections: the standard streams, the listeners, the system's for looking up names; and
/// some to spare.
const RESERVED_FILES: u64 = 20;

/// Open files of each thread's runtime (on Linux: epoll twice, its waker, its end of the signals' pipe).
const FILES_PER_THREAD: u64 = 4;

/// How many connections there may be at once where the system's limit can't be known.
const FALLBACK_LIMIT: u32 = 1000;

/// Raises the limit of open files as far as this process may, and says how many connections that leaves room for.
pub(super) fn make_room() -> u32 {
    let Ok(files) = rlimit::increase_nofile_limit(u64::MAX) else { return FALLBACK_LIMIT };
    let reserved = RESERVED_FILES + FILES_PER_THREAD * workers::cores() as u64;
    let connections = files.saturating_sub(reserved).max(1);
    u32::try_from(connections).unwrap_or(u32::MAX)
}

/// Accepts connections, and begins a conversation with each, for as long as it is polled.
///
/// A slot is taken before a client is: at the limit clients wait in the backlog, and none is refused.
pub(super) async fn forever(
    listeners: &[Listener],
    slots: &Arc<Semaphore>,
    service: &Arc<Service>,
    workers: &mut Workers,
    terminal: Terminal,
) -> Infallible {
    let mut turn = 0;
    let mut warned: Option<Instant> = None;
    loop {
        let slot = Arc::clone(slots).acquire_owned().await.expect("the slots are never closed");
        match accept_any(listeners, &mut turn).await {
            Ok((stream, peer)) => {
                workers.hold(connection::hold(stream, peer, Arc::clone(service), slot));
            }
            Err(error) if is_clients_own(&error) => {}
            Err(error) => {
                if warned.is_none_or(|at| at.elapsed() > WARNING_EVERY) {
                    warned = Some(Instant::now());
                    report::warning(terminal.lang.accept_paused(&error), terminal);
                }
                sleep(REST).await;
            }
        }
    }
}

/// The next connection of any listener; `turn` goes round, so that a busy one does not starve the others.
async fn accept_any(
    listeners: &[Listener],
    turn: &mut usize,
) -> io::Result<(impl Stream + use<>, SocketAddr)> {
    poll_fn(|cx| {
        for _ in listeners {
            *turn = (*turn + 1) % listeners.len();
            if let Poll::Ready(accepted) = listeners[*turn].poll_accept(cx) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}

/// Whether the error is about the one client that was to be accepted: the next may do.
fn is_clients_own(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}
