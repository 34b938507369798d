//! The words of the command line. Doc comments here are the help that people read; nothing here does I/O.

mod target;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

pub use self::target::Target;
use crate::config;
use crate::i18n::Language;
use crate::terminal::Color;

/// Where the help shows the options that all commands share: behind a command's own.
const SHARED: usize = 100;

/// What the help says of the environment, once instead of with each option: so it fits on one terminal.
const ENVIRONMENT: &str = "Environment: UPCASE_HOST, UPCASE_PORT, UPCASE_LANG. More: upcase man";

/// Send text over TCP and get it back in upper case
#[derive(Debug, Parser)]
#[command(name = "upcase", version, after_help = ENVIRONMENT)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,

    /// Use colour: auto, always or never
    #[arg(long, global = true, display_order = SHARED, value_name = "WHEN", default_value = "auto",
        hide_possible_values = true)]
    pub color: Color,

    /// Speak Portuguese or English: pt or en
    #[arg(long, global = true, display_order = SHARED, env = "UPCASE_LANG", hide_env = true,
        default_value = "pt", hide_possible_values = true)]
    pub lang: Language,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Listen, show each message, and answer it in upper case
    Serve(ServeArgs),
    /// Send a message and show the reply
    Send(SendArgs),
    /// Print a shell's completion script
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page
    Man {
        /// The page
        #[arg(default_value = "upcase")]
        page: Page,
    },
}

/// The manual pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// The whole, and what holds for all commands
    Upcase,
    /// The server
    #[value(alias = "serve")]
    UpcaseServe,
    /// The client
    #[value(alias = "send")]
    UpcaseSend,
}

/// The options of `serve`.
#[derive(Args, Debug)]
#[command(after_help = ENVIRONMENT)]
pub struct ServeArgs {
    /// Address or name to listen on, repeatable
    #[arg(long, value_name = "HOST", env = "UPCASE_HOST", hide_env = true, default_value = config::HOST,
        value_parser = target::listening_host)]
    pub host: Vec<String>,

    /// Port to listen on (0: any free one)
    #[arg(long, env = "UPCASE_PORT", hide_env = true, default_value_t = config::PORT)]
    pub port: u16,

    /// Answer line by line, and keep the connection open
    #[arg(long)]
    pub keep_alive: bool,

    /// Wait this long for the rest of a line
    #[arg(long, value_name = "TIME", default_value = config::PAUSE, value_parser = duration)]
    pub pause: Duration,

    /// Close after this long without a byte
    #[arg(long, value_name = "TIME", default_value = config::IDLE_TIMEOUT, value_parser = positive_duration)]
    pub idle_timeout: Duration,

    /// Connections at once [default: by open-file limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,

    /// Finish replies this long at the end
    #[arg(long, value_name = "TIME", default_value = config::GRACE, value_parser = duration)]
    pub grace: Duration,

    /// Show messages as text or json
    #[arg(long, value_enum, default_value_t = LogFormat::Text, hide_possible_values = true)]
    pub format: LogFormat,

    /// Show no messages
    #[arg(short, long)]
    pub quiet: bool,
}

/// How `serve` shows messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Two lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// The options of `send`.
#[derive(Args, Debug)]
#[command(after_help = ENVIRONMENT)]
pub struct SendArgs {
    /// The message (without it, each line of standard input is one)
    pub message: Vec<OsString>,

    /// Where to
    #[command(flatten)]
    pub target: Target,

    /// To connect, and wait for a reply
    #[arg(long, value_name = "TIME", default_value = config::TIMEOUT, value_parser = positive_duration)]
    pub timeout: Duration,

    /// Try again this long, until the reply is right
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    pub wait: Option<Duration>,

    /// Send it N times, and sum up (0: until Ctrl-C)
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,

    /// How often (0s: after each reply)
    #[arg(long, value_name = "TIME", default_value = config::INTERVAL, value_parser = duration,
        requires = "count", conflicts_with = "file")]
    pub interval: Duration,

    /// How many send it N times, side by side
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..),
        requires = "count", conflicts_with = "file")]
    pub connections: u16,

    /// Send a file as one message (-: standard input)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["message", "count"])]
    pub file: Option<PathBuf>,

    /// Fail where a reply is wrong
    #[arg(long)]
    pub check: bool,

    /// Show it as text, raw or json
    #[arg(long, value_enum, default_value_t = ReplyFormat::Text, hide_possible_values = true)]
    pub format: ReplyFormat,
}

/// How `send` shows an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplyFormat {
    /// Two lines for people
    Text,
    /// The bytes of the reply, and nothing else
    Raw,
    /// One JSON object a line
    Json,
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
