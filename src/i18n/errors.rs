//! Failures, their causes and their ways out.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use humantime::format_duration;

use super::count;
use crate::config::{self, Language};
use crate::error::{Error, TransferFailure, TransferProgress};

impl Language {
    /// What comes before an error.
    #[must_use]
    pub const fn error_label(self) -> &'static str {
        match self {
            Self::Pt => "Erro:",
            Self::En => "Error:",
        }
    }

    /// What comes before what goes wrong, but ends nothing.
    #[must_use]
    pub const fn warning_label(self) -> &'static str {
        match self {
            Self::Pt => "Aviso:",
            Self::En => "Warning:",
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
    pub const fn hint_label(self) -> &'static str {
        match self {
            Self::Pt => "Dica:",
            Self::En => "Hint:",
        }
    }

    /// What failed.
    #[must_use]
    pub fn error_message(self, failure: &Error) -> String {
        match self {
            Self::Pt => error_in_portuguese(failure),
            Self::En => error_in_english(failure),
        }
    }

    /// What a person can do about it, where there is something.
    #[must_use]
    pub fn hint(self, failure: &Error) -> Option<String> {
        let text = match (failure, failure.source_error().map(io::Error::kind)) {
            (Error::Resolve { .. }, _) => match self {
                Self::Pt => "confira o nome, ou use um endereço IP".into(),
                Self::En => "check the name, or use an IP address".into(),
            },
            (Error::Listen { .. }, Some(ErrorKind::AddrInUse)) => match self {
                Self::Pt => "use outra porta com --port, ou --port 0 para qualquer porta livre".into(),
                Self::En => "use another port with --port, or --port 0 for any free one".into(),
            },
            (Error::Listen { .. }, Some(ErrorKind::AddrNotAvailable)) => match self {
                Self::Pt => "use um endereço desta máquina, ou --host 0.0.0.0 para todos".into(),
                Self::En => "use an address of this machine, or --host 0.0.0.0 for all".into(),
            },
            (Error::Listen { .. }, Some(ErrorKind::PermissionDenied)) => match self {
                Self::Pt => "use uma porta a partir de 1024 com --port".into(),
                Self::En => "use a port from 1024 up with --port".into(),
            },
            (Error::Connect { failures, .. }, _) => return Some(self.way_to_connect(failures)),
            (
                Error::ReplyTimeout { .. }
                | Error::TransferIncomplete { by: TransferFailure::Timeout(_), .. },
                _,
            ) => match self {
                Self::Pt => "espere mais com --timeout".into(),
                Self::En => "wait longer with --timeout".into(),
            },
            (Error::NotReady { last: Some(last), .. }, _) if matches!(**last, Error::WrongReply { .. }) => {
                match self {
                    Self::Pt => "o servidor responde: tente com outra mensagem, ou sem --wait".into(),
                    Self::En => "the server does answer: try another message, or without --wait".into(),
                }
            }
            (
                Error::TransferIncomplete {
                    progress: TransferProgress { size: None, .. },
                    by: TransferFailure::Closed,
                    ..
                },
                _,
            ) => match self {
                Self::Pt => "para uma entrada que vem aos poucos, o servidor precisa de --keep-alive".into(),
                Self::En => "for input that comes by and by, the server needs --keep-alive".into(),
            },
            (Error::NotReady { .. }, _) => match self {
                Self::Pt => "espere mais com --wait, ou confira --host e --port".into(),
                Self::En => "wait longer with --wait, or check --host and --port".into(),
            },
            (Error::NoMessage, _) => match self {
                Self::Pt => "escreva a mensagem na linha de comando".into(),
                Self::En => "write the message on the command line".into(),
            },
            (Error::NoReply { .. } | Error::ReplyTooLong { .. } | Error::ConnectionBroken { .. }, _) => {
                match self {
                    Self::Pt => "confira se é um servidor upcase que escuta ali".into(),
                    Self::En => "check that an upcase server listens there".into(),
                }
            }
            _ => return None,
        };
        Some(text)
    }

    /// What a person can do where none of these addresses gave a connection.
    fn way_to_connect(self, failures: &[(SocketAddr, io::Error)]) -> String {
        let all = |kind| failures.iter().all(|(_, error)| error.kind() == kind);
        match (self, failures) {
            (_, &[(address, _), ..]) if all(ErrorKind::ConnectionRefused) => {
                let command = serve_command(address);
                match self {
                    Self::Pt => format!("inicie antes o servidor, em outro terminal: {command}"),
                    Self::En => format!("start the server first, in another terminal: {command}"),
                }
            }
            (Self::Pt, _) if all(ErrorKind::TimedOut) => {
                "confira --host, --port e o caminho até lá, ou espere mais com --timeout".into()
            }
            (Self::En, _) if all(ErrorKind::TimedOut) => {
                "check --host, --port and the path there, or wait longer with --timeout".into()
            }
            (Self::Pt, _) => "confira --host e --port".into(),
            (Self::En, _) => "check --host and --port".into(),
        }
    }

    /// Why it failed, one line for each cause.
    #[must_use]
    pub fn causes(self, failure: &Error) -> Vec<String> {
        match failure {
            // What the error says already.
            Error::Connect { failures, .. } if is_timeout_of_one(failures) => Vec::new(),
            Error::Connect { target, failures, .. } => {
                let cause = |(address, error): &(SocketAddr, io::Error)| {
                    let cause = self.cause_of_no_connection(error);
                    if address.to_string() == *target { cause } else { format!("{address}: {cause}") }
                };
                failures.iter().map(cause).collect()
            }
            Error::NotReady { last: Some(last), .. } => vec![self.error_reason(last)],
            Error::NotReady { last: None, .. } => vec![self.no_reply_yet().into()],
            _ => failure.source_error().map(|error| self.io_error(error)).into_iter().collect(),
        }
    }

    /// What failed, and why, on one line.
    #[must_use]
    pub fn error_with_causes(self, failure: &Error) -> String {
        let mut text = self.error_message(failure);
        for cause in self.causes(failure) {
            text.extend([": ", &cause]);
        }
        text
    }

    /// Why it failed, on one line.
    #[must_use]
    pub fn error_reason(self, failure: &Error) -> String {
        match &self.causes(failure)[..] {
            [] => self.error_message(failure),
            causes => causes.join("; "),
        }
    }

    /// As [`cause`](Self::io_error), where the address is another's: what is not to be had is one of ours, or its port.
    fn cause_of_no_connection(self, error: &io::Error) -> String {
        match (self, error.kind()) {
            (Self::Pt, ErrorKind::AddrNotAvailable) => "nenhum endereço ou porta local disponível".into(),
            (Self::En, ErrorKind::AddrNotAvailable) => "no local address or port is free".into(),
            _ => self.io_error(error),
        }
    }

    /// A cause in words of ours where it is a common one, else in the system's.
    #[must_use]
    pub fn io_error(self, error: &io::Error) -> String {
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
            ErrorKind::InvalidData => ("o texto não é UTF-8", "the text is no UTF-8"),
            ErrorKind::InvalidInput => ("valor inválido", "invalid value"),
            ErrorKind::IsADirectory => ("é um diretório", "it is a directory"),
            ErrorKind::NetworkUnreachable => ("rede inalcançável", "network unreachable"),
            ErrorKind::NotFound => ("não existe", "it does not exist"),
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

fn error_in_portuguese(failure: &Error) -> String {
    match failure {
        Error::Resolve { host, .. } => format!("o nome {host} não foi encontrado"),
        Error::Listen { address, .. } => format!("não é possível escutar em {address}"),
        Error::Connect { target, after, failures } if is_timeout_of_one(failures) => {
            format!("nenhuma conexão com {target} em {}", format_duration(*after))
        }
        Error::Connect { target, .. } => format!("não foi possível conectar a {target}"),
        Error::ReplyTimeout { address, after, received: 0 } => {
            format!("nenhuma resposta de {address} em {}", format_duration(*after))
        }
        Error::ReplyTimeout { address, after, received } => format!(
            "a resposta de {address} parou depois de {}: nada mais em {}",
            count(*received as u64, "byte", "bytes"),
            format_duration(*after)
        ),
        Error::ReplyTooLong { address, received } => format!(
            "a resposta de {address} é longa demais: {} e nenhum fim",
            count(*received as u64, "byte", "bytes")
        ),
        Error::NoReply { address } => format!("{address} fechou a conexão sem responder"),
        Error::ConnectionBroken { address, received, .. } => format!(
            "a conexão com {address} caiu depois de {} de resposta",
            count(*received as u64, "byte", "bytes")
        ),
        Error::WrongReply { address, at, received, expected } => format!(
            "a resposta de {address} não é a mensagem em maiúsculas: {}",
            Language::Pt.difference(*at, received, expected)
        ),
        Error::NotReady { target, after, .. } => {
            format!("{target} não deu a resposta certa em {}", format_duration(*after))
        }
        Error::Unanswered { right: 0, sent } => {
            format!("nenhuma resposta certa para {}", count(*sent, "mensagem", "mensagens"))
        }
        Error::Unanswered { right, sent } => {
            let had = if *right == 1 { "teve" } else { "tiveram" };
            format!("de {} só {right} {had} a resposta certa", count(*sent, "mensagem", "mensagens"))
        }
        Error::ReadFile { path, .. } => format!("não é possível ler {}", path.display()),
        Error::TransferIncomplete { address, progress, by } => {
            let progress = Language::Pt.transferred(*progress);
            match by {
                TransferFailure::Closed => format!("{address} fechou a conexão antes do fim: {progress}"),
                TransferFailure::Timeout(after) => {
                    format!("{address} parou, nada mais em {}: {progress}", format_duration(*after))
                }
                TransferFailure::Io(_) => format!("a conexão com {address} caiu: {progress}"),
                TransferFailure::Interrupted => format!("interrompido: {progress}"),
            }
        }
        Error::WrongFileReply { address, progress } => {
            let progress = Language::Pt.transferred(*progress);
            format!("a resposta de {address} não é o arquivo em maiúsculas: {progress}")
        }
        Error::NoMessage => "a entrada padrão não tem nenhuma mensagem".into(),
        Error::ReadInput { .. } => "não é possível ler a entrada padrão".into(),
        Error::WriteOutput { .. } => "não é possível escrever na saída padrão".into(),
    }
}

fn error_in_english(failure: &Error) -> String {
    match failure {
        Error::Resolve { host, .. } => format!("the name {host} was not found"),
        Error::Listen { address, .. } => format!("can't listen on {address}"),
        Error::Connect { target, after, failures } if is_timeout_of_one(failures) => {
            format!("no connection to {target} within {}", format_duration(*after))
        }
        Error::Connect { target, .. } => format!("can't connect to {target}"),
        Error::ReplyTimeout { address, after, received: 0 } => {
            format!("no reply from {address} within {}", format_duration(*after))
        }
        Error::ReplyTimeout { address, after, received } => format!(
            "the reply of {address} stopped after {}: no more within {}",
            count(*received as u64, "byte", "bytes"),
            format_duration(*after)
        ),
        Error::ReplyTooLong { address, received } => format!(
            "the reply of {address} is too long: {} and no end",
            count(*received as u64, "byte", "bytes")
        ),
        Error::NoReply { address } => format!("{address} closed the connection without a reply"),
        Error::ConnectionBroken { address, received, .. } => format!(
            "the connection to {address} broke after {} of a reply",
            count(*received as u64, "byte", "bytes")
        ),
        Error::WrongReply { address, at, received, expected } => format!(
            "the reply of {address} is not the message in upper case: {}",
            Language::En.difference(*at, received, expected)
        ),
        Error::NotReady { target, after, .. } => {
            format!("{target} did not give the right reply within {}", format_duration(*after))
        }
        Error::Unanswered { right: 0, sent } => {
            format!("no right reply to {}", count(*sent, "message", "messages"))
        }
        Error::Unanswered { right, sent } => {
            format!("of {} only {right} got the right reply", count(*sent, "message", "messages"))
        }
        Error::ReadFile { path, .. } => format!("can't read {}", path.display()),
        Error::TransferIncomplete { address, progress, by } => {
            let progress = Language::En.transferred(*progress);
            match by {
                TransferFailure::Closed => {
                    format!("{address} closed the connection before the end: {progress}")
                }
                TransferFailure::Timeout(after) => {
                    format!("{address} stopped, no more within {}: {progress}", format_duration(*after))
                }
                TransferFailure::Io(_) => format!("the connection to {address} broke: {progress}"),
                TransferFailure::Interrupted => format!("interrupted: {progress}"),
            }
        }
        Error::WrongFileReply { address, progress } => {
            let progress = Language::En.transferred(*progress);
            format!("the reply of {address} is not the file in upper case: {progress}")
        }
        Error::NoMessage => "there is no message on standard input".into(),
        Error::ReadInput { .. } => "can't read standard input".into(),
        Error::WriteOutput { .. } => "can't write to standard output".into(),
    }
}

/// One address, and no answer from it.
fn is_timeout_of_one(failures: &[(SocketAddr, io::Error)]) -> bool {
    matches!(failures, [(_, error)] if error.kind() == ErrorKind::TimedOut)
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
