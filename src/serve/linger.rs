//! The lingering close: reads what still arrives, so that the close does not destroy the reply.
//!
//! A close with unread input sends a reset, which discards the part of the reply that the client has not read. So a
//! connection half-closes first, and then lingers.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::yield_now;
use tokio::time::Instant;

use super::buffers;
use crate::net::deadline::timeout;

/// Silence that ends a lingering close (Apache's `SECONDS_TO_LINGER`).
const SILENCE: Duration = Duration::from_secs(2);

/// The longest lingering close (nginx's `lingering_time`).
const TIME_MAX: Duration = Duration::from_secs(30);

/// Bytes that a lingering close reads at most: more than the socket buffers of both sides hold (on Linux 4 MiB to
/// send and 32 MiB to receive), which is the most that can be on its way.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads and discards input until the client ends or a limit is reached.
pub(super) async fn linger(stream: &mut (impl AsyncRead + Unpin)) {
    let deadline = Instant::now() + TIME_MAX;
    let mut discarded = 0;
    while discarded < BYTES_MAX {
        let silence = SILENCE.min(deadline.saturating_duration_since(Instant::now()));
        let read = poll_fn(|cx| {
            buffers::with(|buffers| {
                let mut input = ReadBuf::new(&mut buffers.input);
                ready!(Pin::new(&mut *stream).poll_read(cx, &mut input))?;
                Poll::Ready(io::Result::Ok(input.filled().len()))
            })
        });
        match timeout(silence, read).await {
            Ok(Ok(length)) if length > 0 => discarded += length,
            _ => return,
        }
        yield_now().await; // other connections come first
    }
}
