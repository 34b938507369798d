//! Listeners for host names and a port.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use crate::errno::is_address_unavailable;
use crate::error::{Error, Result};
use crate::net::resolve::resolve;
use crate::net::tcp::listen;
use crate::report;
use crate::terminal::Terminal;

/// Attempts to find a port that is free on every address.
const FREE_PORT_ATTEMPTS: usize = 16;

/// Listens on all addresses of all `hosts`. Port 0 is a free port, the same for each address.
///
/// An address that this machine lacks is skipped with a warning if another address can be used (`localhost` without
/// IPv6).
///
/// # Errors
/// Fails if a name is unknown, an address cannot be listened on, or this machine lacks all of them.
pub(super) async fn bind(hosts: &[String], port: u16, terminal: Terminal) -> Result<Vec<TcpListener>> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for host in hosts {
        for address in resolve(host, port, None).await? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    let addresses = without_covered(&addresses);
    let mut attempts = FREE_PORT_ATTEMPTS;
    loop {
        attempts -= 1;
        match bind_all(&addresses, terminal) {
            Err(Error::Listen { source, .. })
                if port == 0 && source.kind() == ErrorKind::AddrInUse && attempts > 0 => {}
            bound => return bound,
        }
    }
}

/// Returns the addresses that neither `0.0.0.0` nor `::` covers: a covered address could not be bound beside it.
fn without_covered(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let covers = |any: &SocketAddr, address: &SocketAddr| {
        any.ip().is_unspecified() && any.is_ipv4() == address.is_ipv4() && !address.ip().is_unspecified()
    };
    let is_covered = |address: &SocketAddr| addresses.iter().any(|any| covers(any, address));
    addresses.iter().copied().filter(|address| !is_covered(address)).collect()
}

fn bind_all(addresses: &[SocketAddr], terminal: Terminal) -> Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut unavailable = Vec::new();
    let mut port = 0;
    for &(mut address) in addresses {
        if address.port() == 0 {
            address.set_port(port);
        }
        match listen(address) {
            Ok(listener) => {
                port = listener.local_addr().map_or(port, |bound| bound.port());
                listeners.push(listener);
            }
            Err(source) if is_address_unavailable(&source) => unavailable.push((address, source)),
            Err(source) => return Err(Error::Listen { address, source }),
        }
    }
    if listeners.is_empty()
        && let Some((address, source)) = unavailable.pop()
    {
        return Err(Error::Listen { address, source });
    }
    for (address, source) in &unavailable {
        report::warning("address", terminal.lang.address_left_out(*address, source), terminal);
    }
    Ok(listeners)
}
