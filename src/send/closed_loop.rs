//! The closed loop of repeated sending: each message follows the reply to the one before.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::load_run::LoadRun;
use super::wait::RETRY_PAUSE;
use crate::error::Result;

/// Sends the messages of one connection, one after the other.
///
/// # Errors
/// Fails if standard output fails.
pub(super) async fn send_after_replies(
    load: Arc<LoadRun>,
    count: Option<u64>,
    interval: Duration,
) -> Result<()> {
    let mut client = load.new_client();
    let mut ticks = (!interval.is_zero()).then(|| ticks(interval));
    let end = load.duration.and_then(|duration| load.started.checked_add(duration));
    let mut last_failed = false;
    for _ in 0..count.unwrap_or(u64::MAX) {
        let mut next_due = None;
        if let Some(ticks) = &mut ticks {
            let due = tokio::select! {
                biased;
                () = load.is_over.cancelled() => break,
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
        if load.is_over.is_cancelled() {
            break;
        }
        let number = load.stats().add_sent(next_due);
        let reply = client.send(&load.request).await;
        last_failed = !reply.is_complete();
        load.report(number, &reply, None)?;
    }
    Ok(())
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    // After a late reply, the next message waits for a whole period: none is made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
