//! Connections of the load generator, and readiness of many sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _, bail, ensure};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, SockaddrIn, connect, socket};

use super::payload;

/// Longest wait for the reply to the first message of a connection, when nothing else is going on.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// Most events from one wait. With more, the first client would wait for the last before its next request.
const MAX_EVENTS: usize = 64;

/// Longest wait for events, so that the caller can look at the clock.
const MAX_WAIT: Duration = Duration::from_millis(10);

/// Starts to connect, without waiting for the handshake as the standard library does.
pub(super) fn start_connecting(server: SocketAddr) -> Result<TcpStream> {
    let SocketAddr::V4(server) = server else { bail!("{server} is not an IPv4 address") };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Inet, SockType::Stream, flags, SockProtocol::Tcp)?;
    match connect(socket.as_raw_fd(), &SockaddrIn::from(server)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(socket.into()),
        Err(error) => Err(error.into()),
    }
}

/// Opens a connection to a keep-alive server, and gets the reply to one message. Then the server has accepted it.
pub(super) fn open_connection(server: SocketAddr, client: usize) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server).wrap_err("can't connect")?;
    stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
    let (message, reply) = payload::client_message(client);
    stream.write_all(message.as_bytes())?;
    let mut input = vec![0; reply.len() + 1];
    stream.read_exact(&mut input).wrap_err("no reply")?;
    ensure!(input == format!("{reply}\n").as_bytes(), "a wrong reply to {message:?}: {input:?}");
    Ok(stream)
}

/// An epoll instance that maps each socket to the index of its client.
#[derive(Debug)]
pub(super) struct Poller(Epoll);

impl Poller {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?))
    }

    /// Registers a socket as readable and, if `writable`, also as writable. Events are edge-triggered: after an event the
    /// client must read or write until the socket would block.
    pub(super) fn register(&self, stream: &TcpStream, client: usize, writable: bool) -> Result<()> {
        let mut events = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        events.set(EpollFlags::EPOLLOUT, writable);
        Ok(self.0.add(stream, EpollEvent::new(events, client as u64))?)
    }

    /// Replaces `ready` by the clients whose sockets are ready; by none after [`MAX_WAIT`].
    pub(super) fn wait(&self, ready: &mut Vec<usize>) -> Result<()> {
        let mut events = [EpollEvent::empty(); MAX_EVENTS];
        let count = match self.0.wait(&mut events, u16::try_from(MAX_WAIT.as_millis())?) {
            Err(Errno::EINTR) => 0,
            count => count?,
        };
        ready.clear();
        for event in &events[..count] {
            ready.push(usize::try_from(event.data())?);
        }
        Ok(())
    }
}
