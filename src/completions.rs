//! The completion scripts of shells, as `upcase completions` prints them and as `completions/` holds them.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::error::Result;
use crate::terminal;

/// Prints the script of a shell on standard output.
///
/// # Errors
/// Returns an error if standard output can't be written.
pub fn print(shell: Shell) -> Result<()> {
    // clap_complete panics if it can't write: memory always takes the script.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "upcase", &mut script);
    terminal::print(&script)
}
