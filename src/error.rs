//! What can fail at run time because of the world, not because of us.
//!
//! A failure holds what is known of it; [`words`](crate::i18n) says it in a person's language, with its cause and
//! a way out, and [`report`](crate::report) shows that. Whatever is no `Error` is a fault of ours, and gets a
//! backtrace where one is asked for.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The result of what can fail because of the world.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure that a person can do something about.
#[derive(Debug)]
pub enum Error {
    /// A host's name has no address, or the address could not be found out.
    Resolve {
        /// The name, as it was given.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// `serve` can't listen on an address.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// `send` got no connection.
    Connect {
        /// The host and the port, as a person writes them.
        target: String,
        /// How long it waited at most.
        after: Duration,
        /// The addresses that were tried, and what the system said of each.
        failures: Vec<(SocketAddr, io::Error)>,
    },
    /// No more of a reply came in time.
    ReplyTimeout {
        /// The server.
        address: SocketAddr,
        /// How long it waited.
        after: Duration,
        /// How many bytes of the reply had come.
        received: usize,
    },
    /// The server closed the connection without a byte of a reply.
    NoReply {
        /// The server.
        address: SocketAddr,
    },
    /// The connection broke before the reply was whole.
    ConnectionBroken {
        /// The server.
        address: SocketAddr,
        /// How many bytes of the reply had come.
        received: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The reply is far longer than it should be, and had no end yet.
    ReplyTooLong {
        /// The server.
        address: SocketAddr,
        /// How many bytes of it had come.
        received: usize,
    },
    /// The reply is whole, but it is not the message in upper case.
    WrongReply {
        /// The server.
        address: SocketAddr,
        /// Where it begins to differ, in bytes from the beginning of the reply's text.
        at: usize,
        /// What came there, made harmless.
        received: String,
        /// What should have come.
        expected: String,
    },
    /// The server was waited for, and did not give the right reply.
    NotReady {
        /// The host and the port, as a person writes them.
        target: String,
        /// How long it was waited for.
        after: Duration,
        /// What came of the last try, where one ended.
        last: Option<Box<Error>>,
    },
    /// Of messages that were sent many times, some got no right reply.
    Unanswered {
        /// How many got one.
        right: u64,
        /// How many were sent.
        sent: u64,
    },
    /// There was no message to wait for the server with.
    NoMessage,
    /// A file can't be read.
    ReadFile {
        /// The file, as it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file was not sent and answered to its end.
    TransferIncomplete {
        /// The server.
        address: SocketAddr,
        /// How far it had come.
        progress: TransferProgress,
        /// What stopped it.
        by: TransferFailure,
    },
    /// The reply to a file is whole, but it is not the file in upper case.
    WrongFileReply {
        /// The server.
        address: SocketAddr,
        /// How far it had come.
        progress: TransferProgress,
    },
    /// Standard input can't be read.
    ReadInput {
        /// What the system said.
        source: io::Error,
    },
    /// Standard output can't be written.
    WriteOutput {
        /// What the system said.
        source: io::Error,
    },
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferProgress {
    /// How many bytes were sent.
    pub sent: u64,
    /// How many there are to send, where that is known.
    pub size: Option<u64>,
    /// How many bytes of the reply came.
    pub received: u64,
}

/// What stopped a file on its way.
#[derive(Debug)]
pub enum TransferFailure {
    /// The server closed.
    Closed,
    /// Nothing moved, in or out, for as long as this.
    Timeout(Duration),
    /// The connection broke.
    Io(io::Error),
    /// We were told to stop.
    Interrupted,
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source_error().map(|source| source as _)
    }
}

impl Error {
    /// What the system said, where it said one thing.
    #[must_use]
    pub fn source_error(&self) -> Option<&io::Error> {
        match self {
            Self::Resolve { source, .. }
            | Self::ReadFile { source, .. }
            | Self::TransferIncomplete { by: TransferFailure::Io(source), .. }
            | Self::Listen { source, .. }
            | Self::ConnectionBroken { source, .. }
            | Self::ReadInput { source }
            | Self::WriteOutput { source } => Some(source),
            Self::Connect { .. }
            | Self::ReplyTimeout { .. }
            | Self::NoReply { .. }
            | Self::ReplyTooLong { .. }
            | Self::WrongReply { .. }
            | Self::NotReady { .. }
            | Self::Unanswered { .. }
            | Self::TransferIncomplete { .. }
            | Self::WrongFileReply { .. }
            | Self::NoMessage => None,
        }
    }
}

/// For developers: people read it through [`report`](crate::report), in their language.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
