//! The configuration of a server.

use std::time::Duration;

use humantime::parse_duration;

use crate::config;

/// The configuration of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// Treat each line as a message, and keep the connection open after its reply. By default a connection carries one
    /// message.
    pub keep_alive: bool,
    /// Silence that ends a message without a newline at its end; 1 s by default.
    pub pause: Duration,
    /// Time without a byte in or out after which the connection is closed; 30 s by default.
    pub idle_timeout: Duration,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self { keep_alive: false, pause: default(config::PAUSE), idle_timeout: default(config::IDLE_TIMEOUT) }
    }
}

/// The configuration of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// The configuration of each connection.
    pub connection: ConnectionConfig,
    /// Concurrent connections; further clients wait in the backlog. 1,000 by default.
    pub max_connections: u32,
    /// Time to finish open replies on shutdown; 5 s by default.
    pub grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { connection: ConnectionConfig::default(), max_connections: 1000, grace: default(config::GRACE) }
    }
}

fn default(duration: &str) -> Duration {
    parse_duration(duration).expect("the default is a duration")
}
