//! The lines of `send`.

use crate::config::Lang;

impl Lang {
    /// What comes before the text that was sent; as wide as [`Lang::received`], so that the texts line up.
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

    /// What to do at a terminal that waits for messages.
    #[must_use]
    pub const fn type_messages(self) -> &'static str {
        match self {
            Self::Pt => "Uma mensagem por linha; Ctrl-D encerra.",
            Self::En => "One message a line; Ctrl-D ends.",
        }
    }
}
