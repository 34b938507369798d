//! Load of many clients, each with one short message at a time: a new connection for each message, or round trips on kept
//! connections.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use color_eyre::eyre::{ContextCompat as _, Result, WrapErr as _, ensure};
use hdrhistogram::Histogram;

use super::payload;
use super::plan::Window;
use super::process::ServerProcess;
use super::sampler::{Measurement, Phase, Sampler};
use super::sockets::{Poller, start_connecting};

/// Significant digits of latencies; rounds differ by more.
const DIGITS: u8 = 3;

/// Longest latency of the histogram, in nanoseconds: a minute, far longer than a measurement.
const MAX_LATENCY: u64 = 60_000_000_000;

/// Longer than any reply, so that a reply with too many bytes is noticed.
const INPUT_LENGTH: usize = 4096;

/// A request that each client repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// Connects, sends a line, reads until the server closes.
    Connection,
    /// As `Connection`, with a newline at the end of the reply.
    ConnectionReplyLine,
    /// As `ConnectionReplyLine`; the client half-closes after its line.
    ConnectionHalfClose,
    /// Sends a line and reads a line, on a kept connection.
    RoundTrip,
}

/// The result of one measurement.
#[derive(Debug)]
pub(super) struct RequestStats {
    /// The work is the number of replies.
    pub(super) measurement: Measurement,
    /// Latencies in nanoseconds of the requests that started in the measured time.
    pub(super) latencies: Histogram<u64>,
    /// Requests among them without a reply at the end. Their latency is the time they waited.
    pub(super) pending: u32,
    /// Connections that the server closed before the end of the reply.
    pub(super) lost: u32,
}

/// Lets each client repeat its request, and measures the server.
pub(super) fn run(
    kind: RequestKind,
    clients: usize,
    server: &ServerProcess,
    window: Window,
) -> Result<RequestStats> {
    let poller = Poller::new()?;
    let mut clients: Vec<_> = (0..clients).map(|number| Client::new(number, kind, server.address)).collect();
    let mut latencies = Histogram::new_with_max(MAX_LATENCY, DIGITS)?;
    let mut ready = Vec::new();
    let (mut replies, mut lost, mut busy_clients) = (0, 0, clients.len());

    for client in &mut clients {
        client.start_request(&poller, Phase::WarmUp)?;
    }
    let mut sampler = Sampler::new(server, window);
    let mut phase = sampler.phase(replies)?;
    while phase < Phase::Finished && busy_clients > 0 {
        poller.wait(&mut ready)?;
        for &number in &ready {
            let client = &mut clients[number];
            match client.advance()? {
                RequestState::Pending => continue,
                RequestState::Replied => {
                    replies += 1;
                    if client.is_measured {
                        latencies.saturating_record(client.latency());
                    }
                }
                RequestState::Lost => lost += 1,
            }
            if phase < Phase::Drain {
                client.start_request(&poller, phase)?;
            } else {
                client.is_waiting = false;
                busy_clients -= 1;
            }
        }
        phase = sampler.phase(replies)?;
    }
    let mut pending = 0;
    for client in clients.iter().filter(|client| client.is_waiting && client.is_measured) {
        latencies.saturating_record(client.latency());
        pending += 1;
    }
    Ok(RequestStats { measurement: sampler.measurement(), latencies, pending, lost })
}

enum RequestState {
    Pending,
    Replied,
    Lost,
}

/// A client and its present request.
struct Client {
    number: usize,
    kind: RequestKind,
    server: SocketAddr,
    message: Vec<u8>,
    reply: Vec<u8>,
    stream: Option<TcpStream>,
    /// Bytes of the message that are sent, and of the reply that are received.
    sent: usize,
    received: usize,
    is_waiting: bool,
    /// The request started in the measured time.
    is_measured: bool,
    start: Instant,
}

impl Client {
    fn new(number: usize, kind: RequestKind, server: SocketAddr) -> Self {
        let (message, mut reply) = payload::client_message(number);
        if kind != RequestKind::Connection {
            reply.push('\n');
        }
        Self {
            number,
            kind,
            server,
            message: message.into_bytes(),
            reply: reply.into_bytes(),
            stream: None,
            sent: 0,
            received: 0,
            is_waiting: false,
            is_measured: false,
            start: Instant::now(),
        }
    }

    fn start_request(&mut self, poller: &Poller, phase: Phase) -> Result<()> {
        (self.sent, self.received, self.is_waiting) = (0, 0, true);
        self.is_measured = phase == Phase::Measured;
        self.start = Instant::now();
        if self.kind == RequestKind::RoundTrip && self.stream.is_some() {
            return self.send();
        }
        let stream = start_connecting(self.server).wrap_err("can't connect")?;
        self.stream = Some(stream);
        self.send()?;
        let is_sent = self.sent == self.message.len();
        poller.register(self.stream()?, self.number, !is_sent)
    }

    /// Sends and receives until the socket would block or the request ends.
    fn advance(&mut self) -> Result<RequestState> {
        if self.sent < self.message.len() {
            self.send()?;
        }
        let mut input = [0; INPUT_LENGTH];
        loop {
            let length = match self.stream()?.read(&mut input) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(RequestState::Pending),
                length => length.unwrap_or(0),
            };
            if length == 0 {
                // Closes before the next connection opens, so that there are never more connections than clients.
                self.stream = None;
                let is_complete = self.received == self.reply.len() && self.kind != RequestKind::RoundTrip;
                return Ok(if is_complete { RequestState::Replied } else { RequestState::Lost });
            }
            let input = &input[..length];
            ensure!(
                self.reply[self.received..].starts_with(input),
                "a wrong reply to {:?}: {:?} at byte {}",
                String::from_utf8_lossy(&self.message),
                String::from_utf8_lossy(input),
                self.received
            );
            self.received += length;
            if self.kind == RequestKind::RoundTrip && self.received == self.reply.len() {
                return Ok(RequestState::Replied);
            }
        }
    }

    fn send(&mut self) -> Result<()> {
        // A write fails while the handshake is not finished, and on a broken connection. The next read reports the
        // latter.
        self.sent += self.stream()?.write(&self.message[self.sent..]).unwrap_or(0);
        if self.kind == RequestKind::ConnectionHalfClose && self.sent == self.message.len() {
            let _ = self.stream()?.shutdown(Shutdown::Write);
        }
        Ok(())
    }

    fn stream(&self) -> Result<&TcpStream> {
        self.stream.as_ref().wrap_err("the client has no connection")
    }

    /// Returns the time since the request started, in nanoseconds.
    fn latency(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
