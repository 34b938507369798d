//! Connects to a server by name: resolves the name and tries its addresses.
//!
//! The attempts follow RFC 8305 ("Happy Eyeballs"): IPv6 and IPv4 addresses alternate, and an address that does not
//! answer delays the next one by at most a quarter of a second. Unlike the RFC, one call of the system's resolver
//! looks up both families.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::shape::{Pieces, Shaped};
use super::stream::Stream;
use super::tcp::set_reset_on_close;
use super::trace::{Event, Trace, Traced, Tracer, Wait};
use super::{deadline, resolve};
use crate::address::{Ends, IpVersion};
use crate::error::{Error, Result};

/// Time between the start of one attempt and the start of the next (RFC 8305, section 8).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A server's host and port; displayed as `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// A new connection.
#[derive(Debug)]
pub(crate) struct Connected<S = Box<dyn Stream>> {
    pub(crate) stream: S,
    pub(crate) ends: Ends,
    /// The duration of the TCP handshake, without the name's lookup.
    pub(crate) connect_time: Duration,
    /// The addresses that were tried before, with their errors.
    pub(crate) failed_attempts: Vec<(SocketAddr, io::Error)>,
}

/// The settings of connections to one server.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) target: Target,
    /// Limits the time of the lookup, and the time of all attempts together.
    pub(crate) timeout: Duration,
    /// Leaves out the server's other addresses.
    pub(crate) ip_version: Option<IpVersion>,
    /// The address of this end, and its port unless that is 0.
    pub(crate) source: Option<SocketAddr>,
    /// The pieces in which messages are sent, unless each is sent as a whole.
    pub(crate) pieces: Option<Pieces>,
    /// The connection is closed by a reset.
    pub(crate) reset: bool,
    /// None without `-v`.
    pub(crate) tracer: Option<Tracer>,
}

impl Connector {
    pub(crate) const fn new(target: Target, timeout: Duration) -> Self {
        Self { target, timeout, ip_version: None, source: None, pieces: None, reset: false, tracer: None }
    }

    /// Returns the pause between two pieces of a message.
    pub(crate) fn gap(&self) -> Duration {
        self.pieces.map_or(Duration::ZERO, |pieces| pieces.gap)
    }

    /// Begins the trace of the next connection, if connections are traced.
    pub(crate) fn begin_trace(&self) -> Option<Trace> {
        self.tracer.as_ref().map(Tracer::begin_next)
    }

    /// Looks up the addresses of the target, in the order of the attempts.
    ///
    /// # Errors
    /// Fails if the name has no address, the timeout ends, or the system refuses a thread.
    pub(crate) async fn resolve(&self, trace: &mut Option<Trace>) -> Result<Vec<SocketAddr>> {
        let Target { host, port } = &self.target;
        // Both ends of a connection have the same version.
        let version = self.ip_version.or(self.source.map(IpVersion::of));
        let timed_out =
            |_| Err(Error::Resolve { host: host.clone(), source: io::ErrorKind::TimedOut.into() });
        let found = resolve::resolve(host, *port, version);
        let found = deadline::timeout(self.timeout, found).await.unwrap_or_else(timed_out);
        let addresses = interleave(&found?);
        // An address needs no lookup.
        if let Some(trace) = trace
            && host.parse::<IpAddr>().is_err()
        {
            trace.event(Event::Resolve(host, &addresses));
        }
        Ok(addresses)
    }

    /// Connects to the first of the `addresses` that accepts. The `trace` reports each attempt, and goes on with the
    /// stream.
    ///
    /// # Errors
    /// Fails if this end can't have its address, or no address accepts within the timeout. The error has the cause for
    /// each address.
    pub(crate) async fn connect(
        &self,
        addresses: &[SocketAddr],
        mut trace: Option<Trace>,
    ) -> Result<Connected> {
        let Self { target, timeout, source, .. } = self;
        if let Some(address) = *source {
            bind(address).map_err(|source| Error::Source { address, source })?;
        }
        // With a short timeout, each address gets an equal share of it.
        let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let delay = ATTEMPT_DELAY.min(*timeout / shares);
        let mut failures = Vec::new();
        let first = first_to_accept(addresses, *source, delay, &mut failures, &mut trace);
        if let Ok(Some(connected)) = deadline::timeout(*timeout, first).await {
            if self.reset {
                set_reset_on_close(&SockRef::from(&connected.stream), true);
            }
            return Ok(Connected { failed_attempts: failures, ..connected.adapted(trace, self.pieces) });
        }
        if let Some(trace) = &mut trace
            && failures.len() < addresses.len()
        {
            trace.event(Event::Timeout(Wait::Connect, *timeout));
        }
        for &address in addresses {
            if failures.iter().all(|(failed, _)| *failed != address) {
                let error = io::ErrorKind::TimedOut.into();
                report_failure(&mut trace, address, &error);
                failures.push((address, error));
            }
        }
        match *source {
            // The port is bound, but another connection to the server has it, perhaps in TIME_WAIT.
            Some(address)
                if address.port() != 0 && failures.iter().all(|(_, error)| is_port_taken(error)) =>
            {
                Err(Error::Source { address, source: io::ErrorKind::AddrInUse.into() })
            }
            _ => Err(Error::Connect { target: target.to_string(), timeout: *timeout, attempts: failures }),
        }
    }
}

/// Returns whether connecting failed because two connections can't have the same two ends.
fn is_port_taken(error: &io::Error) -> bool {
    // Linux has the first, the BSDs and macOS have the second.
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse)
}

/// Returns a socket with an address of its own.
fn bind(source: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // An earlier connection from this port may be in TIME_WAIT. Without the option, the port is not free as long as that
    // lasts (a minute on Linux); with it, only a connection to the same server has to wait. On Windows the option would
    // take the port from another program.
    #[cfg(unix)]
    if source.port() != 0 {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(source)?;
    Ok(socket)
}

/// Alternates the two families. The family of the first address begins: the system's resolver has sorted them.
fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second) =
        addresses.iter().partition::<Vec<_>, _>(|address| address.is_ipv6() == first_is_ipv6);
    let longest = first.len().max(second.len());
    (0..longest).flat_map(|at| [first.get(at), second.get(at)]).flatten().copied().collect()
}

/// Starts an attempt for each address: after the `delay`, or as soon as an attempt fails.
///
/// Returns `None` when all attempts have failed.
async fn first_to_accept(
    addresses: &[SocketAddr],
    source: Option<SocketAddr>,
    delay: Duration,
    failures: &mut Vec<(SocketAddr, io::Error)>,
    trace: &mut Option<Trace>,
) -> Option<Connected<TcpStream>> {
    let mut untried = addresses.iter();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(&address) = untried.next() {
            attempts.spawn(async move { attempt(address, source).await.map_err(|error| (address, error)) });
        }
        tokio::select! {
            biased;
            ended = attempts.join_next() => match ended?.expect("an attempt neither panics nor is aborted") {
                Ok(connected) => return Some(connected),
                Err((address, error)) => {
                    report_failure(trace, address, &error);
                    failures.push((address, error));
                }
            },
            () = sleep(delay), if untried.len() > 0 => {}
        }
    }
}

fn report_failure(trace: &mut Option<Trace>, address: SocketAddr, error: &io::Error) {
    if let Some(trace) = trace {
        trace.event(Event::ConnectFailed(address, error));
    }
}

impl Connected<TcpStream> {
    /// Returns the connection with its stream traced and shaped from now on, as far as that is asked for.
    fn adapted(self, trace: Option<Trace>, pieces: Option<Pieces>) -> Connected {
        let Self { stream, ends, connect_time, failed_attempts } = self;
        let stream: Box<dyn Stream> = match trace {
            Some(trace) => Box::new(Traced::new(stream, trace, Event::Connect)),
            None => Box::new(stream),
        };
        let stream = match pieces {
            Some(pieces) => Box::new(Shaped::new(stream, pieces)),
            None => stream,
        };
        Connected { stream, ends, connect_time, failed_attempts }
    }
}

async fn attempt(address: SocketAddr, source: Option<SocketAddr>) -> io::Result<Connected<TcpStream>> {
    let start = Instant::now();
    let socket = match source {
        Some(source) => bind(source)?,
        None if address.is_ipv4() => TcpSocket::new_v4()?,
        None => TcpSocket::new_v6()?,
    };
    // An attempt that is given up, or refused below, leaves no TIME_WAIT, which would keep the port from a server.
    set_reset_on_close(&SockRef::from(&socket), true);
    let stream = socket.connect(address).await?;
    let connect_time = start.elapsed();
    // A port in the range of local ports that nothing listens on can be connected to itself (TCP's simultaneous open).
    // A connection that the server has reset already has no peer any more: the first read will say so.
    let ends = Ends { local: stream.local_addr()?, peer: stream.peer_addr().unwrap_or(address) };
    if ends.local == ends.peer {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    set_reset_on_close(&SockRef::from(&stream), false);
    // On macOS this fails if the server has reset the connection already: the first read will say so.
    let _ = stream.set_nodelay(true);
    Ok(Connected { stream, ends, connect_time, failed_attempts: Vec::new() })
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use std::io::ErrorKind;
    use std::net::TcpListener;

    use socket2::{Domain, Socket, Type};

    use super::*;

    /// Longer than any test takes.
    const NEVER: Duration = Duration::from_secs(3600);

    fn connect_to(addresses: &[SocketAddr], timeout: Duration) -> Result<Connected> {
        const DEADLINE: Duration = Duration::from_secs(30);
        let target = Target { host: "server".into(), port: 9 };
        let runtime = crate::runtime::new().unwrap();
        let connector = Connector::new(target, timeout);
        let connected = async { tokio::time::timeout(DEADLINE, connector.connect(addresses, None)).await };
        runtime.block_on(connected).expect("connecting ends before the deadline")
    }

    fn accepting() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// Returns an address that refuses connections while the socket lives.
    fn refusing() -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    /// Returns an address that does not answer while the guard lives: the listener's backlog is full.
    #[cfg(target_os = "linux")]
    fn silent() -> (impl Sized, SocketAddr) {
        let (listener, address) = refusing();
        listener.listen(0).unwrap();
        // A backlog of 0 has room for one connection.
        let client = std::net::TcpStream::connect(address).unwrap();
        ((listener, client), address)
    }

    #[test]
    fn refusing_address_is_followed_by_the_next() {
        let ((_socket, refusing), (_listener, accepting)) = (refusing(), accepting());
        let connected = connect_to(&[refusing, accepting], NEVER).unwrap();
        assert_eq!(connected.ends.peer, accepting);
        let failed = connected.failed_attempts.iter().map(|(address, error)| (*address, error.kind()));
        assert_eq!(failed.collect::<Vec<_>>(), [(refusing, io::ErrorKind::ConnectionRefused)]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn silent_address_does_not_delay_the_next() {
        let ((_guard, silent), (_listener, accepting)) = (silent(), accepting());
        assert_eq!(connect_to(&[silent, accepting], NEVER).unwrap().ends.peer, accepting);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn short_timeout_leaves_time_for_each_address() {
        let ((_guard, silent), (_socket, refusing)) = (silent(), refusing());
        let result = connect_to(&[silent, refusing], Duration::from_millis(200));
        let Err(Error::Connect { attempts: failures, .. }) = result else { panic!("{result:?}") };
        let failures = failures.iter().map(|(address, error)| (*address, error.kind())).collect::<Vec<_>>();
        assert_eq!(failures, [(refusing, ErrorKind::ConnectionRefused), (silent, ErrorKind::TimedOut)]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn error_names_each_address_and_its_cause() {
        let ((_socket, refusing), (_guard, silent)) = (refusing(), silent());
        let result = connect_to(&[refusing, silent], Duration::from_millis(300));
        let Err(Error::Connect { target, attempts: failures, .. }) = result else { panic!("{result:?}") };
        assert_eq!(target, "server:9");
        let failures = failures.iter().map(|(address, error)| (*address, error.kind())).collect::<Vec<_>>();
        assert_eq!(failures, [(refusing, ErrorKind::ConnectionRefused), (silent, ErrorKind::TimedOut)]);
    }

    #[test]
    fn families_alternate_and_the_first_address_stays_first() {
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 9);
        let found = ["::1", "::2", "127.0.0.1", "::3", "127.0.0.2"].map(address);
        let order = ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"].map(address);
        assert_eq!(interleave(&found), order);
    }

    #[test]
    fn target_shows_an_ipv6_address_in_brackets() {
        let shown = |host: &str| Target { host: host.into(), port: 9 }.to_string();
        assert_eq!((shown("::1"), shown("name")), ("[::1]:9".into(), "name:9".into()));
    }
}
