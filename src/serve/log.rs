//! The log of messages: records from many connections to one output.
//!
//! A connection appends its records as whole bytes, so two records never mix. The records wait in a bounded queue for a
//! writer thread. An output that stalls (a paused terminal) makes the connections wait, and they stop reading from their
//! clients. So the log loses only what its output refuses, and its memory is bounded.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

use crate::cli::LogFormat;
use crate::config::Language;
use crate::report;
use crate::terminal::Terminal;

/// Bytes of records that wait before connections do: some ten thousand records, so that the switch between the
/// connections and the writer costs little per record.
const QUEUE_MAX: usize = 1024 * 1024;

/// Time between two writes, in which records are gathered. It is short for a reader, and long enough that waking the
/// writer costs little per record.
const WRITE_INTERVAL: Duration = Duration::from_millis(5);

/// Pause before the next attempt where another process made the output non-blocking and the output is full.
const FULL_OUTPUT_BACKOFF: Duration = Duration::from_millis(5);

/// The log that all connections of a server share.
#[derive(Debug)]
pub(crate) struct Log {
    /// None where the log is disabled.
    queue: Option<Arc<Queue>>,
    pub(super) format: LogFormat,
    pub(super) terminal: Terminal,
}

impl Log {
    /// Creates a log, with a thread that writes to `output`.
    pub(crate) fn new(output: impl Write + Send + 'static, format: LogFormat, terminal: Terminal) -> Self {
        let queue = Arc::new(Queue::default());
        let writer = Writer(Arc::clone(&queue));
        thread::spawn(move || writer.run(output, terminal));
        Self { queue: Some(queue), format, terminal }
    }

    /// Creates a log that drops all records.
    pub(crate) fn disabled() -> Self {
        Self { queue: None, format: LogFormat::Text, terminal: Terminal::plain(Language::En) }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.queue.is_some()
    }

    /// Moves `records` into the queue, and waits while the queue is full.
    pub(crate) async fn append(&self, records: &mut Vec<u8>) {
        if let Some(queue) = &self.queue {
            queue.append(records).await;
        }
    }

    /// Moves `records` into the queue, and returns false if the queue is full.
    pub(super) fn try_append(&self, records: &mut Vec<u8>) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.try_append(records))
    }

    /// Waits until every record is written. Records that are appended later are lost.
    pub(crate) async fn close(&self) {
        if let Some(queue) = &self.queue {
            queue.lock().is_closed = true;
            queue.has_records.notify_one();
            queue.is_written.notified().await;
        }
    }
}

/// The queue between the connections and the writer thread.
#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// Notifies the writer of records, or of the log's end.
    has_records: Condvar,
    /// Notifies connections of room.
    has_room: Notify,
    /// Notifies `close` that all records are written.
    is_written: Notify,
}

#[derive(Debug, Default)]
struct State {
    records: Vec<u8>,
    /// The writer waits for records without a timeout.
    writer_is_idle: bool,
    /// No more records are appended.
    is_closed: bool,
    /// The writer has ended; no more records are written.
    writer_has_ended: bool,
}

impl State {
    /// Returns whether a write need not wait for more records.
    fn is_half_full(&self) -> bool {
        self.records.len() >= QUEUE_MAX / 2
    }
}

impl Queue {
    async fn append(&self, records: &mut Vec<u8>) {
        loop {
            let has_room = self.has_room.notified();
            if self.try_append(records) {
                return;
            }
            has_room.await;
        }
    }

    fn try_append(&self, records: &mut Vec<u8>) -> bool {
        if records.is_empty() {
            return true;
        }
        let mut state = self.lock();
        if state.writer_has_ended {
            records.clear();
            return true;
        }
        if state.records.len() >= QUEUE_MAX {
            return false;
        }
        let was_half_full = state.is_half_full();
        state.records.append(records);
        let wake = std::mem::take(&mut state.writer_is_idle) || state.is_half_full() && !was_half_full;
        // The writer wakes without having to wait for the lock.
        drop(state);
        if wake {
            self.has_records.notify_one();
        }
        true
    }

    /// Waits for records and swaps them into `taken`; returns false at the log's end.
    ///
    /// The first record after a silence is taken at once. Records that follow closely are taken together: to wake the
    /// writer for each would cost more than everything else that is done for a message.
    fn take(&self, taken: &mut Vec<u8>) -> bool {
        taken.clear();
        let is_gathering = |state: &mut State| !state.is_half_full() && !state.is_closed;
        let (mut state, _) = self
            .has_records
            .wait_timeout_while(self.lock(), WRITE_INTERVAL, is_gathering)
            .unwrap_or_else(PoisonError::into_inner);
        state.writer_is_idle = true;
        let is_empty = |state: &mut State| state.records.is_empty() && !state.is_closed;
        let mut state = self.has_records.wait_while(state, is_empty).unwrap_or_else(PoisonError::into_inner);
        state.writer_is_idle = false;
        std::mem::swap(&mut state.records, taken);
        drop(state);
        self.has_room.notify_waiters();
        !taken.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements that hold the lock, so a panic cannot break it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer thread: takes all waiting records, writes them at once, and repeats.
struct Writer(Arc<Queue>);

impl Writer {
    fn run(self, mut output: impl Write, terminal: Terminal) {
        let mut records = Vec::new();
        let mut is_failing = false;
        while self.0.take(&mut records) {
            match write_all(&mut output, &records) {
                Ok(()) => is_failing = false,
                // The server goes on. These records are lost; later records may find room on the disk again.
                Err(error) => {
                    if !is_failing {
                        report::warning(terminal.lang.log_lost(&error), terminal);
                    }
                    is_failing = true;
                }
            }
        }
    }
}

impl Drop for Writer {
    /// Releases all waiting connections, also after a panic.
    fn drop(&mut self) {
        self.0.lock().writer_has_ended = true;
        self.0.has_room.notify_waiters();
        self.0.is_written.notify_one();
    }
}

/// Writes like [`Write::write_all`], but waits where a non-blocking output is full.
fn write_all(output: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(FULL_OUTPUT_BACKOFF),
            Err(error) => return Err(error),
        }
    }
    loop {
        // Standard output buffers the end of a line that it could not write.
        match output.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(FULL_OUTPUT_BACKOFF),
            flushed => return flushed,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// An output whose content can be read, and whose first write fails.
    #[derive(Clone, Default)]
    struct FullAtFirst {
        has_failed: bool,
        content: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for FullAtFirst {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !std::mem::replace(&mut self.has_failed, true) {
                return Err(ErrorKind::StorageFull.into());
            }
            self.content.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn log_resumes_after_a_write_error() {
        let output = FullAtFirst::default();
        let log = Log::new(output.clone(), LogFormat::Text, Terminal::plain(Language::En));
        let deadline = Instant::now() + Duration::from_secs(180);
        while output.content.lock().unwrap().is_empty() {
            assert!(Instant::now() < deadline, "nothing is written any more");
            log.append(&mut b"record\n".to_vec()).await;
            tokio::task::yield_now().await;
        }
        log.close().await;
        assert!(output.content.lock().unwrap().starts_with(b"record\n"));
    }
}
