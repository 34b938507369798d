//! `upcase`: parses the command line, runs the command, and returns the exit code.

use std::process::ExitCode;

use color_eyre::eyre::Result;
use upcase::cli::{self, Command};
use upcase::terminal::{Terminal, print};
use upcase::{man, report, send, serve};

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error),
    };
    let terminal = Terminal::new(cli.color, cli.lang);
    let result = report::install(terminal).and_then(|()| run(cli.command, terminal));
    report::exit_code(result, terminal)
}

fn run(command: Command, terminal: Terminal) -> Result<()> {
    match command {
        Command::Serve(args) => serve::command(&args, terminal),
        Command::Send(args) => send::command(&args, terminal),
        Command::Completions { shell } => Ok(print(&cli::completion_script(shell))?),
        Command::Man { page } => Ok(print(man::source(page).as_bytes())?),
    }
}
