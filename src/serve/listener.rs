//! From names and a port to listeners.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::lookup_host;

use crate::error::{Error, Result};
use crate::report;
use crate::terminal::Terminal;

/// The longest backlog that can be asked for: the system takes as much of it as it allows (on Linux
/// `net.core.somaxconn`, 4,096 since 5.4). With a short one, a burst of clients loses SYNs and waits a second or
/// more to send them again.
const BACKLOG: i32 = i32::MAX;

/// How many times a free port is looked for that is free on every address: with one address the first is.
const FREE_PORT_TRIES: usize = 16;

/// Listens on all addresses of all `hosts`; port 0 is a free one, the same for each of them.
///
/// An address that this machine lacks is left out with a warning where the same name has others (`localhost` where
/// IPv6 is off).
///
/// # Errors
/// When a name is unknown, or an address can't be listened on.
pub(super) async fn bind(hosts: &[String], port: u16, terminal: Terminal) -> Result<Vec<TcpListener>> {
    let mut groups = Vec::new();
    for host in hosts {
        groups.push(resolve(host, port).await?);
    }
    leave_out_what_is_covered(&mut groups);
    let mut tries = FREE_PORT_TRIES;
    loop {
        tries -= 1;
        match bind_all(&groups, terminal) {
            Err(Error::Listen { source, .. })
                if port == 0 && source.kind() == ErrorKind::AddrInUse && tries > 0 => {}
            bound => return bound,
        }
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>> {
    let failed = |source| Error::Resolve { host: host.to_owned(), source };
    let mut addresses = Vec::new();
    for address in lookup_host((host, port)).await.map_err(failed)? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(failed(ErrorKind::NotFound.into()));
    }
    Ok(addresses)
}

/// `0.0.0.0` and `::` are all addresses of their family: beside them, one of those could not be bound.
fn leave_out_what_is_covered(groups: &mut Vec<Vec<SocketAddr>>) {
    let all = groups.concat();
    let covers = |wide: &SocketAddr, address: &SocketAddr| {
        wide.ip().is_unspecified() && wide.is_ipv4() == address.is_ipv4() && !address.ip().is_unspecified()
    };
    for group in groups.iter_mut() {
        group.retain(|address| !all.iter().any(|wide| covers(wide, address)));
    }
    groups.retain(|group| !group.is_empty());
}

fn bind_all(groups: &[Vec<SocketAddr>], terminal: Terminal) -> Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut port = 0;
    for group in groups {
        let mut missing = None;
        let before = listeners.len();
        for &(mut address) in group {
            if address.port() == 0 {
                address.set_port(port);
            }
            if listeners.iter().any(|listener| listener.local_addr().is_ok_and(|bound| bound == address)) {
                continue; // asked for twice, as by `--host localhost --host 127.0.0.1`
            }
            match listen(address) {
                Ok(listener) => {
                    port = listener.local_addr().map_or(port, |bound| bound.port());
                    listeners.push(listener);
                }
                Err(source) if is_not_of_this_machine(&source) => missing = Some((address, source)),
                Err(source) => return Err(Error::Listen { address, source }),
            }
        }
        match missing {
            Some((address, source)) if listeners.len() == before => {
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

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Each address is just itself, on every system: `::` beside `0.0.0.0` is no conflict, and an IPv4
        // client is never shown as `::ffff:…` (nginx's default since 1.3.4).
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for the last connections to leave TIME_WAIT. On Windows the same option would let
    // a second server take the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    // Replies of a pipelined batch were seen to wait 44 ms for Nagle and delayed acknowledgements. On Linux and the
    // BSDs connections have it from their listener.
    socket.set_tcp_nodelay(true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn is_not_of_this_machine(error: &io::Error) -> bool {
    // A system without IPv6 has no error kind of its own for it in Rust: EAFNOSUPPORT.
    const EAFNOSUPPORT: i32 = if cfg!(target_os = "linux") {
        97
    } else if cfg!(windows) {
        10047
    } else {
        47
    };
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(EAFNOSUPPORT)
}
