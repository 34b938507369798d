//! The threads that hold conversations.
//!
//! One thread accepts, and hands connections to all in turn; each thread has a runtime of its own, and what it is
//! given stays with it. Where there is one core there is one thread, and nothing is handed over. (tokio's own
//! scheduler for several threads moves work between them: on two cores its slowest replies in a thousand took 4 ms
//! where those of one thread took 0.4. Several threads that all accept would all be woken for each connection;
//! `SO_REUSEPORT` would let a second server take our port without an error.)

use std::future::Future;
use std::io;
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::runtime;

/// Threads that hold conversations, this one among them. They end when this is dropped.
pub(super) struct Workers {
    runtimes: Vec<Handle>,
    turn: usize,
    _until: watch::Sender<()>,
}

impl Workers {
    /// This thread's runtime, and one more thread for each other core; fewer where the system has no more to give.
    pub(super) fn start() -> Self {
        let (until, ended) = watch::channel(());
        let mut runtimes = vec![Handle::current()];
        runtimes.extend((1..cores()).map_while(|_| start_thread(ended.clone()).ok()));
        Self { runtimes, turn: 0, _until: until }
    }

    /// Holds a conversation on the thread whose turn it is.
    ///
    /// A panic in it is a fault of ours: it is reported, and ends this conversation and no other.
    pub(super) fn hold(&mut self, conversation: impl Future<Output = ()> + Send + 'static) {
        self.turn = (self.turn + 1) % self.runtimes.len();
        self.runtimes[self.turn].spawn(conversation);
    }
}

/// The cores that this process may use, by its affinity and its container's quota.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn start_thread(mut ended: watch::Receiver<()>) -> io::Result<Handle> {
    let runtime = runtime::new()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("worker".into()).spawn(move || {
        // Nothing is ever sent: an error says that the sender is gone.
        let _ = runtime.block_on(ended.changed());
        runtime.shutdown_background();
    })?;
    Ok(handle)
}
