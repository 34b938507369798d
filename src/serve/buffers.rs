//! Buffers that the connections of one thread share, so that an idle connection holds none.

use std::cell::Cell;

use super::protocol::Output;

/// Bytes that one read can return. In bulk, 256 KiB carry up to twice as much as 64 KiB.
pub(crate) const INPUT_SIZE: usize = 256 * 1024;

/// The largest output buffer that is kept for the next connection.
const OUTPUT_CAPACITY_MAX: usize = 1024 * 1024;

thread_local! {
    #[allow(clippy::missing_const_for_thread_local, reason = "the lint does not see the `const` on Windows")]
    static BUFFERS: Cell<Option<Box<Buffers>>> = const { Cell::new(None) };
}

/// An input buffer, and the output of its processing.
pub(super) struct Buffers {
    pub(super) input: Box<[u8]>,
    pub(super) output: Output,
}

/// Calls `work` with the thread's buffers, and clears the output that `work` leaves in them.
pub(super) fn with<T>(work: impl FnOnce(&mut Buffers) -> T) -> T {
    let new = || Box::new(Buffers { input: vec![0; INPUT_SIZE].into(), output: Output::default() });
    let mut buffers = BUFFERS.take().unwrap_or_else(new);
    let result = work(&mut buffers);
    buffers.output.clear(OUTPUT_CAPACITY_MAX);
    BUFFERS.set(Some(buffers));
    result
}
