//! Buffers that the connections of a thread take turns with: whoever waits for its client holds none.

use std::cell::Cell;

use super::protocol::Output;

/// How many bytes are read at once: in bulk, up to twice as much goes through as with 64 KiB.
pub(super) const INPUT_SIZE: usize = 256 * 1024;

/// The largest buffer that is kept for the next connection: a batch of replies or of records, not a rarity.
const KEPT_MAX: usize = 1024 * 1024;

thread_local! {
    static SPARE: Cell<Option<Box<Buffers>>> = const { Cell::new(None) };
}

/// What is read into, and what comes of it.
pub(super) struct Buffers {
    pub(super) input: Box<[u8]>,
    pub(super) output: Output,
}

impl Buffers {
    #[cold]
    fn new() -> Self {
        Self { input: vec![0; INPUT_SIZE].into(), output: Output::default() }
    }
}

/// Does something with the thread's buffers. What it leaves in them is for nobody.
pub(super) fn with<T>(work: impl FnOnce(&mut Buffers) -> T) -> T {
    let mut buffers = SPARE.take().unwrap_or_else(|| Box::new(Buffers::new()));
    let done = work(&mut buffers);
    buffers.output.clear(KEPT_MAX);
    SPARE.set(Some(buffers));
    done
}
