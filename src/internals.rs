//! Items for this project's executable, benchmarks and fuzz targets. This is not part of the public interface.

use std::io::{self, Write};

use tokio::io::DuplexStream;
use tokio::time::Instant;
pub use tokio_util::sync::CancellationToken;

use crate::cli::LogFormat;
pub use crate::cli::{Cli, Command, UsageError, completion_script, parse};
pub use crate::escape::{escape_line, escape_lines, json_line};
use crate::i18n::Language;
pub use crate::man::source as man_page;
pub use crate::report::{exit_code, install_handlers};
pub use crate::send::command as send;
use crate::serve::adapters::serve_client;
pub use crate::serve::command as serve;
pub use crate::serve::config::ConnectionConfig;
use crate::serve::log::Log;
pub use crate::serve::server::Summary;
use crate::serve::shared::{Metrics, Shared};
use crate::stdio::OutputThread;
pub use crate::terminal::{Terminal, print};
pub use crate::text::trim::{PENDING_MAX, trim};

/// A log of messages in English, without colour.
#[derive(Clone, Debug)]
pub struct TextLog(OutputThread);

impl TextLog {
    /// Starts a thread that writes the log. The thread does not end.
    ///
    /// # Errors
    /// Fails if the system refuses the thread.
    pub fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        OutputThread::start(output, |_| {}).map(Self)
    }

    /// Waits until all records are written.
    ///
    /// # Errors
    /// Fails if a write failed.
    pub async fn flush(&self) -> io::Result<()> {
        self.0.flush().await
    }
}

/// Serves one client at 127.0.0.1 like a server, and returns the result of the connection and the server's totals.
pub async fn serve_stream(
    stream: DuplexStream,
    config: ConnectionConfig,
    log: Option<TextLog>,
    shutdown: &CancellationToken,
) -> (io::Result<()>, Summary) {
    let log = log.map_or_else(Log::disabled, |TextLog(output)| {
        Log::new(output, LogFormat::Text, Terminal::plain(Language::En))
    });
    let shared = Shared { config, log, metrics: Metrics::default(), tracer: None, faults: None };
    let (start, peer) = (Instant::now(), ([127, 0, 0, 1], 1).into());
    let result = serve_client(stream, peer, &shared, shutdown).await;
    let Metrics { connections, messages, bytes } = &shared.metrics;
    let uptime = start.elapsed();
    (result, Summary { connections: connections.get(), messages: messages.get(), bytes: bytes.get(), uptime })
}
