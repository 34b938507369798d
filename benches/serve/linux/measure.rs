//! One measurement of one server: the work that each section gives to it.

use std::fs;

use color_eyre::eyre::{Result, ensure};

use super::payload::Payload;
use super::pipeline::{self, Depth};
use super::plan::{Plan, Window};
use super::process::ServerProcess;
use super::requests::{self, RequestKind, RequestStats};
use super::sampler::Measurement;
use super::section::{Figure, Section};
use super::server::Server;
use super::sockets::open_connection;

/// Bytes of a short and of a long line. The long line is also the largest message of the tutorial's server, and the
/// longest that upcase's log shows in full.
const SHORT_LINE: u16 = 20;
const LONG_LINE: u16 = 1024;

const MEGABYTE: f64 = 1e6;

/// Measures a server that has just been started, once.
pub(super) fn measure(
    section: Section,
    server: Server,
    process: &ServerProcess,
    clients: usize,
    plan: &Plan,
) -> Result<Vec<(Figure, f64)>> {
    let window = plan.section(section).window;
    match section {
        Section::Startup => startup(server, process),
        Section::Connections | Section::ConnectionsScaling => {
            requests(request_per_connection(server), server, process, clients, window)
        }
        Section::RoundTrips | Section::RoundTripsScaling => {
            requests(RequestKind::RoundTrip, server, process, clients, window)
        }
        Section::ShortLines => pipelined_lines(SHORT_LINE, process, window),
        Section::LongLines => pipelined_lines(LONG_LINE, process, window),
        Section::BulkAscii => bulk(&Payload::ascii(), process, window),
        Section::BulkPortuguese => bulk(&Payload::portuguese(), process, window),
        Section::IdleMemory => idle_memory(process, plan.idle_connections),
    }
}

fn startup(server: Server, process: &ServerProcess) -> Result<Vec<(Figure, f64)>> {
    let mut figures = vec![(Figure::Startup, process.startup.as_secs_f64() * 1e3)];
    if matches!(server, Server::Upcase | Server::Baseline) {
        let bytes = u32::try_from(fs::metadata(&process.program)?.len())?;
        figures.push((Figure::Size, f64::from(bytes) / MEGABYTE));
    }
    Ok(figures)
}

/// Returns the request to which a server replies when a connection carries one message.
///
/// A filter such as `tr` keeps the newline, and writes nothing before the end of its input. socat ends that input when
/// the client half-closes; ncat would drop the reply then.
const fn request_per_connection(server: Server) -> RequestKind {
    match server {
        Server::Socat => RequestKind::ConnectionHalfClose,
        Server::Ncat => RequestKind::ConnectionReplyLine,
        _ => RequestKind::Connection,
    }
}

fn requests(
    kind: RequestKind,
    server: Server,
    process: &ServerProcess,
    clients: usize,
    window: Window,
) -> Result<Vec<(Figure, f64)>> {
    let RequestStats { measurement, latencies, pending, lost } =
        requests::run(kind, clients, process, window)?;
    ensure!(lost == 0 || server.may_lose_replies(), "{lost} connections closed before their reply");
    let microseconds =
        |quantile| f64::from(u32::try_from(latencies.value_at_quantile(quantile) / 1000).unwrap_or(u32::MAX));
    let mut figures = throughput(measurement, 1.0);
    figures.extend([
        (Figure::P50, microseconds(0.5)),
        (Figure::P99, microseconds(0.99)),
        (Figure::P999, microseconds(0.999)),
        (Figure::Unanswered, f64::from(pending + lost)),
    ]);
    Ok(figures)
}

fn pipelined_lines(length: u16, process: &ServerProcess, window: Window) -> Result<Vec<(Figure, f64)>> {
    let payload = Payload::lines(length.into());
    let measurement = pipeline::run(&payload, Depth::LINES, process, window)?;
    Ok(throughput(measurement, length.into()))
}

fn bulk(payload: &Payload, process: &ServerProcess, window: Window) -> Result<Vec<(Figure, f64)>> {
    Ok(throughput(pipeline::run(payload, Depth::BULK, process, window)?, MEGABYTE))
}

/// Returns the rate and its cost. `unit` is the amount of measured work that counts as one.
fn throughput(Measurement { work, seconds, cpu_seconds }: Measurement, unit: f64) -> Vec<(Figure, f64)> {
    let units = work / unit;
    vec![
        (Figure::Rate, units / seconds),
        (Figure::Cpu, cpu_seconds / units * 1e6),
        (Figure::Busy, cpu_seconds / seconds * 100.0),
    ]
}

fn idle_memory(process: &ServerProcess, connections: usize) -> Result<Vec<(Figure, f64)>> {
    // The first message allocates what all connections share, such as the read buffer.
    drop(open_connection(process.address, 0)?);
    let before = process.resident_bytes()?;
    let open = (0..connections)
        .map(|number| open_connection(process.address, number))
        .collect::<Result<Vec<_>>>()?;
    let after = process.resident_bytes()?;
    let bytes = (f64::from(after) - f64::from(before)) / f64::from(u32::try_from(open.len())?);
    Ok(vec![(Figure::IdleBytes, bytes)])
}
