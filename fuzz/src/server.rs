//! The server's end of a connection: the only part of this package that knows how the program serves a client.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, LazyLock, Mutex};

use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::Instant;
pub use upcase::internals::ConnectionConfig;
use upcase::internals::{CancellationToken, Summary, TextLog, serve_stream};

/// The number of bytes that the server reads at once (`INPUT_SIZE` in `src/serve/buffers.rs`).
pub const READ_SIZE: usize = 256 * 1024;

/// The number of bytes of a reply that the server keeps back until its message ends (`HELD_REPLY_MAX` in
/// `src/serve/protocol.rs`).
pub const HELD_REPLY_MAX: usize = 16 * 1024;

/// The number of bytes of a message that the log shows (`SHOWN_MAX` in `src/serve/record.rs`).
pub const LOGGED_MAX: usize = 1024;

/// A server task with one connection.
#[derive(Debug)]
pub struct Server {
    task: JoinHandle<Ended>,
    shutdown: CancellationToken,
}

/// The end of a server task.
#[derive(Debug)]
pub struct Ended {
    /// The result of the connection.
    pub result: io::Result<()>,
    /// The time of the end.
    pub at: Instant,
    /// The counters of the server.
    pub totals: Summary,
}

impl Server {
    /// Starts a server task, and returns it with the client's end of a pipe that holds `pipe_size` bytes in each
    /// direction.
    #[must_use]
    pub fn start(config: ConnectionConfig, pipe_size: usize, has_log: bool) -> (Self, DuplexStream) {
        let (client, stream) = duplex(pipe_size);
        let shutdown = CancellationToken::new();
        let log = has_log.then(|| LOG.log.clone());
        let token = shutdown.clone();
        let task = tokio::spawn(async move {
            let (result, totals) = serve_stream(stream, config, log, &token).await;
            Ended { result, at: Instant::now(), totals }
        });
        (Self { task, shutdown }, client)
    }

    /// Starts the shutdown.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Waits until the connection has ended.
    ///
    /// # Panics
    /// If the server panicked.
    pub async fn ended(self) -> Ended {
        self.task.await.expect("the server does not panic")
    }
}

/// Returns the text that was logged since the last call.
///
/// # Panics
/// If the log cannot be written, or is not valid UTF-8.
pub async fn take_log() -> String {
    LOG.log.flush().await.expect("memory can be written");
    let bytes = mem::take(&mut *LOG.text.0.lock().expect("no thread has panicked"));
    String::from_utf8(bytes).expect("the log is valid UTF-8")
}

/// One log for all inputs, because the log's thread does not end.
static LOG: LazyLock<CapturedLog> = LazyLock::new(|| {
    let text = SharedText::default();
    CapturedLog { log: TextLog::start(text.clone()).expect("the system allows a thread"), text }
});

struct CapturedLog {
    log: TextLog,
    text: SharedText,
}

#[derive(Clone, Debug, Default)]
struct SharedText(Arc<Mutex<Vec<u8>>>);

impl Write for SharedText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no thread has panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
