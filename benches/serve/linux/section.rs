//! What is measured in each section, and of which servers.

use std::fs;

use clap::ValueEnum;
use color_eyre::eyre::{Result, ensure};

use super::idle;
use super::load::exchanges::{self, Exchange, Exchanged};
use super::load::meter::Metered;
use super::load::streams::{self, Depth};
use super::load::traffic::Cycle;
use super::pace::{CLIENTS, Pace, Window};
use super::results::Figure;
use super::running::Running;
use super::server::{Mode, Server};

/// The bytes of a short and of a long line. The long one is also the tutorial's largest message, and the most that
/// the log shows of one.
const SHORT_LINE: u16 = 20;
const LONG_LINE: u16 = 1024;

/// The bytes in the unit of bulk.
const MEGABYTE: f64 = 1e6;

/// A section of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Section {
    /// Time until it listens, size of the executable
    Start,
    /// One message a connection
    Messages,
    /// Round trips on kept connections
    Trips,
    /// Pipelined lines of 20 bytes
    Lines,
    /// Pipelined lines of 1 KiB
    LongLines,
    /// Bulk ASCII
    BulkAscii,
    /// Bulk Portuguese
    BulkPortuguese,
    /// Memory of idle connections
    Idle,
    /// One message a connection, from 1 to 1,000 clients
    MessagesGrowth,
    /// Round trips, from 1 to 1,000 clients
    TripsGrowth,
}

impl Section {
    /// Its heading.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Start => "From the start until it listens, and the size of the executable",
            Self::Messages => "One message a connection, 64 clients",
            Self::Trips => "Round trips on 64 kept connections",
            Self::Lines => "Pipelined lines of 20 bytes, 16 connections with 64 KiB under way each",
            Self::LongLines => "Pipelined lines of 1 KiB, 16 connections with 64 KiB under way each",
            Self::BulkAscii => "Bulk ASCII, lines of 256 KiB, 2 connections with 4 MiB under way each",
            Self::BulkPortuguese => {
                "Bulk Portuguese, lines of 256 KiB, 2 connections with 4 MiB under way each"
            }
            Self::Idle => "Resident memory of an idle connection, after one message",
            Self::MessagesGrowth => "One message a connection, by the number of clients",
            Self::TripsGrowth => "Round trips on kept connections, by the number of clients",
        }
    }

    /// What is counted in it.
    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Start => "starts",
            Self::Messages | Self::MessagesGrowth => "connections",
            Self::Trips | Self::TripsGrowth => "round trips",
            Self::Lines | Self::LongLines => "lines",
            Self::BulkAscii | Self::BulkPortuguese => "MB",
            Self::Idle => "idle connections",
        }
    }

    /// Who takes part: of all others, those that can do it at all.
    pub(super) const fn servers(self) -> &'static [Server] {
        use Server::{
            Baseline, BaselineQuiet, Epoll, EpollLines, Ncat, Socat, Threads, Tutorial, Upcase, UpcaseQuiet,
        };
        match self {
            Self::Messages => {
                &[Upcase, Baseline, UpcaseQuiet, BaselineQuiet, Epoll, Tutorial, Threads, Socat, Ncat]
            }
            Self::Trips => &[Upcase, Baseline, UpcaseQuiet, BaselineQuiet, Epoll, Threads],
            Self::Lines | Self::LongLines => {
                &[Upcase, Baseline, UpcaseQuiet, BaselineQuiet, Epoll, EpollLines, Threads]
            }
            // Python's `bytes.upper` leaves accents as they are.
            Self::BulkAscii | Self::BulkPortuguese => &[Upcase, Baseline, UpcaseQuiet, BaselineQuiet, Epoll],
            Self::Idle => &[Upcase, Baseline, Epoll, Threads],
            Self::Start | Self::MessagesGrowth => &[Upcase, Baseline, Epoll, Tutorial, Threads],
            Self::TripsGrowth => &[UpcaseQuiet, BaselineQuiet, Epoll, Threads],
        }
    }

    /// What it tells.
    pub(super) const fn figures(self) -> &'static [Figure] {
        use Figure::{Busy, Cpu, IdleBytes, P50, P99, P999, Rate, Size, Start, Unanswered};
        match self {
            Self::Start => &[Start, Size],
            Self::Messages | Self::Trips => &[Rate, Cpu, Busy, P50, P99, P999, Unanswered],
            Self::Lines | Self::LongLines | Self::BulkAscii | Self::BulkPortuguese => &[Rate, Cpu, Busy],
            Self::Idle => &[IdleBytes],
            Self::MessagesGrowth | Self::TripsGrowth => &[Rate, Cpu, P50, P99, Unanswered],
        }
    }

    /// The numbers of clients that it is measured with.
    pub(super) const fn clients(self, pace: &Pace) -> &'static [usize] {
        if self.is_growth() { pace.growth } else { &[CLIENTS] }
    }

    /// How often.
    pub(super) const fn rounds(self, pace: &Pace) -> usize {
        if self.is_growth() { pace.growth_rounds } else { pace.rounds }
    }

    /// Whether the number of clients varies.
    pub(super) const fn is_growth(self) -> bool {
        matches!(self, Self::MessagesGrowth | Self::TripsGrowth)
    }

    /// What a server's connections carry in it.
    pub(super) const fn mode(self) -> Mode {
        match self {
            Self::Start | Self::Messages | Self::MessagesGrowth => Mode::OneMessage,
            _ => Mode::KeepAlive,
        }
    }

    /// Measures a server that has just been started, once.
    pub(super) fn measure(
        self,
        server: Server,
        running: &Running,
        clients: usize,
        pace: &Pace,
    ) -> Result<Vec<(Figure, f64)>> {
        let window = if self.is_growth() { pace.growth_window } else { pace.window };
        match self {
            Self::Start => start(server, running),
            Self::Messages | Self::MessagesGrowth => {
                exchange(server.one_message(), server, running, clients, window)
            }
            Self::Trips | Self::TripsGrowth => {
                exchange(Exchange::RoundTrip, server, running, clients, window)
            }
            Self::Lines => lines(SHORT_LINE, running, window),
            Self::LongLines => lines(LONG_LINE, running, window),
            Self::BulkAscii => bulk(&Cycle::ascii(), running, window),
            Self::BulkPortuguese => bulk(&Cycle::portuguese(), running, window),
            Self::Idle => Ok(vec![(Figure::IdleBytes, idle::bytes_per_connection(running, pace.idle)?)]),
        }
    }
}

fn start(server: Server, running: &Running) -> Result<Vec<(Figure, f64)>> {
    let mut figures = vec![(Figure::Start, running.started_in.as_secs_f64() * 1e3)];
    if matches!(server, Server::Upcase | Server::Baseline) {
        let bytes = u32::try_from(fs::metadata(&running.program)?.len())?;
        figures.push((Figure::Size, f64::from(bytes) / MEGABYTE));
    }
    Ok(figures)
}

fn exchange(
    exchange: Exchange,
    server: Server,
    running: &Running,
    clients: usize,
    window: Window,
) -> Result<Vec<(Figure, f64)>> {
    let Exchanged { metered, latencies, pending, lost } = exchanges::run(exchange, clients, running, window)?;
    ensure!(lost == 0 || server.may_lose(), "{lost} connections ended before their reply");
    let microseconds =
        |quantile| f64::from(u32::try_from(latencies.value_at_quantile(quantile) / 1000).unwrap_or(u32::MAX));
    let mut figures = rate(metered, 1.0);
    figures.extend([
        (Figure::P50, microseconds(0.5)),
        (Figure::P99, microseconds(0.99)),
        (Figure::P999, microseconds(0.999)),
        (Figure::Unanswered, f64::from(pending + lost)),
    ]);
    Ok(figures)
}

fn lines(length: u16, running: &Running, window: Window) -> Result<Vec<(Figure, f64)>> {
    let metered = streams::run(&Cycle::lines(length.into()), Depth::PIPELINED, running, window)?;
    Ok(rate(metered, length.into()))
}

fn bulk(cycle: &Cycle, running: &Running, window: Window) -> Result<Vec<(Figure, f64)>> {
    Ok(rate(streams::run(cycle, Depth::BULK, running, window)?, MEGABYTE))
}

fn rate(Metered { work, seconds, cpu }: Metered, unit: f64) -> Vec<(Figure, f64)> {
    let work = work / unit;
    vec![
        (Figure::Rate, work / seconds),
        (Figure::Cpu, cpu / work * 1e6),
        (Figure::Busy, cpu / seconds * 100.0),
    ]
}
