//! The bare epoll server: the least that a server can do, and so the upper bound.
//!
//! It shares the upper-casing with `upcase serve`, and nothing else: it has no timeouts, no log, no lingering close, no
//! message longer than its buffer, and drops a connection on any error. It is the benchmark's own executable, started with
//! [`EPOLL_SERVER`], so that its CPU time is that of a separate process.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;

use clap::ValueEnum;
use color_eyre::eyre::Result;
use memchr::memchr;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::{Domain, Socket, Type};
use upcase::Uppercaser;
use upcase::internals::trim;

/// The option that starts the benchmark's executable as the bare epoll server.
pub(super) const EPOLL_SERVER: &str = "--epoll-server";

/// Linux's default limit (`net.core.somaxconn` since 5.4), so that a burst of clients fits.
const BACKLOG: i32 = 4096;

/// The size with which bulk was fastest: twice the rate of 64 KiB. All connections share the buffers.
const BUFFER_LENGTH: usize = 256 * 1024;

/// Most events from one wait: the number of clients in most sections.
const MAX_EVENTS: usize = 64;

/// The part of the input that one reply belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReplyMode {
    /// The first read, trimmed; then the server closes
    OneMessage,
    /// Each read as it is, which is right for lines without white space at their ends
    Bytes,
    /// Each line, trimmed; one write for all lines of a read
    Lines,
}

struct Connection {
    stream: TcpStream,
    uppercaser: Uppercaser,
    /// The start of a line whose newline has not arrived.
    partial_line: Vec<u8>,
    /// Replies for which the socket had no room.
    unsent: Vec<u8>,
}

/// Serves until the process is killed.
pub(super) fn serve(mode: ReplyMode) -> Result<()> {
    let listener = listen()?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let listener_token = token(listener.as_raw_fd());
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, listener_token as u64))?;
    eprintln!("{}", listener.local_addr()?);

    // File descriptors are small numbers, so the token of a connection is also its index.
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let (mut input, mut replies) = (vec![0; BUFFER_LENGTH], Vec::with_capacity(BUFFER_LENGTH));
    let mut events = [EpollEvent::empty(); MAX_EVENTS];
    loop {
        let ready = match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(Errno::EINTR) => 0,
            ready => ready?,
        };
        for event in &events[..ready] {
            let index = usize::try_from(event.data())?;
            if index == listener_token {
                let Ok((stream, _)) = listener.accept() else { continue };
                let index = token(stream.as_raw_fd());
                epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
                if mode != ReplyMode::OneMessage {
                    stream.set_nonblocking(true)?;
                    stream.set_nodelay(true)?;
                }
                connections.resize_with(connections.len().max(index + 1), || None);
                connections[index] = Some(Connection {
                    stream,
                    uppercaser: Uppercaser::default(),
                    partial_line: Vec::new(),
                    unsent: Vec::new(),
                });
            } else if let Some(connection) = &mut connections[index]
                && connection.handle_event(mode, &epoll, &mut input, &mut replies).is_none()
            {
                connections[index] = None;
            }
        }
    }
}

fn listen() -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn token(fd: i32) -> usize {
    usize::try_from(fd).expect("an open file's descriptor is never negative")
}

impl Connection {
    /// Sends the rest of the last replies, or reads once and replies. Returns `None` when the connection is finished.
    fn handle_event(
        &mut self,
        mode: ReplyMode,
        epoll: &Epoll,
        input: &mut [u8],
        replies: &mut Vec<u8>,
    ) -> Option<()> {
        if !self.unsent.is_empty() {
            replies.clear();
            replies.append(&mut self.unsent);
            return self.send(EpollFlags::EPOLLOUT, epoll, replies);
        }
        let length = match self.stream.read(input) {
            Ok(0) => return None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(()),
            length => length.ok()?,
        };
        let input = &input[..length];
        replies.clear();
        match mode {
            ReplyMode::OneMessage => {
                self.uppercaser.push(trim(input), replies);
                self.uppercaser.finish(replies);
                self.stream.write_all(replies).ok()?;
                return None;
            }
            ReplyMode::Bytes => self.uppercaser.push(input, replies),
            ReplyMode::Lines => self.uppercase_lines(input, replies),
        }
        self.send(EpollFlags::EPOLLIN, epoll, replies)
    }

    fn uppercase_lines(&mut self, mut input: &[u8], replies: &mut Vec<u8>) {
        while let Some(end) = memchr(b'\n', input) {
            if self.partial_line.is_empty() {
                self.uppercaser.push(trim(&input[..end]), replies);
            } else {
                self.partial_line.extend_from_slice(&input[..end]);
                self.uppercaser.push(trim(&self.partial_line), replies);
                self.partial_line.clear();
            }
            self.uppercaser.finish(replies);
            replies.push(b'\n');
            input = &input[end + 1..];
        }
        self.partial_line.extend_from_slice(input);
    }

    /// Sends as much as the socket takes, and registers for writability while something is left. `registered` is the
    /// event for which the socket is registered now.
    fn send(&mut self, registered: EpollFlags, epoll: &Epoll, replies: &[u8]) -> Option<()> {
        let sent = match self.stream.write(replies) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            sent => sent.ok()?,
        };
        self.unsent.extend_from_slice(&replies[sent..]);
        let wanted = if self.unsent.is_empty() { EpollFlags::EPOLLIN } else { EpollFlags::EPOLLOUT };
        if wanted != registered {
            let index = token(self.stream.as_raw_fd());
            epoll.modify(&self.stream, &mut EpollEvent::new(wanted, index as u64)).ok()?;
        }
        Some(())
    }
}
