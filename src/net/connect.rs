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
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::stream::Stream;
use super::trace::{Event, Trace, Traced, Wait};
use super::{deadline, resolve};
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
    /// The server's address.
    pub(crate) address: SocketAddr,
    /// The duration of the TCP handshake, without the name's lookup.
    pub(crate) connect_time: Duration,
}

/// Looks up the addresses of the target, in the order of the attempts.
///
/// # Errors
/// Fails if the name has no address, the timeout ends, or the system refuses a thread.
pub(crate) async fn resolve(
    target: &Target,
    timeout: Duration,
    trace: &mut Option<Trace>,
) -> Result<Vec<SocketAddr>> {
    let Target { host, port } = target;
    let timed_out = |_| Err(Error::Resolve { host: host.clone(), source: io::ErrorKind::TimedOut.into() });
    let found = deadline::timeout(timeout, resolve::resolve(host, *port)).await.unwrap_or_else(timed_out);
    let addresses = interleave(&found?);
    // An address needs no lookup.
    if let Some(trace) = trace
        && host.parse::<IpAddr>().is_err()
    {
        trace.event(Event::Resolve(host, &addresses));
    }
    Ok(addresses)
}

/// Alternates the two families. The family of the first address begins: the system's resolver has sorted them.
fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second) =
        addresses.iter().partition::<Vec<_>, _>(|address| address.is_ipv6() == first_is_ipv6);
    let longest = first.len().max(second.len());
    (0..longest).flat_map(|at| [first.get(at), second.get(at)]).flatten().copied().collect()
}

/// Connects to the first of the `addresses` that accepts. The `trace` reports each attempt, and goes on with the stream.
///
/// # Errors
/// Fails if no address accepts within `timeout`. The error has the cause for each address.
pub(crate) async fn connect(
    target: &Target,
    addresses: &[SocketAddr],
    timeout: Duration,
    mut trace: Option<Trace>,
) -> Result<Connected> {
    // With a short timeout, each address gets an equal share of it.
    let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let delay = ATTEMPT_DELAY.min(timeout / shares);
    let mut failures = Vec::new();
    let first = first_to_accept(addresses, delay, &mut failures, &mut trace);
    if let Ok(Some(connected)) = deadline::timeout(timeout, first).await {
        return Ok(connected.with_trace(trace));
    }
    if let Some(trace) = &mut trace
        && failures.len() < addresses.len()
    {
        trace.event(Event::Timeout(Wait::Connect, timeout));
    }
    for &address in addresses {
        if failures.iter().all(|(failed, _)| *failed != address) {
            let error = io::ErrorKind::TimedOut.into();
            report_failure(&mut trace, address, &error);
            failures.push((address, error));
        }
    }
    Err(Error::Connect { target: target.to_string(), timeout, attempts: failures })
}

/// Starts an attempt for each address: after the `delay`, or as soon as an attempt fails.
///
/// Returns `None` when all attempts have failed.
async fn first_to_accept(
    addresses: &[SocketAddr],
    delay: Duration,
    failures: &mut Vec<(SocketAddr, io::Error)>,
    trace: &mut Option<Trace>,
) -> Option<Connected<TcpStream>> {
    let mut untried = addresses.iter();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(&address) = untried.next() {
            attempts.spawn(async move { attempt(address).await.map_err(|error| (address, error)) });
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
    /// Returns the connection with its stream traced from now on, if there is a trace.
    fn with_trace(self, trace: Option<Trace>) -> Connected {
        let Self { stream, address, connect_time } = self;
        let stream: Box<dyn Stream> = match trace {
            Some(trace) => Box::new(Traced::new(stream, trace, Event::Connect)),
            None => Box::new(stream),
        };
        Connected { stream, address, connect_time }
    }
}

async fn attempt(address: SocketAddr) -> io::Result<Connected<TcpStream>> {
    let start = Instant::now();
    let stream = TcpStream::connect(address).await?;
    let connect_time = start.elapsed();
    // A port in the range of local ports that nothing listens on can be connected to itself (TCP's simultaneous open).
    if stream.local_addr()? == stream.peer_addr()? {
        // A reset leaves no TIME_WAIT, which would keep the port from a server.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    // On macOS this fails if the server has reset the connection already: the first read will say so.
    let _ = stream.set_nodelay(true);
    Ok(Connected { stream, address, connect_time })
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
        let connected =
            async { tokio::time::timeout(DEADLINE, connect(&target, addresses, timeout, None)).await };
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
        assert_eq!(connect_to(&[refusing, accepting], NEVER).unwrap().address, accepting);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn silent_address_does_not_delay_the_next() {
        let ((_guard, silent), (_listener, accepting)) = (silent(), accepting());
        assert_eq!(connect_to(&[silent, accepting], NEVER).unwrap().address, accepting);
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
