//! The options that shape what is sent.

use std::time::Duration;

use clap::Args;

use super::SHAPING;
use super::values::{number, positive_duration};
use crate::net::shape::Pieces;

/// The options that shape what is sent.
#[derive(Args, Debug)]
pub struct ShapeArgs {
    /// The bytes of a piece.
    #[arg(long, help_heading = SHAPING, value_name = "BYTES", value_parser = number(1..=u32::MAX),
        hide_short_help = true)]
    split: Option<u32>,

    /// Pause between two pieces.
    #[arg(long, help_heading = SHAPING, value_name = "TIME", value_parser = positive_duration, requires = "split",
        hide_short_help = true)]
    gap: Option<Duration>,

    /// Send no newline after the message.
    #[arg(long, help_heading = SHAPING, hide_short_help = true)]
    pub no_newline: bool,

    /// Half-close the connection after the message.
    #[arg(long, help_heading = SHAPING, hide_short_help = true)]
    pub half_close: bool,

    /// Close by a reset.
    #[arg(long, help_heading = SHAPING, hide_short_help = true)]
    pub reset: bool,
}

impl ShapeArgs {
    /// Returns the pieces in which messages are sent, unless each is sent as a whole.
    pub(crate) fn pieces(&self) -> Option<Pieces> {
        let size = usize::try_from(self.split?).unwrap_or(usize::MAX);
        Some(Pieces { size, gap: self.gap.unwrap_or_default() })
    }
}
