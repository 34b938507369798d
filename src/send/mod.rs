//! The command `upcase send`: sends messages, and prints their replies.

mod client;
mod closed_loop;
mod file;
mod histogram_log;
mod input;
mod load;
mod load_run;
mod network;
mod open_loop;
mod output;
mod progress;
mod prompt;
mod request;
mod schedule;
mod source;
mod stats;
mod summary;
mod timer;
mod times;
mod transfer;
mod verify;
mod wait;

use std::time::Duration;

use color_eyre::eyre::Result;

use crate::cli::{AddressArgs, SendArgs};
use crate::error::Error;
use crate::net::connect::Connector;
use crate::runtime::{self, EXIT_GRACE, Signals};
use crate::stdio;
use crate::terminal::Terminal;
use output::Printer;
use wait::send_until_right;

pub use client::{Client, Reply};
pub use request::Request;

/// Runs the command: sends a file, one message repeatedly, lines typed at a prompt, or each message in turn.
///
/// # Errors
/// Fails if a message gets no complete reply, or with `--check` a wrong one, or when standard input or output fails.
pub fn command(args: &SendArgs, terminal: Terminal) -> Result<()> {
    let printer = Printer { format: args.format, check: args.check, terminal };
    let tracer = args.trace.tracer(terminal, || stdio::stderr().cloned());
    let AddressArgs { ip_version, source } = args.addresses;
    let target = args.target.clone();
    let client = Client::with_connector(Connector {
        target,
        timeout: args.timeout,
        ip_version,
        source,
        pieces: args.shape.pieces(),
        reset: args.shape.reset,
        tracer,
    });
    match &args.file {
        Some(path) => runtime::run(Signals::All, EXIT_GRACE, async |shutdown| {
            file::send_file(args, path, client, printer, &shutdown).await
        }),
        None if args.is_repeated() => runtime::run(Signals::All, EXIT_GRACE, async |shutdown| {
            load::run(args, client, printer, &shutdown).await
        }),
        // A signal ends these two at once: their summary is what they have printed.
        None if args.message.is_empty() && prompt::is_possible() => {
            runtime::run(Signals::ExceptInterrupt, Duration::ZERO, async |_| {
                Ok(prompt::run(args, client, printer).await?)
            })
        }
        None => runtime::run(Signals::All, Duration::ZERO, async |_| send_each(args, client, printer).await),
    }
}

/// Sends the message of the command line, or each line of standard input.
///
/// # Errors
/// Fails with [`Error::NoMessage`] if there is no line: a script that tests a server must not succeed without a message.
async fn send_each(args: &SendArgs, mut client: Client, printer: Printer) -> Result<()> {
    let (mut wait, mut has_sent) = (args.wait, false);
    // Reading blocks the runtime, which has nothing else to do between two messages.
    for message in input::messages(&args.message, printer.terminal) {
        send_and_print(&new_request(message?, args), &mut client, wait.take(), printer).await?;
        has_sent = true;
    }
    if has_sent { Ok(()) } else { Err(Error::NoMessage.into()) }
}

/// Returns the request for a message, as the options shape it.
fn new_request(message: impl AsRef<[u8]>, args: &SendArgs) -> Request {
    Request::new(message).newline(!args.shape.no_newline).half_close(args.shape.half_close)
}

/// Sends one message, with `wait` until its reply is right, and prints the message and its reply.
///
/// # Errors
/// Fails if there is no complete reply, or with `--check` a wrong one, or when standard output fails.
async fn send_and_print(
    request: &Request,
    client: &mut Client,
    wait: Option<Duration>,
    printer: Printer,
) -> Result<(), Error> {
    let (output, reply) = if let Some(wait) = wait {
        let reply = send_until_right(client, request, wait, printer.terminal).await;
        (if reply.ends.is_some() { printer.print_sent(request) } else { Ok(()) }, reply)
    } else {
        match client.connect().await {
            Ok(()) => (printer.print_sent(request), client.send(request).await),
            Err(error) => (Ok(()), Reply::without_connection(error)),
        }
    };
    // Closed output neither stops the message nor hides an error.
    let output = output.and_then(|()| printer.print_reply(request, &reply));
    printer.check_reply(reply.error)?;
    output
}
