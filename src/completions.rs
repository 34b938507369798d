//! The shells' completion scripts, as `upcase completions SHELL` prints them and as `completions/` holds them.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::error::Result;
use crate::terminal;

/// Prints a shell's script on standard output.
///
/// # Errors
/// When standard output can't be written.
pub fn print(shell: Shell) -> Result<()> {
    terminal::print(&script(shell))
}

/// A shell's script.
#[must_use]
pub fn script(shell: Shell) -> Vec<u8> {
    // By way of memory: clap_complete panics where it can't write.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "upcase", &mut script);
    script
}
