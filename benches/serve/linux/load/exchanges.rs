//! Many clients with one short message at a time each: round trips, on connections that are kept or on a new one each.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use color_eyre::eyre::{ContextCompat as _, Result, WrapErr as _, ensure};
use hdrhistogram::Histogram;

use super::super::pace::Window;
use super::super::running::Running;
use super::connect::connect_to;
use super::meter::{Meter, Metered, Phase};
use super::poller::Poller;
use super::traffic;

/// To how many digits latencies are kept, which is finer than they repeat.
const DIGITS: u8 = 3;

/// The longest latency that can be told, in nanoseconds: a minute, far more than a measurement takes.
const LATENCY_MAX: u64 = 60_000_000_000;

/// More than any reply, so that a reply that is too long is seen.
const INPUT: usize = 4096;

/// What a client does, over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Exchange {
    /// Connects, sends a line, reads to the end, closes.
    Connection,
    /// The same, and the reply keeps the newline.
    Line,
    /// The same, and the client half-closes after its line.
    HalfClosedLine,
    /// Sends a line and reads one, on a connection that is kept.
    RoundTrip,
}

/// What came of it.
#[derive(Debug)]
pub(in super::super) struct Exchanged {
    /// How many were answered.
    pub(in super::super) metered: Metered,
    /// How long each took that was begun while it counted, in nanoseconds.
    pub(in super::super) latencies: Histogram<u64>,
    /// How many of these had no reply in the end. They are among the latencies, with the time that they were waited for.
    pub(in super::super) pending: u32,
    /// How many connections the server broke off before the reply was whole.
    pub(in super::super) lost: u32,
}

/// Lets so many clients do so.
pub(in super::super) fn run(
    exchange: Exchange,
    clients: usize,
    server: &Running,
    window: Window,
) -> Result<Exchanged> {
    let poller = Poller::new()?;
    let mut clients: Vec<_> =
        (0..clients).map(|number| Client::new(number, exchange, server.address)).collect();
    let mut latencies = Histogram::new_with_max(LATENCY_MAX, DIGITS)?;
    let mut ready = Vec::new();
    let (mut answered, mut lost, mut asking) = (0, 0, clients.len());

    for client in &mut clients {
        client.begin(&poller, Phase::WarmUp)?;
    }
    let mut meter = Meter::new(server, window);
    let mut phase = meter.phase(answered)?;
    while phase < Phase::Over && asking > 0 {
        poller.wait(&mut ready)?;
        for &number in &ready {
            let client = &mut clients[number];
            match client.go_on()? {
                Progress::Waiting => continue,
                Progress::Answered => {
                    answered += 1;
                    if client.counts {
                        latencies.saturating_record(client.waited());
                    }
                }
                Progress::Lost => lost += 1,
            }
            if phase < Phase::Draining {
                client.begin(&poller, phase)?;
            } else {
                client.is_asking = false;
                asking -= 1;
            }
        }
        phase = meter.phase(answered)?;
    }
    let mut pending = 0;
    for client in clients.iter().filter(|client| client.is_asking && client.counts) {
        latencies.saturating_record(client.waited());
        pending += 1;
    }
    Ok(Exchanged { metered: meter.metered(), latencies, pending, lost })
}

/// How far an exchange has come.
enum Progress {
    Waiting,
    Answered,
    Lost,
}

/// One client, and where it is in its exchange.
struct Client {
    number: usize,
    exchange: Exchange,
    server: SocketAddr,
    message: Vec<u8>,
    reply: Vec<u8>,
    stream: Option<TcpStream>,
    sent: usize,
    received: usize,
    is_asking: bool,
    /// Whether its exchange was begun while it counted.
    counts: bool,
    begun: Instant,
}

impl Client {
    fn new(number: usize, exchange: Exchange, server: SocketAddr) -> Self {
        let (message, mut reply) = traffic::message(number);
        if exchange != Exchange::Connection {
            reply.push('\n');
        }
        Self {
            number,
            exchange,
            server,
            message: message.into_bytes(),
            reply: reply.into_bytes(),
            stream: None,
            sent: 0,
            received: 0,
            is_asking: false,
            counts: false,
            begun: Instant::now(),
        }
    }

    /// Begins an exchange.
    fn begin(&mut self, poller: &Poller, phase: Phase) -> Result<()> {
        (self.sent, self.received, self.is_asking) = (0, 0, true);
        self.counts = phase == Phase::Counting;
        self.begun = Instant::now();
        if self.exchange == Exchange::RoundTrip && self.stream.is_some() {
            return self.send();
        }
        let stream = connect_to(self.server).wrap_err("can't connect")?;
        self.stream = Some(stream);
        self.send()?;
        let is_sent = self.sent == self.message.len();
        poller.watch(self.stream()?, self.number, !is_sent)
    }

    /// Sends and receives what it can.
    fn go_on(&mut self) -> Result<Progress> {
        if self.sent < self.message.len() {
            self.send()?;
        }
        let mut input = [0; INPUT];
        loop {
            let length = match self.stream()?.read(&mut input) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Progress::Waiting),
                length => length.unwrap_or(0),
            };
            if length == 0 {
                // Closed before the next one is opened, so that there are never more than there are clients.
                self.stream = None;
                let is_whole = self.received == self.reply.len() && self.exchange != Exchange::RoundTrip;
                return Ok(if is_whole { Progress::Answered } else { Progress::Lost });
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
            if self.exchange == Exchange::RoundTrip && self.received == self.reply.len() {
                return Ok(Progress::Answered);
            }
        }
    }

    fn send(&mut self) -> Result<()> {
        // A connection that is not yet open takes nothing, and neither does one that is broken: of that the next read
        // tells.
        self.sent += self.stream()?.write(&self.message[self.sent..]).unwrap_or(0);
        if self.exchange == Exchange::HalfClosedLine && self.sent == self.message.len() {
            let _ = self.stream()?.shutdown(Shutdown::Write);
        }
        Ok(())
    }

    fn stream(&self) -> Result<&TcpStream> {
        self.stream.as_ref().wrap_err("there is no connection")
    }

    /// For how long, in nanoseconds.
    fn waited(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
