//! `upcase`: parse, set how things are shown, dispatch, exit.

use std::process::ExitCode;

use clap::Parser as _;
use color_eyre::eyre::Result;
use upcase::cli::{Cli, Command};
use upcase::console::Screen;
use upcase::{completions, man, report, send, serve};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let screen = Screen::new(cli.color, cli.lang);
    report::exit_code(run(cli.command, screen), screen)
}

fn run(command: Command, screen: Screen) -> Result<()> {
    report::install(screen)?;
    match command {
        Command::Serve(args) => serve::command(&args, screen),
        Command::Send(args) => send::command(&args, screen),
        Command::Completions { shell } => Ok(completions::print(shell)?),
        Command::Man { page } => Ok(man::print(page)?),
    }
}
