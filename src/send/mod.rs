//! `upcase send`: messages in turn, each exchanged for its reply and shown.

pub mod client;
mod file;
pub mod input;
mod load;
pub mod output;
mod progress;
pub mod prompt;
pub mod request;
mod stats;
mod summary;
mod transfer;
pub mod verify;
mod wait;

use std::time::Duration;

use color_eyre::eyre::Result;

use crate::error::Error;
use crate::terminal::Terminal;
use crate::{cli, report, runtime};
use client::{Client, Reply};
use file::send_file;
use load::repeat;
use output::Printer;
use request::Request;
use wait::until_right;

/// Sends as the command line says, and shows what was sent and received.
///
/// # Errors
/// When a message gets no whole reply, or a wrong one where that matters, or standard input or output fail.
pub fn command(args: &cli::SendArgs, terminal: Terminal) -> Result<()> {
    let printer = Printer::new(args.format, terminal);
    runtime::run(async {
        match (&args.file, args.count) {
            (Some(path), _) => send_file(args, path, printer, terminal).await,
            (None, Some(count)) => {
                repeat(args, &input::message(&args.message), count, printer, terminal).await
            }
            (None, None) if args.message.is_empty() && prompt::is_possible() => {
                Ok(prompt::converse(args, printer, terminal).await?)
            }
            (None, None) => send_each(args, printer, terminal).await,
        }
    })
}

/// Sends the message of the command line, or each line of standard input.
async fn send_each(args: &cli::SendArgs, printer: Printer, terminal: Terminal) -> Result<()> {
    let mut client = Client::new(args.target.clone(), args.timeout);
    let mut wait = args.wait;
    // Between two messages nothing else is to be done, so waiting for the next one may block.
    for message in input::messages(&args.message, terminal) {
        let sent = send(&message?, &mut client, wait.take(), printer, terminal).await;
        sent.or_else(|failure| unless_tolerated(failure, args.check, terminal))?;
    }
    // Whoever waits for a server must not take silence for its reply.
    if wait.is_some() { Err(Error::NoMessage.into()) } else { Ok(()) }
}

/// A failure, unless it is a wrong reply that need not be right: the tutorial's server leaves accents as they are,
/// which is a difference, and told as a warning.
fn unless_tolerated(failure: Error, check: bool, terminal: Terminal) -> Result<(), Error> {
    match failure {
        Error::WrongReply { .. } | Error::WrongFileReply { .. } if !check => {
            report::warning(terminal.lang.error_message(&failure), terminal);
            Ok(())
        }
        failure => Err(failure),
    }
}

/// Sends one message, again and again for as long as `wait` if need be, and shows it and its reply.
///
/// # Errors
/// When there is no whole reply, or a wrong one; else when standard output can't be written.
async fn send(
    message: &[u8],
    client: &mut Client,
    wait: Option<Duration>,
    printer: Printer,
    terminal: Terminal,
) -> Result<(), Error> {
    let exchange = Request::new(message);
    let (shown, outcome) = if let Some(wait) = wait {
        let outcome = until_right(client, &exchange, wait, terminal).await;
        (outcome.address.map_or(Ok(()), |_| printer.sent(message)), outcome)
    } else {
        match client.connect().await {
            Ok(()) => (printer.sent(message), client.exchange(&exchange).await),
            Err(failure) => (Ok(()), Reply::without_connection(failure)),
        }
    };
    // A standard output that is gone is no reason not to send, nor to keep a failure quiet.
    let shown = shown.and_then(|()| printer.received(message, &outcome));
    outcome.failure.map_or(shown, Err)
}
