//! `upcase send`: messages in turn, each exchanged for its reply and shown.
//!
//! - `source`: where messages come from
//! - `session`: the connection that they go over, one or several
//! - `dial`: from a server's name to a connection
//! - `exchange`: one message over one connection, and when its reply is complete
//! - `print`: what is shown of it

pub mod dial;
pub mod exchange;
pub mod print;
pub mod session;
pub mod source;

use color_eyre::eyre::Result;

use crate::console::Screen;
use crate::failure::Failure;
use crate::{cli, report, runtime};
use exchange::Exchange;
use print::Printer;
use session::{Outcome, Session};

/// Sends as the command line says, and shows what was sent and received.
///
/// # Errors
/// When a message gets no whole reply, or with `--check` a wrong one, or standard input or output fail.
pub fn command(args: &cli::Send, screen: Screen) -> Result<()> {
    runtime::run(async {
        let mut session = Session::new(args.target.clone(), args.timeout);
        let printer = Printer::new(args.format, screen);
        // Between two messages nothing else is to be done, so waiting for the next one may block.
        for message in source::messages(&args.message, screen) {
            match send(&message?, &mut session, printer).await {
                // The tutorial's server leaves accents as they are: that is a difference, and no failure.
                Err(wrong @ Failure::WrongReply { .. }) if !args.check => {
                    report::warn(screen.lang.failure(&wrong), screen);
                }
                outcome => outcome?,
            }
        }
        Ok(())
    })
}

/// Sends one message, and shows it and its reply.
///
/// # Errors
/// When there is no whole reply, or a wrong one; else when standard output can't be written.
async fn send(message: &[u8], session: &mut Session, printer: Printer) -> Result<(), Failure> {
    let (shown, outcome) = match session.connect().await {
        Ok(()) => (printer.sent(message), session.exchange(&Exchange::new(message)).await),
        Err(failure) => (Ok(()), Outcome::without_connection(failure)),
    };
    // A standard output that is gone is no reason not to send, nor to keep a failure quiet.
    let shown = shown.and_then(|()| printer.received(message, &outcome));
    outcome.failure.map_or(shown, Err)
}
