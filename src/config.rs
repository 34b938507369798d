//! The defaults that all commands share.
//!
//! Durations are written as users write them, so that the help shows them in that form.

/// The address to listen on and to connect to: this machine only, as in the tutorial.
pub(crate) const HOST: &str = "127.0.0.1";

/// The port to listen on and to connect to, as in the tutorial.
pub(crate) const PORT: u16 = 8080;

/// The time that `serve` waits for the rest of a message that no newline has ended.
pub(crate) const PAUSE: &str = "1s";

/// The time after which `serve` closes an idle connection.
pub(crate) const IDLE_TIMEOUT: &str = "30s";

/// The time that `serve` takes at most to finish replies on shutdown.
pub(crate) const GRACE: &str = "5s";

/// The timeout of `send` for connecting and for each read.
pub(crate) const TIMEOUT: &str = "5s";

/// The time of `send --count` between the starts of two messages.
pub(crate) const INTERVAL: &str = "1s";

/// The most concurrent connections of `send --rate`: enough for 1,000 messages a second that take 100 ms each, and within the
/// usual limit of 1,024 open files.
pub(crate) const RATE_CONNECTIONS: u16 = 100;

/// The message of `send` if a message is needed and none is given: the tutorial's.
pub(crate) const MESSAGE: &str = "mensagem de teste";

/// The least and the greatest rate of `--rate`, in messages a second.
pub(crate) const RATE_MIN: f64 = 0.001;
pub(crate) const RATE_MAX: f64 = 1_000_000.0;
