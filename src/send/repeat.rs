//! One message sent many times, over one connection or over several side by side.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::exchange::Exchange;
use super::print::Printer;
use super::progress::Progress;
use super::session::{Outcome, Session};
use super::summary::Course;
use super::tally::Tally;
use super::wait::{RETRY_PAUSE, until_ready};
use crate::console::{Palette, Screen};
use crate::failure::Failure;
use crate::{cli, report, signals};

/// Sends `message` `count` times on each connection, or until it is told to stop; then shows a summary.
///
/// # Errors
/// When a message got no right reply, or standard output fails.
pub(super) async fn repeat(
    args: &cli::Send,
    message: &[u8],
    count: u64,
    printer: Printer,
    screen: Screen,
) -> Result<()> {
    let exchange = Arc::new(Exchange::new(message));
    let mut session = Session::new(args.target.clone(), args.timeout);
    until_ready(&mut session, &exchange, args.wait, screen).await?;
    // Each connection is an open file. Where there are too few, that is told as what went wrong.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let signals = signals::watch().wrap_err("signals can't be handled")?;
    let connections = args.connections;
    // Nobody reads as many lines as come then, and whoever asks for them asks how many they can be.
    let flood = args.interval.is_zero() && connections > 1;
    let progress = if flood {
        Progress::of_messages(count.saturating_mul(connections.into()), screen)
    } else {
        Progress::none()
    };
    let board = Arc::new(Board {
        message: message.to_owned(),
        printer,
        screen,
        shows_each: !flood,
        progress,
        tally: Mutex::new(Tally::new()),
    });

    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let session = Session::new(args.target.clone(), args.timeout);
        let every = (!args.interval.is_zero()).then(|| every(args.interval));
        senders.spawn(send_all(session, Arc::clone(&exchange), count, every, Arc::clone(&board)));
    }
    let ended = {
        let mut told = pin!(signals.first);
        loop {
            tokio::select! {
                ended = senders.join_next() => match ended {
                    Some(Ok(Ok(()))) => {}
                    Some(Ok(Err(failure))) => break Err(failure.into()),
                    Some(Err(panic)) => break Err(panic.into()),
                    None => break Ok(()),
                },
                () = &mut told => break Ok(()),
            }
        }
    };
    drop(senders);
    ended.and_then(|()| board.close(Course { target: &args.target, connections }))
}

fn every(period: std::time::Duration) -> Interval {
    let mut ticks = interval(period);
    // After a late reply the next message is as far off as ever, and none is caught up on.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// One connection's messages, one after the other.
async fn send_all(
    mut session: Session,
    exchange: Arc<Exchange>,
    count: u64,
    mut every: Option<Interval>,
    board: Arc<Board>,
) -> Result<(), Failure> {
    let (mut sent, mut refused) = (0, false);
    while count == 0 || sent < count {
        if let Some(ticks) = &mut every {
            ticks.tick().await;
        } else if refused {
            // A server that refuses is not asked as fast as a machine can.
            sleep(RETRY_PAUSE).await;
        }
        sent += 1;
        let number = board.begin();
        let outcome = session.exchange(&exchange).await;
        board.end(number, &outcome)?;
        refused = !outcome.is_answered();
    }
    Ok(())
}

/// Where all connections bring what came of their messages.
struct Board {
    message: Vec<u8>,
    printer: Printer,
    screen: Screen,
    shows_each: bool,
    progress: Progress,
    tally: Mutex<Tally>,
}

impl Board {
    /// Counts a message that is about to be sent, and numbers it.
    fn begin(&self) -> u64 {
        let mut tally = self.tally();
        tally.sent += 1;
        tally.sent
    }

    fn end(&self, number: u64, outcome: &Outcome) -> Result<(), Failure> {
        let mut tally = self.tally();
        tally.add(outcome);
        if let Some(failure) = &outcome.failure
            && (self.printer.is_raw() || !self.shows_each)
        {
            let fault = self.printer.fault(failure, Palette::new(false));
            if tally.add_fault(&fault) {
                // At once: who forgot to start the server need not wait for the end to know.
                self.progress.suspend(|| report::warn(&fault, self.screen));
            }
        }
        self.progress.advance(1);
        if self.shows_each || self.printer.is_json() {
            self.printer.numbered(number, &self.message, outcome)?;
        }
        Ok(())
    }

    /// Shows the summary.
    fn close(&self, course: Course<'_>) -> Result<()> {
        self.progress.end();
        let tally = self.tally();
        self.printer.summary(course, &tally, self.shows_each)?;
        if tally.right == 0 || tally.wrong + tally.lost > 0 {
            return Err(Failure::Unanswered { right: tally.right, sent: tally.sent }.into());
        }
        Ok(())
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
