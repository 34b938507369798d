//! Where both halves run: tokio's scheduler for one thread.

use std::future::Future;
use std::io;

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::runtime::{Builder, Runtime};

/// A runtime for the thread that runs it.
///
/// # Errors
/// When the system has no open files left for it.
pub fn new() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Runs a half of the program on this thread, to its end.
///
/// # Errors
/// When the runtime does not start; else those of `main`.
pub fn run<T>(main: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = new().wrap_err("the runtime does not start")?;
    let ended = runtime.block_on(main);
    // A name that is still being looked up, or an output that no one reads, must not hold the end up.
    runtime.shutdown_background();
    ended
}
