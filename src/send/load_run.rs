//! A run of repeated sending: the message, its pace, and the statistics of its replies.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::client::{Client, Reply};
use super::histogram_log::HistogramLog;
use super::output::Printer;
use super::progress::{LiveLine, report_progress};
use super::request::Request;
use super::schedule::Schedule;
use super::stats::Stats;
use crate::cli::{ReplyFormat, SendArgs};
use crate::error::Error;
use crate::report;

/// The rule for the time at which a message is sent.
pub(super) enum Pace {
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
    pub(super) pace: Pace,
    pub(super) duration: Option<Duration>,
    pub(super) started: Instant,
    /// Is cancelled after `duration`.
    pub(super) is_over: CancellationToken,
    printer: Printer,
    /// Each reply has a line; otherwise there are a live line and a summary.
    pub(super) prints_each: bool,
    pub(super) live_line: LiveLine,
    /// Events `progress` are printed.
    reports_progress: bool,
    stats: Mutex<Stats>,
}

impl LoadRun {
    /// Creates a run that starts now.
    pub(super) fn new(
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
    pub(super) fn update(&self, log: Option<&mut HistogramLog>) {
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
