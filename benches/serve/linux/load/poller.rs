//! Which sockets can go on.

use std::net::TcpStream;
use std::time::Duration;

use color_eyre::eyre::Result;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

/// How many events are taken at once. More would make the first of them wait for the last before it is asked again.
const EVENTS: usize = 64;

/// How long nothing may happen before the time is looked at again.
const TICK: Duration = Duration::from_millis(10);

/// Sockets, each with the index of its client.
#[derive(Debug)]
pub(super) struct Poller(Epoll);

impl Poller {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?))
    }

    /// Watches for what can be read, and where `writing` also for room to write. Each is told once, when it comes to be
    /// so: whoever is told goes on until it would block.
    pub(super) fn watch(&self, stream: &TcpStream, client: usize, writing: bool) -> Result<()> {
        let mut wanted = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        wanted.set(EpollFlags::EPOLLOUT, writing);
        Ok(self.0.add(stream, EpollEvent::new(wanted, client as u64))?)
    }

    /// Puts into `ready` the clients that can go on; none, where nothing happens for a while.
    pub(super) fn wait(&self, ready: &mut Vec<usize>) -> Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS];
        let count = match self.0.wait(&mut events, u16::try_from(TICK.as_millis())?) {
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
