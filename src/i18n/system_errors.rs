//! The text of errors of the operating system.

use std::io::{self, ErrorKind};

use super::{Language, text};
use crate::errno::{ResolverError, is_fd_limit};

impl Language {
    /// Returns the text of a system error: this module's for common errors, the system's own for others.
    pub(crate) fn io_error(self, error: &io::Error) -> String {
        let kind = error.kind();
        text!(self, match kind {
            ErrorKind::AddrInUse => "endereço já em uso", "address already in use";
            ErrorKind::AddrNotAvailable =>
                "o endereço não é desta máquina",
                "the address does not belong to this machine";
            ErrorKind::BrokenPipe => "o outro lado fechou", "the other side has closed";
            ErrorKind::ConnectionAborted => "conexão abortada", "connection aborted";
            ErrorKind::ConnectionRefused => "conexão recusada", "connection refused";
            ErrorKind::ConnectionReset =>
                "o outro lado cortou a conexão (reset)",
                "the other side reset the connection";
            ErrorKind::HostUnreachable => "máquina inalcançável", "host unreachable";
            ErrorKind::InvalidData => "o texto não é UTF-8", "the text is not valid UTF-8";
            ErrorKind::InvalidInput => "valor inválido", "invalid value";
            ErrorKind::IsADirectory => "é um diretório", "it is a directory";
            ErrorKind::NetworkUnreachable => "rede inalcançável", "network unreachable";
            ErrorKind::NotFound => "não existe", "it does not exist";
            ErrorKind::OutOfMemory => "memória esgotada", "out of memory";
            ErrorKind::PermissionDenied => "permissão negada", "permission denied";
            ErrorKind::StorageFull => "disco cheio", "disk full";
            ErrorKind::TimedOut => "tempo esgotado", "timed out";
            _ if is_fd_limit(error) => "arquivos abertos demais", "too many open files";
        } else self.other_error(error))
    }

    /// Returns the text of an error that has no kind: an error of the resolver, or one that only the system has a text for.
    fn other_error(self, error: &io::Error) -> String {
        if let Some(error) = ResolverError::of(error) {
            return self.resolver_error(error);
        }
        let text = error.to_string();
        // Rust adds these two to the system's text.
        let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
        text.split(" (os error").next().unwrap_or(text).to_owned()
    }

    fn resolver_error(self, error: ResolverError) -> String {
        text!(self, match error {
            ResolverError::UnknownName => "nome desconhecido", "unknown name";
            ResolverError::NoAnswer => "o serviço de nomes não responde", "the name service does not answer";
            ResolverError::Failed =>
                "o serviço de nomes responde com um erro",
                "the name service answers with an error";
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_system_errors_keep_the_systems_text() {
        for text in ["something else (os error 999)", "failed to lookup address information: something else"]
        {
            assert_eq!(Language::Pt.io_error(&io::Error::other(text)), "something else");
        }
    }

    #[test]
    fn errors_of_the_resolver_have_a_text() {
        let text = |error: ResolverError| Language::En.io_error(&error.into());
        assert_eq!(text(ResolverError::UnknownName), "unknown name");
        assert_eq!(text(ResolverError::NoAnswer), "the name service does not answer");
        assert_eq!(text(ResolverError::Failed), "the name service answers with an error");
    }
}
