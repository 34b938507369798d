//! The command line of `send`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::{CONNECTION, INPUT_AND_OUTPUT, REPEATING, Target, TraceArgs, duration, positive_duration};
use crate::config;

/// The arguments of `send`.
#[derive(Args, Debug)]
pub struct SendArgs {
    /// The server.
    #[command(flatten)]
    pub target: Target,

    /// Timeout for connecting and for each read
    ///
    /// Limits the lookup of a name, the connection attempt, and each wait for the server to send or accept more bytes.
    #[arg(long, help_heading = CONNECTION, value_name = "TIME", default_value = config::TIMEOUT,
        value_parser = positive_duration)]
    pub timeout: Duration,

    /// Retry until the reply is right, at most this long
    ///
    /// Waits for a server that is starting: sends the first message again until the server gives the right reply. An
    /// open port alone is not enough. With --count or --file, a separate message comes first.
    #[arg(long, help_heading = CONNECTION, value_name = "TIME", value_parser = positive_duration)]
    pub wait: Option<Duration>,

    /// Send the message N times (0: until Ctrl-C)
    ///
    /// Prints one line for each reply and, at the end or on Ctrl-C, a summary: messages answered, wrong and lost,
    /// replies per second, times, and a histogram of the times. Fails if any reply was wrong or lost. Without MESSAGE,
    /// the message is 'mensagem de teste'; standard input is not read.
    #[arg(long, help_heading = REPEATING, value_name = "N")]
    pub count: Option<u64>,

    /// Time between the starts of two messages
    ///
    /// With 0s, a message follows as soon as the reply before it is complete, or a tenth of a second after a loss.
    #[arg(long, help_heading = REPEATING, value_name = "TIME", default_value = config::INTERVAL,
        value_parser = duration, requires = "count", conflicts_with = "file")]
    pub interval: Duration,

    /// Concurrent connections, N messages each
    ///
    /// With more than one, and an interval of 0s, send prints the summary without a line for each reply.
    #[arg(long, help_heading = REPEATING, value_name = "C", default_value_t = 1, hide_short_help = true,
        value_parser = clap::value_parser!(u16).range(1..), requires = "count", conflicts_with = "file")]
    pub connections: u16,

    /// Message; several words are joined by spaces
    #[arg(hide_short_help = true)]
    pub message: Vec<OsString>,

    /// Send a file as one message (-: standard input)
    ///
    /// A file of any size takes constant memory. The reply is checked while it arrives. After the last byte, send
    /// half-closes the connection, since nothing else marks the end of a file. If standard input has pauses, the
    /// server needs --keep-alive: without it, a pause ends the message.
    #[arg(long, help_heading = INPUT_AND_OUTPUT, value_name = "PATH", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["message", "count"])]
    pub file: Option<PathBuf>,

    /// Fail if a reply is wrong
    ///
    /// A reply is wrong if it is not the message in upper case. This option makes a wrong reply an error. Otherwise a
    /// wrong reply is a warning, except with --count.
    #[arg(long, help_heading = INPUT_AND_OUTPUT)]
    pub check: bool,

    /// The trace.
    #[command(flatten)]
    pub trace: TraceArgs,

    /// Output: text, raw or json
    ///
    /// text prints the message and the reply. raw prints only the bytes of the reply. json prints one JSON object for
    /// each message.
    #[arg(long, help_heading = INPUT_AND_OUTPUT, value_enum, default_value_t = ReplyFormat::Text,
        hide_possible_values = true)]
    pub format: ReplyFormat,
}

/// The format in which `send` prints messages and replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplyFormat {
    /// Message and reply, two lines
    Text,
    /// The bytes of the reply only
    Raw,
    /// One JSON object a line
    Json,
}
