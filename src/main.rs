//! `upcase`: parses the command line, runs the command, and returns the exit code.

use std::process::ExitCode;

use color_eyre::eyre::Result;
use upcase::internals::{
    Cli, Command, Terminal, completion_script, exit_code, install_handlers, man_page, parse, print, send,
    serve,
};

fn main() -> ExitCode {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return error.print(),
    };
    let terminal = Terminal::new(cli.color, cli.message_language(), cli.command.is_json());
    let result = install_handlers(terminal).and_then(|()| run(cli, terminal));
    exit_code(result, terminal)
}

fn run(cli: Cli, terminal: Terminal) -> Result<()> {
    let help_language = cli.help_language();
    match cli.command {
        Command::Serve(args) => serve(&args, terminal),
        Command::Send(args) => send(&args, terminal),
        Command::Completions { shell } => Ok(print(completion_script(shell, help_language).as_bytes())?),
        Command::Man { page } => Ok(print(man_page(page, help_language).as_bytes())?),
    }
}
