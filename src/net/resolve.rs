//! Name lookup by the system's resolver.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::thread;

use dns_lookup::{AddrFamily, AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use tokio::sync::oneshot;

use crate::address::IpVersion;
use crate::errno::ResolverError;
use crate::error::{Error, Result};

/// Returns all addresses of a host, or those of one `version`, each once, in the resolver's order.
///
/// A lookup runs on a thread of its own, since the system's resolver blocks. An address needs no lookup and no thread.
///
/// # Errors
/// Fails if the name has no address, the resolver fails, or the system refuses the thread.
pub(crate) async fn resolve(host: &str, port: u16, version: Option<IpVersion>) -> Result<Vec<SocketAddr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        let address = SocketAddr::new(ip, port);
        return match version {
            Some(version) if version != IpVersion::of(address) => {
                Err(Error::NoAddress { host: host.to_owned(), version })
            }
            _ => Ok(vec![address]),
        };
    }
    let (sender, receiver) = oneshot::channel();
    let name = host.to_owned();
    let run = move || {
        // The receiver is gone if the program no longer waits.
        let _ = sender.send(look_up_version(&name, port, version));
    };
    thread::Builder::new().name("resolver".into()).spawn(run).map_err(Error::StartThread)?;
    receiver.await.unwrap_or_else(|_| {
        let source = io::Error::other("the resolver's thread ended");
        Err(Error::Resolve { host: host.to_owned(), source })
    })
}

/// Looks up the addresses of one version, or all.
fn look_up_version(name: &str, port: u16, version: Option<IpVersion>) -> Result<Vec<SocketAddr>> {
    let host = || name.to_owned();
    match (look_up(name, port, version), version) {
        (Ok(addresses), _) => Ok(addresses),
        // The resolvers' errors do not tell a name with addresses of the other version from an unknown name.
        (Err(source), Some(version)) if !is_outage(&source) && look_up(name, port, None).is_ok() => {
            Err(Error::NoAddress { host: host(), version })
        }
        (Err(source), _) => Err(Error::Resolve { host: host(), source }),
    }
}

/// Returns whether the name service failed, so that it says nothing about the name.
fn is_outage(error: &io::Error) -> bool {
    matches!(ResolverError::of(error), Some(ResolverError::NoAnswer | ResolverError::Failed))
}

/// Asks the system's resolver, and waits for its answer.
fn look_up(name: &str, port: u16, version: Option<IpVersion>) -> io::Result<Vec<SocketAddr>> {
    let family = version.map(|version| match version {
        IpVersion::V4 => AddrFamily::Inet,
        IpVersion::V6 => AddrFamily::Inet6,
    });
    let hints = AddrInfoHints {
        // Otherwise each address comes once for each type of socket.
        socktype: SockType::Stream.into(),
        address: family.map_or(0, Into::into),
        ..AddrInfoHints::default()
    };
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
        let addresses = resolve("::1", 80, None).await.unwrap();
        assert_eq!(addresses, ["[::1]:80".parse().unwrap()]);
    }

    #[tokio::test]
    async fn address_of_another_version_is_an_error() {
        let result = resolve("::1", 80, Some(IpVersion::V4)).await;
        assert!(matches!(result, Err(Error::NoAddress { version: IpVersion::V4, .. })), "{result:?}");
        assert_eq!(resolve("::1", 80, Some(IpVersion::V6)).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn name_has_each_address_once() {
        let addresses = resolve("localhost", 80, None).await.unwrap();
        assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
        let distinct = addresses.iter().collect::<std::collections::HashSet<_>>();
        assert_eq!(addresses.len(), distinct.len());
    }
}
