//! One message sent many times, over one connection or over several side by side.

use std::sync::{Arc, Mutex, PoisonError};

use color_eyre::eyre::Result;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::client::{Client, Reply};
use super::output::Printer;
use super::progress::Progress;
use super::request::Request;
use super::stats::Stats;
use super::summary::LoadSummary;
use super::wait::{RETRY_PAUSE, until_ready};
use crate::error::Error;
use crate::runtime::ShutdownSignals;
use crate::terminal::{Styles, Terminal};
use crate::{cli, report};

/// Sends `message` `count` times on each connection, or until it is told to stop; then shows a summary.
///
/// # Errors
/// When a message got no right reply, or standard output fails.
pub(super) async fn repeat(
    args: &cli::SendArgs,
    message: &[u8],
    count: u64,
    printer: Printer,
    terminal: Terminal,
) -> Result<()> {
    let exchange = Arc::new(Request::new(message));
    let mut client = Client::new(args.target.clone(), args.timeout);
    until_ready(&mut client, &exchange, args.wait, terminal).await?;
    // Each connection is an open file. Where there are too few, that is told as what went wrong.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut signals = ShutdownSignals::new()?;
    let connections = args.connections;
    // Nobody reads as many lines as come then, and whoever asks for them asks how many they can be.
    let flood = args.interval.is_zero() && connections > 1;
    let progress = if flood {
        Progress::of_messages(count.saturating_mul(connections.into()), terminal)
    } else {
        Progress::none()
    };
    let reporter = Arc::new(Reporter {
        message: message.to_owned(),
        printer,
        terminal,
        shows_each: !flood,
        progress,
        stats: Mutex::new(Stats::new()),
    });

    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let client = Client::new(args.target.clone(), args.timeout);
        let every = (!args.interval.is_zero()).then(|| every(args.interval));
        senders.spawn(send_all(client, Arc::clone(&exchange), count, every, Arc::clone(&reporter)));
    }
    let ended = loop {
        tokio::select! {
            ended = senders.join_next() => match ended {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(failure))) => break Err(failure.into()),
                Some(Err(panic)) => break Err(panic.into()),
                None => break Ok(()),
            },
            () = signals.recv() => break Ok(()),
        }
    };
    drop(senders);
    ended.and_then(|()| reporter.close(LoadSummary { target: &args.target, connections }))
}

fn every(period: std::time::Duration) -> Interval {
    let mut ticks = interval(period);
    // After a late reply the next message is as far off as ever, and none is caught up on.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// One connection's messages, one after the other.
async fn send_all(
    mut client: Client,
    exchange: Arc<Request>,
    count: u64,
    mut every: Option<Interval>,
    reporter: Arc<Reporter>,
) -> Result<(), Error> {
    let (mut sent, mut refused) = (0, false);
    while count == 0 || sent < count {
        if let Some(ticks) = &mut every {
            ticks.tick().await;
        } else if refused {
            // A server that refuses is not asked as fast as a machine can.
            sleep(RETRY_PAUSE).await;
        }
        sent += 1;
        let number = reporter.begin();
        let outcome = client.exchange(&exchange).await;
        reporter.end(number, &outcome)?;
        refused = !outcome.is_answered();
    }
    Ok(())
}

/// Where all connections bring what came of their messages.
struct Reporter {
    message: Vec<u8>,
    printer: Printer,
    terminal: Terminal,
    shows_each: bool,
    progress: Progress,
    stats: Mutex<Stats>,
}

impl Reporter {
    /// Counts a message that is about to be sent, and numbers it.
    fn begin(&self) -> u64 {
        let mut stats = self.stats();
        stats.sent += 1;
        stats.sent
    }

    fn end(&self, number: u64, outcome: &Reply) -> Result<(), Error> {
        let mut stats = self.stats();
        stats.add(outcome);
        if let Some(failure) = &outcome.failure
            && (self.printer.is_raw() || !self.shows_each)
        {
            let fault = self.printer.fault(failure, Styles::new(false));
            if stats.add_fault(&fault) {
                // At once: who forgot to start the server need not wait for the end to know.
                self.progress.suspend(|| report::warning(&fault, self.terminal));
            }
        }
        self.progress.advance(1);
        if self.shows_each || self.printer.is_json() {
            self.printer.numbered(number, &self.message, outcome)?;
        }
        Ok(())
    }

    /// Shows the summary.
    fn close(&self, course: LoadSummary<'_>) -> Result<()> {
        self.progress.end();
        let stats = self.stats();
        self.printer.summary(course, &stats, self.shows_each)?;
        if stats.right == 0 || stats.wrong + stats.lost > 0 {
            return Err(Error::Unanswered { right: stats.right, sent: stats.sent }.into());
        }
        Ok(())
    }

    fn stats(&self) -> std::sync::MutexGuard<'_, Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
