//! Repeated sending (`--count`, `--rate`, `--duration`): one message many times, over one or several connections.
//!
//! In a *closed loop* each connection sends the next message after the reply to the last. In an *open loop* (`--rate`)
//! messages are sent when they are due, even while replies to others are awaited: a server that stalls gets no fewer
//! messages, and its stall shows in all of them.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use color_eyre::eyre::Result;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval, interval_at, sleep};
use tokio_util::sync::CancellationToken;

use super::client::{Client, Reply};
use super::histogram_log::HistogramLog;
use super::input::message_or_default;
use super::new_request;
use super::open_loop::send_when_due;
use super::output::Printer;
use super::progress::{LiveLine, report_progress};
use super::request::Request;
use super::schedule::Schedule;
use super::stats::Stats;
use super::summary::Summary;
use super::wait::{RETRY_PAUSE, until_ready};
use crate::cli::{ReplyFormat, SendArgs};
use crate::config;
use crate::error::Error;
use crate::report;
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
                senders.spawn(Arc::clone(&load).send_after_replies(count, interval));
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

/// The rule for the time at which a message is sent.
enum Pace {
    Closed {
        /// The messages for each connection; `None` for no limit.
        count: Option<u64>,
        /// The time from one message to the next; zero to send each message right after a reply.
        interval: Duration,
    },
    Open(Schedule),
}

/// One message to send many times, and the statistics of its replies; shared by all connections.
pub(super) struct LoadRun {
    pub(super) request: Request,
    /// The settings of each connection's client.
    client: Client,
    pace: Pace,
    duration: Option<Duration>,
    pub(super) started: Instant,
    /// Is cancelled after `duration`.
    is_over: CancellationToken,
    printer: Printer,
    /// Each reply has a line; otherwise there are a live line and a summary.
    prints_each: bool,
    live_line: LiveLine,
    /// Events `progress` are printed.
    reports_progress: bool,
    stats: Mutex<Stats>,
}

impl LoadRun {
    /// Creates a run that starts now.
    fn new(
        args: &SendArgs,
        client: Client,
        request: Request,
        connections: u16,
        printer: Printer,
        is_logged: bool,
    ) -> Self {
        let count = args.count.filter(|&count| count > 0);
        let (pace, total) = match args.rate {
            Some(rate) => (Pace::Open(Schedule::new(rate, count, args.duration)), count),
            None => (
                Pace::Closed { count, interval: args.interval },
                count.map(|count| count.saturating_mul(connections.into())),
            ),
        };
        // Several connections at full speed give more lines than a person reads, and printing them costs speed.
        let prints_each = args.rate.is_none() && (connections == 1 || !args.interval.is_zero());
        let is_printing = prints_each || printer.format == ReplyFormat::Json;
        // Neither replies nor events share the terminal with the line.
        let is_hidden = is_printing && printer.terminal.out_needs_escaping || args.trace.is_verbose();
        Self {
            request,
            client,
            pace,
            duration: args.duration,
            started: Instant::now(),
            is_over: CancellationToken::new(),
            printer,
            prints_each,
            live_line: LiveLine::new(total, args.duration, printer.terminal, is_hidden),
            reports_progress: args.trace.is_verbose() && printer.format == ReplyFormat::Json,
            stats: Mutex::new(Stats::new(is_logged)),
        }
    }

    /// Sends the messages of one connection of a closed loop, one after the other.
    async fn send_after_replies(
        self: Arc<Self>,
        count: Option<u64>,
        interval: Duration,
    ) -> Result<(), Error> {
        let mut client = self.new_client();
        let mut ticks = (!interval.is_zero()).then(|| ticks(interval));
        let end = self.duration.and_then(|duration| self.started.checked_add(duration));
        let mut last_failed = false;
        for _ in 0..count.unwrap_or(u64::MAX) {
            let mut next_due = None;
            if let Some(ticks) = &mut ticks {
                let due = tokio::select! {
                    biased;
                    () = self.is_over.cancelled() => break,
                    due = ticks.tick() => due.into_std(),
                };
                if end.is_some_and(|end| due >= end) {
                    break;
                }
                next_due = due.checked_add(interval);
            } else if last_failed {
                // A server that refuses connections is not asked at full speed.
                sleep(RETRY_PAUSE).await;
            }
            if self.is_over.is_cancelled() {
                break;
            }
            let number = self.stats().add_sent(next_due);
            let reply = client.send(&self.request).await;
            last_failed = !reply.is_complete();
            self.report(number, &reply, None)?;
        }
        Ok(())
    }

    /// Creates the client of another connection.
    pub(super) fn new_client(&self) -> Client {
        self.stats().connections += 1;
        self.client.sibling()
    }

    /// Counts a reply, and prints it unless the summary is enough.
    pub(super) fn report(
        &self,
        number: u64,
        reply: &Reply,
        response_time: Option<Duration>,
    ) -> Result<(), Error> {
        let mut stats = self.stats();
        stats.add_reply(reply, response_time);
        let format = self.printer.format;
        if let Some(error) = &reply.error
            && (format == ReplyFormat::Raw || !self.prints_each)
        {
            let text = self.printer.describe_common(error);
            if stats.add_error(&text) {
                // A person who forgot to start the server need not wait for the summary.
                self.live_line.suspend(|| report::warning(error.code(), &text, self.printer.terminal));
            }
        }
        drop(stats);
        if self.prints_each || format == ReplyFormat::Json {
            self.printer.print_numbered(number, &self.request, reply)?;
        }
        Ok(())
    }

    /// Updates the live line and the log, and prints the event `progress`.
    fn update(&self, log: Option<&mut HistogramLog>) {
        let mut stats = self.stats();
        let elapsed = self.started.elapsed();
        self.live_line.update(&stats, elapsed);
        if self.reports_progress {
            report_progress(&stats, elapsed);
        }
        if let Some(log) = log {
            log.log(&mut stats);
        }
    }

    pub(super) fn stats(&self) -> MutexGuard<'_, Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    // After a late reply, the next message waits for a whole period: none is made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
