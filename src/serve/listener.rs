//! Listeners for host names and a port.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use crate::error::{Error, Result};
use crate::net::errno::is_address_unavailable;
use crate::net::resolve::resolve;
use crate::net::tcp::listen;
use crate::report;
use crate::terminal::Terminal;

/// Attempts to find a port that is free on every address.
const FREE_PORT_ATTEMPTS: usize = 16;

/// Listens on all addresses of all `hosts`. Port 0 is a free port, the same for each address.
///
/// An address that this machine lacks is skipped with a warning if the same name has other addresses (`localhost`
/// without IPv6).
///
/// # Errors
/// When a name is unknown, or an address cannot be listened on.
pub(super) async fn bind(hosts: &[String], port: u16, terminal: Terminal) -> Result<Vec<TcpListener>> {
    let mut hosts_addresses = Vec::new();
    for host in hosts {
        let error = |source| Error::Resolve { host: host.clone(), source };
        hosts_addresses.push(resolve(host, port).await.map_err(error)?);
    }
    remove_covered(&mut hosts_addresses);
    let mut attempts = FREE_PORT_ATTEMPTS;
    loop {
        attempts -= 1;
        match bind_all(&hosts_addresses, terminal) {
            Err(Error::Listen { source, .. })
                if port == 0 && source.kind() == ErrorKind::AddrInUse && attempts > 0 => {}
            bound => return bound,
        }
    }
}

/// Removes the addresses that `0.0.0.0` or `::` covers: they could not be bound beside it.
fn remove_covered(hosts: &mut Vec<Vec<SocketAddr>>) {
    let all = hosts.concat();
    let covers = |any: &SocketAddr, address: &SocketAddr| {
        any.ip().is_unspecified() && any.is_ipv4() == address.is_ipv4() && !address.ip().is_unspecified()
    };
    for addresses in hosts.iter_mut() {
        addresses.retain(|address| !all.iter().any(|any| covers(any, address)));
    }
    hosts.retain(|addresses| !addresses.is_empty());
}

fn bind_all(hosts: &[Vec<SocketAddr>], terminal: Terminal) -> Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut port = 0;
    for addresses in hosts {
        let mut unavailable = None;
        let bound_before = listeners.len();
        for &(mut address) in addresses {
            if address.port() == 0 {
                address.set_port(port);
            }
            if listeners.iter().any(|listener| listener.local_addr().is_ok_and(|bound| bound == address)) {
                continue; // given twice, as with `--host localhost --host 127.0.0.1`
            }
            match listen(address) {
                Ok(listener) => {
                    port = listener.local_addr().map_or(port, |bound| bound.port());
                    listeners.push(listener);
                }
                Err(source) if is_address_unavailable(&source) => unavailable = Some((address, source)),
                Err(source) => return Err(Error::Listen { address, source }),
            }
        }
        match unavailable {
            Some((address, source)) if listeners.len() == bound_before => {
                return Err(Error::Listen { address, source });
            }
            Some((address, source)) => {
                report::warning(terminal.lang.address_left_out(address, &source), terminal);
            }
            None => {}
        }
    }
    Ok(listeners)
}
