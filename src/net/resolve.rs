//! Name lookup by the system's resolver.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::thread;

use tokio::sync::oneshot;

/// Returns all addresses of a host, each once, in the resolver's order.
///
/// A lookup runs on a thread of its own, since the system's resolver blocks. An address needs no lookup and no thread.
///
/// # Errors
/// Fails if the name is unknown or has no address, the resolver fails, or the system refuses the thread.
pub(crate) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let (sender, receiver) = oneshot::channel();
    let name = host.to_owned();
    thread::Builder::new().name("resolver".into()).spawn(move || {
        // The receiver is gone if the program no longer waits.
        let _ = sender.send((name.as_str(), port).to_socket_addrs());
    })?;
    let found = receiver.await.map_err(|_| io::Error::other("the resolver's thread ended"))??;
    let mut addresses = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(addresses) }
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
