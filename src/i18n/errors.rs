//! The text of errors and of their causes.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use humantime::format_duration;

use super::{Language, bytes, count, text};
use crate::address::Ends;
use crate::error::{Error, TransferFailure};
use crate::escape::escape_line;

impl Language {
    /// Returns what failed, with both ends of the connection if there was one.
    pub(crate) fn error_message(self, error: &Error) -> String {
        self.message(error, true)
    }

    /// Returns what failed. `shows_local` adds the address of this end to that of the peer.
    fn message(self, error: &Error, shows_local: bool) -> String {
        let own = |text: String| if shows_local { text } else { String::new() };
        let to = |ends: &Ends| own(text!(self, " para {local}", " to {local}", local = ends.local));
        let with = |ends: &Ends| own(text!(self, " com {local}", " with {local}", local = ends.local));
        text!(self, match error {
            Error::Resolve { host, .. } => "o nome {host} não foi encontrado", "the name {host} was not found";
            Error::NoAddress { host, version } if host.parse::<IpAddr>().is_ok() =>
                "{host} não é um endereço {version}",
                "{host} is not an {version} address";
            Error::NoAddress { host, version } =>
                "{host} não tem nenhum endereço {version}",
                "{host} has no {version} address";
            Error::Source { address, .. } =>
                "não é possível enviar a partir de {address}",
                "can't send from {address}",
                address = match address.port() {
                    0 => address.ip().to_string(),
                    _ => address.to_string(),
                };
            Error::Listen { address, .. } => "não é possível escutar em {address}", "can't listen on {address}";
            Error::Connect { target, timeout, attempts } if is_timeout_of_one(attempts) =>
                "nenhuma conexão com {target} em {timeout}",
                "no connection to {target} within {timeout}",
                timeout = format_duration(*timeout);
            Error::Connect { target, .. } =>
                "não foi possível conectar a {target}",
                "can't connect to {target}";
            Error::ReplyTimeout { ends, timeout, received: 0 } =>
                "nenhuma resposta de {peer}{to} em {timeout}",
                "no reply from {peer}{to} within {timeout}",
                peer = ends.peer, to = to(ends), timeout = format_duration(*timeout);
            Error::ReplyTimeout { ends, timeout, received } =>
                "a resposta de {peer}{to} parou depois de {bytes}: nada mais em {timeout}",
                "the reply from {peer}{to} stopped after {bytes}: no more within {timeout}",
                peer = ends.peer, to = to(ends), bytes = bytes(*received as u64), timeout = format_duration(*timeout);
            Error::ReplyTooLong { ends, received } =>
                "a resposta de {peer}{to} é longa demais: {bytes} sem chegar ao fim",
                "the reply from {peer}{to} is too long: {bytes} without an end",
                peer = ends.peer, to = to(ends), bytes = bytes(*received as u64);
            Error::NoReply { ends } =>
                "{peer} fechou a conexão{with} sem responder",
                "{peer} closed the connection{with} without a reply",
                peer = ends.peer, with = with(ends);
            Error::ConnectionBroken { ends, received, .. } =>
                "a conexão {ends} caiu depois de {bytes} de resposta",
                "the connection {ends} broke after {bytes} of the reply",
                bytes = bytes(*received as u64);
            Error::WrongReply { ends, offset, ends_early, received, expected } =>
                "a resposta de {peer}{to} não é a mensagem em maiúsculas: {difference}",
                "the reply from {peer}{to} is not the message in upper case: {difference}",
                peer = ends.peer, to = to(ends),
                difference = self.difference(*offset, *ends_early, received, expected);
            Error::NotReady { target, timeout, .. } =>
                "{target} não deu a resposta certa em {wait}",
                "{target} did not give the right reply within {wait}",
                wait = format_duration(*timeout);
            Error::Unanswered { right: 0, sent } =>
                "nenhuma resposta certa para {messages}",
                "no right reply to {messages}",
                messages = self.messages(*sent);
            Error::Unanswered { right, sent } =>
                "de {messages}, só {had} a resposta certa",
                "of {messages} only {had} the right reply",
                messages = self.messages(*sent),
                had = count(*right, self.pick("teve", "got"), self.pick("tiveram", "got"));
            Error::FileLimit { limit, connections } =>
                "o limite de arquivos abertos é {limit}: não basta para {connections}",
                "the limit of open files is {limit}: too low for {connections}",
                connections = self.connections((*connections).into());
            Error::ReadFile { path, .. } =>
                "não é possível ler {path}",
                "can't read {path}",
                path = escape_line(path.as_os_str().as_encoded_bytes());
            Error::WriteFile { path, .. } =>
                "não é possível escrever {path}",
                "can't write {path}",
                path = escape_line(path.as_os_str().as_encoded_bytes());
            Error::TransferIncomplete { ends, progress, reason } =>
                "{failure}: {progress}",
                "{failure}: {progress}",
                failure = self.transfer_failure(reason, *ends), progress = self.transferred(*progress);
            Error::WrongFileReply { ends, progress } =>
                "a resposta de {peer}{to} não é o arquivo em maiúsculas: {progress}",
                "the reply from {peer}{to} is not the file in upper case: {progress}",
                peer = ends.peer, to = to(ends), progress = self.transferred(*progress);
            Error::NoMessage =>
                "a entrada padrão não tem nenhuma mensagem",
                "there is no message on standard input";
            Error::Interrupted => "interrompido", "interrupted";
            Error::Start(_) => "não é possível iniciar", "can't start";
            Error::StartThread(_) => "não é possível iniciar uma thread", "can't start a thread";
            Error::ReadInput(_) => "não é possível ler a entrada padrão", "can't read standard input";
            Error::WriteOutput(_) => "não é possível escrever na saída padrão", "can't write to standard output";
        })
    }

    /// Returns what ended a transfer.
    fn transfer_failure(self, reason: &TransferFailure, ends: Ends) -> String {
        let Ends { local, peer } = ends;
        text!(self, match reason {
            TransferFailure::Closed =>
                "{peer} fechou a conexão com {local} antes do fim",
                "{peer} closed the connection with {local} before the end";
            TransferFailure::Timeout(timeout) =>
                "a transferência {ends} parou, nada mais em {timeout}",
                "the transfer {ends} stopped, no more within {timeout}",
                timeout = format_duration(*timeout);
            TransferFailure::Io(_) => "a conexão {ends} caiu", "the connection {ends} broke";
            TransferFailure::Interrupted => "interrompido", "interrupted";
        })
    }

    /// Returns why an operation failed, one line for each cause.
    pub(crate) fn causes(self, error: &Error) -> Vec<String> {
        match error {
            // The message already names the timeout.
            Error::Connect { attempts, .. } if is_timeout_of_one(attempts) => Vec::new(),
            Error::Connect { target, attempts, .. } => {
                attempts.iter().map(|(address, error)| self.failed_attempt(*address, error, target)).collect()
            }
            // EAGAIN of pthread_create(3).
            Error::StartThread(source) if source.kind() == ErrorKind::WouldBlock => {
                vec![
                    self.pick("o sistema não permite mais threads", "the system allows no more threads")
                        .into(),
                ]
            }
            Error::NotReady { last: Some(last), .. } => vec![self.error_reason(last)],
            Error::NotReady { last: None, .. } => vec![self.no_reply_yet().into()],
            _ => error.source_error().map(|error| self.io_error(error)).into_iter().collect(),
        }
    }

    /// Returns what failed and why, on one line.
    pub(crate) fn error_with_causes(self, error: &Error) -> String {
        [vec![self.error_message(error)], self.causes(error)].concat().join(": ")
    }

    /// Returns why an operation failed, on one line.
    pub(crate) fn error_reason(self, error: &Error) -> String {
        self.short_reason(error, true)
    }

    /// Returns why an operation failed, in the same words for each connection to a server: without the address of this end.
    pub(crate) fn common_reason(self, error: &Error) -> String {
        self.short_reason(error, false)
    }

    fn short_reason(self, error: &Error, shows_local: bool) -> String {
        match &self.causes(error)[..] {
            [] => self.message(error, shows_local),
            causes => causes.join("; "),
        }
    }

    /// Returns why an address of a target did not accept a connection.
    fn failed_attempt(self, address: SocketAddr, error: &io::Error, target: &str) -> String {
        let cause = match error.kind() {
            // The client's own address or port is meant here, not the server's address (connect(2)).
            ErrorKind::AddrNotAvailable => self.no_local_address().into(),
            _ => self.io_error(error),
        };
        if address.to_string() == target { cause } else { format!("{address}: {cause}") }
    }
}

/// Returns whether all attempts to connect failed with this kind of error.
pub(super) fn all_are(attempts: &[(SocketAddr, io::Error)], kind: ErrorKind) -> bool {
    attempts.iter().all(|(_, error)| error.kind() == kind)
}

/// Returns whether only one address was tried, and did not answer in time.
fn is_timeout_of_one(attempts: &[(SocketAddr, io::Error)]) -> bool {
    attempts.len() == 1 && all_are(attempts, ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lack_of_local_ports_is_not_blamed_on_the_servers_address() {
        let address = SocketAddr::from(([127, 0, 0, 1], 9));
        let attempts = vec![(address, ErrorKind::AddrNotAvailable.into())];
        let error = Error::Connect { target: address.to_string(), timeout: Duration::ZERO, attempts };
        assert_eq!(Language::Pt.causes(&error), ["nenhum endereço ou porta local disponível"]);
        assert_eq!(Language::En.causes(&error), ["no local address or port is free"]);
    }

    #[test]
    fn address_of_this_end_has_no_port_if_the_system_chooses_it() {
        let message = |address: [u8; 4], port| {
            let source = ErrorKind::AddrNotAvailable.into();
            Language::En.error_message(&Error::Source { address: (address, port).into(), source })
        };
        assert_eq!(message([192, 0, 2, 1], 0), "can't send from 192.0.2.1");
        assert_eq!(message([192, 0, 2, 1], 9), "can't send from 192.0.2.1:9");
    }
}
