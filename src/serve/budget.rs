//! Fairness between the connections of a thread.

use tokio::task::yield_now;

use super::buffers::INPUT_SIZE;

/// The work that a connection may do before it yields to the other connections of its thread.
///
/// tokio's own budget ends only after 128 reads, which may be 32 MiB.
#[derive(Default)]
pub(super) struct Budget {
    used: usize,
}

impl Budget {
    /// Bytes of a full turn.
    const TURN_BYTES: usize = INPUT_SIZE;
    /// The least that a read costs, in bytes.
    const READ_COST_MIN: usize = 4096;

    /// Charges a read of `bytes`, and yields when the budget is used up.
    pub(super) async fn charge(&mut self, bytes: usize) {
        self.used += bytes.max(Self::READ_COST_MIN);
        if self.used >= Self::TURN_BYTES {
            self.used = 0;
            yield_now().await;
        }
    }
}
