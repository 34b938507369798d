//! TCP listeners and connections that cost few system calls, where the system lets them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod system;

pub(crate) use system::Listener;

/// What a conversation is held over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Writes as [`AsyncWrite::poll_write`] does, but what is written may wait for the shutdown that comes right
    /// behind it, and leave with it.
    ///
    /// # Errors
    /// As [`AsyncWrite::poll_write`].
    fn poll_write_last(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write(cx, bytes)
    }
}

impl Stream for DuplexStream {}
