//! Repeated sending (`--count`, `--rate`, `--duration`): one message many times, over one or several connections.
//!
//! In a *closed loop* each connection sends the next message after the reply to the last. In an *open loop* (`--rate`)
//! messages are sent when they are due, even while replies to others are awaited: a server that stalls gets no fewer
//! messages, and its stall shows in all of them.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::Result;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, sleep};
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::closed_loop::send_after_replies;
use super::histogram_log::HistogramLog;
use super::input::message_or_default;
use super::load_run::{LoadRun, Pace};
use super::new_request;
use super::open_loop::send_when_due;
use super::output::Printer;
use super::summary::Summary;
use super::wait::until_ready;
use crate::cli::SendArgs;
use crate::config;
use crate::error::Error;
use crate::runtime::interruptible;

/// The time between two updates of the live line, and the length of an interval in the log of `--histogram`.
const UPDATE_INTERVAL: Duration = Duration::from_secs(1);

/// Sends the message as often as the arguments say, or until a signal, and prints a summary.
///
/// # Errors
/// Fails if a message gets no right reply, or standard output or the log fails.
pub(super) async fn run(
    args: &SendArgs,
    mut client: Client,
    printer: Printer,
    shutdown: &CancellationToken,
) -> Result<()> {
    let request = new_request(message_or_default(&args.message), args);
    interruptible(shutdown, until_ready(&mut client, &request, args.wait, printer.terminal)).await?;
    let connections = connections(args)?;
    let mut log = args.histogram.as_deref().map(HistogramLog::create).transpose()?;
    let network = client.collect_network_stats();
    let load = Arc::new(LoadRun::new(args, client, request, connections, printer, log.is_some()));

    let mut senders = JoinSet::new();
    match load.pace {
        Pace::Closed { count, interval } => {
            for _ in 0..connections {
                senders.spawn(send_after_replies(Arc::clone(&load), count, interval));
            }
        }
        Pace::Open(schedule) => {
            senders.spawn(send_when_due(Arc::clone(&load), schedule, connections));
        }
    }
    let mut updates = interval_at((load.started + UPDATE_INTERVAL).into(), UPDATE_INTERVAL);
    updates.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut end = pin!(sleep(args.duration.unwrap_or(Duration::MAX)));
    let mut output = Ok(());
    while output.is_ok() {
        tokio::select! {
            ended = senders.join_next() => match ended {
                Some(ended) => output = ended?,
                None => break,
            },
            () = shutdown.cancelled() => break,
            () = &mut end, if !load.is_over.is_cancelled() => load.is_over.cancel(),
            _ = updates.tick() => load.update(log.as_mut()),
        }
    }
    // Closes the connections, each of which adds its figures.
    senders.shutdown().await;

    load.live_line.clear();
    let stats = &mut *load.stats();
    if let Some(log) = &mut log {
        log.log(stats);
    }
    let schedule = if let Pace::Open(schedule) = &load.pace { Some(schedule) } else { None };
    let summary = Summary::new(&args.target, load.started, schedule, stats, &network);
    let output = output.and_then(|()| printer.print_summary(&summary, load.prints_each));
    let logged = log.map_or(Ok(()), HistogramLog::finish);
    // A reader that left (`| head`) hides no lost message.
    if stats.right == 0 || stats.errors() > 0 {
        return Err(Error::Unanswered { right: stats.right, sent: stats.sent }.into());
    }
    output.and(logged)?;
    // Without a number of messages, a signal is the end that was asked for.
    let has_count = args.count.is_some_and(|count| count > 0) && args.duration.is_none();
    if has_count && shutdown.is_cancelled() { Err(Error::Interrupted.into()) } else { Ok(()) }
}

/// Returns the number of concurrent connections: as given, or a default within the limit of open files.
///
/// Raises that limit as far as this process may: each connection is an open file.
///
/// # Errors
/// [`Error::FileLimit`] if the limit is too low for the number that was given.
fn connections(args: &SendArgs) -> Result<u16, Error> {
    // The standard streams, and the runtimes' files.
    const RESERVED: u64 = 20;
    // Where the limit is not known, connecting reports the error.
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
    let free = limit.saturating_sub(RESERVED);
    let default = match args.rate {
        Some(_) => u16::try_from(free).unwrap_or(u16::MAX).clamp(1, config::RATE_CONNECTIONS),
        None => 1,
    };
    let connections = args.connections.unwrap_or(default);
    if free < connections.into() { Err(Error::FileLimit { limit, connections }) } else { Ok(connections) }
}
