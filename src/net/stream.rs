//! The streams that connections run over.
//!
//! A socket is a [`Stream`]. So is a stream adapter, which stands around another stream and changes or observes it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::trace::Event;

/// A byte stream that a connection runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Writes like [`AsyncWrite::poll_write`]; the bytes may wait for the shutdown that follows, and leave in the same
    /// segment.
    fn poll_write_last(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write(cx, bytes)
    }

    /// Returns the socket, unless the stream is in-process.
    fn socket(&self) -> Option<SockRef<'_>> {
        None
    }

    /// Reports an event that the stream cannot see by itself.
    fn trace(&mut self, _event: Event<'_>) {}

    /// Marks all further input as discarded, for the trace.
    fn set_discarding(&mut self) {}
}

impl Stream for TcpStream {
    #[cfg(target_os = "linux")]
    fn poll_write_last(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        use rustix::net::{SendFlags, send};
        use tokio::io::Interest;

        loop {
            std::task::ready!(self.poll_write_ready(cx))?;
            match self.try_io(Interest::WRITABLE, || Ok(send(&*self, bytes, SendFlags::MORE)?)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn socket(&self) -> Option<SockRef<'_>> {
        Some(SockRef::from(self))
    }
}

impl Stream for Box<dyn Stream> {
    fn poll_write_last(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self).poll_write_last(cx, bytes)
    }

    fn socket(&self) -> Option<SockRef<'_>> {
        (**self).socket()
    }

    fn trace(&mut self, event: Event<'_>) {
        (**self).trace(event);
    }

    fn set_discarding(&mut self) {
        (**self).set_discarding();
    }
}

impl fmt::Debug for dyn Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.socket()).finish()
    }
}

/// In-process connections, for tests and fuzz targets.
impl Stream for tokio::io::DuplexStream {}
