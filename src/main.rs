//! `upcase`: parses the command line, runs the command, and returns the exit code.

use std::process::ExitCode;

use color_eyre::eyre::Result;
use upcase::internals::{
    Command, Terminal, completion_script, exit_code, install_handlers, man_page, parse, print, send, serve,
    usage_error,
};

fn main() -> ExitCode {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error),
    };
    let terminal = Terminal::new(cli.color, cli.lang, cli.command.is_json());
    let result = install_handlers(terminal).and_then(|()| run(cli.command, terminal));
    exit_code(result, terminal)
}

fn run(command: Command, terminal: Terminal) -> Result<()> {
    match command {
        Command::Serve(args) => serve(&args, terminal),
        Command::Send(args) => send(&args, terminal),
        Command::Completions { shell } => Ok(print(&completion_script(shell))?),
        Command::Man { page } => Ok(print(man_page(page).as_bytes())?),
    }
}
