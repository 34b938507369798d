//! `upcase send`: messages in turn, each exchanged for its reply and shown.
//!
//! - `source`: where messages come from
//! - `session`: the connection that they go over, one or several
//! - `dial`: from a server's name to a connection
//! - `exchange`: one message over one connection, and when its reply is complete
//! - `wait`: sending until a server is ready
//! - `repeat`: sending many times; `tally` and `summary`: what that adds up to
//! - `file`: a whole file as one message; `transfer`: there and back; `check`: whether its reply is right
//! - `progress`: how far it has come, on a terminal
//! - `print`: what is shown of an exchange
//! - `prompt`: all of this for messages that are typed at a terminal

pub mod check;
pub mod dial;
pub mod exchange;
mod file;
pub mod print;
mod progress;
pub mod prompt;
mod repeat;
pub mod session;
pub mod source;
mod summary;
mod tally;
mod transfer;
mod wait;

use std::time::Duration;

use color_eyre::eyre::Result;

use crate::console::Screen;
use crate::failure::Failure;
use crate::{cli, report, runtime};
use exchange::Exchange;
use file::send_file;
use print::Printer;
use repeat::repeat;
use session::{Outcome, Session};
use wait::until_right;

/// Sends as the command line says, and shows what was sent and received.
///
/// # Errors
/// When a message gets no whole reply, or a wrong one where that matters, or standard input or output fail.
pub fn command(args: &cli::Send, screen: Screen) -> Result<()> {
    let printer = Printer::new(args.format, screen);
    runtime::run(async {
        match (&args.file, args.count) {
            (Some(path), _) => send_file(args, path, printer, screen).await,
            (None, Some(count)) => {
                repeat(args, &source::message(&args.message), count, printer, screen).await
            }
            (None, None) if args.message.is_empty() && prompt::is_possible() => {
                Ok(prompt::converse(args, printer, screen).await?)
            }
            (None, None) => send_each(args, printer, screen).await,
        }
    })
}

/// Sends the message of the command line, or each line of standard input.
async fn send_each(args: &cli::Send, printer: Printer, screen: Screen) -> Result<()> {
    let mut session = Session::new(args.target.clone(), args.timeout);
    let mut wait = args.wait;
    // Between two messages nothing else is to be done, so waiting for the next one may block.
    for message in source::messages(&args.message, screen) {
        let sent = send(&message?, &mut session, wait.take(), printer, screen).await;
        sent.or_else(|failure| unless_tolerated(failure, args.check, screen))?;
    }
    // Whoever waits for a server must not take silence for its reply.
    if wait.is_some() { Err(Failure::NoMessage.into()) } else { Ok(()) }
}

/// A failure, unless it is a wrong reply that need not be right: the tutorial's server leaves accents as they are,
/// which is a difference, and told as a warning.
fn unless_tolerated(failure: Failure, check: bool, screen: Screen) -> Result<(), Failure> {
    match failure {
        Failure::WrongReply { .. } | Failure::WrongContent { .. } if !check => {
            report::warn(screen.lang.failure(&failure), screen);
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
    session: &mut Session,
    wait: Option<Duration>,
    printer: Printer,
    screen: Screen,
) -> Result<(), Failure> {
    let exchange = Exchange::new(message);
    let (shown, outcome) = if let Some(wait) = wait {
        let outcome = until_right(session, &exchange, wait, screen).await;
        (outcome.address.map_or(Ok(()), |_| printer.sent(message)), outcome)
    } else {
        match session.connect().await {
            Ok(()) => (printer.sent(message), session.exchange(&exchange).await),
            Err(failure) => (Ok(()), Outcome::without_connection(failure)),
        }
    };
    // A standard output that is gone is no reason not to send, nor to keep a failure quiet.
    let shown = shown.and_then(|()| printer.received(message, &outcome));
    outcome.failure.map_or(shown, Err)
}
