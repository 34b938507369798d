//! Sends a stream of any size and receives its reply at the same time, in constant memory.
//!
//! The client half-closes at the end of the stream, since nothing else marks it. The server's close ends the reply.

use std::io;
use std::time::{Duration, SystemTime};

use indicatif::ProgressBar;
use memchr::memchr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::time::Instant;

use super::client::Reply;
use super::source::Source;
use super::verify::{FileVerifier, Verdict};
use crate::address::Ends;
use crate::error::{Error, TransferFailure, TransferProgress};
use crate::net::connect::Connected;
use crate::net::deadline::expire;
use crate::net::stream::Stream;
use crate::net::trace::{Event, Wait};
use crate::stdio::OutputThread;

/// The most bytes that one read takes from the file or the server; `serve` reads as many.
pub(super) const BUFFER_SIZE: usize = 256 * 1024;

/// Sends `source` and receives its reply, until both end, or an error or `interrupt` ends them.
///
/// Returns the progress, and the reply without its body, which goes to `body`. The stream makes a `gap` between two pieces.
pub(super) async fn transfer(
    source: Source,
    connected: Connected,
    timeout: Duration,
    gap: Duration,
    body: Option<OutputThread>,
    progress_line: ProgressBar,
    interrupt: impl Future<Output = ()>,
) -> (TransferProgress, Reply) {
    let Connected { mut stream, ends, connect_time, failed_attempts } = connected;
    let mut transfer = Transfer {
        ends,
        timeout,
        gap,
        progress: TransferProgress { size: source.size, ..TransferProgress::default() },
        progress_line,
        verifier: FileVerifier::default(),
        started: (SystemTime::now(), Instant::now()),
        last_progress: Instant::now(),
    };
    let result = tokio::select! {
        biased;
        result = transfer.run(source, &mut stream, body) => result,
        () = interrupt => Err(transfer.incomplete(TransferFailure::Interrupted)),
    };
    transfer.progress_line.finish_and_clear();
    if let Err(Error::TransferIncomplete { reason: TransferFailure::Timeout(time), .. }) = &result {
        stream.trace(Event::Timeout(Wait::Reply, *time));
    }
    let Transfer { progress, started: (sent_at, start), last_progress, .. } = transfer;
    let reply = Reply {
        sent_at,
        ends: Some(ends),
        failed_attempts,
        connect_time: Some(connect_time),
        reply_time: last_progress - start,
        body: Vec::new(),
        error: result.err(),
    };
    (progress, reply)
}

/// A file on its way to the server, and its reply on the way back.
struct Transfer {
    ends: Ends,
    /// Limits the time in which the server neither takes nor sends a byte.
    timeout: Duration,
    /// The pause between two pieces, in which the server is not late.
    gap: Duration,
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
        mut source: Source,
        stream: &mut impl Stream,
        body: Option<OutputThread>,
    ) -> Result<(), Error> {
        let (mut reader, mut writer) = split(stream);
        // The buffer begins with `len` bytes of the file, of which `sent` bytes are sent. There is room for two reads.
        let (mut buffer, mut len, mut sent) = (vec![0; 2 * BUFFER_SIZE], 0, 0);
        let (mut is_first_line, mut file_ended, mut server_closed) = (true, false, false);
        let mut sending = Sending::ReadingFile;
        let mut received = vec![0; BUFFER_SIZE];
        let mut is_printing = false;
        while !(server_closed && !is_printing && matches!(sending, Sending::Ended(_))) {
            // The server is not late while it waits for the client.
            let server_is_due = !is_printing && (server_closed || !matches!(sending, Sending::ReadingFile));
            let silence_max =
                if matches!(sending, Sending::Writing) { self.timeout + self.gap } else { self.timeout };
            tokio::select! {
                // The reply is read first: a file that is always ready must not delay it. The timeout counts only without
                // progress.
                biased;
                read = reader.read(&mut received), if !server_closed && !is_printing => {
                    let read = read.map_err(|error| self.incomplete(TransferFailure::Io(error)))?;
                    server_closed = read == 0;
                    let received = &received[..read];
                    self.add_received(received);
                    if let Some(body) = &body {
                        // The queue has room: everything before is written.
                        is_printing = body.try_append(&mut received.to_vec());
                    }
                }
                chunk = source.next_chunk(), if matches!(sending, Sending::ReadingFile) => {
                    let chunk = chunk?;
                    file_ended = chunk.is_empty();
                    buffer[len..][..chunk.len()].copy_from_slice(&chunk);
                    len += chunk.len();
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
                written = writer.write(&buffer[sent..len]), if matches!(sending, Sending::Writing) => match written {
                    Ok(written) => {
                        self.add_sent(&buffer[sent..][..written]);
                        sent += written;
                    }
                    Err(error) => sending = Sending::Ended(Err(error)),
                },
                printed = flush(body.as_ref()), if is_printing => {
                    is_printing = false;
                    printed.map_err(Error::WriteOutput)?;
                }
                () = expire(silence_max), if server_is_due => return self.time_out(&sending, server_closed),
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
            Verdict::Wrong => Err(Error::WrongFileReply { ends: self.ends, progress: self.progress }),
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
        Error::TransferIncomplete { ends: self.ends, progress: self.progress, reason }
    }
}

async fn flush(output: Option<&OutputThread>) -> io::Result<()> {
    match output {
        Some(output) => output.flush().await,
        None => Ok(()),
    }
}
