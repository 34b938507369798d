//! The defaults and the choices that both halves share.
//!
//! Durations stand here as a person writes them, so that the help shows them in the same form. This module
//! imports nothing of ours.

use clap::ValueEnum;

pub use crate::i18n::Language;

/// The address to listen on and to connect to: this machine alone, as in the tutorial.
pub const HOST: &str = "127.0.0.1";

/// The port to listen on and to connect to, as in the tutorial.
pub const PORT: u16 = 8080;

/// How long `serve` waits for more of a message that no newline has ended.
pub const PAUSE: &str = "1s";

/// How long a client of `serve` may stay silent, or leave its replies unread.
pub const IDLE_TIMEOUT: &str = "30s";

/// How long `serve` finishes its replies for, once it has been told to stop.
pub const GRACE: &str = "5s";

/// How long `send` waits for a connection, and each time for a part of the reply.
pub const TIMEOUT: &str = "5s";

/// How often `send --count` sends, from one beginning to the next.
pub const INTERVAL: &str = "1s";

/// What `send` sends where it is to send something, and was told nothing: the tutorial's message.
pub const MESSAGE: &str = "mensagem de teste";

/// When to colour what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise
    Auto,
    /// Always, also into a file or a pipe
    Always,
    /// Never
    Never,
}
