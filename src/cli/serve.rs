//! The command line of `serve`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{CONNECTION, INPUT_AND_OUTPUT, LIMITS, TraceArgs, duration, positive_duration, target};
use crate::config;

/// The arguments of `serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Address or name to listen on
    ///
    /// You can repeat this option. The server listens on all addresses of a name. 0.0.0.0 stands for all IPv4
    /// addresses of this machine, and :: for all IPv6 addresses. An IPv6 address may be in brackets.
    #[arg(long, help_heading = CONNECTION, value_name = "HOST", default_value = config::HOST,
        value_parser = target::listening_host)]
    pub host: Vec<String>,

    /// Port to listen on (0: any free port)
    ///
    /// With 0, the system chooses a free port, and the server prints it. All hosts share the port.
    #[arg(long, help_heading = CONNECTION, default_value_t = config::PORT)]
    pub port: u16,

    /// Treat each line as a message; keep the connection open
    ///
    /// Each line gets a reply, and each reply ends in a newline. Clients may send lines before they have the replies
    /// to earlier ones: the replies come in order. The connection lasts until the client half-closes or is idle for
    /// --idle-timeout.
    #[arg(long, help_heading = CONNECTION)]
    pub keep_alive: bool,

    /// Wait for the rest of a message
    ///
    /// Without --keep-alive, a message other than a single complete line ends when the client half-closes, or when this
    /// time passes without more of the message.
    #[arg(long, help_heading = LIMITS, value_name = "TIME", default_value = config::PAUSE, value_parser = duration)]
    pub pause: Duration,

    /// Timeout for an idle connection
    ///
    /// The server closes a connection if the client sends nothing, or reads nothing of its replies, for this time.
    #[arg(long, help_heading = LIMITS, value_name = "TIME", default_value = config::IDLE_TIMEOUT,
        value_parser = positive_duration)]
    pub idle_timeout: Duration,

    /// Limit on concurrent connections
    ///
    /// More clients wait until a connection ends. The default is what the limit on open files allows. The server
    /// raises that limit as far as the system permits.
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,

    /// Time to finish replies on shutdown
    ///
    /// After SIGINT, SIGTERM or SIGHUP the server accepts no more connections, and closes the open ones when their replies
    /// are complete, or after this time. Then it prints how much it served. A second signal ends the server at once.
    #[arg(long, help_heading = LIMITS, value_name = "TIME", default_value = config::GRACE, value_parser = duration)]
    pub grace: Duration,

    /// Format of messages: text or json
    ///
    /// text prints the address of the sender and the message, with control characters escaped. json prints one JSON
    /// object a line. Of a message over 1,024 bytes, both print the beginning.
    #[arg(long, help_heading = INPUT_AND_OUTPUT, value_enum, default_value_t = LogFormat::Text,
        hide_possible_values = true)]
    pub format: LogFormat,

    /// The trace.
    #[command(flatten)]
    pub trace: TraceArgs,

    /// Do not print messages
    #[arg(short, long, help_heading = INPUT_AND_OUTPUT)]
    pub quiet: bool,
}

/// The format in which `serve` prints messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Address and message, two lines
    Text,
    /// One JSON object a line
    Json,
}
