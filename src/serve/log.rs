//! Records of messages, from many connections to one output.
//!
//! A connection makes its records as bytes of its own and appends them whole, so that two records never mix. They
//! wait in a bounded queue for a thread that writes them: an output that stalls (a paused terminal) makes the
//! connections wait, and they in turn do not read from their clients. So nothing is lost but what an output refuses,
//! and nothing grows.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

use super::record::Framing;
use crate::cli::LogFormat;
use crate::config::Language;
use crate::report;
use crate::terminal::Terminal;

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
    pub(super) format: LogFormat,
    pub(super) terminal: Terminal,
    pub(super) framing: Framing,
}

impl Log {
    /// A log that writes to `output`, from a thread of its own.
    #[must_use]
    pub fn new(output: impl Write + Send + 'static, format: LogFormat, terminal: Terminal) -> Self {
        let queue = Arc::new(Queue::default());
        let writer = Writer(Arc::clone(&queue));
        thread::spawn(move || writer.run(output, terminal));
        Self { queue: Some(queue), format, terminal, framing: Framing::new(terminal) }
    }

    /// A log that shows nothing.
    #[must_use]
    pub fn none() -> Self {
        let terminal = Terminal::plain(Language::Pt);
        Self { queue: None, format: LogFormat::Text, terminal, framing: Framing::new(terminal) }
    }

    /// Whether records are shown at all.
    pub(super) fn is_shown(&self) -> bool {
        self.queue.is_some()
    }

    /// Hands `records` over to be written, and leaves it empty; waits while the output does not keep up.
    pub async fn append(&self, records: &mut Vec<u8>) {
        if let Some(queue) = &self.queue
            && !records.is_empty()
        {
            queue.append(records).await;
        }
    }

    /// As [`Self::append`], but where it would wait it does nothing, and gives false.
    pub(super) fn try_append(&self, records: &mut Vec<u8>) -> bool {
        match &self.queue {
            Some(queue) if !records.is_empty() => queue.try_append(records),
            _ => true,
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

impl State {
    /// Whether there is enough for a write that waits for nothing more.
    fn has_enough(&self) -> bool {
        self.records.len() >= QUEUE_MAX / 2
    }
}

impl Queue {
    async fn append(&self, records: &mut Vec<u8>) {
        loop {
            let room = self.room.notified();
            if self.try_append(records) {
                return;
            }
            room.await;
        }
    }

    /// Appends, unless there is no room.
    fn try_append(&self, records: &mut Vec<u8>) -> bool {
        let mut state = self.lock();
        if state.ended {
            records.clear();
            return true;
        }
        if state.records.len() >= QUEUE_MAX {
            return false;
        }
        let had_enough = state.has_enough();
        state.records.append(records);
        // The writer is woken once, and not before it can have the lock.
        let wake = std::mem::take(&mut state.writer_sleeps) || state.has_enough() && !had_enough;
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        true
    }

    /// Waits for records and swaps them into `taken`; false where there are no more.
    ///
    /// The first record after a silence is taken at once. Those that follow close behind are taken together: waking
    /// this thread for each of them would cost more than all else that is done for a message.
    fn take(&self, taken: &mut Vec<u8>) -> bool {
        taken.clear();
        let gathering = |state: &mut State| !state.has_enough() && !state.closed;
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
    fn run(self, mut output: impl Write, terminal: Terminal) {
        let mut records = Vec::new();
        let mut failing = false;
        while self.0.take(&mut records) {
            match write_whole(&mut output, &records) {
                Ok(()) => failing = false,
                // The server goes on serving. What could not be written is gone; a disk may have room again.
                Err(error) => {
                    if !failing {
                        report::warning(terminal.lang.log_lost(&error), terminal);
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
