//! The text of errors, their causes and their hints.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, UdpSocket};

use humantime::format_duration;

use super::{Language, bytes, count, text};
use crate::config;
use crate::errno::is_address_unavailable;
use crate::error::{Ends, Error, IpVersion, TransferFailure};
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
                "a resposta de {peer}{to} é longa demais: {bytes} e nenhum fim",
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
                "de {messages} só {had} a resposta certa",
                "of {messages} only {had} the right reply",
                messages = self.messages(*sent),
                had = count(*right, self.pick("teve", "got"), self.pick("tiveram", "got"));
            Error::FileLimit { limit, connections } =>
                "o limite de arquivos abertos é {limit}: não chega para {connections}",
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

    /// Returns what a user can do about an error, if there is something.
    pub(crate) fn hint(self, error: &Error) -> Option<String> {
        Some(text!(self, match error {
            Error::Connect { attempts, .. } if all_are(attempts, ErrorKind::TimedOut) =>
                "confira --host, --port e o caminho até lá, ou espere mais com --timeout",
                "check --host, --port and the network path, or wait longer with --timeout";
            Error::FileLimit { .. } =>
                "use menos --connections, ou aumente o limite antes: ulimit -n",
                "use fewer --connections, or raise the limit first: ulimit -n";
            _ if error.code() == "fd-limit" =>
                "aumente antes o limite de arquivos abertos: ulimit -n",
                "raise the limit of open files first: ulimit -n";
            Error::StartThread(source) if source.kind() == ErrorKind::WouldBlock =>
                "aumente antes o limite de processos: ulimit -u",
                "raise the limit of processes first: ulimit -u";
            Error::Connect { attempts, .. }
                if all_are(attempts, ErrorKind::ConnectionRefused) && !is_of_this_machine(attempts[0].0) =>
                "inicie antes o servidor, naquela máquina: {command}",
                "start the server first, on that machine: {command}",
                command = serve_command(attempts[0].0);
            Error::Connect { attempts, .. } if all_are(attempts, ErrorKind::ConnectionRefused) =>
                "inicie antes o servidor, em outro terminal: {command}",
                "start the server first, in another terminal: {command}",
                command = serve_command(attempts[0].0);
            Error::Connect { .. } => "confira --host e --port", "check --host and --port";
            Error::Resolve { .. } =>
                "confira o nome, ou use um endereço IP",
                "check the name, or use an IP address";
            Error::NoAddress { version, .. } =>
                "os dois lados precisam de um endereço {version}: confira --host, {option} e --source",
                "both ends need an {version} address: check --host, {option} and --source",
                option = match version {
                    IpVersion::V4 => "-4",
                    IpVersion::V6 => "-6",
                };
            Error::Source { source, .. } if source.kind() == ErrorKind::AddrInUse =>
                "espere um minuto (TIME_WAIT), use outra porta, ou deixe --source sem porta",
                "wait a minute (TIME_WAIT), use another port, or leave the port out of --source";
            Error::Source { source, .. } if is_address_unavailable(source) =>
                "use em --source um endereço desta máquina",
                "use an address of this machine in --source";
            Error::Source { source, .. } if source.kind() == ErrorKind::PermissionDenied =>
                "use em --source uma porta a partir de 1024",
                "use a port from 1024 up in --source";
            Error::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse =>
                "talvez outro upcase esteja em execução ({command} mostra); --port 0 usa uma porta livre",
                "another upcase may be running ({command} shows it); --port 0 takes any free port",
                command = LIST_LISTENERS;
            Error::Listen { source, .. } if source.kind() == ErrorKind::AddrNotAvailable =>
                "use um endereço desta máquina, ou --host 0.0.0.0 para todos",
                "use an address of this machine, or --host 0.0.0.0 for all";
            Error::Listen { source, .. } if source.kind() == ErrorKind::PermissionDenied =>
                "use uma porta a partir de 1024 com --port",
                "use a port from 1024 up with --port";
            Error::ReplyTimeout { .. } | Error::TransferIncomplete { reason: TransferFailure::Timeout(_), .. } =>
                "espere mais com --timeout",
                "wait longer with --timeout";
            Error::TransferIncomplete { progress, reason: TransferFailure::Closed, .. } if progress.size.is_none() =>
                "para uma entrada que vem aos poucos, o servidor precisa de --keep-alive",
                "for input that arrives slowly, the server needs --keep-alive";
            Error::NotReady { last: Some(last), .. } if matches!(**last, Error::WrongReply { .. }) =>
                "o servidor responde: tente com outra mensagem, ou sem --wait",
                "the server replies: try another message, or leave out --wait";
            Error::NotReady { .. } =>
                "espere mais com --wait, ou confira --host e --port",
                "wait longer with --wait, or check --host and --port";
            Error::NoMessage =>
                "escreva a mensagem na linha de comando",
                "write the message on the command line";
            _ if is_unread_data(error) =>
                "talvez o servidor tenha fechado sem ler tudo (um único recv?): isso faz o TCP cortar a conexão (reset)",
                "perhaps the server closed with unread data (a single recv?): that makes TCP reset the connection";
            Error::NoReply { .. } | Error::ReplyTooLong { .. } | Error::ConnectionBroken { .. } =>
                "confira se é um servidor upcase que escuta ali",
                "check that an upcase server listens there";
        } else return None))
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

/// The command that shows which programs listen.
const LIST_LISTENERS: &str = if cfg!(target_os = "linux") {
    "ss -ltnp"
} else if cfg!(windows) {
    "netstat -abn"
} else {
    "lsof -i -sTCP:LISTEN"
};

/// The smallest buffer that a program is likely to read into: a shorter reply has another cause.
const READ_MIN: u64 = 256;

/// Returns whether the server may have closed before it read the whole message, as the tutorial's server after 1024 bytes.
fn is_unread_data(error: &Error) -> bool {
    match error {
        Error::WrongReply { ends_early, offset, .. } => *ends_early && *offset as u64 >= READ_MIN,
        Error::TransferIncomplete { reason: TransferFailure::Closed, progress, .. } => {
            progress.received >= READ_MIN
        }
        Error::ConnectionBroken { source, .. }
        | Error::TransferIncomplete { reason: TransferFailure::Io(source), .. } => {
            matches!(source.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
        }
        _ => false,
    }
}

/// Returns whether all attempts to connect failed with this kind of error.
fn all_are(attempts: &[(SocketAddr, io::Error)], kind: ErrorKind) -> bool {
    attempts.iter().all(|(_, error)| error.kind() == kind)
}

/// Returns whether only one address was tried, and did not answer in time.
fn is_timeout_of_one(attempts: &[(SocketAddr, io::Error)]) -> bool {
    attempts.len() == 1 && all_are(attempts, ErrorKind::TimedOut)
}

/// Returns whether a server on this machine can listen on the address.
fn is_of_this_machine(address: SocketAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address.ip(), 0)).is_ok() || address.ip().is_loopback()
}

/// Returns the command that starts a server on an address.
fn serve_command(address: SocketAddr) -> String {
    let port = address.port();
    let host = match address {
        // Without its zone, a link-local address cannot be listened on.
        SocketAddr::V6(address) if address.scope_id() != 0 => {
            format!("{}%{}", address.ip(), address.scope_id())
        }
        address => address.ip().to_string(),
    };
    let host = if host == config::HOST { String::new() } else { format!(" --host {host}") };
    let port = if port == config::PORT { String::new() } else { format!(" --port {port}") };
    format!("upcase serve{host}{port}")
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

    #[test]
    fn hint_names_the_command_that_starts_the_server_that_was_looked_for() {
        let command = |address: &str| serve_command(address.parse().unwrap());
        assert_eq!(command("127.0.0.1:8080"), "upcase serve");
        assert_eq!(command("127.0.0.1:9000"), "upcase serve --port 9000");
        assert_eq!(command("[::1]:8080"), "upcase serve --host ::1");
        assert_eq!(command("[fe80::1%3]:8080"), "upcase serve --host fe80::1%3");
    }

    #[test]
    fn hint_for_another_machine_says_where_to_start_the_server() {
        // RFC 5737 reserves this address for documentation.
        let address = SocketAddr::from(([192, 0, 2, 1], 8080));
        let attempts = vec![(address, ErrorKind::ConnectionRefused.into())];
        let error = Error::Connect { target: address.to_string(), timeout: Duration::from_secs(1), attempts };
        let hint = "start the server first, on that machine: upcase serve --host 192.0.2.1";
        assert_eq!(Language::En.hint(&error).unwrap(), hint);
    }
}
