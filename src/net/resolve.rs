//! Name lookup by the system's resolver.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::thread;

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use tokio::sync::oneshot;

use crate::errno::ResolverError;
use crate::error::{Error, Result};

/// Returns all addresses of a host, each once, in the resolver's order.
///
/// A lookup runs on a thread of its own, since the system's resolver blocks. An address needs no lookup and no thread.
///
/// # Errors
/// Fails if the name has no address, the resolver fails, or the system refuses the thread.
pub(crate) async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let (sender, receiver) = oneshot::channel();
    let name = host.to_owned();
    let run = move || {
        // The receiver is gone if the program no longer waits.
        let _ = sender.send(look_up(&name, port));
    };
    thread::Builder::new().name("resolver".into()).spawn(run).map_err(Error::StartThread)?;
    let found = receiver.await.unwrap_or_else(|_| Err(io::Error::other("the resolver's thread ended")));
    found.map_err(|source| Error::Resolve { host: host.to_owned(), source })
}

/// Asks the system's resolver, and waits for its answer.
fn look_up(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    // Otherwise each address comes once for each type of socket.
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(name), None, Some(hints)).map_err(io_error)?;
    let mut addresses = Vec::new();
    for mut address in found.flatten().map(|found| found.sockaddr) {
        address.set_port(port);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(ResolverError::UnknownName.into()) } else { Ok(addresses) }
}

/// Returns the error of a lookup, by its code where the system's text would differ between systems.
fn io_error(error: LookupError) -> io::Error {
    match error.kind() {
        LookupErrorKind::NoName | LookupErrorKind::NoData => ResolverError::UnknownName.into(),
        LookupErrorKind::Again => ResolverError::NoAnswer.into(),
        LookupErrorKind::Fail => ResolverError::Failed.into(),
        LookupErrorKind::Memory => io::ErrorKind::OutOfMemory.into(),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn address_needs_no_lookup() {
        let addresses = resolve("::1", 80).await.unwrap();
        assert_eq!(addresses, ["[::1]:80".parse().unwrap()]);
    }

    #[tokio::test]
    async fn name_has_each_address_once() {
        let addresses = resolve("localhost", 80).await.unwrap();
        assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
        let distinct = addresses.iter().collect::<std::collections::HashSet<_>>();
        assert_eq!(addresses.len(), distinct.len());
    }
}
