//! The connection that messages go over: one for all while the server keeps it open, else one for each.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::exchange::{Answer, Cut, End, Exchange};
use crate::failure::{Failure, Result};

/// Where messages are sent, and the connection there if one is open.
#[derive(Debug)]
pub struct Session {
    host: String,
    port: u16,
    patience: Duration,
    connection: Option<Connection>,
}

/// A connection between two messages: outside the runtime, where a look at it says what has come meanwhile.
#[derive(Debug)]
struct Connection {
    stream: std::net::TcpStream,
    address: SocketAddr,
    /// Whether it has carried a message already.
    used: bool,
    /// The last reply was complete without a newline, which may still come.
    newline_owed: bool,
}

/// What came of a message.
#[derive(Debug)]
pub struct Outcome {
    /// The server.
    pub address: SocketAddr,
    /// When the message was sent.
    pub at: SystemTime,
    /// How long the reply took, from the first byte sent.
    pub took: Duration,
    /// What came of the reply.
    pub reply: Vec<u8>,
    /// Whether it is the message in upper case.
    pub right: bool,
    /// Why the reply is not complete.
    pub failure: Option<Failure>,
}

impl Session {
    /// A session with the server at `host` and `port`; each wait for it is as long as `patience` at most.
    #[must_use]
    pub fn new(host: &str, port: u16, patience: Duration) -> Self {
        Self { host: host.to_owned(), port, patience, connection: None }
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
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn exchange(&mut self, message: &[u8]) -> Result<Outcome> {
        let exchange = Exchange::new(message);
        loop {
            let Connection { stream, address, used, newline_owed } = self.take_connection().await?;
            let broken = |source| Failure::Broken { address, received: 0, source };
            let mut stream = TcpStream::from_std(stream).map_err(broken)?;
            let (at, start) = (SystemTime::now(), Instant::now());
            let Answer { reply, end } = exchange.over(&mut stream, self.patience, newline_owed).await;
            let took = start.elapsed();
            if used && reply.is_empty() && matches!(end, Ok(End::Closed) | Err(Cut::Broken(_))) {
                continue;
            }
            // Behind several lines that came back whole, this project's server still waits for more of the message
            // until its pause: what is sent next would be a part of it.
            let reusable = match end {
                // Bytes behind the last line are of no message of ours.
                Ok(End::Lines) => reply.ends_with(b"\n"),
                Ok(End::Whole) => exchange.is_one_line(),
                _ => false,
            };
            if reusable {
                self.connection = Some(Connection {
                    stream: stream.into_std().map_err(broken)?,
                    address,
                    used: true,
                    newline_owed: matches!(end, Ok(End::Whole)),
                });
            }
            let right = exchange.is_right(&reply);
            let failure = self.failure(address, &reply, right, end);
            return Ok(Outcome { address, at, took, reply, right, failure });
        }
    }

    fn failure(
        &self,
        address: SocketAddr,
        reply: &[u8],
        right: bool,
        end: std::result::Result<End, Cut>,
    ) -> Option<Failure> {
        let received = reply.len();
        match end {
            // An empty message has an empty reply.
            Ok(End::Closed) if received == 0 && !right => Some(Failure::NoReply { address }),
            Ok(_) => None,
            Err(Cut::Silence) => Some(Failure::ReplyTimeout { address, after: self.patience, received }),
            Err(Cut::Broken(source)) => Some(Failure::Broken { address, received, source }),
        }
    }

    /// The connection that is open, or a new one.
    async fn take_connection(&mut self) -> Result<Connection> {
        if let Some(mut connection) = self.connection.take()
            && (!connection.used || connection.is_open())
        {
            return Ok(connection);
        }
        self.open().await
    }

    async fn open(&self) -> Result<Connection> {
        timeout(self.patience, self.try_addresses())
            .await
            .unwrap_or_else(|_| Err(Failure::ConnectTimeout { target: self.target(), after: self.patience }))
    }

    /// The server, as a person writes it.
    fn target(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    async fn try_addresses(&self) -> Result<Connection> {
        let unknown = |source| Failure::Resolve { host: self.host.clone(), source };
        let addresses = lookup_host((self.host.as_str(), self.port)).await.map_err(unknown)?;
        let mut failure = unknown(io::ErrorKind::NotFound.into());
        for address in addresses {
            match connect(address).await {
                Ok(stream) => return Ok(Connection { stream, address, used: false, newline_owed: false }),
                Err(source) => failure = Failure::Connect { address, source },
            }
        }
        Err(failure)
    }
}

async fn connect(address: SocketAddr) -> io::Result<std::net::TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.into_std()
}

impl Connection {
    /// Whether the server has kept it open since its last reply, as far as can be known now.
    fn is_open(&mut self) -> bool {
        let mut next = [0; 2];
        match self.stream.read(&mut next) {
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
