//! Connects to a server by name: resolves the name and tries its addresses.
//!
//! The attempts follow RFC 8305 ("Happy Eyeballs"): IPv6 and IPv4 addresses alternate, and an address that does not
//! answer delays the next one by at most a quarter of a second. Unlike the RFC, one call of the system's resolver
//! looks up both families.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

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
pub(crate) struct Connected {
    pub(crate) stream: TcpStream,
    /// The server's address.
    pub(crate) address: SocketAddr,
    /// The duration of the TCP handshake, without the name's lookup.
    pub(crate) connect_time: Duration,
}

/// Connects to one server, as often as needed.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) target: Target,
    /// Limits the name's lookup, and the attempts to connect.
    pub(crate) timeout: Duration,
    /// The addresses of the name; empty before the first lookup and after a failed attempt.
    addresses: Vec<SocketAddr>,
}

impl Connector {
    pub(crate) const fn new(target: Target, timeout: Duration) -> Self {
        Self { target, timeout, addresses: Vec::new() }
    }

    /// Connects to the first address of the target that accepts.
    ///
    /// # Errors
    /// Fails if the name is unknown, no address accepts, or the timeout ends.
    pub(crate) async fn connect(&mut self) -> Result<Connected> {
        if self.addresses.is_empty() {
            self.addresses = resolve(&self.target, self.timeout).await?;
        }
        let connected = connect(&self.target, &self.addresses, self.timeout).await;
        if connected.is_err() {
            // The name may have other addresses by the next attempt.
            self.addresses.clear();
        }
        connected
    }
}

/// Looks up the addresses of the target, each once, in the order of the attempts.
async fn resolve(target: &Target, timeout: Duration) -> Result<Vec<SocketAddr>> {
    let resolve_error = |source| Error::Resolve { host: target.host.clone(), source };
    let found = tokio::time::timeout(timeout, lookup_host((target.host.as_str(), target.port)))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(resolve_error)?;
    let addresses = interleave(found);
    if addresses.is_empty() {
        return Err(resolve_error(io::ErrorKind::NotFound.into()));
    }
    Ok(addresses)
}

/// Alternates the two families. The family of the first address begins: the system's resolver has sorted them.
fn interleave(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut families = [Vec::new(), Vec::new()];
    let mut first_is_ipv6 = None;
    for address in found {
        let is_first_family = address.is_ipv6() == *first_is_ipv6.get_or_insert(address.is_ipv6());
        let family = &mut families[usize::from(!is_first_family)];
        if !family.contains(&address) {
            family.push(address);
        }
    }
    let longest = families.iter().map(Vec::len).max().unwrap_or(0);
    let turn = |at| families.iter().filter_map(move |family| family.get(at).copied());
    (0..longest).flat_map(turn).collect()
}

/// Connects to the first of the `addresses` that accepts.
///
/// # Errors
/// Fails if no address accepts within `timeout`. The error has the cause for each address.
async fn connect(target: &Target, addresses: &[SocketAddr], timeout: Duration) -> Result<Connected> {
    let mut deadline = pin!(sleep(timeout));
    // With a short timeout, each address gets an equal share of it.
    let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let delay = ATTEMPT_DELAY.min(timeout / shares);
    let mut untried = addresses.iter();
    let mut attempts = JoinSet::new();
    let mut pending = Vec::new();
    let mut failures = Vec::new();
    loop {
        if let Some(&address) = untried.next() {
            attempts.spawn(async move { (address, attempt(address).await) });
            pending.push(address);
        }
        tokio::select! {
            biased; // A process that was stopped beyond the deadline still tries each address.
            Some(ended) = attempts.join_next() => {
                let (address, result) = ended.expect("an attempt neither panics nor is aborted");
                match result {
                    Ok(connected) => return Ok(connected),
                    Err(error) => failures.push((address, error)),
                }
                pending.retain(|&other| other != address);
                if pending.is_empty() && untried.len() == 0 {
                    break;
                }
            }
            () = sleep(delay), if untried.len() > 0 => {}
            () = &mut deadline => break,
        }
    }
    failures.extend(pending.into_iter().map(|address| (address, io::ErrorKind::TimedOut.into())));
    Err(Error::Connect { target: target.to_string(), timeout, attempts: failures })
}

async fn attempt(address: SocketAddr) -> io::Result<Connected> {
    let start = Instant::now();
    let stream = TcpStream::connect(address).await?;
    let connect_time = start.elapsed();
    stream.set_nodelay(true)?;
    Ok(Connected { stream, address, connect_time })
}

#[cfg(test)]
mod tests {
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
        let connected = async { tokio::time::timeout(DEADLINE, connect(&target, addresses, timeout)).await };
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
        let found = ["::1", "::2", "::1", "127.0.0.1", "::3", "127.0.0.2"].map(address);
        let order = ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"].map(address);
        assert_eq!(interleave(found.into_iter()), order);
    }

    #[test]
    fn target_shows_an_ipv6_address_in_brackets() {
        let shown = |host: &str| Target { host: host.into(), port: 9 }.to_string();
        assert_eq!((shown("::1"), shown("name")), ("[::1]:9".into(), "name:9".into()));
    }
}
