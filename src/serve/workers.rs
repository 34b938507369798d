//! The threads that connections run on.
//!
//! One thread accepts, and hands connections to all threads in turn. Each thread has a runtime of its own, and a
//! connection stays on its thread. On one core there is one thread, and nothing is handed over. (On two cores, with tokio's
//! multi-thread scheduler, p99.9 of the latency was 4 ms where one thread had 0.4 ms. Several accepting
//! threads would all wake for each connection; `SO_REUSEPORT` would let a second server take the port without an error.)

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::net::TcpStream;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::adapters::handle_connection;
use super::shared::Shared;
use crate::runtime;

/// The current thread and the threads that it started. The threads end when this value is dropped.
pub(super) struct Workers {
    shared: Arc<Shared>,
    shutdown: CancellationToken,
    others: Vec<Worker>,
    last: usize,
}

struct Worker {
    runtime: Handle,
    /// Shutdown of the thread's connections. With a token of its own, a thread does not contend for the lock of a shared
    /// token at each wait.
    shutdown: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl Workers {
    /// Starts a thread for each core except this thread's, and not more threads than connections; fewer where the system
    /// refuses more.
    pub(super) fn start(shared: Arc<Shared>, shutdown: &CancellationToken, max_connections: usize) -> Self {
        let threads = cores().min(max_connections);
        let others = (1..threads).map_while(|_| Worker::start(shutdown.child_token()).ok()).collect();
        Self { shared, shutdown: shutdown.clone(), others, last: 0 }
    }

    /// Runs a connection on the next thread.
    ///
    /// A panic ends its connection and no other.
    pub(super) fn spawn(&mut self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        self.last = (self.last + 1) % (self.others.len() + 1);
        let shared = Arc::clone(&self.shared);
        match self.others.get(self.last) {
            None => {
                tokio::spawn(handle_connection(stream, peer, shared, self.shutdown.clone(), permit));
            }
            Some(worker) => worker.spawn(stream, peer, shared, permit),
        }
    }
}

impl Worker {
    fn start(shutdown: CancellationToken) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (sender, receiver) = mpsc::channel::<Runtime>();
        // The thread starts first: a runtime cannot be dropped here, among a runtime's tasks, where the thread is refused.
        thread::Builder::new().name("worker".into()).spawn(move || {
            if let Ok(runtime) = receiver.recv() {
                runtime.block_on(stopped.cancelled());
            }
        })?;
        let runtime = runtime::new()?;
        let handle = runtime.handle().clone();
        let _ = sender.send(runtime);
        Ok(Self { runtime: handle, shutdown, _stop_on_drop: stop.drop_guard() })
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, permit: OwnedSemaphorePermit) {
        // The stream moves from this thread's runtime to the other's. Where that fails, the connection is lost.
        let Ok(stream) = stream.into_std() else { return };
        let shutdown = self.shutdown.clone();
        self.runtime.spawn(async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                handle_connection(stream, peer, shared, shutdown, permit).await;
            }
        });
    }
}

/// Returns the number of cores that this process may use, by its affinity and its container's quota.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
