//! Load of few clients that send more before the replies arrive: pipelined lines, and bulk.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _, ensure};
use memchr::memchr;

use super::payload::Payload;
use super::plan::Window;
use super::process::ServerProcess;
use super::sampler::{Measurement, Phase, Sampler};
use super::sockets::{Poller, open_connection};

/// Bytes of one read: the size that was found best for a server, so that the load generator is not the bottleneck.
const INPUT_LENGTH: usize = 256 * 1024;

/// Longest wait for the last replies: some hundred times what the slowest server needs on a quiet machine.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// The number of connections, and the bytes that each may have in flight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depth {
    connections: usize,
    bytes: u64,
}

impl Depth {
    /// So few connections that none starves, each with thousands of short lines or dozens of long lines in flight.
    pub(super) const LINES: Self = Self { connections: 16, bytes: 64 * 1024 };

    /// One connection for each core of a small machine. Each fills the sockets' buffers, which grow to 4 MiB (Linux's
    /// `tcp_wmem`).
    pub(super) const BULK: Self = Self { connections: 2, bytes: 4 * 1024 * 1024 };
}

/// Sends the payload over and over on each connection, and measures the server. The work is the bytes of the replies.
pub(super) fn run(
    payload: &Payload,
    depth: Depth,
    server: &ServerProcess,
    window: Window,
) -> Result<Measurement> {
    let poller = Poller::new()?;
    let mut clients = Vec::new();
    for number in 0..depth.connections {
        let client = Client::new(payload, depth.bytes, open_connection(server.address, number)?)?;
        poller.register(&client.stream, number, true)?;
        clients.push(client);
    }
    let mut input = vec![0; INPUT_LENGTH];
    let mut ready = Vec::new();
    let mut received = 0;

    let mut sampler = Sampler::new(server, Window { drain: DRAIN_TIMEOUT, ..window });
    let mut phase = sampler.phase(received)?;
    while phase < Phase::Drain || clients.iter().any(|client| !client.is_complete()) {
        poller.wait(&mut ready)?;
        for &number in &ready {
            let client = &mut clients[number];
            received += client.receive(&mut input)?;
            client.send(phase == Phase::Drain)?;
        }
        let previous = phase;
        phase = sampler.phase(received)?;
        if phase > previous && phase == Phase::Drain {
            // A client with all of its replies gets no more events, but may have to finish its line.
            clients.iter_mut().try_for_each(|client| client.send(true))?;
        }
        ensure!(phase < Phase::Finished, "replies are missing after {DRAIN_TIMEOUT:?}");
    }
    Ok(sampler.measurement())
}

struct Client<'a> {
    payload: &'a Payload,
    max_in_flight: u64,
    stream: TcpStream,
    sent: u64,
    received: u64,
}

impl<'a> Client<'a> {
    /// Takes a connection that the server has accepted. If the backlog is short, Linux resets a connection on which much is
    /// sent earlier: with a SYN cookie, it forgets a connection whose first segment it dropped.
    fn new(payload: &'a Payload, max_in_flight: u64, stream: TcpStream) -> Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self { payload, max_in_flight, stream, sent: 0, received: 0 })
    }

    /// Returns true if the client sent complete lines and received all replies.
    fn is_complete(&self) -> bool {
        self.sent == self.received && self.is_at_line_start()
    }

    fn is_at_line_start(&self) -> bool {
        let position = self.position(self.sent);
        position == 0 || self.payload.message[position - 1] == b'\n'
    }

    /// Returns the position in the payload after `count` bytes.
    fn position(&self, count: u64) -> usize {
        usize::try_from(count % self.payload.len() as u64).expect("a position is less than a length")
    }

    /// Receives until the socket would block, and returns the number of bytes.
    fn receive(&mut self, input: &mut [u8]) -> Result<u64> {
        let before = self.received;
        while self.received < self.sent {
            let length = match self.stream.read(input) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                length => length.wrap_err("a connection failed")?,
            };
            ensure!(length > 0, "a connection ended before its replies");
            self.verify(&input[..length])?;
        }
        Ok(self.received - before)
    }

    fn verify(&mut self, mut input: &[u8]) -> Result<()> {
        while !input.is_empty() {
            let expected = &self.payload.reply[self.position(self.received)..];
            let (chunk, rest) = input.split_at(input.len().min(expected.len()));
            ensure!(
                expected.starts_with(chunk),
                "a wrong reply within {} bytes of byte {}",
                chunk.len(),
                self.received
            );
            self.received += chunk.len() as u64;
            input = rest;
        }
        Ok(())
    }

    /// Sends up to the limit in flight, but only once half of it is free: small writes would cost the load generator more
    /// than the server. If `is_last`, sends only the rest of the present line.
    fn send(&mut self, is_last: bool) -> Result<()> {
        if !is_last && self.sent - self.received > self.max_in_flight / 2 {
            return Ok(());
        }
        loop {
            let position = self.position(self.sent);
            let free = self.max_in_flight - (self.sent - self.received);
            if free == 0 || is_last && self.is_at_line_start() {
                return Ok(());
            }
            let mut output = &self.payload.message[position..];
            if is_last && let Some(end) = memchr(b'\n', output) {
                output = &output[..=end];
            }
            let length = usize::try_from(free).map_or(output.len(), |free| free.min(output.len()));
            match self.stream.write(&output[..length]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                sent => self.sent += sent.wrap_err("a connection failed")? as u64,
            }
        }
    }
}
