//! One client's conversation, over anything that reads and writes.
//!
//! By default a connection carries one message, as in the tutorial; with `keep_alive` each line is one. How the end of
//! a message is known, and what each kind of client gets, stands in the README's tables.
//!
//! Nearly always all that comes of a read can be passed on at once, in buffers that are the thread's: that is done in
//! one go, and only what is left is kept, and waited with.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::alarm::{Alarm, Limit};
use super::buffers::{self, Buffers, INPUT_SIZE};
use super::protocol::{Dialogue, Next, Output};
use super::service::{Rules, Service};
use super::stop::{self, Stop};
use crate::net::tcp::Stream;

/// After its reply, how long a client may be silent before its connection is closed (Apache's
/// `SECONDS_TO_LINGER`).
const LINGER_SILENCE: Duration = Duration::from_secs(2);

/// After its reply, how long a client may go on sending (nginx's `lingering_time`).
const LINGER_MAX: Duration = Duration::from_secs(30);

/// After its reply, how many bytes a client may still send: more than what the socket buffers of both sides hold at
/// most (on Linux 4 MiB to send and 32 MiB to receive), which is what can be on its way without being read.
const LINGER_BYTES: usize = 64 * 1024 * 1024;

/// Holds the conversation with one client, and `slot` to its end, also where that is a panic.
pub async fn hold(stream: impl Stream, peer: SocketAddr, service: Arc<Service>, slot: OwnedSemaphorePermit) {
    let _slot = slot;
    // A client that resets, or that does not read, is no news: the server's part is done.
    let _ = converse(stream, peer, &service).await;
}

/// Holds the conversation with one client, to its end.
///
/// # Errors
/// When the client breaks the connection, or leaves its replies unread for the idle timeout. Nothing is owed to
/// it then; what had come of a message is in the log.
pub async fn converse<S: Stream>(stream: S, peer: SocketAddr, service: &Service) -> io::Result<()> {
    service.tally.connections.add(1);
    let timer = pin!(sleep(service.rules.idle_timeout));
    let told_to_stop = pin!(stop::told(&service.stopping));
    let mut conversation = Conversation {
        stream,
        service,
        dialogue: Dialogue::new(service, peer),
        unread: Vec::new(),
        kept: Output::default(),
        alarm: Alarm::new(timer),
        stop: Stop::new(&service.stopping, told_to_stop),
        is_stopping: false,
        client_has_ended: false,
        is_over: false,
        turn: Turn::default(),
    };
    match conversation.talk().await {
        Ok(()) => conversation.close().await,
        Err(error) => {
            conversation.dialogue.end(&mut conversation.kept);
            service.log.append(&mut conversation.kept.records).await;
            Err(error)
        }
    }
}

struct Conversation<'a, S> {
    stream: S,
    service: &'a Service,
    dialogue: Dialogue<'a>,
    /// Bytes that came, and that are not taken while the log does not keep up.
    unread: Vec<u8>,
    /// What could not be passed on yet.
    kept: Output,
    alarm: Alarm<'a>,
    stop: Stop<'a>,
    is_stopping: bool,
    client_has_ended: bool,
    /// No more is read: what is written is the last.
    is_over: bool,
    turn: Turn,
}

/// What ends a wait for the client.
enum Heard {
    /// So many bytes, or its half-close.
    Bytes(usize),
    /// That all conversations are to come to an end.
    Stop,
}

impl<S: Stream> Conversation<'_, S> {
    async fn talk(&mut self) -> io::Result<()> {
        while !self.is_over {
            let patience = self.patience();
            let hear = |conversation: &mut Self, cx: &mut Context<'_>| {
                buffers::with(|buffers| conversation.poll_hear(buffers, cx))
            };
            let Some(heard) = self.within(patience, hear).await else {
                self.is_over = true;
                self.dialogue.end(&mut self.kept);
                return self.pass_on().await;
            };
            match heard? {
                Heard::Bytes(len) => {
                    if !self.is_passed_on() {
                        self.pass_on().await?;
                    }
                    if self.turn.is_over_with(len) {
                        yield_now().await;
                    }
                }
                // It is waited for again, with another patience.
                Heard::Stop => self.is_stopping = true,
            }
        }
        Ok(())
    }

    /// How long the client is waited for, by the rules and by what is to come next.
    fn patience(&self) -> Duration {
        let Rules { keep_alive, pause, idle_timeout } = self.service.rules;
        match self.dialogue.next() {
            // What has come already is still answered; more is not waited for.
            Next::Beginning if self.is_stopping => Duration::ZERO,
            Next::Beginning => idle_timeout,
            Next::Nothing => Duration::ZERO,
            Next::More if keep_alive && !self.is_stopping => idle_timeout,
            Next::More => pause.min(idle_timeout),
        }
    }

    /// What `poll` gives, unless it takes longer than `patience`.
    fn within<T>(
        &mut self,
        patience: Duration,
        mut poll: impl FnMut(&mut Self, &mut Context<'_>) -> Poll<T>,
    ) -> impl Future<Output = Option<T>> {
        let mut limit = Limit::new(patience);
        poll_fn(move |cx| match poll(self, cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => self.alarm.poll(&mut limit, cx).map(|()| None),
        })
    }

    /// Reads once, takes what came, and passes on what comes of it, as far as that can be done at once.
    fn poll_hear(&mut self, buffers: &mut Buffers, cx: &mut Context<'_>) -> Poll<io::Result<Heard>> {
        let mut input = ReadBuf::new(&mut buffers.input);
        if Pin::new(&mut self.stream).poll_read(cx, &mut input)?.is_pending() {
            if !self.is_stopping && self.stop.poll(cx) {
                return Poll::Ready(Ok(Heard::Stop));
            }
            return Poll::Pending;
        }
        let is_full = input.remaining() == 0;
        let input = input.filled();
        self.service.tally.bytes.add(input.len() as u64);
        self.client_has_ended = input.is_empty();

        // A message that began before goes on.
        let mut begun = std::mem::take(&mut self.kept);
        let output = if begun.is_empty() { &mut buffers.output } else { &mut begun };
        let passed_on = self.take(input, is_full, output, cx);
        self.kept = output.keep();
        Poll::Ready(passed_on.map(|()| Heard::Bytes(input.len())))
    }

    /// Takes what was read, and passes on what comes of it, as far as that can be done at once.
    fn take(
        &mut self,
        input: &[u8],
        more: bool,
        output: &mut Output,
        cx: &mut Context<'_>,
    ) -> io::Result<()> {
        let mut rest = input;
        let log_keeps_up = loop {
            rest = self.dialogue.take(rest, more, output);
            let keeps_up = self.service.log.try_append(&mut output.records);
            if !keeps_up || rest.is_empty() {
                break keeps_up;
            }
        };
        self.unread = rest.to_vec();
        self.is_over = self.client_has_ended || self.dialogue.is_over();
        while log_keeps_up && !output.unsent().is_empty() {
            if poll_write(&mut self.stream, output, self.is_over, cx)?.is_pending() {
                break;
            }
        }
        Ok(())
    }

    /// Whether everything that is to be was passed on.
    fn is_passed_on(&self) -> bool {
        self.unread.is_empty() && self.kept.records.is_empty() && self.kept.unsent().is_empty()
    }

    /// Hands records to the log, and then replies that are due to the client. While either does not take them,
    /// nothing more is read.
    async fn pass_on(&mut self) -> io::Result<()> {
        loop {
            self.service.log.append(&mut self.kept.records).await;
            if self.unread.is_empty() {
                break;
            }
            let rest = self.dialogue.take(&self.unread, false, &mut self.kept).len();
            self.unread.drain(..self.unread.len() - rest);
        }
        while !self.kept.unsent().is_empty() {
            let write = |conversation: &mut Self, cx: &mut Context<'_>| {
                poll_write(&mut conversation.stream, &mut conversation.kept, conversation.is_over, cx)
            };
            let written = self.within(self.service.rules.idle_timeout, write).await;
            written.ok_or(io::ErrorKind::TimedOut)??;
        }
        if self.kept.is_empty() {
            buffers::with(|buffers| buffers.output = std::mem::take(&mut self.kept));
        }
        Ok(())
    }

    /// Closes without destroying the reply.
    ///
    /// A close with unread bytes sends a reset, which takes with it what the client has not read yet. So only our
    /// side ends here; then what still comes is read, for a while.
    async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        if !self.dialogue.has_answered() || self.client_has_ended {
            return Ok(());
        }
        let end = Instant::now() + LINGER_MAX;
        let mut bytes = 0;
        while bytes < LINGER_BYTES {
            let patience = LINGER_SILENCE.min(end.saturating_duration_since(Instant::now()));
            match self.within(patience, Self::poll_discard).await {
                Some(Ok(len)) if len > 0 => bytes += len,
                _ => break,
            }
            yield_now().await; // whatever it still says is in no hurry
        }
        Ok(())
    }

    /// Reads once, for nobody.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        buffers::with(|buffers| {
            let mut input = ReadBuf::new(&mut buffers.input);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut input))?;
            Poll::Ready(Ok(input.filled().len()))
        })
    }
}

/// Writes once of the replies that are due; these are the `last` bytes where the end of our side follows them.
fn poll_write<S: Stream>(
    stream: &mut S,
    output: &mut Output,
    last: bool,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let write = if last { S::poll_write_last } else { S::poll_write };
    let written = ready!(write(Pin::new(stream), cx, output.unsent()))?;
    output.advance(written);
    Poll::Ready(if written > 0 { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) })
}

/// How much a client has had of its thread's time, in bytes, before the others have theirs.
///
/// One that always has more to say would keep the thread to itself: tokio only sees to that after 128 reads, and on a
/// connection that never had to be waited for not at all.
#[derive(Default)]
struct Turn(usize);

impl Turn {
    /// What a read costs at the least, as so many bytes.
    const READ: usize = 4096;

    /// Whether it is over now that so many bytes more were read.
    fn is_over_with(&mut self, bytes: usize) -> bool {
        self.0 += bytes.max(Self::READ);
        let is_over = self.0 >= INPUT_SIZE;
        if is_over {
            self.0 = 0;
        }
        is_over
    }
}
