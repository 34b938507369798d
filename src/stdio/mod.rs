//! Standard streams on threads of their own.
//!
//! A standard stream can stall (a paused terminal, a full pipe), and another process can make it non-blocking. So no
//! thread that handles connections or signals writes to one: an [`OutputThread`] has a thread that does.

mod write;

use std::io::{self, Write};
use std::mem;
use std::ops::Range;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

use write::write_both;
pub(crate) use write::{NOT_READY_BACKOFF, write_whole};

/// Bytes that wait for a stalled output before their senders do: some ten thousand lines, so that the switch between the
/// senders and the writer costs little per line.
const QUEUE_MAX: usize = 1024 * 1024;

/// Time between two writes, in which bytes are gathered. It is short for a reader, and long enough that waking the writer
/// costs little per line.
const WRITE_INTERVAL: Duration = Duration::from_millis(5);

/// An output that a thread of its own writes to.
///
/// Bytes that are appended in one call are never mixed with others. Clones write to the same output.
#[derive(Clone, Debug)]
pub(crate) struct OutputThread(Arc<Queue>);

impl OutputThread {
    /// Starts the thread. It calls `on_error` for each error that follows a success, and goes on: a full disk may have
    /// room again. Bytes of a failed write are lost.
    ///
    /// # Errors
    /// Fails if the system refuses the thread.
    pub(crate) fn start(
        output: impl Write + Send + 'static,
        on_error: impl FnMut(&io::Error) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let writer = Writer(Arc::clone(&queue));
        thread::Builder::new().name("output".into()).spawn(move || writer.run(output, on_error))?;
        Ok(Self(queue))
    }

    /// Moves `bytes` into the queue, and waits while the queue is full.
    pub(crate) async fn append(&self, bytes: &mut Vec<u8>) {
        while !self.try_append(bytes) {
            self.room().await;
        }
    }

    /// Appends a line for standard error, in the order of all that is appended. The queue may grow over its limit:
    /// [`OutputThread::room`] makes the senders wait.
    pub(crate) fn push_stderr(&self, line: &[u8]) {
        let mut state = self.0.lock();
        if state.writer == WriterState::Ended {
            return;
        }
        let start = state.bytes.len();
        state.bytes.extend_from_slice(line);
        let end = state.bytes.len();
        state.stderr_ranges.push(start..end);
        self.0.wake_writer(state, start);
    }

    pub(crate) fn has_room(&self) -> bool {
        self.0.lock().has_room()
    }

    /// Waits until the queue has room.
    pub(crate) async fn room(&self) {
        loop {
            let has_room = self.0.has_room.notified();
            if self.has_room() {
                return;
            }
            has_room.await;
        }
    }

    /// Blocks until all bytes are written, for `timeout` at most.
    pub(crate) fn wait_written(&self, timeout: Duration) {
        let mut state = self.0.lock();
        state.flush_requested = !state.is_drained();
        self.0.has_bytes.notify_one();
        let is_waiting = |state: &mut State| !state.is_drained();
        let _ = self.0.write_done_blocking.wait_timeout_while(state, timeout, is_waiting);
    }

    /// Moves `bytes` into the queue, and returns false if the queue is full.
    pub(crate) fn try_append(&self, bytes: &mut Vec<u8>) -> bool {
        self.0.try_append(bytes)
    }

    /// Waits until all bytes are written, and returns the first error since the last call.
    ///
    /// # Errors
    /// Fails if a write failed.
    pub(crate) async fn flush(&self) -> io::Result<()> {
        loop {
            let written = self.0.write_done.notified();
            {
                let mut state = self.0.lock();
                if state.is_drained() {
                    return state.error.take().map_or(Ok(()), Err);
                }
                state.flush_requested = true;
            }
            self.0.has_bytes.notify_one();
            written.await;
        }
    }
}

/// Returns the process's standard error, or `None` if the system refuses its thread.
pub(crate) fn stderr() -> Option<&'static OutputThread> {
    static STDERR: LazyLock<Option<OutputThread>> =
        LazyLock::new(|| OutputThread::start(io::stderr(), |_| {}).ok());
    STDERR.as_ref()
}

/// The queue between the senders and the writer thread.
#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// Notifies the writer of bytes, or of a request to flush.
    has_bytes: Condvar,
    /// Notifies senders of room.
    has_room: Notify,
    /// Notifies `flush` of a write.
    write_done: Notify,
    /// Notifies `wait_written` of a write.
    write_done_blocking: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// The parts of `bytes` that are for standard error, in ascending order; the others are for the output.
    stderr_ranges: Vec<Range<usize>>,
    writer: WriterState,
    /// Bytes are written at once, without gathering more.
    flush_requested: bool,
    /// The first error that `flush` has not returned.
    error: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum WriterState {
    /// Waits until enough bytes have gathered, or for the write interval.
    #[default]
    Gathering,
    /// Waits for bytes.
    Idle,
    Writing,
    /// Ended by a panic: no more bytes are written.
    Ended,
}

impl State {
    /// Returns whether no bytes wait to be written, or none ever will be.
    fn is_drained(&self) -> bool {
        self.bytes.is_empty() && self.writer != WriterState::Writing || self.writer == WriterState::Ended
    }

    fn has_room(&self) -> bool {
        self.bytes.len() < QUEUE_MAX || self.writer == WriterState::Ended
    }

    /// Returns whether the next write need not wait for more bytes.
    fn is_half_full(&self) -> bool {
        self.bytes.len() >= QUEUE_MAX / 2
    }
}

impl Queue {
    fn try_append(&self, bytes: &mut Vec<u8>) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let mut state = self.lock();
        if state.writer == WriterState::Ended {
            bytes.clear();
            return true;
        }
        if !state.has_room() {
            return false;
        }
        let len_before = state.bytes.len();
        state.bytes.append(bytes);
        self.wake_writer(state, len_before);
        true
    }

    /// Wakes the writer if the bytes that were appended to the first `len_before` need it.
    fn wake_writer(&self, mut state: MutexGuard<'_, State>, len_before: usize) {
        let is_idle = state.writer == WriterState::Idle;
        if is_idle {
            state.writer = WriterState::Gathering;
        }
        let wake = is_idle || state.is_half_full() && len_before < QUEUE_MAX / 2;
        // The writer wakes without having to wait for the lock.
        drop(state);
        if wake {
            self.has_bytes.notify_one();
        }
    }

    /// Waits for bytes, swaps them into `taken`, and returns the parts that are for standard error.
    ///
    /// The first bytes after a silence are taken at once. Bytes that follow closely are taken together: to wake the writer
    /// for each line would cost more than everything else that the server does for a message.
    fn take(&self, taken: &mut Vec<u8>) -> Vec<Range<usize>> {
        taken.clear();
        let is_gathering = |state: &mut State| !state.is_half_full() && !state.flush_requested;
        let (mut state, _) = self
            .has_bytes
            .wait_timeout_while(self.lock(), WRITE_INTERVAL, is_gathering)
            .unwrap_or_else(PoisonError::into_inner);
        state.writer = WriterState::Idle;
        let is_empty = |state: &mut State| state.bytes.is_empty();
        let mut state = self.has_bytes.wait_while(state, is_empty).unwrap_or_else(PoisonError::into_inner);
        state.writer = WriterState::Writing;
        state.flush_requested = false;
        mem::swap(&mut state.bytes, taken);
        let stderr_ranges = mem::take(&mut state.stderr_ranges);
        drop(state);
        self.has_room.notify_waiters();
        stderr_ranges
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements that hold the lock, so a panic cannot break it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer thread: takes all waiting bytes, writes them at once, and repeats.
struct Writer(Arc<Queue>);

impl Writer {
    fn run(self, mut output: impl Write, mut on_error: impl FnMut(&io::Error)) {
        let mut bytes = Vec::new();
        let mut is_failing = false;
        loop {
            let stderr_ranges = self.0.take(&mut bytes);
            let written = write_both(&mut output, &bytes, &stderr_ranges);
            if let Err(error) = &written
                && !is_failing
            {
                on_error(error);
            }
            is_failing = written.is_err();
            let mut state = self.0.lock();
            state.writer = WriterState::Gathering;
            if let Err(error) = written {
                state.error.get_or_insert(error);
            }
            drop(state);
            self.0.write_done.notify_waiters();
            self.0.write_done_blocking.notify_all();
        }
    }
}

impl Drop for Writer {
    /// Releases all waiting senders after a panic.
    fn drop(&mut self) {
        self.0.lock().writer = WriterState::Ended;
        self.0.has_room.notify_waiters();
        self.0.write_done.notify_waiters();
        self.0.write_done_blocking.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use tokio::time::{Instant, timeout};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(180);

    /// An output whose content can be read, and whose first write fails.
    #[derive(Clone, Default)]
    struct FullAtFirst {
        has_failed: bool,
        content: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for FullAtFirst {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !mem::replace(&mut self.has_failed, true) {
                return Err(ErrorKind::StorageFull.into());
            }
            self.content.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn output_resumes_after_an_error_and_returns_the_error() {
        let full = FullAtFirst::default();
        let errors = Arc::new(Mutex::new(Vec::new()));
        let reported = Arc::clone(&errors);
        let on_error = move |error: &io::Error| reported.lock().unwrap().push(error.kind());
        let output = OutputThread::start(full.clone(), on_error).unwrap();

        output.append(&mut b"lost\n".to_vec()).await;
        let flushed = timeout(DEADLINE, output.flush()).await.unwrap();
        assert_eq!(flushed.unwrap_err().kind(), ErrorKind::StorageFull);
        output.append(&mut b"kept\n".to_vec()).await;
        timeout(DEADLINE, output.flush()).await.unwrap().unwrap();

        assert_eq!(full.content.lock().unwrap()[..], *b"kept\n");
        assert_eq!(errors.lock().unwrap()[..], [ErrorKind::StorageFull]);
    }

    /// A stream that is not ready at every second call, as a non-blocking one.
    struct NotReady<T> {
        stream: T,
        is_ready: bool,
    }

    impl<T> NotReady<T> {
        fn check(&mut self) -> io::Result<()> {
            self.is_ready = !self.is_ready;
            if self.is_ready { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
        }
    }

    impl<T: Write> Write for NotReady<T> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.check()?;
            self.stream.write(&bytes[..bytes.len().min(3)])
        }

        fn flush(&mut self) -> io::Result<()> {
            self.check()
        }
    }

    #[tokio::test]
    async fn output_that_is_not_ready_gets_every_byte() {
        let content = FullAtFirst { has_failed: true, ..FullAtFirst::default() };
        let stream = NotReady { stream: content.clone(), is_ready: true };
        let output = OutputThread::start(stream, |error| panic!("{error}")).unwrap();
        output.append(&mut b"0123456789".to_vec()).await;
        timeout(DEADLINE, output.flush()).await.unwrap().unwrap();
        assert_eq!(content.content.lock().unwrap()[..], *b"0123456789");
    }

    #[tokio::test]
    async fn full_queue_makes_its_senders_wait_and_loses_nothing() {
        /// An output that waits for a permission to each write.
        struct Stalled(std::sync::mpsc::Receiver<()>, Arc<Mutex<usize>>);

        impl Write for Stalled {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.recv().map_err(|_| ErrorKind::BrokenPipe)?;
                *self.1.lock().unwrap() += bytes.len();
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let (permit, permits) = std::sync::mpsc::channel();
        let written = Arc::new(Mutex::new(0));
        let output = OutputThread::start(Stalled(permits, Arc::clone(&written)), |_| {}).unwrap();
        let (mut sent, deadline) = (0, Instant::now() + DEADLINE);
        while output.try_append(&mut vec![b'x'; 64 * 1024]) {
            sent += 64 * 1024;
            assert!(Instant::now() < deadline && sent < 8 * QUEUE_MAX, "the queue is not bounded");
        }
        for _ in 0..8 {
            permit.send(()).unwrap();
        }
        timeout(DEADLINE, output.append(&mut vec![b'x'; 1])).await.unwrap();
        timeout(DEADLINE, output.flush()).await.unwrap().unwrap();
        assert_eq!(*written.lock().unwrap(), sent + 1);
    }
}
