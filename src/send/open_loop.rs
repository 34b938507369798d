//! The open loop of `--rate`: sends each message when it is due, whether or not there are replies to the messages before.

use std::pin::pin;
use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use super::client::Client;
use super::load_run::LoadRun;
use super::schedule::Schedule;
use super::stats::Due;
use super::timer::Timer;
use crate::error::Result;

/// Sends each message when it is due, or as soon after that as one of the `connections` is free.
///
/// # Errors
/// Fails if standard output fails.
pub(super) async fn send_when_due(load: Arc<LoadRun>, schedule: Schedule, connections: u16) -> Result<()> {
    let timer = Timer::new();
    let mut idle = Vec::new();
    let mut in_flight = JoinSet::new();
    for sent in 0.. {
        if in_flight.len() == usize::from(connections) {
            idle.extend(in_flight.join_next().await.map(returned_client).transpose()?);
        }
        let now = load.started.elapsed();
        let Some(due) = schedule.next(sent, now) else { break };
        let at = load.started + due;
        let mut late = now.saturating_sub(due);
        if now < due {
            let mut wait = pin!(timer.wait_until(at));
            loop {
                tokio::select! {
                    biased;
                    () = &mut wait => break,
                    Some(ended) = in_flight.join_next() => idle.push(returned_client(ended)?),
                }
            }
            late = at.elapsed();
        }
        while let Some(ended) = in_flight.try_join_next() {
            idle.push(returned_client(ended)?);
        }
        // The client that was used last is the least likely to have lost its connection to an idle timeout.
        let client = idle.pop().unwrap_or_else(|| load.new_client());
        let due = Due { at, next_at: load.started + schedule.due(sent + 1), late };
        in_flight.spawn(send_one(Arc::clone(&load), client, due));
    }
    while let Some(ended) = in_flight.join_next().await {
        returned_client(ended)?;
    }
    Ok(())
}

/// Sends one message, and returns the client.
async fn send_one(load: Arc<LoadRun>, mut client: Client, due: Due) -> Result<Client> {
    let number = load.stats().add_due(due);
    let reply = client.send(&load.request).await;
    load.report(number, &reply, Some(due.at.elapsed()))?;
    Ok(client)
}

/// Returns the client of a message that has its reply.
fn returned_client(ended: std::result::Result<Result<Client>, JoinError>) -> Result<Client> {
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
