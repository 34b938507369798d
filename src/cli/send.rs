//! The command line of `send`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum, ValueHint};

use super::values::{duration, number, positive_duration, rate};
use super::{AddressArgs, CONNECTION, INPUT_AND_OUTPUT, REPEATING, ShapeArgs, Target, TraceArgs};
use crate::config;

/// The options that repeat a message.
const REPETITION: &str = "repetition";

/// The arguments of `send`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new(REPETITION).multiple(true))]
pub struct SendArgs {
    /// Message; several words are joined by spaces.
    #[arg(hide_short_help = true)]
    pub message: Vec<OsString>,

    /// The server.
    #[command(flatten)]
    pub target: Target,

    /// The choice of addresses.
    #[command(flatten)]
    pub addresses: AddressArgs,

    /// Timeout for connecting and for each read.
    #[arg(long, help_heading = CONNECTION, value_name = "TIME", default_value = config::TIMEOUT,
        value_parser = positive_duration)]
    pub timeout: Duration,

    /// Retry until the reply is right, at most this long.
    #[arg(long, help_heading = CONNECTION, value_name = "TIME", value_parser = positive_duration)]
    pub wait: Option<Duration>,

    /// Send the message N times (0: until Ctrl-C).
    #[arg(long, help_heading = REPEATING, value_name = "N", group = REPETITION,
        value_parser = number(0..=u64::MAX))]
    pub count: Option<u64>,

    /// Time between the starts of two messages.
    #[arg(long, help_heading = REPEATING, value_name = "TIME", default_value = config::INTERVAL,
        value_parser = duration, requires = REPETITION, conflicts_with_all = ["file", "rate"])]
    pub interval: Duration,

    /// Concurrent connections, N messages each.
    #[arg(long, help_heading = REPEATING, value_name = "C", value_parser = number(1..=u16::MAX), requires = REPETITION,
        conflicts_with = "file", hide_short_help = true)]
    pub connections: Option<u16>,

    /// Send R messages a second in all, evenly spaced.
    #[arg(long, help_heading = REPEATING, value_name = "R", value_parser = rate, group = REPETITION,
        hide_short_help = true)]
    pub rate: Option<f64>,

    /// Send messages for this long.
    #[arg(long, help_heading = REPEATING, value_name = "TIME", value_parser = positive_duration, group = REPETITION,
        hide_short_help = true)]
    pub duration: Option<Duration>,

    /// Write the times to a file, for HdrHistogram's tools.
    #[arg(long, help_heading = REPEATING, value_name = "FILE", value_hint = ValueHint::FilePath,
        requires = REPETITION, hide_short_help = true)]
    pub histogram: Option<PathBuf>,

    /// The shape of what is sent.
    #[command(flatten)]
    pub shape: ShapeArgs,

    /// Send a file as one message (-: standard input).
    #[arg(long, help_heading = INPUT_AND_OUTPUT, value_name = "PATH", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["message", REPETITION])]
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

impl SendArgs {
    /// Returns whether the message is sent repeatedly.
    pub(crate) fn is_repeated(&self) -> bool {
        self.count.is_some() || self.rate.is_some() || self.duration.is_some()
    }
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
