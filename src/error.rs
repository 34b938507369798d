//! Errors caused by the environment: the network, the peer, files, the standard streams.
//!
//! `i18n` has the text of an [`Error`] for users. Every other error is a bug, printed with a backtrace on request.

use std::error::Error as _;
use std::io::{self, ErrorKind as Io};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

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
    #[error("timeout after {received} bytes of the reply from {address}")]
    ReplyTimeout {
        /// The server.
        address: SocketAddr,
        /// The timeout.
        timeout: Duration,
        /// The bytes of the reply that arrived.
        received: usize,
    },
    /// The server closed the connection without a reply.
    #[error("no reply from {address}")]
    NoReply {
        /// The server.
        address: SocketAddr,
    },
    /// The connection broke before the reply was complete.
    #[error("the connection to {address} broke after {received} bytes of the reply")]
    ConnectionBroken {
        /// The server.
        address: SocketAddr,
        /// The bytes of the reply that arrived.
        received: usize,
        /// The system's error.
        source: io::Error,
    },
    /// The reply is far longer than the message, and still has no end.
    #[error("the reply from {address} has no end after {received} bytes")]
    ReplyTooLong {
        /// The server.
        address: SocketAddr,
        /// The bytes of the reply that arrived.
        received: usize,
    },
    /// The reply is complete, but is not the message in upper case.
    #[error("the reply from {address} is wrong at byte {offset}")]
    WrongReply {
        /// The server.
        address: SocketAddr,
        /// The first byte that differs, counted from 0 at the start of the reply's text.
        offset: usize,
        /// The start of the text received there, safe to print.
        received: String,
        /// The start of the text expected there, safe to print.
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
    /// Standard input had no message, and a message is needed to wait for the server.
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
    /// A file was not sent and answered to its end.
    #[error("transfer with {address} incomplete")]
    TransferIncomplete {
        /// The server.
        address: SocketAddr,
        /// The bytes sent and received.
        progress: TransferProgress,
        /// The reason.
        #[source]
        reason: TransferFailure,
    },
    /// The reply to a file is complete, but is not the file in upper case.
    #[error("the reply from {address} is not the file in upper case")]
    WrongFileReply {
        /// The server.
        address: SocketAddr,
        /// The bytes sent and received.
        progress: TransferProgress,
    },
    /// Standard input can't be read.
    #[error("can't read standard input")]
    ReadInput {
        /// The system's error.
        source: io::Error,
    },
    /// Standard output can't be written.
    #[error("can't write to standard output")]
    WriteOutput {
        /// The system's error.
        source: io::Error,
    },
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

/// The kind of an [`Error`], for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A host name has no address, or looking up the name failed.
    Dns,
    /// The server refused the connection.
    Refused,
    /// No route leads to the server.
    Unreachable,
    /// The server did not accept, or did not reply, in time.
    Timeout,
    /// The server reset the connection.
    Reset,
    /// The server closed the connection too early.
    Closed,
    /// The connection failed in another way.
    Connection,
    /// The reply is not the message in upper case.
    Wrong,
    /// The reply has no end.
    TooLong,
    /// The server was not ready in time.
    NotReady,
    /// Some of many messages got no right reply.
    Unanswered,
    /// The user interrupted the operation.
    Interrupted,
    /// The limit on open files is reached.
    FdLimit,
    /// The server can't listen on an address.
    Listen,
    /// A file can't be read.
    File,
    /// Standard input can't be read, or has no message.
    Input,
    /// Standard output can't be written.
    Output,
}

impl ErrorKind {
    /// Returns the code of this kind. Codes are stable: scripts may rely on them.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Connection => "connection",
            Self::Wrong => "wrong",
            Self::TooLong => "too-long",
            Self::NotReady => "not-ready",
            Self::Unanswered => "unanswered",
            Self::Interrupted => "interrupted",
            Self::FdLimit => "fd-limit",
            Self::Listen => "listen",
            Self::File => "file",
            Self::Input => "input",
            Self::Output => "output",
        }
    }

    /// Returns the kind of an error on a connection.
    fn of_connection(error: &io::Error) -> Self {
        match error.kind() {
            Io::ConnectionRefused => Self::Refused,
            Io::HostUnreachable | Io::NetworkUnreachable => Self::Unreachable,
            Io::TimedOut => Self::Timeout,
            Io::BrokenPipe | Io::ConnectionAborted | Io::ConnectionReset => Self::Reset,
            _ if is_fd_limit(error) => Self::FdLimit,
            _ => Self::Connection,
        }
    }
}

impl Error {
    /// Returns the kind of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Resolve { .. } => ErrorKind::Dns,
            Self::Listen { source, .. } if is_fd_limit(source) => ErrorKind::FdLimit,
            Self::Listen { .. } => ErrorKind::Listen,
            Self::Connect { attempts, .. } => {
                let mut kinds = attempts.iter().map(|(_, error)| ErrorKind::of_connection(error));
                let first = kinds.next().unwrap_or(ErrorKind::Connection);
                if kinds.all(|kind| kind == first) { first } else { ErrorKind::Connection }
            }
            Self::ReplyTimeout { .. } => ErrorKind::Timeout,
            Self::NoReply { .. } => ErrorKind::Closed,
            Self::ConnectionBroken { source, .. } => ErrorKind::of_connection(source),
            Self::TransferIncomplete { reason, .. } => match reason {
                TransferFailure::Closed => ErrorKind::Closed,
                TransferFailure::Timeout(_) => ErrorKind::Timeout,
                TransferFailure::Io(source) => ErrorKind::of_connection(source),
                TransferFailure::Interrupted => ErrorKind::Interrupted,
            },
            Self::ReplyTooLong { .. } => ErrorKind::TooLong,
            Self::WrongReply { .. } | Self::WrongFileReply { .. } => ErrorKind::Wrong,
            Self::NotReady { .. } => ErrorKind::NotReady,
            Self::Unanswered { .. } => ErrorKind::Unanswered,
            Self::ReadFile { .. } => ErrorKind::File,
            Self::NoMessage | Self::ReadInput { .. } => ErrorKind::Input,
            Self::WriteOutput { .. } => ErrorKind::Output,
        }
    }

    /// Returns the system's error that caused this error, if any.
    pub(crate) fn source_error(&self) -> Option<&io::Error> {
        std::iter::successors(self.source(), |&error| error.source()).find_map(|error| error.downcast_ref())
    }
}

/// Returns whether the limit on open files is reached: ENFILE or EMFILE, which have no `io::ErrorKind`.
pub(crate) fn is_fd_limit(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 9))
    }

    fn connect(kinds: &[io::ErrorKind]) -> Error {
        let attempts = kinds.iter().map(|&kind| (address(), kind.into())).collect();
        Error::Connect { target: "server:9".into(), timeout: Duration::ZERO, attempts }
    }

    #[test]
    fn failed_connect_has_the_code_that_all_addresses_share() {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable, TimedOut};
        assert_eq!(connect(&[ConnectionRefused]).kind().code(), "refused");
        assert_eq!(connect(&[TimedOut, TimedOut]).kind().code(), "timeout");
        assert_eq!(connect(&[HostUnreachable]).kind().code(), "unreachable");
        assert_eq!(connect(&[ConnectionRefused, TimedOut]).kind().code(), "connection");
    }

    #[test]
    fn broken_connection_has_the_code_of_its_cause() {
        let code = |source: io::Error| {
            Error::ConnectionBroken { address: address(), received: 0, source }.kind().code()
        };
        assert_eq!(code(io::ErrorKind::ConnectionReset.into()), "reset");
        assert_eq!(code(io::ErrorKind::BrokenPipe.into()), "reset");
        assert_eq!(code(io::ErrorKind::TimedOut.into()), "timeout");
        assert_eq!(code(io::ErrorKind::InvalidData.into()), "connection");
    }

    #[test]
    #[cfg(unix)]
    fn limit_on_open_files_has_its_own_code() {
        let source = io::Error::from_raw_os_error(24);
        assert_eq!(Error::Listen { address: address(), source }.kind().code(), "fd-limit");
    }

    #[test]
    fn display_is_short_and_source_is_the_systems_error() {
        let error = Error::TransferIncomplete {
            address: address(),
            progress: TransferProgress::default(),
            reason: TransferFailure::Io(io::ErrorKind::ConnectionReset.into()),
        };
        assert_eq!(error.to_string(), "transfer with 127.0.0.1:9 incomplete");
        let reason = error.source().expect("the reason");
        assert_eq!(reason.to_string(), "the connection broke");
        assert!(reason.source().expect("the system's error").is::<io::Error>());
    }
}
