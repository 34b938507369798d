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

use crate::case::is_cut_short;
use crate::cli::LogFormat;
use crate::console::{Screen, json_line, one_line};

/// How much of a message is shown, in bytes: what the tutorial's server reads.
const SHOWN_MAX: usize = 1024;

/// How many bytes of records wait before connections do: some thousand records, far more than are made while an
/// output that keeps up writes once.
const QUEUE_MAX: usize = 256 * 1024;

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
        Self { queue: None, format: LogFormat::Text, screen: Screen::plain(crate::config::Lang::Pt) }
    }

    /// The preview of a message that is about to come.
    #[must_use]
    pub const fn preview(&self) -> Preview {
        Preview { shown: Vec::new(), room: if self.queue.is_some() { SHOWN_MAX } else { 0 }, bytes: 0 }
    }

    /// Appends to `records` the record of a message.
    pub fn record(&self, peer: SocketAddr, message: &Preview, records: &mut Vec<u8>) {
        if self.queue.is_none() {
            return;
        }
        match self.format {
            LogFormat::Text => self.text_record(peer, message, records),
            LogFormat::Json => json_record(peer, message, records),
        }
    }

    fn text_record(&self, peer: SocketAddr, message: &Preview, records: &mut Vec<u8>) {
        let Screen { lang, out, .. } = self.screen;
        let (shown, more) = message.parts();
        let text = one_line(shown);
        let _ = write!(
            records,
            "{} {}:\n{}",
            lang.received_from().style(out.label),
            peer.ip().style(out.peer),
            text.style(out.text)
        );
        if more > 0 {
            let _ = write!(records, "{}", lang.more_bytes(more).style(out.remark));
        }
        records.push(b'\n');
    }

    /// Hands `records` over to be written, and leaves it empty; waits while the output does not keep up.
    pub async fn append(&self, records: &mut Vec<u8>) {
        if records.is_empty() {
            return;
        }
        if let Some(queue) = &self.queue {
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

/// The beginning of a message, and its length.
#[derive(Debug)]
pub struct Preview {
    shown: Vec<u8>,
    room: usize,
    bytes: u64,
}

impl Preview {
    /// Takes the next bytes of the message, as far as they are shown.
    pub fn push(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        let room = self.room - self.shown.len();
        self.shown.extend_from_slice(&text[..text.len().min(room)]);
    }

    /// What is shown, which ends with a whole character, and how many bytes more there are.
    fn parts(&self) -> (&[u8], u64) {
        let mut shown = &self.shown[..];
        if self.bytes > shown.len() as u64
            && let Some(cut) = (1..=3.min(shown.len())).find(|cut| is_cut_short(&shown[shown.len() - cut..]))
        {
            shown = &shown[..shown.len() - cut];
        }
        (shown, self.bytes - shown.len() as u64)
    }
}

fn json_record(peer: SocketAddr, message: &Preview, records: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Record<'a> {
        time: String,
        peer: SocketAddr,
        message: &'a str,
        bytes: u64,
        truncated: bool,
    }

    let (shown, more) = message.parts();
    let line = json_line(&Record {
        time: humantime::format_rfc3339_micros(SystemTime::now()).to_string(),
        peer,
        message: &String::from_utf8_lossy(shown),
        bytes: message.bytes,
        truncated: more > 0,
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
                    self.filled.notify_one();
                    return;
                }
            }
            room.await;
        }
    }

    /// Waits for records and swaps them into `taken`; false where there are no more.
    fn take(&self, taken: &mut Vec<u8>) -> bool {
        taken.clear();
        let mut state = self
            .filled
            .wait_while(self.lock(), |state| state.records.is_empty() && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
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
