//! The sections of the benchmark: the servers that take part in each, and the figures that it reports.

use clap::ValueEnum;

use super::server::{Mode, Server};

/// A section of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Section {
    /// Time until the server listens, and size of the executable
    Startup,
    /// One message per connection
    Connections,
    /// Round trips on kept connections
    RoundTrips,
    /// Pipelined lines of 20 bytes
    ShortLines,
    /// Pipelined lines of 1 KiB
    LongLines,
    /// Bulk ASCII
    BulkAscii,
    /// Bulk Portuguese
    BulkPortuguese,
    /// Memory of idle connections
    IdleMemory,
    /// One message per connection, from 1 to 1,000 clients
    ConnectionsScaling,
    /// Round trips, from 1 to 1,000 clients
    RoundTripsScaling,
}

/// A measured quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    /// Milliseconds until the server listens.
    Startup,
    /// Megabytes of the executable.
    Size,
    /// Units of work per second.
    Rate,
    /// Microseconds of the server's CPU time per unit of work.
    Cpu,
    /// The server's CPU time as a percentage of the measured time.
    Busy,
    /// Median latency in microseconds.
    P50,
    /// 99th percentile of the latency in microseconds.
    P99,
    /// 99.9th percentile of the latency in microseconds.
    P999,
    /// Requests that had no reply at the end.
    Unanswered,
    /// Bytes of memory per idle connection.
    IdleBytes,
}

impl Section {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Startup => "Time from start to listening, and size of the executable",
            Self::Connections => "One message per connection, 64 clients",
            Self::RoundTrips => "Round trips on 64 kept connections",
            Self::ShortLines => "Pipelined lines of 20 bytes, 16 connections with 64 KiB in flight each",
            Self::LongLines => "Pipelined lines of 1 KiB, 16 connections with 64 KiB in flight each",
            Self::BulkAscii => "Bulk ASCII, lines of 256 KiB, 2 connections with 4 MiB in flight each",
            Self::BulkPortuguese => {
                "Bulk Portuguese, lines of 256 KiB, 2 connections with 4 MiB in flight each"
            }
            Self::IdleMemory => "Resident memory per idle connection, after one message",
            Self::ConnectionsScaling => "One message per connection, by the number of clients",
            Self::RoundTripsScaling => "Round trips on kept connections, by the number of clients",
        }
    }

    /// Returns the servers that can do the section's work. The servers of `--baseline` are left out.
    pub(super) const fn servers(self) -> &'static [Server] {
        use Server::{Epoll, EpollLines, Ncat, Socat, Threads, Tutorial, Upcase, UpcaseQuiet};
        match self {
            Self::Connections => &[Upcase, UpcaseQuiet, Epoll, Tutorial, Threads, Socat, Ncat],
            Self::RoundTrips => &[Upcase, UpcaseQuiet, Epoll, Threads],
            Self::ShortLines | Self::LongLines => &[Upcase, UpcaseQuiet, Epoll, EpollLines, Threads],
            // Python's `bytes.upper` does not change accented letters.
            Self::BulkAscii | Self::BulkPortuguese => &[Upcase, UpcaseQuiet, Epoll],
            Self::IdleMemory => &[Upcase, Epoll, Threads],
            Self::Startup | Self::ConnectionsScaling => &[Upcase, Epoll, Tutorial, Threads],
            Self::RoundTripsScaling => &[UpcaseQuiet, Epoll, Threads],
        }
    }

    /// Returns those of the selected servers that take part. A server of `--baseline` follows the server that is
    /// compared with it.
    pub(super) fn participants(self, selected: &[Server]) -> Vec<Server> {
        let with_baseline = |&server: &Server| [Some(server), server.baseline()].into_iter().flatten();
        self.servers().iter().flat_map(with_baseline).filter(|server| selected.contains(server)).collect()
    }

    /// Returns the figures, in the order of the table's columns.
    pub(super) const fn figures(self) -> &'static [Figure] {
        use Figure::{Busy, Cpu, IdleBytes, P50, P99, P999, Rate, Size, Startup, Unanswered};
        match self {
            Self::Startup => &[Startup, Size],
            Self::Connections | Self::RoundTrips => &[Rate, Cpu, Busy, P50, P99, P999, Unanswered],
            Self::ShortLines | Self::LongLines | Self::BulkAscii | Self::BulkPortuguese => &[Rate, Cpu, Busy],
            Self::IdleMemory => &[IdleBytes],
            Self::ConnectionsScaling | Self::RoundTripsScaling => &[Rate, Cpu, P50, P99, P999, Unanswered],
        }
    }

    /// Returns the heading of a figure's column.
    pub(super) const fn heading(self, figure: Figure) -> &'static str {
        match figure {
            Figure::Startup => "ms to listen",
            Figure::Size => "MB",
            Figure::Rate => match self {
                Self::Connections | Self::ConnectionsScaling => "connections/s",
                Self::RoundTrips | Self::RoundTripsScaling => "round trips/s",
                Self::ShortLines | Self::LongLines => "lines/s",
                _ => "MB/s",
            },
            Figure::Cpu => match self {
                Self::Connections | Self::ConnectionsScaling => "CPU, µs/connection",
                Self::RoundTrips | Self::RoundTripsScaling => "CPU, µs/round trip",
                Self::ShortLines | Self::LongLines => "CPU, µs/line",
                _ => "CPU, µs/MB",
            },
            Figure::Busy => "busy, %",
            Figure::P50 => "p50, µs",
            Figure::P99 => "p99, µs",
            Figure::P999 => "p99.9, µs",
            Figure::Unanswered => "unanswered",
            Figure::IdleBytes => "bytes",
        }
    }

    /// Returns true for the sections that vary the number of clients.
    pub(super) const fn is_scaling(self) -> bool {
        matches!(self, Self::ConnectionsScaling | Self::RoundTripsScaling)
    }

    /// Returns the mode in which the servers run.
    pub(super) const fn mode(self) -> Mode {
        match self {
            Self::Startup | Self::Connections | Self::ConnectionsScaling => Mode::OneMessage,
            _ => Mode::KeepAlive,
        }
    }
}
