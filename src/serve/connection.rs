//! One client's conversation, over anything that reads and writes.
//!
//! By default a connection carries one message, as in the tutorial; with `keep_alive` each line is one. How the end of
//! a message is known, and what each kind of client gets, stands in the README's tables.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use memchr::memchr;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::alarm::Alarm;
use super::buffers::{self, INPUT_SIZE, Input};
use super::lines;
use super::log::Log;
use super::message::Message;
use super::record::PeerLog;
use super::tcp::Stream;
use crate::case::push_upper;
use crate::strip::{are_stripped, strip};

/// How many bytes of a reply are kept together while its message has no end yet. A client that reads once gets a
/// reply of this size whole, and one that only drips keeps no more of our memory.
const HELD_REPLY_MAX: usize = 16 * 1024;

/// How many bytes of records are made before they are passed on.
const BATCH_MAX: usize = 64 * 1024;

/// After its reply, how long a client may be silent before its connection is closed (Apache's
/// `SECONDS_TO_LINGER`).
const LINGER_SILENCE: Duration = Duration::from_secs(2);

/// After its reply, how long a client may go on sending (nginx's `lingering_time`).
const LINGER_MAX: Duration = Duration::from_secs(30);

/// After its reply, how many bytes a client may still send: more than what the socket buffers of both sides hold at
/// most (on Linux 4 MiB to send and 32 MiB to receive), which is what can be on its way without being read.
const LINGER_BYTES: usize = 64 * 1024 * 1024;

/// What holds for every conversation.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Each line is a message, and the client ends the connection.
    pub keep_alive: bool,
    /// How long to wait for more of a message that no newline has ended.
    pub pause: Duration,
    /// How long a client may send nothing, or read nothing.
    pub idle_timeout: Duration,
}

/// What all conversations share.
#[derive(Debug)]
pub struct Service {
    /// What holds for each of them.
    pub rules: Rules,
    /// Where their messages are shown.
    pub log: Log,
    /// What they add up to.
    pub tally: Tally,
    /// Turns true when they are to come to an end.
    pub stopping: watch::Receiver<bool>,
}

/// What the server has done so far.
#[derive(Debug, Default)]
pub struct Tally {
    /// Connections accepted, those without a message too.
    pub connections: Counter,
    /// Messages received.
    pub messages: Counter,
    /// Bytes received.
    pub bytes: Counter,
}

/// A number that connections on any thread add to.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// What it has come to.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

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
    let alarm = Alarm::new(timer);
    let told_to_stop = pin!(told_to_stop(service.stopping.clone()));
    let mut conversation = Conversation::new(stream, peer, service, alarm, told_to_stop);
    match conversation.talk().await {
        Ok(()) => conversation.close().await,
        Err(error) => {
            conversation.end_begun_message();
            conversation.log.pass_on().await;
            Err(error)
        }
    }
}

struct Conversation<'a, S> {
    stream: S,
    service: &'a Service,
    log: PeerLog<'a>,
    alarm: Alarm<'a>,
    /// Is ready when all conversations are to come to an end; then not polled any more.
    told_to_stop: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    is_stopping: bool,
    /// The message of which some bytes, but not the end, have come.
    message: Option<Message>,
    lines: Lines,
    /// Replies that are not yet written …
    replies: Vec<u8>,
    /// … of which this many bytes are to be: the rest is kept until its message ends.
    due: usize,
    has_answered: bool,
    client_has_ended: bool,
    turn: Turn,
}

/// What has come of a connection's only message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// A line whose newline has not come.
    Open,
    /// One line, and its newline last: that is the message, if nothing more has come already.
    Ended,
    /// Text behind a newline: only the client's end, or a pause, says where the message ends.
    Several,
}

/// What waiting for a client comes to.
enum Heard {
    Bytes(Input),
    /// The client's half-close, or its silence for as long as it is waited for.
    End,
}

impl<'a, S: Stream> Conversation<'a, S> {
    fn new(
        stream: S,
        peer: SocketAddr,
        service: &'a Service,
        alarm: Alarm<'a>,
        told_to_stop: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    ) -> Self {
        Self {
            stream,
            service,
            log: PeerLog::new(&service.log, peer),
            alarm,
            told_to_stop,
            is_stopping: false,
            message: None,
            lines: Lines::Open,
            replies: Vec::new(),
            due: 0,
            has_answered: false,
            client_has_ended: false,
            turn: Turn::default(),
        }
    }

    async fn talk(&mut self) -> io::Result<()> {
        loop {
            match self.listen().await? {
                Heard::Bytes(input) => {
                    let len = input.len();
                    buffers::borrow(&mut self.replies);
                    if self.service.rules.keep_alive {
                        self.take_lines(input).await?;
                    } else if self.take_text(input).await? {
                        return Ok(());
                    }
                    self.turn.take(len).await;
                }
                Heard::End => {
                    self.end_begun_message();
                    return self.pass_on_last().await;
                }
            }
        }
    }

    /// Waits for the client, as long as the rules and the state of its message say.
    async fn listen(&mut self) -> io::Result<Heard> {
        loop {
            let patience = self.patience();
            let waited = self.alarm.within(patience, |cx| {
                let input = poll_read(&mut self.stream, &mut self.replies, &mut self.log, cx);
                if input.is_pending() && !self.is_stopping && self.told_to_stop.as_mut().poll(cx).is_ready() {
                    self.is_stopping = true;
                    return Poll::Ready(None);
                }
                input.map(Some)
            });
            let input = match waited.await {
                None => return Ok(Heard::End),
                // It is waited for again, with another patience.
                Some(None) => continue,
                Some(Some(input)) => input?,
            };
            self.client_has_ended = input.is_empty();
            self.service.tally.bytes.add(input.len() as u64);
            return Ok(if input.is_empty() { Heard::End } else { Heard::Bytes(input) });
        }
    }

    fn patience(&self) -> Duration {
        let Rules { keep_alive, pause, idle_timeout } = self.service.rules;
        match (&self.message, self.lines) {
            // What has come already is still answered; more is not waited for.
            (None, _) if self.is_stopping => Duration::ZERO,
            (None, _) => idle_timeout,
            (Some(_), Lines::Ended) => Duration::ZERO,
            (Some(_), _) if keep_alive && !self.is_stopping => idle_timeout,
            (Some(_), _) => pause.min(idle_timeout),
        }
    }

    /// Takes bytes of the connection's only message; true where they have ended it.
    async fn take_text(&mut self, input: Input) -> io::Result<bool> {
        let newline = memchr(b'\n', &input);
        self.lines = match (self.lines, newline) {
            (Lines::Open, None) => Lines::Open,
            (Lines::Open, Some(at)) if at + 1 == input.len() => Lines::Ended,
            _ => Lines::Several,
        };
        // Where the buffer is full, there may be more behind the newline.
        let ended = self.lines == Lines::Ended && !input.is_full();
        if ended {
            self.end_message(&input);
        } else {
            self.push(&input);
            if self.lines == Lines::Several {
                self.due = self.replies.len();
            }
        }
        drop(input); // it may take a while until the reply is taken
        if ended {
            self.pass_on_last().await?;
        } else {
            self.pass_on().await?;
        }
        Ok(ended)
    }

    /// Takes lines, each of them a message.
    async fn take_lines(&mut self, input: Input) -> io::Result<()> {
        let mut rest = &input[..];
        // The end of a line that began before, or the only one: most clients wait for each reply.
        if let Some(end) = memchr(b'\n', rest)
            && (self.message.is_some() || end + 1 == rest.len())
        {
            self.end_message(&rest[..end]);
            rest = &rest[end + 1..];
        }
        let (whole, begun) = rest.split_at(lines::whole_len(rest));
        for batch in lines::batches(whole) {
            self.take_whole_lines(batch);
            if self.log.len() > BATCH_MAX {
                // The order of records is all that the log keeps to: replies may follow.
                self.log.pass_on().await;
            }
        }
        if !begun.is_empty() {
            self.push(begun);
        }
        drop(input); // it may take a while until the replies are taken
        self.pass_on().await
    }

    /// Takes lines that are here whole, and the end of none that began before.
    fn take_whole_lines(&mut self, whole: &[u8]) {
        self.has_answered = true;
        self.service.tally.messages.add(lines::count(whole) as u64);
        if are_stripped(whole) {
            // Without white space to take off, they are upper-cased as one text.
            push_upper(whole, &mut self.replies);
            self.log.record_lines(whole);
        } else {
            for line in lines::each(whole) {
                self.take_whole(line);
                self.replies.push(b'\n');
            }
        }
        self.due = self.replies.len();
    }

    /// Takes a message that is here whole.
    fn take_whole(&mut self, message: &[u8]) {
        let text = strip(message);
        push_upper(text, &mut self.replies);
        self.log.record_whole(text);
    }

    /// Takes bytes of the message under way, or of a new one.
    fn push(&mut self, bytes: &[u8]) {
        let message = self.message.get_or_insert_with(|| Message::new(self.log.preview()));
        message.push(bytes, &mut self.replies);
        if self.replies.len() - self.due > HELD_REPLY_MAX {
            self.due = self.replies.len();
        }
    }

    /// Ends the message under way, if a part of one has come: no more of it does.
    fn end_begun_message(&mut self) {
        if self.message.is_some() {
            self.end_message(&[]);
        }
    }

    /// Ends the message under way, or a new one, with `bytes`: its reply is due, and its record made.
    fn end_message(&mut self, bytes: &[u8]) {
        if let Some(message) = self.message.take() {
            let preview = message.finish(bytes, &mut self.replies);
            self.log.record(&preview);
        } else {
            self.take_whole(bytes);
        }
        if self.service.rules.keep_alive {
            self.replies.push(b'\n');
        }
        self.due = self.replies.len();
        self.has_answered = true;
        self.service.tally.messages.add(1);
    }

    /// Hands records to the log, and then replies that are due to the client. While either does not take them,
    /// nothing more is read.
    async fn pass_on(&mut self) -> io::Result<()> {
        self.pass_on_by(S::poll_write).await
    }

    /// As [`Self::pass_on`], before the close.
    async fn pass_on_last(&mut self) -> io::Result<()> {
        self.pass_on_by(S::poll_write_last).await
    }

    async fn pass_on_by(
        &mut self,
        write: impl Fn(Pin<&mut S>, &mut Context<'_>, &[u8]) -> Poll<io::Result<usize>>,
    ) -> io::Result<()> {
        self.log.pass_on().await;
        let mut unwritten = &self.replies[..self.due];
        while !unwritten.is_empty() {
            let write = |cx: &mut Context<'_>| write(Pin::new(&mut self.stream), cx, unwritten);
            let written = self.alarm.within(self.service.rules.idle_timeout, write).await;
            let written = written.ok_or(io::ErrorKind::TimedOut)??;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            unwritten = &unwritten[written..];
        }
        self.replies.drain(..self.due);
        self.due = 0;
        Ok(())
    }

    /// Closes without destroying the reply.
    ///
    /// A close with unread bytes sends a reset, which takes with it what the client has not read yet. So only our
    /// side ends here; then what still comes is read, for a while.
    async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        if !self.has_answered || self.client_has_ended {
            return Ok(());
        }
        let end = Instant::now() + LINGER_MAX;
        let mut bytes = 0;
        while bytes < LINGER_BYTES {
            let patience = LINGER_SILENCE.min(end.saturating_duration_since(Instant::now()));
            let read =
                |cx: &mut Context<'_>| poll_read(&mut self.stream, &mut self.replies, &mut self.log, cx);
            match self.alarm.within(patience, read).await {
                Some(Ok(input)) if !input.is_empty() => bytes += input.len(),
                _ => break,
            }
            self.turn.take(INPUT_SIZE).await; // whatever it still says is in no hurry
        }
        Ok(())
    }
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

    async fn take(&mut self, bytes: usize) {
        self.0 += bytes.max(Self::READ);
        if self.0 >= INPUT_SIZE {
            self.0 = 0;
            yield_now().await;
        }
    }
}

async fn told_to_stop(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|&stopping| stopping).await.is_err() {
        // Whoever could tell is gone, and has not told.
        pending::<()>().await;
    }
}

/// Reads once. While there is nothing to read, buffers that are empty are lent to others.
fn poll_read(
    stream: &mut impl Stream,
    replies: &mut Vec<u8>,
    log: &mut PeerLog<'_>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Input>> {
    let input = Input::poll_read(Pin::new(stream), cx);
    if input.is_pending() {
        buffers::give_back(replies);
        log.give_back();
    }
    input
}
