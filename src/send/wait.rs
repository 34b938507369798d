//! Waits for a server: sends a message again until the reply is right.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::client::{Client, Reply};
use super::request::Request;
use crate::error::{Error, Result};
use crate::net::deadline::timeout;
use crate::report;
use crate::terminal::Terminal;

/// The pause between two attempts: ten attempts a second do not burden a server, and a server that comes up is noticed
/// at once by a person or a script.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// After this time without a reply, a person wonders why nothing happens.
const SILENCE: Duration = Duration::from_secs(1);

/// Sends `request` until the server gives the right reply. Returns at once without `wait`.
///
/// # Errors
/// Fails if there is no right reply within `wait`.
pub(super) async fn until_ready(
    client: &mut Client,
    request: &Request,
    wait: Option<Duration>,
    terminal: Terminal,
) -> Result<()> {
    let Some(wait) = wait else { return Ok(()) };
    send_until_right(client, request, wait, terminal).await.error.map_or(Ok(()), Err)
}

/// Sends `request` until its reply is right, for `wait` at most; returns the last reply.
///
/// Prints the reason for the wait, and a new reason, at most one line a second.
pub(super) async fn send_until_right(
    client: &mut Client,
    request: &Request,
    wait: Duration,
    terminal: Terminal,
) -> Reply {
    let target = client.target().clone();
    let mut printed: Option<(String, Instant)> = None;
    let mut print_reason = |reason: String| {
        // A wrong reply may change with each attempt.
        if printed.as_ref().is_none_or(|(last, at)| *last != reason && at.elapsed() >= SILENCE) {
            report::status("waiting", terminal.lang.waiting(&target, wait, &reason), terminal);
            printed = Some((reason, Instant::now()));
        }
    };
    let mut last = None;
    let attempts = async {
        loop {
            let mut sending = pin!(client.send(request));
            let reply = if let Ok(reply) = timeout(SILENCE, &mut sending).await {
                reply
            } else {
                print_reason(terminal.lang.no_reply_yet().into());
                sending.await
            };
            let Some(error) = &reply.error else { return reply };
            print_reason(terminal.lang.common_reason(error));
            last = Some(reply);
            sleep(RETRY_PAUSE).await;
        }
    };
    if let Ok(reply) = timeout(wait, attempts).await {
        return reply;
    }
    let not_ready = |last| Error::NotReady { target: target.to_string(), timeout: wait, last };
    match last {
        Some(reply) => Reply { error: Some(not_ready(reply.error.map(Box::new))), ..reply },
        None => Reply::without_connection(not_ready(None)),
    }
}
