//! `upcase send`: messages in turn, each exchanged for its reply and shown.
//!
//! - `source`: where messages come from
//! - `session`: the connection that they go over, one or several
//! - `exchange`: one message over one connection, and when its reply is complete
//! - `print`: what is shown of it

pub mod exchange;
pub mod print;
pub mod session;
pub mod source;

use color_eyre::eyre::{Result, WrapErr as _};

use crate::cli;
use crate::console::Screen;
use print::Printer;
use session::Session;

/// Sends as the command line says, and shows what was sent and received.
///
/// # Errors
/// When a message gets no whole reply, or standard input or output fail.
pub fn command(args: &cli::Send, screen: Screen) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("the runtime does not start")?;
    let mut session = Session::new(&args.host, args.port, args.timeout);
    let printer = Printer::new(args.format, screen);
    // Between two messages nothing else is to be done, so waiting for the next one may block.
    let sent = source::messages(&args.message, screen).try_for_each(|message| {
        let message = message?;
        runtime.block_on(session.connect())?;
        let shown = printer.sent(&message);
        let outcome = runtime.block_on(session.exchange(&message))?;
        // A standard output that is gone is no reason not to send, nor to keep a failure quiet.
        let shown = shown.and_then(|()| printer.received(&message, &outcome));
        outcome.failure.map_or(shown, Err)
    });
    // A name that is still being looked up must not hold the end up.
    runtime.shutdown_background();
    Ok(sent?)
}
