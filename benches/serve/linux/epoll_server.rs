//! The bare epoll server: the least that a server can do, and so the limit.
//!
//! It has the project's own kernel for upper-casing, and nothing else of it: no time limits, no log, no lingering
//! close, no message longer than its buffer, no care for errors. It is the benchmark's executable under another option,
//! so that it is a process of its own whose CPU time can be told.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;

use clap::ValueEnum;
use color_eyre::eyre::Result;
use memchr::memchr;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::{Domain, Socket, Type};
use upcase::text::trim::trim;
use upcase::text::uppercase::Uppercaser;

/// As much as Linux allows by itself (`net.core.somaxconn` since 5.4), so that no burst of clients is told to wait.
const BACKLOG: i32 = 4096;

/// The buffer with which bulk was fastest: twice the rate that 64 KiB gave. All connections share it.
const BUFFER: usize = 256 * 1024;

/// How many events are taken at once: as many as there are clients in most sections.
const EVENTS: usize = 64;

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Answer {
    /// What the first read gives, without white space at its ends; then it closes
    OneMessage,
    /// What each read gives, as it is, which is right for lines that have no white space at their ends
    Bytes,
    /// The lines that each read completes, in one write
    Lines,
}

struct Connection {
    stream: TcpStream,
    upper: Uppercaser,
    /// A line whose end has not come.
    begun: Vec<u8>,
    /// Replies that the socket did not take.
    unsent: Vec<u8>,
}

/// Serves until it is killed.
pub(super) fn serve(answer: Answer) -> Result<()> {
    let listener = listen()?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let own = token(listener.as_raw_fd());
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, own as u64))?;
    eprintln!("{}", listener.local_addr()?);

    // File descriptors are small numbers, and so their own index.
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let (mut input, mut replies) = (vec![0; BUFFER], Vec::with_capacity(BUFFER));
    let mut events = [EpollEvent::empty(); EVENTS];
    loop {
        let ready = match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(Errno::EINTR) => 0,
            ready => ready?,
        };
        for event in &events[..ready] {
            let at = usize::try_from(event.data())?;
            if at == own {
                let Ok((stream, _)) = listener.accept() else { continue };
                let at = token(stream.as_raw_fd());
                epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, at as u64))?;
                if answer != Answer::OneMessage {
                    stream.set_nonblocking(true)?;
                    stream.set_nodelay(true)?;
                }
                connections.resize_with(connections.len().max(at + 1), || None);
                let upper = Uppercaser::default();
                connections[at] = Some(Connection { stream, upper, begun: Vec::new(), unsent: Vec::new() });
            } else if let Some(connection) = &mut connections[at]
                && connection.serve(answer, &epoll, &mut input, &mut replies).is_none()
            {
                connections[at] = None;
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
    usize::try_from(fd).expect("an open file's descriptor is not negative")
}

impl Connection {
    /// Does what can be done now; nothing, where the connection is over.
    fn serve(
        &mut self,
        answer: Answer,
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
        match answer {
            Answer::OneMessage => {
                self.upper.push(trim(input), replies);
                self.upper.finish(replies);
                self.stream.write_all(replies).ok()?;
                return None;
            }
            Answer::Bytes => self.upper.push(input, replies),
            Answer::Lines => self.answer_lines(input, replies),
        }
        self.send(EpollFlags::EPOLLIN, epoll, replies)
    }

    fn answer_lines(&mut self, mut input: &[u8], replies: &mut Vec<u8>) {
        while let Some(end) = memchr(b'\n', input) {
            if self.begun.is_empty() {
                self.upper.push(trim(&input[..end]), replies);
            } else {
                self.begun.extend_from_slice(&input[..end]);
                self.upper.push(trim(&self.begun), replies);
                self.begun.clear();
            }
            self.upper.finish(replies);
            replies.push(b'\n');
            input = &input[end + 1..];
        }
        self.begun.extend_from_slice(input);
    }

    /// Sends what the socket takes, and waits for what is to be done next; `before` is what it waited for.
    fn send(&mut self, before: EpollFlags, epoll: &Epoll, replies: &[u8]) -> Option<()> {
        let sent = match self.stream.write(replies) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            sent => sent.ok()?,
        };
        self.unsent.extend_from_slice(&replies[sent..]);
        let wanted = if self.unsent.is_empty() { EpollFlags::EPOLLIN } else { EpollFlags::EPOLLOUT };
        if wanted != before {
            let at = token(self.stream.as_raw_fd());
            epoll.modify(&self.stream, &mut EpollEvent::new(wanted, at as u64)).ok()?;
        }
        Some(())
    }
}
