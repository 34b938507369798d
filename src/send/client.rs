//! The client: sends messages to one server, and reads their replies.

use std::io::{self, Read as _};
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use super::network::NetworkStats;
use super::request::{Completion, Request};
use super::verify::verify;
use crate::address::Ends;
use crate::config;
use crate::error::{Error, Result};
use crate::net::connect::{Connected, Connector, Target};
use crate::net::tcp_info::TcpInfo;
use crate::net::trace::Event;

/// A client of one server.
///
/// The client connects when the first message is sent. It sends the next message over the same connection if the
/// server keeps the connection open, and over a new one otherwise. It must run in a tokio runtime with I/O and time.
///
/// ```
/// use std::io::{BufRead as _, BufReader, Write as _};
/// use std::net::TcpListener;
/// use std::time::Duration;
///
/// use upcase::{Client, Request};
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> std::io::Result<()> {
///     // A server that replies to one line.
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let port = listener.local_addr()?.port();
///     std::thread::spawn(move || {
///         let (mut stream, _) = listener.accept()?;
///         let mut line = String::new();
///         BufReader::new(&stream).read_line(&mut line)?;
///         stream.write_all(line.to_uppercase().as_bytes())
///     });
///
///     let mut client = Client::new("127.0.0.1", port).timeout(Duration::from_secs(2));
///     let reply = client.send(&Request::new("saudação")).await;
///     assert!(reply.error.is_none());
///     assert_eq!(reply.body, "SAUDAÇÃO\n".as_bytes());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Client {
    connector: Connector,
    /// The addresses of the name; empty before the first lookup and after a failed attempt.
    addresses: Vec<SocketAddr>,
    connection: Option<Connection>,
    /// The statistics that each connection adds its figures to when it ends, if there are any.
    network: Option<NetworkStats>,
}

#[derive(Debug)]
struct Connection {
    connected: Connected,
    /// The connection has carried a message.
    is_used: bool,
    /// The last reply was complete without its newline, which may still come.
    newline_pending: bool,
    network: Option<NetworkStats>,
}

/// The reply to a message, or the error in its place.
#[derive(Debug)]
pub struct Reply {
    /// The time at which the client began to send the message.
    pub sent_at: SystemTime,
    /// The two ends of the connection, if there was one.
    pub ends: Option<Ends>,
    /// The addresses that did not accept the connection before, if this message opened it.
    pub failed_attempts: Vec<(SocketAddr, io::Error)>,
    /// The duration of the TCP handshake; `None` if the connection was open already, or none was made.
    pub connect_time: Option<Duration>,
    /// The time from the first byte sent to the end of the reply, or to the error.
    pub reply_time: Duration,
    /// The bytes received, unchanged; also of a reply that is incomplete or wrong.
    pub body: Vec<u8>,
    /// The reason why the reply is not complete, or not the message in upper case; `None` for a right reply.
    pub error: Option<Error>,
}

impl Reply {
    /// Creates the reply to a message that could not be sent, because there was no connection.
    pub(super) fn without_connection(error: Error) -> Self {
        Self {
            sent_at: SystemTime::now(),
            ends: None,
            failed_attempts: Vec::new(),
            connect_time: None,
            reply_time: Duration::ZERO,
            body: Vec::new(),
            error: Some(error),
        }
    }

    /// Returns whether the whole reply came, right or wrong.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self.error, None | Some(Error::WrongReply { .. }))
    }
}

impl Client {
    /// Creates a client of the server at `host` (a name or an IP address) and `port`, with a timeout of 5 s.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self::with_connector(Connector::new(Target { host: host.into(), port }, default_timeout()))
    }

    /// Creates a client that connects with these settings.
    #[must_use]
    pub(super) const fn with_connector(connector: Connector) -> Self {
        Self { connector, addresses: Vec::new(), connection: None, network: None }
    }

    /// Sets the timeout for looking up the name, for connecting, and for each read and write of a message.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.connector.timeout = timeout;
        self
    }

    /// Collects the system's figures of each connection that ends, from the next connection on.
    pub(super) fn collect_network_stats(&mut self) -> NetworkStats {
        self.network.get_or_insert_default().clone()
    }

    /// Returns a client of the same server with the same settings, and a connection of its own.
    pub(super) fn sibling(&self) -> Self {
        Self { network: self.network.clone(), ..Self::with_connector(self.connector.clone()) }
    }

    pub(super) const fn target(&self) -> &Target {
        &self.connector.target
    }

    /// Returns the pause between two pieces of a message.
    pub(super) fn gap(&self) -> Duration {
        self.connector.gap()
    }

    /// Connects, unless the client has an open connection.
    ///
    /// # Errors
    /// [`Error::Resolve`], [`Error::NoAddress`], [`Error::Source`] or [`Error::Connect`].
    pub async fn connect(&mut self) -> Result<()> {
        self.connection = Some(self.take_connection().await?);
        Ok(())
    }

    /// Returns a new connection, which carries none of the client's messages.
    pub(super) async fn new_connection(&mut self) -> Result<Connected> {
        let mut trace = self.connector.begin_trace();
        if self.addresses.is_empty() {
            self.addresses = self.connector.resolve(&mut trace).await?;
        }
        let connected = self.connector.connect(&self.addresses, trace).await;
        if connected.is_err() {
            // The name may have other addresses by the next attempt.
            self.addresses.clear();
        }
        connected
    }

    /// Sends a message and reads its reply. All errors are in [`Reply::error`].
    ///
    /// If the server closes an open connection without any byte of the reply, the client sends the message again
    /// over a new connection. Servers close idle connections, and a server that closes without a reply has
    /// usually not read the message.
    ///
    /// Dropping the future closes the connection, so that a late reply is not taken for the next one.
    pub async fn send(&mut self, request: &Request) -> Reply {
        loop {
            let mut connection = match self.take_connection().await {
                Ok(connection) => connection,
                Err(error) => return Reply::without_connection(error),
            };
            let Connected { stream, ends, connect_time, failed_attempts } = &mut connection.connected;
            let failed_attempts = mem::take(failed_attempts);
            let (ends, connect_time) = (*ends, (!connection.is_used).then_some(*connect_time));
            let (timeout, gap) = (self.connector.timeout, self.connector.gap());
            let (sent_at, start) = (SystemTime::now(), Instant::now());
            let (body, completion) =
                request.send_and_receive(stream, ends, timeout, gap, connection.newline_pending).await;
            let reply_time = start.elapsed();
            let is_empty_reply = body.is_empty()
                && matches!(completion, Ok(Completion::Closed) | Err(Error::ConnectionBroken { .. }));
            if connection.is_used && is_empty_reply {
                continue;
            }
            let is_reusable = match completion {
                // Bytes after the last line belong to no message.
                Ok(_) if !request.allows_another() => false,
                Ok(Completion::AllLines) => body.ends_with(b"\n"),
                // After several lines `upcase serve` still waits for more of the message: the next message would
                // be part of it.
                Ok(Completion::ExpectedText) => request.line_count == 1,
                _ => false,
            };
            connection.is_used = true;
            connection.newline_pending = matches!(completion, Ok(Completion::ExpectedText));
            let result = match completion {
                Ok(_) if is_empty_reply && !request.expected.is_empty() => Err(Error::NoReply { ends }),
                Ok(_) => verify(ends, &body, &request.expected),
                Err(error) => Err(error),
            };
            // A wrong reply may belong to another message, and so would the next one.
            if is_reusable && result.is_ok() {
                self.connection = Some(connection);
            }
            return Reply {
                sent_at,
                ends: Some(ends),
                failed_attempts,
                connect_time,
                reply_time,
                body,
                error: result.err(),
            };
        }
    }

    /// Returns the open connection, or a new one.
    async fn take_connection(&mut self) -> Result<Connection> {
        if let Some(mut connection) = self.connection.take()
            && (!connection.is_used || connection.is_open())
        {
            return Ok(connection);
        }
        let connected = self.new_connection().await?;
        let network = self.network.clone();
        Ok(Connection { connected, is_used: false, newline_pending: false, network })
    }
}

impl Connection {
    /// Returns whether the server has kept the connection open and silent since its last reply.
    ///
    /// This function asks the system: tokio knows only events up to its last poll, and the program may have been
    /// blocked since then.
    fn is_open(&mut self) -> bool {
        let mut next = [0; 2];
        let stream = &mut self.connected.stream;
        let Some(read) = stream.socket().map(|socket| (&*socket).read(&mut next)) else { return false };
        match read {
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            Ok(read) => {
                let bytes = &next[..read];
                stream.trace(if read == 0 { Event::FinReceived } else { Event::Read(bytes) });
                let is_newline = self.newline_pending && matches!(bytes, b"\n" | b"\r\n");
                self.newline_pending = false;
                // Otherwise the server has closed, or has sent bytes that are no reply.
                is_newline && self.is_open()
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(network) = &self.network
            && let Some(info) = self.connected.stream.socket().and_then(|socket| TcpInfo::of(&socket))
        {
            network.add(&info);
        }
    }
}

fn default_timeout() -> Duration {
    humantime::parse_duration(config::TIMEOUT).expect("the default timeout is a duration")
}
