//! Records of messages, from many connections to one output.
//!
//! A connection makes its records as bytes of its own and appends them whole, so that two records never mix. They
//! wait in a bounded queue for a thread that writes them: an output that stalls (a paused terminal) makes the
//! connections wait, and they in turn do not read from their clients. So nothing is lost but what an output refuses,
//! and nothing grows.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use owo_colors::OwoColorize as _;
use serde::Serialize;
use tokio::sync::Notify;

use super::buffers;
use crate::case::is_cut_short;
use crate::cli::LogFormat;
use crate::config::Lang;
use crate::console::{Screen, json_line, push_one_line};

/// How much of a message is shown, in bytes: what the tutorial's server reads.
const SHOWN_MAX: usize = 1024;

/// How many bytes of records wait before connections do: some ten thousand records, so that changing over to the
/// writer and back costs nothing beside them.
const QUEUE_MAX: usize = 1024 * 1024;

/// How long records are gathered for after a write: short to a person, and long enough that the writer's waking up
/// costs nothing beside what is done for the records of that time.
const GATHERING: Duration = Duration::from_millis(5);

/// How long an output that some other process made non-blocking is left alone when it is full.
const FULL_OUTPUT_REST: Duration = Duration::from_millis(5);

/// Where messages are shown. Without an output (`--quiet`) nothing is made or kept for it.
#[derive(Debug)]
pub struct Log {
    queue: Option<Arc<Queue>>,
    format: LogFormat,
    screen: Screen,
}

impl Log {
    /// A log that writes to `output`, from a thread of its own.
    #[must_use]
    pub fn new(output: impl Write + Send + 'static, format: LogFormat, screen: Screen) -> Self {
        let queue = Arc::new(Queue::default());
        let writer = Writer(Arc::clone(&queue));
        thread::spawn(move || writer.run(output, screen));
        Self { queue: Some(queue), format, screen }
    }

    /// A log that shows nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { queue: None, format: LogFormat::Text, screen: Screen::plain(Lang::Pt) }
    }

    /// The log as one connection uses it.
    pub(super) fn of(&self, peer: SocketAddr) -> PeerLog<'_> {
        let Screen { lang, out, .. } = self.screen;
        let form = match (&self.queue, self.format) {
            (None, _) => Form::None,
            (Some(_), LogFormat::Json) => Form::Json(peer),
            (Some(_), LogFormat::Text) => {
                let (label, ip) = (lang.received_from(), peer.ip());
                let head = format!(
                    "{} {}:\n{}",
                    label.style(out.label),
                    ip.style(out.peer),
                    out.text.prefix_formatter()
                );
                Form::Text { head: head.into(), tail: format!("{}\n", out.text.suffix_formatter()).into() }
            }
        };
        PeerLog { log: self, form, records: Vec::new() }
    }

    /// Hands `records` over to be written, and leaves it empty; waits while the output does not keep up.
    pub async fn append(&self, records: &mut Vec<u8>) {
        if let Some(queue) = &self.queue
            && !records.is_empty()
        {
            queue.append(records).await;
        }
    }

    /// Waits until every record is written. Records that are appended later are not.
    pub async fn close(&self) {
        if let Some(queue) = &self.queue {
            queue.lock().closed = true;
            queue.filled.notify_one();
            queue.written.notified().await;
        }
    }
}

/// One connection's records, until they are handed over.
pub(super) struct PeerLog<'a> {
    log: &'a Log,
    form: Form,
    records: Vec<u8>,
}

/// What all records of a connection have in common.
enum Form {
    None,
    /// What stands before and behind a message.
    Text {
        head: Box<str>,
        tail: Box<str>,
    },
    Json(SocketAddr),
}

impl PeerLog<'_> {
    /// The preview of a message that comes in pieces.
    pub(super) fn preview(&self) -> Preview {
        Preview { shown: Vec::new(), room: if self.is_shown() { SHOWN_MAX } else { 0 }, bytes: 0 }
    }

    /// Makes the record of a message that came in pieces.
    pub(super) fn record(&mut self, message: &Preview) {
        self.record_beginning(&message.shown, message.bytes);
    }

    /// Makes the record of a message that is here whole.
    pub(super) fn record_whole(&mut self, message: &[u8]) {
        self.record_beginning(&message[..message.len().min(SHOWN_MAX)], message.len() as u64);
    }

    fn record_beginning(&mut self, shown: &[u8], bytes: u64) {
        buffers::borrow(&mut self.records);
        match &self.form {
            Form::None => {}
            Form::Text { head, tail } => {
                let shown = if bytes > shown.len() as u64 { whole_characters(shown) } else { shown };
                self.records.extend_from_slice(head.as_bytes());
                push_one_line(shown, &mut self.records);
                let more = bytes - shown.len() as u64;
                if more > 0 {
                    let Screen { lang, out, .. } = self.log.screen;
                    let _ = write!(self.records, "{}", lang.more_bytes(more).style(out.remark));
                }
                self.records.extend_from_slice(tail.as_bytes());
            }
            Form::Json(peer) => json_record(*peer, shown, bytes, &mut self.records),
        }
    }

    /// How many bytes of records there are.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Hands the records over to be written; waits while the output does not keep up.
    pub(super) async fn pass_on(&mut self) {
        self.log.append(&mut self.records).await;
    }

    /// Whether records are made at all.
    pub(super) fn is_shown(&self) -> bool {
        !matches!(self.form, Form::None)
    }

    /// Lends the memory for records to others, while there are none.
    pub(super) fn give_back(&mut self) {
        buffers::give_back(&mut self.records);
    }
}

/// The beginning of a message, and its length.
#[derive(Debug)]
pub(super) struct Preview {
    shown: Vec<u8>,
    room: usize,
    bytes: u64,
}

impl Preview {
    /// Takes the next bytes of the message, as far as they are shown.
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        let room = self.room - self.shown.len();
        self.shown.extend_from_slice(&text[..text.len().min(room)]);
    }
}

/// `bytes` without a character at their end that is cut.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let cut = (1..=3.min(bytes.len())).find(|cut| is_cut_short(&bytes[bytes.len() - cut..]));
    &bytes[..bytes.len() - cut.unwrap_or(0)]
}

fn json_record(peer: SocketAddr, shown: &[u8], bytes: u64, records: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Record<'a> {
        time: String,
        peer: SocketAddr,
        message: &'a str,
        bytes: u64,
        truncated: bool,
    }

    let truncated = bytes > shown.len() as u64;
    let shown = if truncated { whole_characters(shown) } else { shown };
    let line = json_line(&Record {
        time: humantime::format_rfc3339_micros(SystemTime::now()).to_string(),
        peer,
        message: &String::from_utf8_lossy(shown),
        bytes,
        truncated,
    });
    records.extend_from_slice(line.as_bytes());
}

/// What lies between the connections and the thread that writes.
#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// Tells the writer that there are records, or that there will be no more.
    filled: Condvar,
    /// Tells connections that there is room again.
    room: Notify,
    /// Tells whoever closes the log that all is written.
    written: Notify,
}

#[derive(Debug, Default)]
struct State {
    records: Vec<u8>,
    /// The writer has had nothing to do for a while, and has to be woken.
    writer_sleeps: bool,
    /// No more records come.
    closed: bool,
    /// No more records are written: the writer is gone.
    ended: bool,
}

impl Queue {
    async fn append(&self, records: &mut Vec<u8>) {
        loop {
            let room = self.room.notified();
            {
                let mut state = self.lock();
                if state.ended {
                    return records.clear();
                }
                if state.records.len() < QUEUE_MAX {
                    state.records.append(records);
                    if state.writer_sleeps || state.records.len() >= QUEUE_MAX / 2 {
                        self.filled.notify_one();
                    }
                    return;
                }
            }
            room.await;
        }
    }

    /// Waits for records and swaps them into `taken`; false where there are no more.
    ///
    /// The first record after a silence is taken at once. Those that follow close behind are taken together: waking
    /// this thread for each of them would cost more than all else that is done for a message.
    fn take(&self, taken: &mut Vec<u8>) -> bool {
        taken.clear();
        let gathering = |state: &mut State| state.records.len() < QUEUE_MAX / 2 && !state.closed;
        let (mut state, _) = self
            .filled
            .wait_timeout_while(self.lock(), GATHERING, gathering)
            .unwrap_or_else(PoisonError::into_inner);
        state.writer_sleeps = true;
        let nothing = |state: &mut State| state.records.is_empty() && !state.closed;
        let mut state = self.filled.wait_while(state, nothing).unwrap_or_else(PoisonError::into_inner);
        state.writer_sleeps = false;
        std::mem::swap(&mut state.records, taken);
        drop(state);
        self.room.notify_waiters();
        !taken.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements that hold the lock: a panic can't have broken it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that writes: it takes all that waits, writes it in one go, and again.
struct Writer(Arc<Queue>);

impl Writer {
    fn run(self, mut output: impl Write, screen: Screen) {
        let mut records = Vec::new();
        let mut failing = false;
        while self.0.take(&mut records) {
            match write_whole(&mut output, &records) {
                Ok(()) => failing = false,
                // The server goes on serving. What could not be written is gone; a disk may have room again.
                Err(error) => {
                    if !failing {
                        screen.say(screen.lang.log_lost(&error));
                    }
                    failing = true;
                }
            }
        }
    }
}

impl Drop for Writer {
    /// However the thread ends, by a panic too, no connection waits for it any more.
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.room.notify_waiters();
        self.0.written.notify_one();
    }
}

/// As [`Write::write_all`], but an output that is only full for now loses nothing.
fn write_whole(output: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(FULL_OUTPUT_REST),
            Err(error) => return Err(error),
        }
    }
    loop {
        // Standard output keeps a line's end to itself where it could not write all of it.
        match output.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(FULL_OUTPUT_REST),
            flushed => return flushed,
        }
    }
}
