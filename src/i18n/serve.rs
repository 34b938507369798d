//! The lines of `serve`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use humantime::format_duration;

use super::count;
use crate::config::Language;

impl Language {
    /// What comes before a peer's address, above its message.
    #[must_use]
    pub const fn received_from(self) -> &'static str {
        match self {
            Self::Pt => "Recebido de",
            Self::En => "Received from",
        }
    }

    /// The remark behind a message that is shown in part.
    #[must_use]
    pub fn more_bytes(self, more: u64) -> String {
        match self {
            Self::Pt => format!("… (mais {})", count(more, "byte", "bytes")),
            Self::En => format!("… ({} more)", count(more, "byte", "bytes")),
        }
    }

    /// The server is ready on this address.
    #[must_use]
    pub fn listening(self, address: SocketAddr) -> String {
        match self {
            Self::Pt => format!("Escutando em {address}"),
            Self::En => format!("Listening on {address}"),
        }
    }

    /// One of a name's addresses is none of this machine's; the others serve.
    #[must_use]
    pub fn address_left_out(self, address: SocketAddr, cause: &io::Error) -> String {
        let cause = self.io_error(cause);
        match self {
            Self::Pt => format!("não foi possível escutar em {address}: {cause}"),
            Self::En => format!("not listening on {address}: {cause}"),
        }
    }

    /// The listener rests, for want of something that the machine has run out of.
    #[must_use]
    pub fn accept_paused(self, cause: &io::Error) -> String {
        let cause = self.io_error(cause);
        match self {
            Self::Pt => format!("novas conexões esperam: {cause}"),
            Self::En => format!("new connections are waiting: {cause}"),
        }
    }

    /// Standard output can't be written any more.
    #[must_use]
    pub fn log_lost(self, cause: &io::Error) -> String {
        let cause = self.io_error(cause);
        match self {
            Self::Pt => format!("as mensagens já não são mostradas: {cause}"),
            Self::En => format!("messages are no longer shown: {cause}"),
        }
    }

    /// The server has been told to stop while clients are connected.
    #[must_use]
    pub fn stopping(self, connections: u64, grace: Duration) -> String {
        let grace = format_duration(grace);
        match self {
            Self::Pt => format!("Encerrando: {} em até {grace}", count(connections, "conexão", "conexões")),
            Self::En => {
                format!("Stopping: {} within {grace}", count(connections, "connection", "connections"))
            }
        }
    }

    /// What the server did while it was up.
    #[must_use]
    pub fn summary(self, connections: u64, messages: u64, bytes: u64, uptime: Duration) -> String {
        let uptime = format_duration(Duration::from_secs(uptime.as_secs()));
        match self {
            Self::Pt => format!(
                "Encerrado: {}, {}, {} em {uptime}",
                count(connections, "conexão", "conexões"),
                count(messages, "mensagem", "mensagens"),
                count(bytes, "byte", "bytes"),
            ),
            Self::En => format!(
                "Stopped: {}, {}, {} in {uptime}",
                count(connections, "connection", "connections"),
                count(messages, "message", "messages"),
                count(bytes, "byte", "bytes"),
            ),
        }
    }
}
