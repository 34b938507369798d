//! The lines of `send`.

use std::fmt::Display;
use std::time::Duration;

use humantime::format_duration;

use crate::config::Language;

impl Language {
    /// What comes before the text that was sent; as wide as [`Language::received`], so that the texts line up.
    #[must_use]
    pub const fn sent(self) -> &'static str {
        match self {
            Self::Pt => "Enviado: ",
            Self::En => "Sent:    ",
        }
    }

    /// What comes before the reply.
    #[must_use]
    pub const fn received(self) -> &'static str {
        match self {
            Self::Pt => "Recebido:",
            Self::En => "Received:",
        }
    }

    /// What comes before a text that is being typed; as wide as [`Language::received`].
    #[must_use]
    pub const fn send(self) -> &'static str {
        match self {
            Self::Pt => "Enviar:  ",
            Self::En => "Send:    ",
        }
    }

    /// Ctrl-C while a reply was awaited.
    #[must_use]
    pub const fn given_up(self) -> &'static str {
        match self {
            Self::Pt => "Interrompido: a mensagem ficou sem resposta.",
            Self::En => "Interrupted: the message has no reply.",
        }
    }

    /// What to do at a terminal that waits for messages.
    #[must_use]
    pub const fn type_messages(self) -> &'static str {
        match self {
            Self::Pt => "Uma mensagem por linha; Ctrl-D encerra.",
            Self::En => "One message a line; Ctrl-D ends.",
        }
    }

    /// What to do at a terminal that is read as a file.
    #[must_use]
    pub const fn type_text(self) -> &'static str {
        match self {
            Self::Pt => "Digite o texto; Ctrl-D encerra.",
            Self::En => "Type the text; Ctrl-D ends it.",
        }
    }

    /// A server lets itself be waited for.
    #[must_use]
    pub const fn no_reply_yet(self) -> &'static str {
        match self {
            Self::Pt => "ainda sem resposta",
            Self::En => "no reply yet",
        }
    }

    /// The server is not ready, and tried again.
    #[must_use]
    pub fn waiting(self, target: impl Display, wait: Duration, reason: &str) -> String {
        let wait = format_duration(wait);
        match self {
            Self::Pt => format!("Esperando a resposta certa de {target} por até {wait}: {reason}"),
            Self::En => format!("Waiting for the right reply of {target} for up to {wait}: {reason}"),
        }
    }
}
