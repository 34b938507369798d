//! Buffers that the connections of a thread take turns with: whoever waits for its client holds none.

use std::cell::Cell;
use std::io;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// How many bytes are read at once: in bulk, up to twice as much goes through as with 64 KiB.
pub(super) const INPUT_SIZE: usize = 256 * 1024;

/// The largest buffer that is kept for the next connection: a batch of replies or of records, not a rarity.
const KEPT_MAX: usize = 1024 * 1024;

thread_local! {
    static INPUT: Cell<Box<[u8]>> = Cell::default();
    static OUTPUT: Cell<[Vec<u8>; 2]> = Cell::default();
}

/// Bytes that were read, in the thread's buffer, which goes back when they are done with.
pub(super) struct Input {
    buffer: Box<[u8]>,
    len: usize,
}

impl Input {
    /// Reads once; no bytes are the end of the stream.
    pub(super) fn poll_read(
        stream: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Self>> {
        let mut buffer = INPUT.take();
        if buffer.is_empty() {
            buffer = vec![0; INPUT_SIZE].into();
        }
        // Where there is nothing to read, its drop gives the buffer back.
        let mut input = Self { buffer, len: 0 };
        let mut buffer = ReadBuf::new(&mut input.buffer);
        ready!(stream.poll_read(cx, &mut buffer))?;
        input.len = buffer.filled().len();
        Poll::Ready(Ok(input))
    }

    /// Whether there may be more to read at once.
    pub(super) fn is_full(&self) -> bool {
        self.len == self.buffer.len()
    }
}

impl Deref for Input {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        INPUT.set(std::mem::take(&mut self.buffer));
    }
}

/// Takes one of the thread's empty buffers, where `buffer` has no memory of its own.
pub(super) fn borrow(buffer: &mut Vec<u8>) {
    if buffer.capacity() == 0 {
        let [mut first, second] = OUTPUT.take();
        std::mem::swap(buffer, &mut first);
        OUTPUT.set([second, first]);
    }
}

/// Gives the memory of an empty buffer back.
pub(super) fn give_back(buffer: &mut Vec<u8>) {
    if buffer.is_empty() && buffer.capacity() > 0 {
        let [first, second] = OUTPUT.take();
        let buffer = std::mem::take(buffer);
        OUTPUT.set(if buffer.capacity() > KEPT_MAX { [first, second] } else { [buffer, first] });
    }
}
