//! On Linux a connection is registered for readiness only once it has to be waited for.
//!
//! Most conversations never are, until their close: the message is there when the connection is accepted, and the
//! reply fits into the socket's buffer. The last reply leaves in one segment with the end of our side.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::net::{SendFlags, SocketFlags, acceptfrom_with, send};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::Stream;

/// A listener whose connections are registered for nothing yet.
pub(crate) struct Listener(AsyncFd<TcpListener>);

impl Listener {
    #[allow(
        deprecated,
        reason = "its successor is unsafe, for types whose descriptor may change: this one's never does"
    )]
    pub(crate) fn new(listener: TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        AsyncFd::with_interest(listener, Interest::READABLE).map(Self)
    }

    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Connection, SocketAddr)>> {
        loop {
            let mut ready = ready!(self.0.poll_read_ready(cx))?;
            if let Ok(accepted) = ready.try_io(|listener| accept(listener.get_ref())) {
                return Poll::Ready(accepted);
            }
        }
    }
}

/// Accepts in one system call. The listener's options, `TCP_NODELAY` among them, are the connection's too.
fn accept(listener: &TcpListener) -> io::Result<(Connection, SocketAddr)> {
    let (socket, peer) = acceptfrom_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?;
    let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
    Ok((Connection::Unregistered(socket.into()), peer.ok_or(ErrorKind::ConnectionAborted)?))
}

/// A connection, before and after it has had to be waited for.
pub(crate) enum Connection {
    Unregistered(std::net::TcpStream),
    Registered(TcpStream),
    /// It could not be registered.
    Lost,
}

impl Connection {
    /// What `attempt` gives on a connection that has not been waited for; nothing from when it has to be.
    #[inline]
    fn at_once<T>(
        &mut self,
        attempt: impl FnOnce(&std::net::TcpStream) -> io::Result<T>,
    ) -> Option<io::Result<T>> {
        let Self::Unregistered(stream) = self else { return None };
        match attempt(stream) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.register().err().map(Err),
            done => Some(done),
        }
    }

    fn register(&mut self) -> io::Result<()> {
        if let Self::Unregistered(stream) = std::mem::replace(self, Self::Lost) {
            *self = Self::Registered(TcpStream::from_std(stream)?);
        }
        Ok(())
    }

    /// The connection as one that can be waited for.
    #[inline]
    fn registered(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        match self {
            Self::Registered(stream) => Ok(Pin::new(stream)),
            _ => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.at_once(|mut stream| stream.read(buffer.initialize_unfilled())) {
            Some(read) => {
                buffer.advance(read?);
                Poll::Ready(Ok(()))
            }
            None => self.registered()?.poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.at_once(|mut stream| stream.write(bytes)) {
            Some(written) => Poll::Ready(written),
            None => self.registered()?.poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.at_once(|stream| stream.shutdown(Shutdown::Write)) {
            Some(done) => Poll::Ready(done),
            None => self.registered()?.poll_shutdown(cx),
        }
    }
}

impl Stream for Connection {
    fn poll_write_last(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(written) = self.at_once(|stream| Ok(send(stream, bytes, SendFlags::MORE)?)) {
            return Poll::Ready(written);
        }
        let stream = self.registered()?;
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || Ok(send(&*stream, bytes, SendFlags::MORE)?)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}
