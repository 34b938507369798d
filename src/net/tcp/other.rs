//! Where nothing better is known, listeners and connections are tokio's own.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use tokio::net::{TcpListener, TcpStream};

use super::Stream;

/// A listener whose connections send without delay.
pub(crate) struct Listener(TcpListener);

impl Listener {
    pub(crate) fn new(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener).map(Self)
    }

    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let (stream, peer) = ready!(self.0.poll_accept(cx))?;
        // Where it can't be set, the connection is gone already.
        let _ = stream.set_nodelay(true);
        Poll::Ready(Ok((stream, peer)))
    }
}

impl Stream for TcpStream {}
