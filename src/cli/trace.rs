//! The option that traces connections.

use clap::{ArgAction, Args};

use super::INPUT_AND_OUTPUT;
use crate::net::trace::Tracer;
use crate::stdio::OutputThread;
use crate::terminal::Terminal;

/// The option that traces connections.
#[derive(Args, Debug)]
pub struct TraceArgs {
    /// Trace connections; -vv: also bytes.
    #[arg(short, long, action = ArgAction::Count, help_heading = INPUT_AND_OUTPUT)]
    verbose: u8,
}

impl TraceArgs {
    /// Returns whether events are printed.
    pub(crate) const fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

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
