//! Few clients that do not wait for a reply before they send more: pipelined lines, and bulk.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _, ensure};
use memchr::memchr;

use super::super::pace::Window;
use super::super::running::Running;
use super::meter::{Meter, Metered, Phase};
use super::opened::open;
use super::poller::Poller;
use super::traffic::Cycle;

/// How many bytes are read at once: the size that was found best for a server, so that the load is not what limits.
const INPUT: usize = 256 * 1024;

/// How long what is under way may take in the end: some hundred times what the slowest server takes on a quiet machine.
const DRAIN_MAX: Duration = Duration::from_secs(20);

/// How many connections there are, and how far each goes ahead of its replies.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Depth {
    connections: usize,
    bytes: u64,
}

impl Depth {
    /// Clients that pipeline lines: few enough that none is starved, each with some thousand short lines or some dozen
    /// long ones under way.
    pub(in super::super) const PIPELINED: Self = Self { connections: 16, bytes: 64 * 1024 };

    /// Bulk: no more clients than there are cores in small machines, each with as much under way as the sockets' buffers
    /// take at most (Linux's `tcp_wmem` ends at 4 MiB).
    pub(in super::super) const BULK: Self = Self { connections: 2, bytes: 4 * 1024 * 1024 };
}

/// Streams `cycle` through the server; the work is in bytes of replies.
pub(in super::super) fn run(
    cycle: &Cycle,
    depth: Depth,
    server: &Running,
    window: Window,
) -> Result<Metered> {
    let poller = Poller::new()?;
    let mut streams = Vec::new();
    for number in 0..depth.connections {
        let stream = Stream::new(cycle, depth.bytes, open(server.address, number)?)?;
        poller.watch(&stream.socket, number, true)?;
        streams.push(stream);
    }
    let mut input = vec![0; INPUT];
    let mut ready = Vec::new();
    let mut received = 0;

    let mut meter = Meter::new(server, Window { drain: DRAIN_MAX, ..window });
    let mut phase = meter.phase(received)?;
    while phase < Phase::Draining || streams.iter().any(|stream| !stream.is_whole()) {
        poller.wait(&mut ready)?;
        for &number in &ready {
            let stream = &mut streams[number];
            received += stream.receive(&mut input)?;
            stream.send(phase == Phase::Draining)?;
        }
        let before = phase;
        phase = meter.phase(received)?;
        if phase > before && phase == Phase::Draining {
            // Where all is answered nothing happens any more, and a line may still have to be ended.
            streams.iter_mut().try_for_each(|stream| stream.send(true))?;
        }
        ensure!(phase < Phase::Over, "the replies do not come");
    }
    Ok(meter.metered())
}

struct Stream<'a> {
    cycle: &'a Cycle,
    ahead: u64,
    socket: TcpStream,
    sent: u64,
    received: u64,
}

impl<'a> Stream<'a> {
    /// On a connection that the server has accepted: where its backlog is short, Linux resets one that sends much before
    /// (with a SYN cookie it knows nothing of a connection whose first segment it has dropped).
    fn new(cycle: &'a Cycle, ahead: u64, socket: TcpStream) -> Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        Ok(Self { cycle, ahead, socket, sent: 0, received: 0 })
    }

    /// Whether all is received that was sent, and that is whole lines.
    fn is_whole(&self) -> bool {
        self.sent == self.received && self.is_between_lines()
    }

    fn is_between_lines(&self) -> bool {
        let position = self.position(self.sent);
        position == 0 || self.cycle.sent[position - 1] == b'\n'
    }

    fn position(&self, count: u64) -> usize {
        usize::try_from(count % self.cycle.len() as u64).expect("a position is less than a length")
    }

    /// Receives what has come, and says how much.
    fn receive(&mut self, input: &mut [u8]) -> Result<u64> {
        let before = self.received;
        while self.received < self.sent {
            let length = match self.socket.read(input) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                length => length.wrap_err("a connection broke")?,
            };
            ensure!(length > 0, "a connection ended before its replies");
            self.compare(&input[..length])?;
        }
        Ok(self.received - before)
    }

    fn compare(&mut self, mut input: &[u8]) -> Result<()> {
        while !input.is_empty() {
            let expected = &self.cycle.replied[self.position(self.received)..];
            let (now, later) = input.split_at(input.len().min(expected.len()));
            ensure!(
                expected.starts_with(now),
                "a wrong reply within {} bytes of byte {}",
                now.len(),
                self.received
            );
            self.received += now.len() as u64;
            input = later;
        }
        Ok(())
    }

    /// Sends what may be under way, once half of it is answered: small writes would cost the load more than the server.
    /// What `ends` goes on to the end of its line.
    fn send(&mut self, ends: bool) -> Result<()> {
        if !ends && self.sent - self.received > self.ahead / 2 {
            return Ok(());
        }
        loop {
            let position = self.position(self.sent);
            let room = self.ahead - (self.sent - self.received);
            if room == 0 || ends && self.is_between_lines() {
                return Ok(());
            }
            let rest = &self.cycle.sent[position..];
            let line = || memchr(b'\n', rest).map_or(rest, |end| &rest[..=end]);
            let rest = if ends { line() } else { rest };
            let length = usize::try_from(room).map_or(rest.len(), |room| room.min(rest.len()));
            match self.socket.write(&rest[..length]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                sent => self.sent += sent.wrap_err("a connection broke")? as u64,
            }
        }
    }
}
