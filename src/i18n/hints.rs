//! Hints: what a user can do about an error.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};

use super::errors::all_are;
use super::{Language, text};
use crate::address::IpVersion;
use crate::config;
use crate::errno::is_address_unavailable;
use crate::error::{Error, TransferFailure};

impl Language {
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
