//! The command line of `serve`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values::{duration, number, positive_duration};
use super::{CONNECTION, FaultArgs, INPUT_AND_OUTPUT, LIMITS, TraceArgs, target};
use crate::config;

/// The arguments of `serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Address or name to listen on.
    #[arg(long, help_heading = CONNECTION, value_name = "HOST", default_value = config::HOST,
        value_parser = target::listening_host)]
    pub host: Vec<String>,

    /// Port to listen on (0: any free port).
    #[arg(long, help_heading = CONNECTION, default_value_t = config::PORT, value_parser = number(0..=u16::MAX))]
    pub port: u16,

    /// Treat each line as a message; keep the connection open.
    #[arg(long, help_heading = CONNECTION)]
    pub keep_alive: bool,

    /// Wait for the rest of a message.
    #[arg(long, help_heading = LIMITS, value_name = "TIME", default_value = config::PAUSE, value_parser = duration)]
    pub pause: Duration,

    /// Timeout for an idle connection.
    #[arg(long, help_heading = LIMITS, value_name = "TIME", default_value = config::IDLE_TIMEOUT,
        value_parser = positive_duration)]
    pub idle_timeout: Duration,

    /// Limit on concurrent connections.
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = number(1..=u32::MAX))]
    pub max_connections: Option<u32>,

    /// Time to finish replies on shutdown.
    #[arg(long, help_heading = LIMITS, value_name = "TIME", default_value = config::GRACE, value_parser = duration)]
    pub grace: Duration,

    /// The faults.
    #[command(flatten)]
    pub faults: FaultArgs,

    /// Format of messages: text or json.
    #[arg(long, help_heading = INPUT_AND_OUTPUT, value_enum, default_value_t = LogFormat::Text)]
    pub format: LogFormat,

    /// The trace.
    #[command(flatten)]
    pub trace: TraceArgs,

    /// Do not print messages.
    #[arg(short, long, help_heading = INPUT_AND_OUTPUT)]
    pub quiet: bool,
}

/// The format in which `serve` prints messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Address and message, two lines.
    Text,
    /// One JSON object a line.
    Json,
}
