//! Buffers that the connections of a thread take turns with: whoever waits for its client holds none.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use super::dialogue::Output;

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

/// The thread's buffers, until this is dropped. What is left in them then is for nobody.
pub(super) struct Borrowed(Option<Box<Buffers>>);

/// Takes the thread's buffers.
pub(super) fn borrow() -> Borrowed {
    Borrowed(Some(SPARE.take().unwrap_or_else(|| Box::new(Buffers::new()))))
}

impl Buffers {
    #[cold]
    fn new() -> Self {
        Self { input: vec![0; INPUT_SIZE].into(), output: Output::default() }
    }
}

impl Deref for Borrowed {
    type Target = Buffers;

    fn deref(&self) -> &Buffers {
        self.0.as_deref().expect("they are here until the drop")
    }
}

impl DerefMut for Borrowed {
    fn deref_mut(&mut self) -> &mut Buffers {
        self.0.as_deref_mut().expect("they are here until the drop")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(mut buffers) = self.0.take() {
            buffers.output.clear(KEPT_MAX);
            SPARE.set(Some(buffers));
        }
    }
}
