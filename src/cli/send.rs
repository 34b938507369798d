//! The command line of `send`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::values::{duration, number, positive_duration};
use super::{CONNECTION, INPUT_AND_OUTPUT, REPEATING, Target, TraceArgs};
use crate::config;

/// The arguments of `send`.
#[derive(Args, Debug)]
pub struct SendArgs {
    /// Message; several words are joined by spaces.
    #[arg(hide_short_help = true)]
    pub message: Vec<OsString>,

    /// The server.
    #[command(flatten)]
    pub target: Target,

    /// Timeout for connecting and for each read.
    #[arg(long, help_heading = CONNECTION, value_name = "TIME", default_value = config::TIMEOUT,
        value_parser = positive_duration)]
    pub timeout: Duration,

    /// Retry until the reply is right, at most this long.
    #[arg(long, help_heading = CONNECTION, value_name = "TIME", value_parser = positive_duration)]
    pub wait: Option<Duration>,

    /// Send the message N times (0: until Ctrl-C).
    #[arg(long, help_heading = REPEATING, value_name = "N", value_parser = number(0..=u64::MAX))]
    pub count: Option<u64>,

    /// Time between the starts of two messages.
    #[arg(long, help_heading = REPEATING, value_name = "TIME", default_value = config::INTERVAL,
        value_parser = duration, requires = "count", conflicts_with = "file")]
    pub interval: Duration,

    /// Concurrent connections, N messages each.
    #[arg(long, help_heading = REPEATING, value_name = "C", default_value_t = 1, hide_short_help = true,
        value_parser = number(1..=u16::MAX), requires = "count", conflicts_with = "file")]
    pub connections: u16,

    /// Send a file as one message (-: standard input).
    #[arg(long, help_heading = INPUT_AND_OUTPUT, value_name = "PATH", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["message", "count"])]
    pub file: Option<PathBuf>,

    /// Fail if a reply is wrong.
    #[arg(long, help_heading = INPUT_AND_OUTPUT)]
    pub check: bool,

    /// The trace.
    #[command(flatten)]
    pub trace: TraceArgs,

    /// Output: text, raw or json.
    #[arg(long, help_heading = INPUT_AND_OUTPUT, value_enum, default_value_t = ReplyFormat::Text)]
    pub format: ReplyFormat,
}

/// The format in which `send` prints messages and replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplyFormat {
    /// Message and reply, two lines.
    Text,
    /// The bytes of the reply only.
    Raw,
    /// One JSON object a line.
    Json,
}
