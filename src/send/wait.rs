//! Waiting for a server: the message is sent again until its reply is right.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::client::{Client, Reply};
use super::request::Request;
use crate::error::{Error, Result};
use crate::terminal::Terminal;

/// Between two tries: no person, and hardly a script, sees a server come up later by that, and ten tries in a second
/// burden no one.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// After so long a person wonders what is waited for.
const SILENCE: Duration = Duration::from_secs(1);

/// Waits for a server before something else is sent to it, where there is a `wait`; what it is asked with is
/// `exchange`.
///
/// # Errors
/// When it does not give the right reply in that time.
pub(super) async fn until_ready(
    client: &mut Client,
    exchange: &Request,
    wait: Option<Duration>,
    terminal: Terminal,
) -> Result<()> {
    let Some(wait) = wait else { return Ok(()) };
    until_right(client, exchange, wait, terminal).await.failure.map_or(Ok(()), Err)
}

/// Sends a message until its reply is right, for as long as `wait`; gives what came of the last try.
///
/// Why it waits is told once, and again where the reason changes.
pub(super) async fn until_right(
    client: &mut Client,
    exchange: &Request,
    wait: Duration,
    terminal: Terminal,
) -> Reply {
    let start = Instant::now();
    let left = || wait.saturating_sub(start.elapsed());
    let mut told = String::new();
    let mut last = None;
    let target = client.target().clone();
    let mut tell = |reason: String| {
        if reason != told {
            terminal.print_status(terminal.lang.waiting(&target, wait, &reason));
            told = reason;
        }
    };
    loop {
        let outcome = tokio::select! {
            outcome = client.exchange(exchange) => outcome,
            () = sleep(left()) => break,
            // A server that lets itself be waited for gives no reason: that is told, and waited on.
            never = async {
                sleep(SILENCE).await;
                tell(terminal.lang.no_reply_yet().into());
                std::future::pending::<Infallible>().await
            } => match never {},
        };
        let Some(failure) = &outcome.failure else { return outcome };
        tell(terminal.lang.error_reason(failure));
        last = Some(outcome);
        if left() < RETRY_PAUSE {
            break;
        }
        sleep(RETRY_PAUSE).await;
    }
    let not_ready = |last| Error::NotReady { target: client.target().to_string(), timeout: wait, last };
    match last {
        Some(mut outcome) => {
            outcome.failure = Some(not_ready(outcome.failure.take().map(Box::new)));
            outcome
        }
        None => Reply::without_connection(not_ready(None)),
    }
}
