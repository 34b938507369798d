//! A stream of any size there and back, in constant memory: written while its reply is read.
//!
//! Its end is told by a half-close, since nothing else tells it; the reply's end is the server's close.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, Stdout, stdout};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep};

use super::output::Printer;
use super::progress::Progress;
use super::verify::{Verdict, Verifier};
use crate::error::{Error, TransferFailure, TransferProgress};

/// How many bytes are read at once, from the file and from the server: as many as `serve` reads.
pub(super) const BUFFER_SIZE: usize = 256 * 1024;

/// What is to be sent, to whom, and how that is shown.
pub(super) struct Plan<'a> {
    pub(super) path: &'a Path,
    pub(super) size: Option<u64>,
    pub(super) address: SocketAddr,
    /// How long the server may take nothing and give nothing.
    pub(super) timeout: Duration,
    pub(super) printer: Printer,
    pub(super) progress: Progress,
}

/// A file on its way there, and its reply on its way back.
pub(super) struct Transfer<'a> {
    plan: Plan<'a>,
    check: RefCell<Verifier>,
    sent: Cell<u64>,
    received: Cell<u64>,
    /// When the first byte was there to be sent.
    begun: Cell<(SystemTime, Instant)>,
    /// When something last moved, in or out.
    moved: Cell<Instant>,
    /// The file has more to be read, for which the server is not to blame.
    fetching: Cell<bool>,
    /// A part of the reply waits for whoever reads standard output: the server is not to blame for that either.
    delivering: Cell<bool>,
    all_sent: Cell<bool>,
    server_closed: Cell<bool>,
    /// Why the file could not be sent. The reply may have come all the same: it is read first.
    unsendable: Cell<Option<io::Error>>,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(plan: Plan<'a>) -> Self {
        Self {
            plan,
            check: RefCell::default(),
            sent: Cell::new(0),
            received: Cell::new(0),
            begun: Cell::new((SystemTime::now(), Instant::now())),
            moved: Cell::new(Instant::now()),
            fetching: Cell::new(false),
            delivering: Cell::new(false),
            all_sent: Cell::new(false),
            server_closed: Cell::new(false),
            unsendable: Cell::new(None),
        }
    }

    pub(super) fn progress(&self) -> TransferProgress {
        TransferProgress { sent: self.sent.get(), size: self.plan.size, received: self.received.get() }
    }

    /// When it began, and how long it took until nothing moved any more.
    pub(super) fn times(&self) -> (SystemTime, Duration) {
        let (at, start) = self.begun.get();
        (at, self.moved.get() - start)
    }

    pub(super) fn cut(&self, by: TransferFailure) -> Error {
        Error::TransferIncomplete { address: self.plan.address, progress: self.progress(), reason: by }
    }

    /// Sends and receives at once, to the end of both.
    pub(super) async fn run(
        &self,
        mut source: Box<dyn AsyncRead + Unpin>,
        mut stream: TcpStream,
    ) -> Result<(), Error> {
        let (reader, writer) = stream.split();
        let both = async { tokio::try_join!(self.send(&mut *source, writer), self.receive(reader)) };
        tokio::select! {
            ended = both => { ended?; }
            by = self.silence() => {
                // A server need not close, where its reply is right already.
                let is_whole = self.all_sent.get() && self.check.take().verdict() == Verdict::Right;
                return if is_whole { Ok(()) } else { Err(self.cut(by)) };
            }
        }
        if let Some(error) = self.unsendable.take() {
            return Err(self.cut(TransferFailure::Io(error)));
        }
        match self.check.take().verdict() {
            Verdict::Right => Ok(()),
            Verdict::Short => Err(self.cut(TransferFailure::Closed)),
            Verdict::Wrong => {
                Err(Error::WrongFileReply { address: self.plan.address, progress: self.progress() })
            }
        }
    }

    async fn send(
        &self,
        source: &mut (dyn AsyncRead + Unpin),
        mut writer: WriteHalf<'_>,
    ) -> Result<(), Error> {
        let mut buffer = vec![0; BUFFER_SIZE];
        let (mut kept, mut is_one_line) = (0, true);
        loop {
            let read = self.fetch(source, &mut buffer[kept..]).await?;
            let text = &buffer[..kept + read];
            if self.server_closed.get() && !text.is_empty() {
                return Err(self.cut(TransferFailure::Closed));
            }
            kept = if read > 0 && is_one_line { kept_of_one_line(text) } else { 0 };
            let ready = &text[..text.len() - kept];
            is_one_line &= memchr(b'\n', ready).is_none();
            if let Err(error) = self.write(ready, &mut writer).await {
                self.unsendable.set(Some(error));
                return Ok(());
            }
            if read == 0 {
                break;
            }
            let ready = ready.len();
            buffer.copy_within(ready..ready + kept, 0);
        }
        self.all_sent.set(true);
        // Where the server is gone already, the reply tells more.
        let _ = writer.shutdown().await;
        Ok(())
    }

    async fn write(&self, mut unsent: &[u8], writer: &mut WriteHalf<'_>) -> io::Result<()> {
        while !unsent.is_empty() {
            let written = writer.write(unsent).await?;
            self.check.borrow_mut().sent(&unsent[..written]);
            add(&self.sent, written);
            self.plan.progress.advance(written as u64);
            self.moved.set(Instant::now());
            unsent = &unsent[written..];
        }
        Ok(())
    }

    async fn fetch(&self, source: &mut (dyn AsyncRead + Unpin), buffer: &mut [u8]) -> Result<usize, Error> {
        self.fetching.set(true);
        let read = source.read(buffer).await;
        self.fetching.set(false);
        self.moved.set(Instant::now());
        if self.sent.get() == 0 {
            self.begun.set((SystemTime::now(), self.moved.get()));
        }
        read.map_err(|source| Error::ReadFile { path: self.plan.path.to_owned(), source })
    }

    async fn receive(&self, mut reader: ReadHalf<'_>) -> Result<(), Error> {
        let mut buffer = vec![0; BUFFER_SIZE];
        let mut output = stdout();
        loop {
            match reader.read(&mut buffer).await {
                Ok(0) => break,
                Ok(read) => {
                    let part = &buffer[..read];
                    self.check.borrow_mut().received(part);
                    add(&self.received, read);
                    if self.plan.printer.is_raw() {
                        self.deliver(part, &mut output).await?;
                    }
                    self.moved.set(Instant::now());
                }
                Err(error) => return Err(self.cut(TransferFailure::Io(error))),
            }
        }
        self.server_closed.set(true);
        self.moved.set(Instant::now());
        Ok(())
    }

    /// Shows a part of the reply as it came.
    ///
    /// Where nobody takes it, it waits here, and with it the server; but a signal is still heard.
    async fn deliver(&self, part: &[u8], output: &mut Stdout) -> Result<(), Error> {
        self.delivering.set(true);
        let written = async {
            output.write_all(part).await?;
            output.flush().await
        };
        let written = written.await;
        self.delivering.set(false);
        written.map_err(|source| Error::WriteOutput { source })
    }

    /// Waits until nothing has moved for too long.
    async fn silence(&self) -> TransferFailure {
        loop {
            let now = Instant::now();
            let is_closed = self.server_closed.get();
            if self.delivering.get() || self.fetching.get() && !is_closed {
                self.moved.set(now);
            }
            let left = self.plan.timeout.saturating_sub(now - self.moved.get());
            if left.is_zero() {
                return if is_closed {
                    TransferFailure::Closed
                } else {
                    TransferFailure::Timeout(self.plan.timeout)
                };
            }
            sleep(left).await;
        }
    }
}

/// How much of `text`, the beginning of a file, is not to be sent before more of the file is there.
///
/// A server takes one line, with its newline last, for the whole message. Where that is not all that comes, it must
/// not look so: the line is sent together with what follows, or its newline is, where that is all there is room for.
fn kept_of_one_line(text: &[u8]) -> usize {
    match memchr(b'\n', text) {
        Some(at) if at + 1 < text.len() => 0,
        Some(_) if text.len() < BUFFER_SIZE => text.len(),
        Some(_) => 1,
        None => 0,
    }
}

fn add(count: &Cell<u64>, more: usize) {
    count.set(count.get() + more as u64);
}
