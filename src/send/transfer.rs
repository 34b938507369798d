//! Sends a stream of any size and receives its reply at the same time, in constant memory.
//!
//! The client half-closes at the end of the stream, since nothing else marks it. The server's close ends the reply.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use indicatif::ProgressBar;
use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::client::Reply;
use super::verify::{FileVerifier, Verdict};
use crate::error::{Error, TransferFailure, TransferProgress};
use crate::net::connect::Connected;
use crate::net::deadline::expire;
use crate::net::stream::Stream;
use crate::net::trace::{Event, Wait};
use crate::stdio::NOT_READY_BACKOFF;
use crate::terminal::print;

/// The most bytes that one read takes from the file or the server; `serve` reads as many.
pub(super) const BUFFER_SIZE: usize = 256 * 1024;

/// A file to send, or standard input.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    /// The size in bytes, if it is known.
    pub(super) size: Option<u64>,
    pub(super) reader: Box<dyn AsyncRead + Unpin>,
}

/// Sends `source` and receives its reply, until both end, or an error or `interrupt` ends them.
///
/// Returns the progress, and the reply without its body; prints the body with `prints_body`.
pub(super) async fn transfer(
    source: Source<'_>,
    connected: Connected,
    timeout: Duration,
    prints_body: bool,
    progress_line: ProgressBar,
    interrupt: impl Future<Output = ()>,
) -> (TransferProgress, Reply) {
    let Connected { mut stream, address, connect_time } = connected;
    let mut transfer = Transfer {
        address,
        timeout,
        progress: TransferProgress { size: source.size, ..TransferProgress::default() },
        progress_line,
        verifier: FileVerifier::default(),
        started: (SystemTime::now(), Instant::now()),
        last_progress: Instant::now(),
    };
    let result = tokio::select! {
        biased;
        result = transfer.run(source, &mut stream, prints_body) => result,
        () = interrupt => Err(transfer.incomplete(TransferFailure::Interrupted)),
    };
    if let Err(Error::TransferIncomplete { reason: TransferFailure::Timeout(time), .. }) = &result {
        stream.trace(Event::Timeout(Wait::Reply, *time));
    }
    let Transfer { progress, started: (sent_at, start), last_progress, .. } = transfer;
    let reply = Reply {
        sent_at,
        address: Some(address),
        connect_time: Some(connect_time),
        reply_time: last_progress - start,
        body: Vec::new(),
        error: result.err(),
    };
    (progress, reply)
}

/// A file on its way to the server, and its reply on the way back.
struct Transfer {
    address: SocketAddr,
    /// Limits the time in which the server neither takes nor sends a byte.
    timeout: Duration,
    progress: TransferProgress,
    progress_line: ProgressBar,
    verifier: FileVerifier,
    /// The time at which the first byte could be sent.
    started: (SystemTime, Instant),
    /// The time at which a byte was last read, sent, received or printed.
    last_progress: Instant,
}

/// The direction from the file to the server.
enum Sending {
    ReadingFile,
    Writing,
    /// All is sent, or the connection broke. The server may have replied before, so its reply is read first.
    Ended(io::Result<()>),
}

impl Transfer {
    /// Sends the file and half-closes; receives the reply until the server closes.
    async fn run(
        &mut self,
        source: Source<'_>,
        stream: &mut impl Stream,
        prints_body: bool,
    ) -> Result<(), Error> {
        let Source { path, reader: mut file, .. } = source;
        let (mut reader, mut writer) = split(stream);
        // The buffer begins with `len` bytes of the file, of which `sent` bytes are sent. There is room for two reads.
        let (mut buffer, mut len, mut sent) = (vec![0; 2 * BUFFER_SIZE], 0, 0);
        let (mut is_first_line, mut file_ended, mut server_closed) = (true, false, false);
        let mut sending = Sending::ReadingFile;
        let mut received = vec![0; BUFFER_SIZE];
        // At most one task. It prints in another thread: a reader that does not read must not stop the signals.
        let mut printing = JoinSet::new();
        while !(server_closed && printing.is_empty() && matches!(sending, Sending::Ended(_))) {
            // The server is not late while it waits for the client.
            let server_is_due =
                printing.is_empty() && (server_closed || !matches!(sending, Sending::ReadingFile));
            let (text, room) = buffer.split_at_mut(len);
            let room_len = room.len().min(BUFFER_SIZE);
            tokio::select! {
                biased; // The timeout counts only without progress.
                read = file.read(&mut room[..room_len]), if matches!(sending, Sending::ReadingFile) => {
                    let read = match read {
                        // Another process made standard input non-blocking.
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            sleep(NOT_READY_BACKOFF).await;
                            continue;
                        }
                        read => read.map_err(|source| Error::ReadFile { path: path.to_owned(), source })?,
                    };
                    file_ended = read == 0;
                    len += read;
                    if self.progress.sent == 0 {
                        self.started = (SystemTime::now(), Instant::now());
                    }
                    if server_closed && len > 0 {
                        return Err(self.incomplete(TransferFailure::Closed));
                    }
                    // A server takes a line whose newline is the last byte for the whole message. Send it with the
                    // next line.
                    let newline = memchr(b'\n', &buffer[..len]).filter(|_| is_first_line);
                    if file_ended || newline.is_none_or(|newline| newline + 1 < len) {
                        is_first_line &= newline.is_none();
                        sending = Sending::Writing;
                    }
                }
                written = writer.write(&text[sent..]), if matches!(sending, Sending::Writing) => match written {
                    Ok(written) => {
                        self.add_sent(&text[sent..][..written]);
                        sent += written;
                    }
                    Err(error) => sending = Sending::Ended(Err(error)),
                },
                read = reader.read(&mut received), if !server_closed && printing.is_empty() => {
                    let read = read.map_err(|error| self.incomplete(TransferFailure::Io(error)))?;
                    server_closed = read == 0;
                    let received = &received[..read];
                    self.add_received(received);
                    if prints_body && !server_closed {
                        let received = received.to_vec();
                        printing.spawn_blocking(move || print(&received));
                    }
                }
                Some(printed) = printing.join_next() => printed.expect("printing does not panic")?,
                () = expire(self.timeout), if server_is_due => return self.time_out(&sending, server_closed),
            }
            self.last_progress = Instant::now();
            if matches!(sending, Sending::Writing) && sent == len {
                (len, sent) = (0, 0);
                sending = Sending::ReadingFile;
                if file_ended {
                    // If the server has closed, its reply says more than this error.
                    let _ = writer.shutdown().await;
                    sending = Sending::Ended(Ok(()));
                }
            }
        }
        if let Sending::Ended(Err(error)) = sending {
            return Err(self.incomplete(TransferFailure::Io(error)));
        }
        match self.verifier.verdict() {
            Verdict::Right => Ok(()),
            Verdict::Short => Err(self.incomplete(TransferFailure::Closed)),
            Verdict::Wrong => Err(Error::WrongFileReply { address: self.address, progress: self.progress }),
        }
    }

    fn add_sent(&mut self, bytes: &[u8]) {
        self.verifier.add_sent(bytes);
        self.progress.sent += bytes.len() as u64;
        self.progress_line.inc(bytes.len() as u64);
    }

    fn add_received(&mut self, bytes: &[u8]) {
        self.verifier.add_received(bytes);
        self.progress.received += bytes.len() as u64;
    }

    /// Returns the result of a server that is silent for the timeout: success after a right reply, since a server
    /// need not close.
    fn time_out(&mut self, sending: &Sending, server_closed: bool) -> Result<(), Error> {
        if server_closed {
            Err(self.incomplete(TransferFailure::Closed))
        } else if matches!(sending, Sending::Ended(Ok(()))) && self.verifier.verdict() == Verdict::Right {
            Ok(())
        } else {
            Err(self.incomplete(TransferFailure::Timeout(self.timeout)))
        }
    }

    fn incomplete(&self, reason: TransferFailure) -> Error {
        Error::TransferIncomplete { address: self.address, progress: self.progress, reason }
    }
}
