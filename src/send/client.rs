//! The connection that messages go over: one for all while the server keeps it open, else one for each.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use socket2::SockRef;

use super::request::{Completion, Incomplete, Received, Request};
use crate::cli::Target;
use crate::error::{Error, Result};
use crate::net::connect::{Connected, connect, resolve};

/// Where messages are sent, and the connection there if one is open.
#[derive(Debug)]
pub struct Client {
    target: Target,
    timeout: Duration,
    /// What the target's name was found to stand for, while connections are to be had there.
    addresses: Vec<SocketAddr>,
    connection: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    connected: Connected,
    /// Whether it has carried a message already.
    used: bool,
    /// The last reply was complete without a newline, which may still come.
    newline_owed: bool,
}

/// What came of a message.
#[derive(Debug)]
pub struct Reply {
    /// When the message was sent.
    pub at: SystemTime,
    /// The server; none where there was no connection to be had.
    pub address: Option<SocketAddr>,
    /// How long the connection took, where a new one was made for this message.
    pub connected_in: Option<Duration>,
    /// How long the reply took, from the first byte sent.
    pub took: Duration,
    /// What came of the reply.
    pub reply: Vec<u8>,
    /// Why it is not what it should be: the message in upper case, and complete.
    pub failure: Option<Error>,
}

impl Reply {
    /// What comes of a message that there is no connection for.
    #[must_use]
    pub fn without_connection(failure: Error) -> Self {
        Self {
            at: SystemTime::now(),
            address: None,
            connected_in: None,
            took: Duration::ZERO,
            reply: Vec::new(),
            failure: Some(failure),
        }
    }

    /// Whether a reply came whole, though it may be wrong.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        matches!(self.failure, None | Some(Error::WrongReply { .. }))
    }
}

impl Client {
    /// A client with the server at `target`; each wait for it is as long as `timeout` at most.
    #[must_use]
    pub const fn new(target: Target, timeout: Duration) -> Self {
        Self { target, timeout, addresses: Vec::new(), connection: None }
    }

    /// The server.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Makes sure of a connection.
    ///
    /// # Errors
    /// When there is none to be had: the name is unknown, no address answers, or not in time.
    pub async fn connect(&mut self) -> Result<()> {
        self.connection = Some(self.take_connection().await?);
        Ok(())
    }

    /// Sends a message and reads its reply.
    ///
    /// On a connection that has carried messages before, the server may be about to close. Where it does so without
    /// a byte in reply, the message is sent once more on a new connection: this project's server, and the tutorial's,
    /// have not taken it then.
    pub async fn exchange(&mut self, exchange: &Request) -> Reply {
        loop {
            let mut connection = match self.take_connection().await {
                Ok(connection) => connection,
                Err(failure) => return Reply::without_connection(failure),
            };
            let Connection {
                connected: Connected { stream, address, took: connected_in },
                used,
                newline_owed,
            } = &mut connection;
            let (address, connected_in) = (*address, (!*used).then_some(*connected_in));
            let (at, start) = (SystemTime::now(), Instant::now());
            let Received { reply, end } = exchange.over(stream, self.timeout, *newline_owed).await;
            let took = start.elapsed();
            if *used && reply.is_empty() && matches!(end, Ok(Completion::Closed) | Err(Incomplete::Broken(_)))
            {
                continue;
            }
            // Behind several lines that came back whole, this project's server still waits for more of the message
            // until its pause: what is sent next would be a part of it.
            let reusable = match end {
                // Bytes behind the last line are of no message of ours.
                Ok(Completion::Lines) => reply.ends_with(b"\n"),
                Ok(Completion::Whole) => exchange.is_one_line(),
                _ => false,
            };
            let newline_owed = matches!(end, Ok(Completion::Whole));
            let failure = self.failure(exchange, address, &reply, end);
            // A wrong reply may be the one to something else, and then so would be the next.
            if reusable && failure.is_none() {
                connection.used = true;
                connection.newline_owed = newline_owed;
                self.connection = Some(connection);
            }
            return Reply { at, address: Some(address), connected_in, took, reply, failure };
        }
    }

    fn failure(
        &self,
        exchange: &Request,
        address: SocketAddr,
        reply: &[u8],
        end: std::result::Result<Completion, Incomplete>,
    ) -> Option<Error> {
        let received = reply.len();
        match end {
            Ok(end) => match exchange.fault(address, reply) {
                // An empty message has an empty reply.
                Some(_) if end == Completion::Closed && received == 0 => Some(Error::NoReply { address }),
                fault => fault,
            },
            Err(Incomplete::Silence) => {
                Some(Error::ReplyTimeout { address, timeout: self.timeout, received })
            }
            Err(Incomplete::Excess) => Some(Error::ReplyTooLong { address, received }),
            Err(Incomplete::Broken(source)) => Some(Error::ConnectionBroken { address, received, source }),
        }
    }

    /// The connection that is open, or a new one.
    async fn take_connection(&mut self) -> Result<Connection> {
        if let Some(mut connection) = self.connection.take()
            && (!connection.used || connection.is_open())
        {
            return Ok(connection);
        }
        Ok(Connection { connected: self.new_connection().await?, used: false, newline_owed: false })
    }

    /// A new connection.
    ///
    /// # Errors
    /// When there is none to be had.
    pub(super) async fn new_connection(&mut self) -> Result<Connected> {
        if self.addresses.is_empty() {
            self.addresses = resolve(&self.target, self.timeout).await?;
        }
        let connected = connect(&self.target, &self.addresses, self.timeout).await;
        if connected.is_err() {
            // The name may come to stand for others.
            self.addresses.clear();
        }
        connected
    }
}

impl Connection {
    /// Whether the server has kept it open since its last reply, as far as can be known now.
    ///
    /// The system is asked: the runtime knows only what it had time to be told, and between two messages it may have
    /// stood still.
    fn is_open(&mut self) -> bool {
        let mut next = [0; 2];
        let read = (&*SockRef::from(&self.connected.stream)).read(&mut next);
        match read {
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            Ok(read) if self.newline_owed && matches!(&next[..read], b"\n" | b"\r\n") => {
                self.newline_owed = false;
                self.is_open()
            }
            // It has closed, or says what is no reply to anything of ours.
            Ok(_) => false,
        }
    }
}
