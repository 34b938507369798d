//! The option that traces connections.

use clap::{ArgAction, Args};

use super::INPUT_AND_OUTPUT;
use crate::net::trace::Tracer;
use crate::stdio::OutputThread;
use crate::terminal::Terminal;

/// The option that traces connections.
#[derive(Args, Debug)]
pub struct TraceArgs {
    /// Trace connections; -vv: also bytes
    ///
    /// Prints one line on standard error for each event of a connection: connected or accepted, each read and each
    /// write with its size, FIN, reset, timeout, and the totals at the close. A line begins with the number of the
    /// connection and the time since the connection began. -vv also prints the beginning of the bytes. With --format
    /// json, each event is a JSON object.
    #[arg(short, long, action = ArgAction::Count, help_heading = INPUT_AND_OUTPUT)]
    verbose: u8,
}

impl TraceArgs {
    /// Returns the tracer that the option asks for, if any. `output` carries the events to standard error.
    pub(crate) fn tracer(
        &self,
        terminal: Terminal,
        output: impl FnOnce() -> Option<OutputThread>,
    ) -> Option<Tracer> {
        let shows_bytes = match self.verbose {
            0 => return None,
            1 => false,
            _ => true,
        };
        Some(Tracer { shows_bytes, terminal, output: output()? })
    }
}
