//! Errors caused by the environment: the network, the peer, files, the standard streams.
//!
//! `i18n` has the text of an [`Error`] for users. Every other error is a bug, printed with a backtrace on request.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::address::{Ends, IpVersion};
use crate::errno::{is_fd_limit, is_reset};

/// The result of an operation that the environment can make fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error that a user can act on. `Display` is a short English text for developers.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A host name has no address, or looking up the name failed.
    #[error("can't resolve {host}")]
    Resolve {
        /// The name, as the user wrote it.
        host: String,
        /// The system's error.
        source: io::Error,
    },
    /// A host has no address of the version that the user asks for.
    #[error("{host} has no {version} address")]
    NoAddress {
        /// The name or the address, as the user wrote it.
        host: String,
        /// The version.
        version: IpVersion,
    },
    /// The client can't use an address and port of its own.
    #[error("can't send from {address}")]
    Source {
        /// The address and port.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The server can't listen on an address.
    #[error("can't listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// No address of the server accepted a connection.
    #[error("can't connect to {target}")]
    Connect {
        /// The host and the port.
        target: String,
        /// The timeout for all attempts together.
        timeout: Duration,
        /// The addresses that were tried, each with the system's error.
        attempts: Vec<(SocketAddr, io::Error)>,
    },
    /// The server sent no more of a reply in time.
    #[error("timeout after {received} bytes of the reply on {ends}")]
    ReplyTimeout {
        /// The two ends of the connection.
        ends: Ends,
        /// The timeout.
        timeout: Duration,
        /// The bytes of the reply that arrived.
        received: usize,
    },
    /// The server closed the connection without a reply.
    #[error("no reply on {ends}")]
    NoReply {
        /// The two ends of the connection.
        ends: Ends,
    },
    /// The connection broke before the reply was complete.
    #[error("the connection {ends} broke after {received} bytes of the reply")]
    ConnectionBroken {
        /// The two ends of the connection.
        ends: Ends,
        /// The bytes of the reply that arrived.
        received: usize,
        /// The system's error.
        source: io::Error,
    },
    /// The reply is far longer than the message, and still has no end.
    #[error("the reply on {ends} has no end after {received} bytes")]
    ReplyTooLong {
        /// The two ends of the connection.
        ends: Ends,
        /// The bytes of the reply that arrived.
        received: usize,
    },
    /// The reply is complete, but is not the message in upper case.
    #[error("the reply on {ends} is wrong at byte {offset}")]
    WrongReply {
        /// The two ends of the connection.
        ends: Ends,
        /// The first byte that differs, counted from 0 at the start of the reply's text.
        offset: usize,
        /// The reply is right as far as it goes, up to `offset`.
        ends_early: bool,
        /// An excerpt of the reply: its beginning, or the surroundings of a later difference. Safe to print.
        received: String,
        /// The same part of the expected text, safe to print.
        expected: String,
    },
    /// The server did not give the right reply within the time to wait for the server.
    #[error("{target} is not ready")]
    NotReady {
        /// The host and the port.
        target: String,
        /// The time to wait.
        timeout: Duration,
        /// The error of the last attempt, if an attempt ended.
        #[source]
        last: Option<Box<Error>>,
    },
    /// Some of many messages got no right reply.
    #[error("{right} of {sent} messages got the right reply")]
    Unanswered {
        /// The messages that got the right reply.
        right: u64,
        /// The messages that were sent.
        sent: u64,
    },
    /// There is no message, neither on the command line nor on standard input.
    #[error("no message on standard input")]
    NoMessage,
    /// A file can't be read.
    #[error("can't read {}", path.display())]
    ReadFile {
        /// The path, as the user wrote it.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file can't be written.
    #[error("can't write {}", path.display())]
    WriteFile {
        /// The path, as the user wrote it.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file was not sent and answered to its end.
    #[error("transfer {ends} incomplete")]
    TransferIncomplete {
        /// The two ends of the connection.
        ends: Ends,
        /// The bytes sent and received.
        progress: TransferProgress,
        /// The reason.
        #[source]
        reason: TransferFailure,
    },
    /// The reply to a file is complete, but is not the file in upper case.
    #[error("the reply on {ends} is not the file in upper case")]
    WrongFileReply {
        /// The two ends of the connection.
        ends: Ends,
        /// The bytes sent and received.
        progress: TransferProgress,
    },
    /// The limit of open files is too low for the connections.
    #[error("the limit of open files, {limit}, is too low for {connections} connections")]
    FileLimit {
        /// The limit, after it was raised as far as possible.
        limit: u64,
        /// The connections that the user asked for.
        connections: u16,
    },
    /// A signal cut the command off.
    #[error("interrupted")]
    Interrupted,
    /// The system refuses what every command needs to start, such as open files.
    #[error("can't start")]
    Start(#[source] io::Error),
    /// The system refuses a thread.
    #[error("can't start a thread")]
    StartThread(#[source] io::Error),
    /// Standard input can't be read.
    #[error("can't read standard input")]
    ReadInput(#[source] io::Error),
    /// Standard output can't be written.
    #[error("can't write to standard output")]
    WriteOutput(#[source] io::Error),
}

/// The bytes of a file that were sent, and the bytes of its reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferProgress {
    /// The bytes that were sent.
    pub sent: u64,
    /// The size of the file, if known.
    pub size: Option<u64>,
    /// The bytes of the reply that arrived.
    pub received: u64,
}

/// The reason why a transfer is incomplete.
#[derive(Debug, thiserror::Error)]
pub enum TransferFailure {
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// No byte moved, in either direction, for this long.
    #[error("no progress within {0:?}")]
    Timeout(Duration),
    /// The connection broke.
    #[error("the connection broke")]
    Io(#[source] io::Error),
    /// The user interrupted the transfer.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Returns the code of this error. Codes are stable: scripts may rely on them.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "dns",
            Self::NoAddress { .. } => "ip-version",
            Self::Listen { source, .. } | Self::Source { source, .. } | Self::Start(source)
                if is_fd_limit(source) =>
            {
                "fd-limit"
            }
            Self::Source { .. } => "source",
            Self::Listen { .. } => "listen",
            Self::Connect { attempts, .. } => {
                let mut codes = attempts.iter().map(|(_, error)| connection_code(error));
                let first = codes.next().unwrap_or("connection");
                if codes.all(|code| code == first) { first } else { "connection" }
            }
            Self::ReplyTimeout { .. } => "timeout",
            Self::NoReply { .. } => "closed",
            Self::ConnectionBroken { source, .. } => connection_code(source),
            Self::TransferIncomplete { reason, .. } => match reason {
                TransferFailure::Closed => "closed",
                TransferFailure::Timeout(_) => "timeout",
                TransferFailure::Io(source) => connection_code(source),
                TransferFailure::Interrupted => "interrupted",
            },
            Self::ReplyTooLong { .. } => "too-long",
            Self::WrongReply { .. } | Self::WrongFileReply { .. } => "wrong",
            Self::NotReady { .. } => "not-ready",
            Self::Unanswered { .. } => "unanswered",
            Self::FileLimit { .. } => "fd-limit",
            Self::Interrupted => "interrupted",
            Self::Start(_) => "start",
            Self::StartThread(_) => "thread",
            Self::ReadFile { .. } | Self::WriteFile { .. } => "file",
            Self::NoMessage | Self::ReadInput(_) => "input",
            Self::WriteOutput(_) => "output",
        }
    }

    /// Returns the addresses that did not accept a connection, each with the system's error.
    pub(crate) fn failed_attempts(&self) -> &[(SocketAddr, io::Error)] {
        match self {
            Self::Connect { attempts, .. } => attempts,
            Self::NotReady { last: Some(last), .. } => last.failed_attempts(),
            _ => &[],
        }
    }

    /// Returns the system's error that caused this error, if any.
    pub(crate) fn source_error(&self) -> Option<&io::Error> {
        std::iter::successors(self.source(), |&error| error.source()).find_map(|error| error.downcast_ref())
    }
}

/// Returns the code of an error on a connection.
pub(crate) fn connection_code(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "refused",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "unreachable",
        ErrorKind::TimedOut => "timeout",
        _ if is_reset(error) => "reset",
        _ if is_fd_limit(error) => "fd-limit",
        _ => "connection",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 9))
    }

    fn ends() -> Ends {
        Ends { local: SocketAddr::from(([127, 0, 0, 1], 8)), peer: address() }
    }

    fn connect(kinds: &[ErrorKind]) -> Error {
        let attempts = kinds.iter().map(|&kind| (address(), kind.into())).collect();
        Error::Connect { target: "server:9".into(), timeout: Duration::ZERO, attempts }
    }

    #[test]
    fn failed_connect_has_the_code_that_all_addresses_share() {
        use ErrorKind::{ConnectionRefused, HostUnreachable, TimedOut};
        assert_eq!(connect(&[ConnectionRefused]).code(), "refused");
        assert_eq!(connect(&[TimedOut, TimedOut]).code(), "timeout");
        assert_eq!(connect(&[HostUnreachable]).code(), "unreachable");
        assert_eq!(connect(&[ConnectionRefused, TimedOut]).code(), "connection");
    }

    #[test]
    fn broken_connection_has_the_code_of_its_cause() {
        let code = |source: io::Error| Error::ConnectionBroken { ends: ends(), received: 0, source }.code();
        assert_eq!(code(ErrorKind::ConnectionReset.into()), "reset");
        assert_eq!(code(ErrorKind::BrokenPipe.into()), "reset");
        assert_eq!(code(ErrorKind::TimedOut.into()), "timeout");
        assert_eq!(code(ErrorKind::InvalidData.into()), "connection");
    }

    #[test]
    fn limit_on_open_files_has_its_own_code() {
        let source = rustix::io::Errno::MFILE.into();
        assert_eq!(Error::Listen { address: address(), source }.code(), "fd-limit");
    }

    #[test]
    fn display_is_short_and_source_is_the_systems_error() {
        let error = Error::TransferIncomplete {
            ends: ends(),
            progress: TransferProgress::default(),
            reason: TransferFailure::Io(ErrorKind::ConnectionReset.into()),
        };
        assert_eq!(error.to_string(), "transfer 127.0.0.1:8 → 127.0.0.1:9 incomplete");
        let reason = error.source().expect("the reason");
        assert_eq!(reason.to_string(), "the connection broke");
        assert!(reason.source().expect("the system's error").is::<io::Error>());
    }
}
