//! One client's connection: reads messages, writes replies, and closes so that a reset does not discard a reply.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, ReadBuf};
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::buffers::{self, Buffers};
use super::config::ConnectionConfig;
use super::letters::Letters;
use super::linger::linger;
use super::protocol::{Awaiting, Output, Protocol};
use super::record::{MessageEnd, Recorder};
use super::shared::Shared;
use crate::net::deadline::timeout;
use crate::net::stream::Stream;
use crate::net::trace::{Event as TraceEvent, Wait};

/// Bytes that are processed before their output is handed over: a chunk and its output fit into a core's second-level
/// cache, and the log records of one step are bounded.
const CHUNK: usize = 16 * 1024;

/// Runs the connection of one client until its end.
///
/// # Errors
/// Fails if the client breaks the connection, or leaves its replies unread for the idle timeout. The log then has the
/// message as far as it arrived.
pub(super) async fn run_connection(
    stream: impl Stream,
    conn: u64,
    peer: SocketAddr,
    letters: Letters,
    shared: &Shared,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    let recorder = Recorder::new(&shared.log, conn, peer, stream.socket());
    let mut connection = Connection {
        stream,
        shared,
        protocol: Protocol::new(shared.config, letters, recorder, &shared.metrics),
        unprocessed: Vec::new(),
        pending: Output::default(),
        is_shutting_down: false,
        input: InputState::Open,
        budget: Budget::default(),
    };
    match connection.run(pin!(shutdown.cancelled())).await {
        Ok(()) => connection.close().await,
        Err(error) => {
            connection.protocol.end_of_input(MessageEnd::Reset, &mut connection.pending);
            shared.log.append(&mut connection.pending.records).await;
            Err(error)
        }
    }
}

/// One client's I/O loop.
///
/// Bytes pass four stages. Without backpressure they stay in the thread's shared [`Buffers`]:
///
/// ```text
/// socket ── read ──▶ unprocessed ── protocol ──▶ pending ┬─ records ──▶ log
///                                  (held reply)          └─ replies ──▶ socket
/// ```
struct Connection<'a, S> {
    stream: S,
    shared: &'a Shared,
    protocol: Protocol<'a>,
    /// Lines that wait until the log has room. (A connection's only message makes no record before its end.)
    unprocessed: Vec<u8>,
    /// Output that the log or the socket did not accept at once.
    pending: Output,
    is_shutting_down: bool,
    input: InputState,
    budget: Budget,
}

/// The state of the client's direction: whether more input can arrive, and if not, why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InputState {
    Open,
    HalfClosed,
    /// The client was silent within a message.
    TimedOutInMessage,
    /// The client was silent between two messages, or the server shuts down. Each reply was written before.
    EndedBetweenMessages,
}

/// The end of a wait for the client.
enum Event {
    /// The client sent this many bytes, and their output is handed over as far as possible; 0 is its half-close.
    Read(usize),
    /// The client was silent for too long, which ends its message like this.
    Timeout(MessageEnd),
    /// The server shuts down.
    Shutdown,
}

impl<S: Stream> Connection<'_, S> {
    /// Reads messages and writes replies until the last reply is written.
    async fn run(&mut self, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> io::Result<()> {
        while !self.is_last_reply() {
            match self.next_event(shutdown.as_mut()).await? {
                Event::Read(length) => {
                    self.drain_pending().await?;
                    self.budget.charge(length).await;
                }
                Event::Timeout(end) => {
                    self.input = match self.protocol.awaiting() {
                        Awaiting::Message => InputState::EndedBetweenMessages,
                        Awaiting::Rest | Awaiting::ArrivedBytes => InputState::TimedOutInMessage,
                    };
                    self.protocol.end_of_input(end, &mut self.pending);
                    self.drain_pending().await?;
                }
                // The client is waited for again, with a shorter timeout.
                Event::Shutdown => self.is_shutting_down = true,
            }
        }
        Ok(())
    }

    async fn next_event(&mut self, shutdown: Pin<&mut impl Future<Output = ()>>) -> io::Result<Event> {
        let (read_timeout, end) = self.read_timeout();
        let is_shutting_down = self.is_shutting_down;
        let read = poll_fn(|cx| buffers::with(|buffers| self.poll_read_and_reply(buffers, cx)));
        tokio::select! {
            biased;
            read = timeout(read_timeout, read) => if let Ok(length) = read {
                length.map(Event::Read)
            } else {
                if let Some(wait) = end.timed_out_wait() {
                    self.stream.trace(TraceEvent::Timeout(wait, read_timeout));
                }
                Ok(Event::Timeout(end))
            },
            () = shutdown, if !is_shutting_down => Ok(Event::Shutdown),
        }
    }

    /// Returns whether nothing more is read, so that the unwritten output is the last.
    fn is_last_reply(&self) -> bool {
        self.input != InputState::Open || self.protocol.is_finished()
    }

    /// Returns the time that the client has to send its next bytes, and the end of its message if it does not.
    fn read_timeout(&self) -> (Duration, MessageEnd) {
        let ConnectionConfig { keep_alive, pause, idle_timeout } = self.shared.config;
        match self.protocol.awaiting() {
            // What has arrived already still gets its reply.
            Awaiting::Message if self.is_shutting_down => (Duration::ZERO, MessageEnd::Shutdown),
            Awaiting::ArrivedBytes => (Duration::ZERO, MessageEnd::Newline),
            Awaiting::Rest if keep_alive && self.is_shutting_down => {
                (pause.min(idle_timeout), MessageEnd::Shutdown)
            }
            Awaiting::Rest if !keep_alive && pause <= idle_timeout => (pause, MessageEnd::Pause),
            Awaiting::Message | Awaiting::Rest => (idle_timeout, MessageEnd::Idle),
        }
    }

    /// Reads once, processes the input, and hands over the output, as far as possible without waiting.
    ///
    /// All connections of a thread share the buffers of this fast path. Only the remainder is kept in the connection.
    fn poll_read_and_reply(
        &mut self,
        buffers: &mut Buffers,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut input = ReadBuf::new(&mut buffers.input);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut input))?;
        let input_drained = input.remaining() > 0;
        let (input, output) = (input.filled(), &mut buffers.output);
        self.shared.metrics.bytes.add(input.len() as u64);
        if input.is_empty() {
            self.input = InputState::HalfClosed;
            self.protocol.end_of_input(MessageEnd::HalfClose, output);
        }
        let rest = self.process(input, input_drained, output);
        self.unprocessed = rest.to_vec();
        if rest.is_empty() && self.shared.log.try_append(&mut output.records) {
            self.try_write(output, cx)?;
        }
        if !output.is_empty() {
            self.pending = std::mem::take(output);
        }
        Poll::Ready(Ok(input.len()))
    }

    /// Processes input until the log has no room, and returns the rest.
    fn process<'b>(&mut self, input: &'b [u8], input_drained: bool, output: &mut Output) -> &'b [u8] {
        let mut rest = input;
        while !rest.is_empty() && self.shared.log.try_append(&mut output.records) {
            let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
            self.protocol.feed(chunk, after.is_empty() && input_drained, output);
            rest = after;
        }
        rest
    }

    /// Writes as much as the socket accepts at once.
    fn try_write(&mut self, output: &mut Output, cx: &mut Context<'_>) -> io::Result<()> {
        let is_last = self.is_last_reply();
        while !output.unwritten().is_empty() {
            match poll_write(&mut self.stream, output, is_last, cx) {
                Poll::Ready(written) => written?,
                Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// Hands over the pending output. Until then nothing more is read from the client.
    async fn drain_pending(&mut self) -> io::Result<()> {
        loop {
            self.shared.log.append(&mut self.pending.records).await;
            if self.unprocessed.is_empty() {
                break;
            }
            let mut unprocessed = std::mem::take(&mut self.unprocessed);
            let mut pending = std::mem::take(&mut self.pending);
            let rest = self.process(&unprocessed, true, &mut pending).len();
            unprocessed.drain(..unprocessed.len() - rest);
            (self.unprocessed, self.pending) = (unprocessed, pending);
        }
        let is_last = self.is_last_reply();
        while !self.pending.unwritten().is_empty() {
            let (stream, pending) = (&mut self.stream, &mut self.pending);
            let write = poll_fn(|cx| poll_write(stream, pending, is_last, cx));
            let idle_timeout = self.shared.config.idle_timeout;
            let Ok(written) = timeout(idle_timeout, write).await else {
                self.stream.trace(TraceEvent::Timeout(Wait::Idle, idle_timeout));
                return Err(io::ErrorKind::TimedOut.into());
            };
            written?;
        }
        self.pending = Output::default();
        Ok(())
    }

    /// Closes without destroying the reply.
    async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        if self.protocol.has_produced_reply()
            && matches!(self.input, InputState::Open | InputState::TimedOutInMessage)
        {
            self.stream.set_discarding();
            linger(&mut self.stream).await;
        }
        Ok(())
    }
}

/// Writes once. The half-close follows the `is_last` bytes, and may leave in the same segment.
fn poll_write<S: Stream>(
    stream: &mut S,
    output: &mut Output,
    is_last: bool,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let write = if is_last { S::poll_write_last } else { S::poll_write };
    let written = ready!(write(Pin::new(stream), cx, output.unwritten()))?;
    output.advance(written);
    Poll::Ready(if written > 0 { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) })
}

#[cfg(test)]
mod tests;
