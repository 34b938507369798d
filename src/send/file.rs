//! A whole file, or all of standard input, as one message: the command, from opening it to what is shown of it.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::fs::File;
use tokio::io::{AsyncRead, stdin};

use super::exchange::Exchange;
use super::print::Printer;
use super::progress::Progress;
use super::session::Session;
use super::transfer::{BUFFER_SIZE, Plan, Transfer};
use super::unless_tolerated;
use super::wait::until_ready;
use crate::console::Screen;
use crate::failure::{CutBy, Failure, Transferred};
use crate::{cli, config, signals};

/// What came of a file.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) path: &'a Path,
    pub(super) at: SystemTime,
    pub(super) address: SocketAddr,
    pub(super) connected_in: Duration,
    pub(super) took: Duration,
    pub(super) so_far: Transferred,
    pub(super) failure: Option<Failure>,
}

/// Sends the file at `path`, or standard input for `-`, and shows what came of it.
///
/// # Errors
/// When it can't be read, there is no connection, the reply is cut short, or wrong where that matters, or standard
/// output can't be written.
pub(super) async fn send_file(args: &cli::Send, path: &Path, printer: Printer, screen: Screen) -> Result<()> {
    let (source, size) =
        open(path).await.map_err(|source| Failure::File { path: path.to_owned(), source })?;
    let mut session = Session::new(args.target.clone(), args.timeout);
    until_ready(&mut session, &Exchange::new(config::MESSAGE.as_bytes()), args.wait, screen).await?;
    let signals = signals::watch().wrap_err("signals can't be handled")?;
    let dialled = session.dial().await?;
    // Who types sees how far it has come, and nothing must be drawn over that.
    let is_typed = path == Path::new("-") && io::stdin().is_terminal();
    if is_typed {
        screen.say(screen.lang.type_text());
    }
    let progress = if is_typed { Progress::none() } else { Progress::of_bytes(size, screen) };
    let address = dialled.address;
    let transfer = Transfer::new(Plan { path, size, address, patience: args.timeout, printer, progress });
    let failure = tokio::select! {
        ended = transfer.run(source, dialled.stream) => ended.err(),
        () = signals.first => Some(transfer.cut(CutBy::Signal)),
    };
    let (at, took) = transfer.times();
    let outcome =
        Outcome { path, at, address, connected_in: dialled.took, took, so_far: transfer.so_far(), failure };
    drop(transfer);
    let shown = printer.file(&outcome);
    outcome.failure.map_or(Ok(()), |failure| unless_tolerated(failure, args.check, screen))?;
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
