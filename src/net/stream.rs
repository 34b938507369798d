//! The streams that connections run over.
//!
//! A socket is a [`Stream`]. So is a stream adapter, which stands around another stream and changes or observes it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(target_os = "linux")]
use rustix::net::{SendFlags, send};
use socket2::SockRef;
#[cfg(target_os = "linux")]
use tokio::io::Interest;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::trace::Event;

/// A byte stream that a connection runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Writes like [`AsyncWrite::poll_write`]; the bytes may wait for the shutdown that follows, and leave in the same
    /// segment.
    fn poll_write_last(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write(cx, bytes)
    }

    /// Writes like [`AsyncWrite::poll_write`]; bytes that are written later leave in other segments, also where the
    /// network holds back both. (On Linux; elsewhere only while nothing is held back. `TCP_NODELAY` must be set.)
    fn poll_write_segment(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write(cx, bytes)
    }

    /// Waits until input or its end has arrived, and returns whether it is input, which stays unread.
    ///
    /// # Errors
    /// Fails if the connection is broken, or if the stream is in-process.
    fn poll_has_input(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
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
        poll_send(&self, cx, bytes, SendFlags::MORE)
    }

    #[cfg(target_os = "linux")]
    fn poll_write_segment(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // Since Linux 4.7 nothing is appended to a buffer that ends in a record's end.
        poll_send(&self, cx, bytes, SendFlags::EOR)
    }

    fn poll_has_input(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut byte = [0];
        self.poll_peek(cx, &mut ReadBuf::new(&mut byte)).map_ok(|length| length > 0)
    }

    fn socket(&self) -> Option<SockRef<'_>> {
        Some(SockRef::from(self))
    }
}

#[cfg(target_os = "linux")]
fn poll_send(
    stream: &TcpStream,
    cx: &mut Context<'_>,
    bytes: &[u8],
    flags: SendFlags,
) -> Poll<io::Result<usize>> {
    loop {
        std::task::ready!(stream.poll_write_ready(cx))?;
        match stream.try_io(Interest::WRITABLE, || Ok(send(stream, bytes, flags)?)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return Poll::Ready(written),
        }
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

    fn poll_write_segment(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self).poll_write_segment(cx, bytes)
    }

    fn poll_has_input(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        Pin::new(&mut **self).poll_has_input(cx)
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
