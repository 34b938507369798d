//! The stream adapters of a connection: TCP socket → trace → faults → connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::connection::run_connection;
use super::letters::Letters;
use super::shared::Shared;
use crate::net::fault::{Faults, Faulty, ReplyFaults};
use crate::net::stream::Stream;
use crate::net::trace::{Event, Traced};

/// Serves one client, and releases the permit at the end, also after a panic.
pub(crate) async fn handle_connection(
    stream: impl Stream + 'static,
    peer: SocketAddr,
    shared: Arc<Shared>,
    shutdown: CancellationToken,
    permit: OwnedSemaphorePermit,
) {
    let _permit = permit;
    // A client that resets, or that does not read, is not the server's error.
    let _ = serve_client(stream, peer, &shared, &shutdown).await;
}

/// Serves one client until its connection ends.
///
/// Without a trace and faults, the connection uses the socket itself.
///
/// # Errors
/// Fails if the connection fails, or if a fault ends it.
pub(crate) async fn serve_client(
    stream: impl Stream + 'static,
    peer: SocketAddr,
    shared: &Shared,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    let conn = shared.metrics.connections.add(1);
    let faults = shared.faults.as_ref().and_then(|plan| plan.faults_of(conn));
    if shared.tracer.is_none() && faults.is_none() {
        return run_connection(stream, conn, peer, Letters::Unicode, shared, shutdown).await;
    }
    let mut stream: Box<dyn Stream> = match &shared.tracer {
        Some(tracer) => Box::new(Traced::new(stream, tracer.begin(conn), Event::Accept)),
        None => Box::new(stream),
    };
    let mut letters = Letters::Unicode;
    if let Some(faults) = faults {
        if let Faults::Reply(ReplyFaults { ascii: true, .. }) = faults {
            letters = Letters::Ascii;
        }
        stream = Box::new(Faulty::new(stream, faults, shared.config.idle_timeout, shutdown.clone()));
    }
    run_connection(stream, conn, peer, letters, shared, shutdown).await
}
