//! The command line: arguments and help.
//!
//! The doc comments of the options are the help. The first paragraph is the line that `-h` shows, and `--help` shows
//! all paragraphs. `-h` fits on one screen of 24 lines: options that few users need are left to `--help`.

pub(crate) mod environment;
mod help;
mod send;
mod serve;
mod target;
mod trace;

use std::ffi::OsString;
use std::time::Duration;

use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::send::{ReplyFormat, SendArgs};
pub(crate) use self::serve::{LogFormat, ServeArgs};
pub(crate) use self::target::Target;
pub(crate) use self::trace::TraceArgs;
use crate::i18n::Language;
use crate::terminal::Color;

/// Headings of the help.
const CONNECTION: &str = "Connection";
const LIMITS: &str = "Limits";
const REPEATING: &str = "Repeating";
const INPUT_AND_OUTPUT: &str = "Input and output";
const GLOBAL: &str = "Global";

/// Send text over TCP and get it back in upper case
///
/// 'upcase serve' listens on 127.0.0.1, port 8080, prints each message with the address of its sender, and replies
/// with the message in upper case. 'upcase send' sends a message, and prints what was sent and received. An
/// upper-cased reply proves that an application answered, where an echo can come from anything on the path.
///
/// Messages and replies go to standard output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(name = "upcase", version, args_override_self = true, disable_help_flag = true, disable_version_flag = true,
    after_long_help = help::environment_and(help::UPCASE_EXAMPLES))]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,

    /// Colour: auto, always or never
    ///
    /// With auto, output to a terminal has colour, and output to a file or a pipe has none.
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "WHEN", default_value = "auto",
        hide_possible_values = true, hide_short_help = true)]
    pub color: Color,

    /// Language: pt or en
    ///
    /// The language of all output except the help and the errors about the command line, which are in English.
    #[arg(long, global = true, help_heading = GLOBAL, default_value = "pt", hide_possible_values = true)]
    pub lang: Language,

    // clap's own flag has no heading, and so would come before the options of the command.
    /// Print help (see more with '--help')
    #[arg(short, long, global = true, help_heading = GLOBAL, action = ArgAction::Help,
        long_help = "Print help (see a summary with '-h')")]
    help: (),

    /// Print version
    #[arg(short = 'V', long, help_heading = GLOBAL, action = ArgAction::Version)]
    version: (),
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Listen, print each message, and reply in upper case
    ///
    /// Listens until SIGINT, SIGTERM or SIGHUP, and serves many connections at once. Prints each message below the address of its
    /// sender, and replies with the message in upper case, without the white space at both ends. A connection carries
    /// one message: one line, or all that the client sends before it half-closes or is silent for --pause. With
    /// --keep-alive, each line is a message.
    ///
    /// Write a TIME with its unit: 500ms, 5s, 2m.
    #[command(after_long_help = help::environment_and(help::SERVE_EXAMPLES))]
    Serve(ServeArgs),

    /// Send a message, or each line of input, and print the reply
    ///
    /// Sends MESSAGE, or else each line of standard input, and prints what was sent and received. At a terminal, send
    /// prompts for lines, which can be edited. The arrow keys bring back earlier lines. Standard input without a line is
    /// an error. Only --count does not read standard input: without MESSAGE, it repeats 'mensagem de teste'. The server may be 'upcase serve',
    /// or any server that replies to each line or closes after its reply.
    ///
    /// Write a TIME with its unit: 500ms, 5s, 2m.
    #[command(after_long_help = help::environment_and(help::SEND_EXAMPLES))]
    Send(SendArgs),

    /// Print a shell's completion script
    #[command(after_long_help = help::COMPLETIONS_EXAMPLES)]
    Completions {
        /// Shell
        shell: Shell,
    },

    /// Print a manual page
    ///
    /// Prints the source of a manual page, for 'man -l -' and similar programs.
    #[command(after_long_help = help::MAN_EXAMPLES)]
    Man {
        /// Page
        #[arg(default_value = "upcase")]
        page: Page,
    },
}

impl Command {
    /// Returns whether each line of output is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        match self {
            Self::Serve(args) => args.format == LogFormat::Json,
            Self::Send(args) => args.format == ReplyFormat::Json,
            Self::Completions { .. } | Self::Man { .. } => false,
        }
    }
}

/// The manual pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// All commands
    Upcase,
    /// The server
    #[value(alias = "serve")]
    UpcaseServe,
    /// The client
    #[value(alias = "send")]
    UpcaseSend,
}

/// Parses the command line, with defaults from the environment.
///
/// # Errors
/// Returns the usage error, or the help or the version that the user asks for.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let args: Vec<_> = args.into_iter().collect();
    color(&args).write_global();
    let mut command = environment::with_defaults(Cli::command());
    let matches =
        command.try_get_matches_from_mut(&args).map_err(|error| environment::name_variable(error, &args))?;
    Cli::from_arg_matches(&matches).map_err(|error| {
        match matches.subcommand_name().and_then(|name| command.find_subcommand_mut(name)) {
            Some(subcommand) => error.format(subcommand),
            None => error,
        }
    })
}

/// Returns the last `--color` of a command line that need not be valid, for the help and for usage errors.
fn color(args: &[OsString]) -> anstream::ColorChoice {
    let args = args.iter().map_while(|arg| (arg != "--").then(|| arg.to_string_lossy()));
    let mut choice = Color::Auto;
    let mut is_value = false;
    for arg in args {
        let value = if is_value { Some(&*arg) } else { arg.strip_prefix("--color=") };
        choice = value.and_then(|value| Color::from_str(value, false).ok()).unwrap_or(choice);
        is_value = arg == "--color";
    }
    choice.into()
}

/// Returns the completion script of a shell.
#[must_use]
pub fn completion_script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "upcase", &mut script);
    script
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 500ms, 5s or 2m"))
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it must be longer than zero; write it as 500ms, 5s or 2m".into()),
        duration => Ok(duration),
    }
}
