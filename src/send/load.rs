//! `upcase send --count`: sends one message many times, over one or several connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use color_eyre::eyre::Result;
use indicatif::ProgressBar;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::client::{Client, Reply};
use super::input::message_or_default;
use super::output::Printer;
use super::progress::message_progress;
use super::request::Request;
use super::stats::Stats;
use super::summary::Summary;
use super::wait::{RETRY_PAUSE, until_ready};
use crate::cli::{ReplyFormat, SendArgs};
use crate::error::Error;
use crate::report;
use crate::runtime::interruptible;
use crate::terminal::Styles;

/// Sends the message `count` times over each connection, or until a signal, and prints a summary.
///
/// # Errors
/// Fails if a message gets no right reply, or standard output fails.
pub(super) async fn run(
    args: &SendArgs,
    count: u64,
    mut client: Client,
    printer: Printer,
    shutdown: &CancellationToken,
) -> Result<()> {
    let request = Request::new(message_or_default(&args.message));
    interruptible(shutdown, until_ready(&mut client, &request, args.wait, printer.terminal)).await?;
    let connections = args.connections;
    check_file_limit(connections)?;
    // Several connections at full speed give more lines than a person reads, and printing them costs speed.
    let prints_each = connections == 1 || !args.interval.is_zero();
    let progress = if prints_each {
        ProgressBar::hidden()
    } else {
        message_progress(count.saturating_mul(connections.into()), printer.terminal)
    };
    let (interval, stats) = (args.interval, Mutex::default());
    let load = Arc::new(LoadRun { request, count, interval, printer, prints_each, progress, stats });

    let started = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        senders.spawn(Arc::clone(&load).send_all(client.sibling()));
    }
    let mut output = Ok(());
    while output.is_ok() {
        tokio::select! {
            ended = senders.join_next() => match ended {
                Some(ended) => output = ended?,
                None => break,
            },
            () = shutdown.cancelled() => break,
        }
    }
    drop(senders);

    load.progress.finish_and_clear();
    let stats = &*load.stats();
    let summary = Summary::new(&args.target, connections, started, stats);
    let output = output.and_then(|()| printer.print_summary(&summary, prints_each));
    // A reader that left (`| head`) hides no lost message.
    if stats.right == 0 || stats.wrong + stats.lost > 0 {
        return Err(Error::Unanswered { right: stats.right, sent: stats.sent }.into());
    }
    output?;
    // Without a limit, the signal is the end that was asked for.
    if count > 0 && shutdown.is_cancelled() { Err(Error::Interrupted.into()) } else { Ok(()) }
}

/// Raises the limit of open files as far as this process may: each connection is an open file.
///
/// # Errors
/// [`Error::FileLimit`] if the limit is still too low.
fn check_file_limit(connections: u16) -> Result<(), Error> {
    // The standard streams, and the runtimes' files.
    const RESERVED: u64 = 20;
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit < u64::from(connections) + RESERVED => {
            Err(Error::FileLimit { limit, connections })
        }
        // Where the limit is not known, connecting reports the error.
        _ => Ok(()),
    }
}

/// One message to send many times, and the statistics of its replies; shared by all connections.
struct LoadRun {
    request: Request,
    /// The messages for each connection; 0 for no limit.
    count: u64,
    /// The time from one message to the next; zero to send each message right after a reply.
    interval: Duration,
    printer: Printer,
    /// Each reply has a line; otherwise there are a progress line and a summary.
    prints_each: bool,
    progress: ProgressBar,
    stats: Mutex<Stats>,
}

impl LoadRun {
    /// Sends the messages of one connection, one after the other.
    async fn send_all(self: Arc<Self>, mut client: Client) -> Result<(), Error> {
        let mut ticks = (!self.interval.is_zero()).then(|| ticks(self.interval));
        let mut sent = 0;
        let mut last_failed = false;
        while self.count == 0 || sent < self.count {
            let mut next_due = None;
            if let Some(ticks) = &mut ticks {
                next_due = Some((ticks.tick().await + self.interval).into_std());
            } else if last_failed {
                // A server that refuses connections is not asked at full speed.
                sleep(RETRY_PAUSE).await;
            }
            sent += 1;
            let number = self.stats().add_sent(next_due);
            let reply = client.send(&self.request).await;
            self.report(number, &reply)?;
            last_failed = !reply.is_complete();
        }
        Ok(())
    }

    /// Counts a reply, and prints it unless the summary is enough.
    fn report(&self, number: u64, reply: &Reply) -> Result<(), Error> {
        let mut stats = self.stats();
        stats.add_reply(reply);
        let format = self.printer.format;
        if let Some(error) = &reply.error
            && (format == ReplyFormat::Raw || !self.prints_each)
        {
            let text = self.printer.describe(error, Styles::new(false));
            if stats.add_error(&text) {
                // A person who forgot to start the server need not wait for the summary.
                self.progress.suspend(|| report::warning(error.code(), &text, self.printer.terminal));
            }
        }
        self.progress.inc(1);
        if self.prints_each || format == ReplyFormat::Json {
            self.printer.print_numbered(number, &self.request, reply)?;
        }
        Ok(())
    }

    fn stats(&self) -> MutexGuard<'_, Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    // After a late reply, the next message waits for a whole period: none is made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
