//! Deadlines that do not lose data which has already arrived.

use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::sleep;

/// The error of [`timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

/// Limits the time of a future that waits for a socket.
pub(crate) async fn timeout<T>(after: Duration, future: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::select! {
        biased;
        result = future => Ok(result),
        () = expire(after) => Err(Elapsed),
    }
}

/// Waits for a time. In a `select!`, this future is the last branch, and `biased` makes it count only if no socket of
/// the other branches has data.
///
/// Unlike [`sleep`], this function lets the runtime poll its sockets once more before the deadline counts. A process
/// that was stopped (Ctrl-Z, a frozen container, a suspended laptop) continues with an elapsed timer, although the
/// socket may have data.
pub(crate) async fn expire(after: Duration) {
    sleep(after).await;
    yield_now().await;
}
