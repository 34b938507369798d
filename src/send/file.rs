//! A whole file, or all of standard input, as one message: the command, from opening it to what is shown of it.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use color_eyre::eyre::Result;
use tokio::fs::File;
use tokio::io::{AsyncRead, stdin};

use super::client::Client;
use super::output::Printer;
use super::progress::Progress;
use super::request::Request;
use super::transfer::{BUFFER_SIZE, Plan, Transfer};
use super::unless_tolerated;
use super::wait::until_ready;
use crate::error::{Error, TransferFailure, TransferProgress};
use crate::runtime::ShutdownSignals;
use crate::terminal::Terminal;
use crate::{cli, config};

/// What came of a file.
#[derive(Debug)]
pub(super) struct FileReply<'a> {
    pub(super) path: &'a Path,
    pub(super) at: SystemTime,
    pub(super) address: SocketAddr,
    pub(super) connected_in: Duration,
    pub(super) took: Duration,
    pub(super) progress: TransferProgress,
    pub(super) failure: Option<Error>,
}

/// Sends the file at `path`, or standard input for `-`, and shows what came of it.
///
/// # Errors
/// When it can't be read, there is no connection, the reply is cut short, or wrong where that matters, or standard
/// output can't be written.
pub(super) async fn send_file(
    args: &cli::SendArgs,
    path: &Path,
    printer: Printer,
    terminal: Terminal,
) -> Result<()> {
    let (source, size) =
        open(path).await.map_err(|source| Error::ReadFile { path: path.to_owned(), source })?;
    let mut client = Client::new(args.target.clone(), args.timeout);
    until_ready(&mut client, &Request::new(config::MESSAGE.as_bytes()), args.wait, terminal).await?;
    let mut signals = ShutdownSignals::new()?;
    let connected = client.new_connection().await?;
    // Who types sees how far it has come, and nothing must be drawn over that.
    let is_typed = path == Path::new("-") && io::stdin().is_terminal();
    if is_typed {
        terminal.print_status(terminal.lang.type_text());
    }
    let progress = if is_typed { Progress::none() } else { Progress::of_bytes(size, terminal) };
    let address = connected.address;
    let transfer = Transfer::new(Plan { path, size, address, timeout: args.timeout, printer, progress });
    let failure = tokio::select! {
        ended = transfer.run(source, connected.stream) => ended.err(),
        () = signals.recv() => Some(transfer.cut(TransferFailure::Interrupted)),
    };
    let (at, took) = transfer.times();
    let outcome = FileReply {
        path,
        at,
        address,
        connected_in: connected.took,
        took,
        progress: transfer.progress(),
        failure,
    };
    drop(transfer);
    let shown = printer.file(&outcome);
    outcome.failure.map_or(Ok(()), |failure| unless_tolerated(failure, args.check, terminal))?;
    Ok(shown?)
}

/// The file, and its size where it has one.
async fn open(path: &Path) -> io::Result<(Box<dyn AsyncRead + Unpin>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(stdin()), None));
    }
    let mut file = File::open(path).await?;
    let metadata = file.metadata().await?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    file.set_max_buf_size(BUFFER_SIZE);
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}
