//! Sends a stream of any size and receives its reply at the same time, in constant memory.
//!
//! The client half-closes at the end of the stream, since nothing else marks it. The server's close ends the reply.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use indicatif::ProgressBar;
use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::client::Reply;
use super::verify::{FileVerifier, Verdict};
use crate::error::{Error, TransferFailure, TransferProgress};
use crate::net::connect::Connected;
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
    mut source: Source<'_>,
    connected: Connected,
    timeout: Duration,
    prints_body: bool,
    progress_line: ProgressBar,
    interrupt: impl Future<Output = ()>,
) -> (TransferProgress, Reply) {
    let Connected { mut stream, address, connect_time } = connected;
    let state = RefCell::new(State {
        progress: TransferProgress { size: source.size, ..TransferProgress::default() },
        verifier: FileVerifier::default(),
        started: (SystemTime::now(), Instant::now()),
        last_progress: Instant::now(),
        sender: Phase::Reading,
        receiver: Phase::Reading,
    });
    let transfer = Transfer { path: source.path, address, timeout, progress_line, state };
    let result = tokio::select! {
        biased; // The timeout counts only without progress.
        result = transfer.send_and_receive(&mut *source.reader, &mut stream, prints_body) => result,
        result = transfer.wait_for_timeout() => result,
        () = interrupt => Err(transfer.incomplete(TransferFailure::Interrupted)),
    };
    let State { progress, started: (sent_at, start), last_progress, .. } = transfer.state.into_inner();
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
struct Transfer<'a> {
    path: &'a Path,
    address: SocketAddr,
    /// Limits the time in which the server neither takes nor sends a byte.
    timeout: Duration,
    progress_line: ProgressBar,
    state: RefCell<State>,
}

/// The state that sending, receiving and the timeout share.
struct State {
    progress: TransferProgress,
    verifier: FileVerifier,
    /// The time at which the first byte could be sent.
    started: (SystemTime, Instant),
    /// The time at which a byte was last read, sent, received or printed.
    last_progress: Instant,
    /// Reads the file, and writes to the server.
    sender: Phase,
    /// Reads from the server, and writes to standard output.
    receiver: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Reading,
    Writing,
    Done,
}

impl Transfer<'_> {
    async fn send_and_receive(
        &self,
        file: &mut (dyn AsyncRead + Unpin),
        stream: &mut TcpStream,
        prints_body: bool,
    ) -> Result<(), Error> {
        let (reader, writer) = stream.split();
        let (sent, ()) = tokio::try_join!(self.send(file, writer), self.receive(reader, prints_body))?;
        sent.map_err(|error| self.incomplete(TransferFailure::Io(error)))?;
        match self.verdict() {
            Verdict::Right => Ok(()),
            Verdict::Short => Err(self.incomplete(TransferFailure::Closed)),
            Verdict::Wrong => {
                Err(Error::WrongFileReply { address: self.address, progress: self.state.borrow().progress })
            }
        }
    }

    /// Sends the file and half-closes.
    ///
    /// The inner error is the connection's. The server may have replied before, so its reply is read first.
    async fn send(
        &self,
        file: &mut (dyn AsyncRead + Unpin),
        mut writer: WriteHalf<'_>,
    ) -> Result<io::Result<()>, Error> {
        let mut buffer = vec![0; BUFFER_SIZE + 1];
        let (mut is_first_line, mut has_ended) = (true, false);
        while !has_ended {
            let mut len = self.read(file, &mut buffer[..BUFFER_SIZE]).await?;
            has_ended = len == 0;
            // A server takes a line whose newline is the last byte for the whole message. Send it with the next
            // line.
            if is_first_line && memchr(b'\n', &buffer[..len]).is_some_and(|newline| newline + 1 == len) {
                let more = self.read(file, &mut buffer[len..]).await?;
                has_ended = more == 0;
                len += more;
            }
            let text = &buffer[..len];
            if !text.is_empty() && self.state.borrow().receiver == Phase::Done {
                return Err(self.incomplete(TransferFailure::Closed));
            }
            is_first_line &= memchr(b'\n', text).is_none();
            if let Err(error) = self.write(text, &mut writer).await {
                return Ok(Err(error));
            }
        }
        self.state.borrow_mut().sender = Phase::Done;
        // If the server has closed, its reply says more than this error.
        let _ = writer.shutdown().await;
        Ok(Ok(()))
    }

    async fn read(&self, file: &mut (dyn AsyncRead + Unpin), buffer: &mut [u8]) -> Result<usize, Error> {
        self.state.borrow_mut().sender = Phase::Reading;
        let read = file.read(buffer).await;
        self.make_progress(|state| {
            state.sender = Phase::Writing;
            if state.progress.sent == 0 {
                state.started = (SystemTime::now(), Instant::now());
            }
        });
        read.map_err(|source| Error::ReadFile { path: self.path.to_owned(), source })
    }

    async fn write(&self, mut text: &[u8], writer: &mut WriteHalf<'_>) -> io::Result<()> {
        while !text.is_empty() {
            let written = writer.write(text).await?;
            let (sent, unsent) = text.split_at(written);
            self.progress_line.inc(written as u64);
            self.make_progress(|state| {
                state.verifier.add_sent(sent);
                state.progress.sent += written as u64;
            });
            text = unsent;
        }
        Ok(())
    }

    /// Receives the reply until the server closes.
    async fn receive(&self, mut reader: ReadHalf<'_>, prints_body: bool) -> Result<(), Error> {
        let mut buffer = vec![0; BUFFER_SIZE];
        loop {
            let read = reader.read(&mut buffer).await;
            let read = read.map_err(|error| self.incomplete(TransferFailure::Io(error)))?;
            let received = &buffer[..read];
            self.make_progress(|state| {
                state.verifier.add_received(received);
                state.progress.received += read as u64;
                if read == 0 {
                    state.receiver = Phase::Done;
                }
            });
            if read == 0 {
                return Ok(());
            }
            if prints_body {
                self.print(received.to_vec()).await?;
            }
        }
    }

    /// Prints in another thread: a reader that does not read must not stop the signals.
    async fn print(&self, bytes: Vec<u8>) -> Result<(), Error> {
        self.state.borrow_mut().receiver = Phase::Writing;
        let printed = spawn_blocking(move || print(&bytes)).await.expect("printing does not panic");
        self.make_progress(|state| state.receiver = Phase::Reading);
        printed
    }

    fn make_progress(&self, update: impl FnOnce(&mut State)) {
        let mut state = self.state.borrow_mut();
        update(&mut state);
        state.last_progress = Instant::now();
    }

    /// Waits until the server makes no progress for the timeout. Returns success after a right reply, since a server
    /// need not close.
    async fn wait_for_timeout(&self) -> Result<(), Error> {
        loop {
            let left = {
                let mut state = self.state.borrow_mut();
                let now = Instant::now();
                // The server is not late while it waits for the client.
                if matches!(
                    (state.sender, state.receiver),
                    (_, Phase::Writing) | (Phase::Reading, Phase::Reading)
                ) {
                    state.last_progress = now;
                }
                self.timeout.saturating_sub(now - state.last_progress)
            };
            if left.is_zero() {
                break;
            }
            sleep(left).await;
        }
        let (sender, receiver) = (self.state.borrow().sender, self.state.borrow().receiver);
        if sender == Phase::Done && self.verdict() == Verdict::Right {
            Ok(())
        } else if receiver == Phase::Done {
            Err(self.incomplete(TransferFailure::Closed))
        } else {
            Err(self.incomplete(TransferFailure::Timeout(self.timeout)))
        }
    }

    fn verdict(&self) -> Verdict {
        self.state.borrow_mut().verifier.verdict()
    }

    fn incomplete(&self, reason: TransferFailure) -> Error {
        Error::TransferIncomplete { address: self.address, progress: self.state.borrow().progress, reason }
    }
}
