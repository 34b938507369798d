//! From a server's name to a connection.
//!
//! All addresses of a name are tried as RFC 8305 ("happy eyeballs") has it, but that both families are looked up
//! at once, by the system's resolver: the families take turns, and an address that does not answer holds up the
//! next one by a quarter of a second and no more.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::cli::Target;
use crate::error::{Error, Result};

/// How long an attempt has to itself at most before the next one begins beside it (RFC 8305, section 8).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A connection that has just been made.
#[derive(Debug)]
pub struct Connected {
    /// The connection.
    pub stream: TcpStream,
    /// The server's address.
    pub address: SocketAddr,
    /// How long it took, without the lookup of the name.
    pub took: Duration,
}

/// All addresses of the target, each once, in the order in which they are tried.
///
/// # Errors
/// When the name is unknown, or is not found out within `timeout`.
pub async fn resolve(target: &Target, timeout: Duration) -> Result<Vec<SocketAddr>> {
    let unknown = |source| Error::Resolve { host: target.host.clone(), source };
    let found = tokio::time::timeout(timeout, lookup_host((target.host.as_str(), target.port)))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(unknown)?;
    let addresses = interleave(found);
    if addresses.is_empty() {
        return Err(unknown(io::ErrorKind::NotFound.into()));
    }
    Ok(addresses)
}

/// The families in turn, beginning with that of the first address: the system's resolver has sorted them.
fn interleave(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut families = [Vec::new(), Vec::new()];
    let mut first_is_ipv6 = None;
    for address in found {
        let second = address.is_ipv6() != *first_is_ipv6.get_or_insert(address.is_ipv6());
        let family = &mut families[usize::from(second)];
        if !family.contains(&address) {
            family.push(address);
        }
    }
    let [first, second] = families.map(|family| family.into_iter().map(Some));
    let longest = first.len().max(second.len());
    let [first, second] = [first, second].map(|family| family.chain(std::iter::repeat(None)));
    first.zip(second).take(longest).flat_map(|(first, second)| [first, second]).flatten().collect()
}

/// Connects to one of the `addresses` of `target`, whichever answers first.
///
/// # Errors
/// When none of them does, or not within `timeout`; what came of each is in the failure.
pub async fn connect(target: &Target, addresses: &[SocketAddr], timeout: Duration) -> Result<Connected> {
    let mut end = pin!(sleep(timeout));
    // Where there is little time, each address has its share of it.
    let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let delay = ATTEMPT_DELAY.min(timeout / shares);
    let mut waiting = addresses.iter();
    let (mut attempts, mut pending) = (JoinSet::new(), Vec::new());
    let mut failures = Vec::new();
    loop {
        if let Some(&address) = waiting.next() {
            attempts.spawn(attempt(address));
            pending.push(address);
        }
        tokio::select! {
            biased; // also a machine that stood still has tried each address before the time is up
            Some(done) = attempts.join_next() => {
                // It neither panics nor is cancelled.
                let Ok((address, outcome)) = done else { continue };
                match outcome {
                    Ok((stream, took)) => return Ok(Connected { stream, address, took }),
                    Err(error) => failures.push((address, error)),
                }
                pending.retain(|&other| other != address);
                if pending.is_empty() && waiting.len() == 0 {
                    break;
                }
            }
            () = sleep(delay), if waiting.len() > 0 => {}
            () = &mut end => break,
        }
    }
    failures.extend(pending.into_iter().map(|address| (address, io::ErrorKind::TimedOut.into())));
    Err(Error::Connect { target: target.to_string(), timeout, attempts: failures })
}

async fn attempt(address: SocketAddr) -> (SocketAddr, io::Result<(TcpStream, Duration)>) {
    let start = Instant::now();
    let connected = async {
        let stream = TcpStream::connect(address).await?;
        let took = start.elapsed();
        stream.set_nodelay(true)?;
        Ok((stream, took))
    };
    (address, connected.await)
}
