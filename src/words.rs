//! All that the program says at run time, in Portuguese and in English.
//!
//! Help texts, and the errors of the command line that go with them, are clap's and in English.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use humantime::format_duration;

use crate::config::{self, Lang};
use crate::failure::Failure;

/// The lines of `serve`.
impl Lang {
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
        let cause = self.cause(cause);
        match self {
            Self::Pt => format!("Aviso: sem escutar em {address}: {cause}"),
            Self::En => format!("Warning: not listening on {address}: {cause}"),
        }
    }

    /// The listener rests, for want of something that the machine has run out of.
    #[must_use]
    pub fn accept_paused(self, cause: &io::Error) -> String {
        let cause = self.cause(cause);
        match self {
            Self::Pt => format!("Aviso: novas conexões esperam: {cause}"),
            Self::En => format!("Warning: new connections are waiting: {cause}"),
        }
    }

    /// Standard output can't be written any more.
    #[must_use]
    pub fn log_lost(self, cause: &io::Error) -> String {
        let cause = self.cause(cause);
        match self {
            Self::Pt => format!("Aviso: as mensagens já não são mostradas: {cause}"),
            Self::En => format!("Warning: messages are no longer shown: {cause}"),
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

/// The lines of `send`.
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

/// Failures, their causes and their ways out.
impl Lang {
    /// What comes before an error.
    #[must_use]
    pub const fn error_label(self) -> &'static str {
        match self {
            Self::Pt => "Erro:",
            Self::En => "Error:",
        }
    }

    /// What comes before an error's cause.
    #[must_use]
    pub const fn cause_label(self) -> &'static str {
        match self {
            Self::Pt => "Causa:",
            Self::En => "Cause:",
        }
    }

    /// What comes before an error's way out.
    #[must_use]
    pub const fn way_out_label(self) -> &'static str {
        match self {
            Self::Pt => "Dica:",
            Self::En => "Hint:",
        }
    }

    /// What failed.
    #[must_use]
    pub fn failure(self, failure: &Failure) -> String {
        match self {
            Self::Pt => failure_in_portuguese(failure),
            Self::En => failure_in_english(failure),
        }
    }

    /// What a person can do about it, where there is something.
    #[must_use]
    pub fn way_out(self, failure: &Failure) -> Option<String> {
        let text = match (failure, failure.cause().map(io::Error::kind)) {
            (Failure::Resolve { .. }, _) => match self {
                Self::Pt => "confira o nome, ou use um endereço IP".into(),
                Self::En => "check the name, or use an IP address".into(),
            },
            (Failure::Listen { .. }, Some(ErrorKind::AddrInUse)) => match self {
                Self::Pt => "use outra porta com --port, ou --port 0 para qualquer porta livre".into(),
                Self::En => "use another port with --port, or --port 0 for any free one".into(),
            },
            (Failure::Listen { .. }, Some(ErrorKind::AddrNotAvailable)) => match self {
                Self::Pt => "use um endereço desta máquina, ou --host 0.0.0.0 para todos".into(),
                Self::En => "use an address of this machine, or --host 0.0.0.0 for all".into(),
            },
            (Failure::Listen { .. }, Some(ErrorKind::PermissionDenied)) => match self {
                Self::Pt => "use uma porta a partir de 1024 com --port".into(),
                Self::En => "use a port from 1024 up with --port".into(),
            },
            (Failure::Connect { address, .. }, Some(ErrorKind::ConnectionRefused)) => {
                let command = serve_command(*address);
                match self {
                    Self::Pt => format!("inicie antes o servidor, em outro terminal: {command}"),
                    Self::En => format!("start the server first, in another terminal: {command}"),
                }
            }
            (Failure::Connect { .. }, _) => match self {
                Self::Pt => "confira --host e --port".into(),
                Self::En => "check --host and --port".into(),
            },
            (Failure::ConnectTimeout { .. }, _) => match self {
                Self::Pt => "confira --host, --port e o caminho até lá, ou espere mais com --timeout".into(),
                Self::En => "check --host, --port and the path there, or wait longer with --timeout".into(),
            },
            (Failure::ReplyTimeout { .. }, _) => match self {
                Self::Pt => "espere mais com --timeout".into(),
                Self::En => "wait longer with --timeout".into(),
            },
            (Failure::NoReply { .. } | Failure::Broken { .. }, _) => match self {
                Self::Pt => "confira se é um servidor upcase que escuta ali".into(),
                Self::En => "check that an upcase server listens there".into(),
            },
            _ => return None,
        };
        Some(text)
    }

    /// A cause in words of ours where it is a common one, else in the system's.
    #[must_use]
    pub fn cause(self, error: &io::Error) -> String {
        let (pt, en) = match error.kind() {
            ErrorKind::AddrInUse => ("endereço já em uso", "address already in use"),
            ErrorKind::AddrNotAvailable => {
                ("o endereço não é desta máquina", "the address is none of this machine's")
            }
            ErrorKind::BrokenPipe => ("o outro lado fechou", "the other side has closed"),
            ErrorKind::ConnectionAborted => ("conexão abortada", "connection aborted"),
            ErrorKind::ConnectionRefused => ("conexão recusada", "connection refused"),
            ErrorKind::ConnectionReset => {
                ("o outro lado cortou a conexão (reset)", "the other side reset the connection")
            }
            ErrorKind::HostUnreachable => ("máquina inalcançável", "host unreachable"),
            ErrorKind::InvalidInput => ("valor inválido", "invalid value"),
            ErrorKind::IsADirectory => ("é um diretório", "it is a directory"),
            ErrorKind::NetworkUnreachable => ("rede inalcançável", "network unreachable"),
            ErrorKind::OutOfMemory => ("memória esgotada", "out of memory"),
            ErrorKind::PermissionDenied => ("permissão negada", "permission denied"),
            ErrorKind::StorageFull => ("disco cheio", "disk full"),
            ErrorKind::TimedOut => ("tempo esgotado", "timed out"),
            _ => match (error.raw_os_error(), system_words(error)) {
                // EMFILE and ENFILE, which have no kind of their own.
                #[cfg(unix)]
                (Some(24 | 23), _) => ("arquivos abertos demais", "too many open files"),
                // getaddrinfo's EAI_NONAME, on Linux and on the BSDs, and its EAI_AGAIN: nothing but words is left.
                (_, words) if words.ends_with("not known") => ("nome desconhecido", "unknown name"),
                (_, words) if words == "Temporary failure in name resolution" => {
                    ("o serviço de nomes não responde", "the name service does not answer")
                }
                (_, words) => return words,
            },
        };
        match self {
            Self::Pt => pt.into(),
            Self::En => en.into(),
        }
    }
}

fn failure_in_portuguese(failure: &Failure) -> String {
    match failure {
        Failure::Resolve { host, .. } => format!("o nome {host} não foi encontrado"),
        Failure::Listen { address, .. } => format!("não é possível escutar em {address}"),
        Failure::Connect { address, .. } => format!("não foi possível conectar a {address}"),
        Failure::ConnectTimeout { target, after } => {
            format!("nenhuma conexão com {target} em {}", format_duration(*after))
        }
        Failure::ReplyTimeout { address, after, received: 0 } => {
            format!("nenhuma resposta de {address} em {}", format_duration(*after))
        }
        Failure::ReplyTimeout { address, after, received } => format!(
            "a resposta de {address} parou depois de {}: nada mais em {}",
            count(*received as u64, "byte", "bytes"),
            format_duration(*after)
        ),
        Failure::NoReply { address } => format!("{address} fechou a conexão sem responder"),
        Failure::Broken { address, received, .. } => format!(
            "a conexão com {address} caiu depois de {} de resposta",
            count(*received as u64, "byte", "bytes")
        ),
        Failure::Input { .. } => "não é possível ler a entrada padrão".into(),
        Failure::Output { .. } => "não é possível escrever na saída padrão".into(),
    }
}

fn failure_in_english(failure: &Failure) -> String {
    match failure {
        Failure::Resolve { host, .. } => format!("the name {host} was not found"),
        Failure::Listen { address, .. } => format!("can't listen on {address}"),
        Failure::Connect { address, .. } => format!("can't connect to {address}"),
        Failure::ConnectTimeout { target, after } => {
            format!("no connection to {target} within {}", format_duration(*after))
        }
        Failure::ReplyTimeout { address, after, received: 0 } => {
            format!("no reply from {address} within {}", format_duration(*after))
        }
        Failure::ReplyTimeout { address, after, received } => format!(
            "the reply of {address} stopped after {}: no more within {}",
            count(*received as u64, "byte", "bytes"),
            format_duration(*after)
        ),
        Failure::NoReply { address } => format!("{address} closed the connection without a reply"),
        Failure::Broken { address, received, .. } => format!(
            "the connection to {address} broke after {} of a reply",
            count(*received as u64, "byte", "bytes")
        ),
        Failure::Input { .. } => "can't read standard input".into(),
        Failure::Output { .. } => "can't write to standard output".into(),
    }
}

/// The command that starts a server where `send` looked for one.
fn serve_command(address: SocketAddr) -> String {
    let (host, port) = (address.ip().to_string(), address.port());
    let host = if host == config::HOST { String::new() } else { format!(" --host {host}") };
    let port = if port == config::PORT { String::new() } else { format!(" --port {port}") };
    format!("upcase serve{host}{port}")
}

/// The system's own words, without what Rust puts around them.
fn system_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}

fn count(number: u64, one: impl Display, many: impl Display) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
