//! `upcase send --file`: sends a whole file, or all of standard input, as one message.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use color_eyre::eyre::Result;
use indicatif::ProgressBar;
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::output::Printer;
use super::progress::byte_progress;
use super::request::Request;
use super::source::Source;
use super::transfer::{BUFFER_SIZE, transfer};
use super::wait::until_ready;
use crate::cli::{ReplyFormat, SendArgs};
use crate::config;
use crate::error::Error;
use crate::net::shape::Pieces;
use crate::report;
use crate::runtime::interruptible;
use crate::stdio::OutputThread;

/// Sends the file at `path`, or standard input for `-`, and prints the result.
///
/// # Errors
/// Fails if the file can't be read, there is no connection, the reply is not complete, or with `--check` wrong, or
/// standard output fails.
pub(super) async fn send_file(
    args: &SendArgs,
    path: &Path,
    mut client: Client,
    printer: Printer,
    shutdown: &CancellationToken,
) -> Result<()> {
    let terminal = printer.terminal;
    // The end of a chunk divides no piece.
    let chunk_size = match args.shape.pieces() {
        Some(Pieces { size, .. }) if size <= BUFFER_SIZE => BUFFER_SIZE - BUFFER_SIZE % size,
        _ => BUFFER_SIZE,
    };
    // A named pipe opens when another process writes to it.
    let source = interruptible(shutdown, Source::open(path, chunk_size)).await?;
    let gap = client.gap();
    let connected = interruptible(shutdown, async {
        until_ready(&mut client, &Request::new(config::MESSAGE), args.wait, terminal).await?;
        client.new_connection().await
    })
    .await?;
    let is_typed = path == Path::new("-") && io::stdin().is_terminal();
    let progress_line = if is_typed {
        report::status("input", terminal.lang.type_text(), terminal);
        // A progress line would overwrite the text that the user types.
        ProgressBar::hidden()
    } else {
        byte_progress(source.size, terminal)
    };
    let prints_body = printer.format == ReplyFormat::Raw;
    let body = prints_body
        .then(|| OutputThread::start(io::stdout(), |_| {}))
        .transpose()
        .map_err(Error::StartThread)?;
    let (progress, reply) =
        transfer(source, connected, args.timeout, gap, body, progress_line, shutdown.cancelled()).await;
    let output = printer.print_file(path, progress, &reply);
    printer.check_reply(reply.error)?;
    Ok(output?)
}
