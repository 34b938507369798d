//! TCP listeners with the options that every listener needs, and the close by a reset.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// The longest backlog that can be requested: the system reduces it to its own maximum (on Linux `net.core.somaxconn`,
/// 4,096 since 5.4). With a short backlog, a burst of clients loses SYNs, and waits a second or more to send them again.
const BACKLOG: i32 = i32::MAX;

/// Listens on an address.
///
/// # Errors
/// Fails if the address is in use, is not an address of this machine, or is not permitted.
pub(crate) fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `::` is all IPv6 addresses and no IPv4 address, on every system. So `::` does not conflict with `0.0.0.0`,
        // and an IPv4 client never shows as `::ffff:…` (nginx's default since 1.3.4).
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for old connections to leave TIME_WAIT. On Windows the same option would let a second
    // server take the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    // Replies to a pipelined batch were seen to wait 44 ms for Nagle's algorithm and delayed acknowledgements. On Linux
    // and the BSDs a connection inherits the option from its listener.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Shortens the backlog of a listener, so that a few clients fill it. (On Linux 1 lets 2 clients connect.)
///
/// # Errors
/// Fails if the system refuses to listen again.
pub(crate) fn shorten_backlog(listener: &tokio::net::TcpListener) -> io::Result<()> {
    SockRef::from(listener).listen(1)
}

/// Chooses whether the close of a socket sends a reset, also when the process ends.
pub(crate) fn set_reset_on_close(socket: &SockRef<'_>, is_reset: bool) {
    // This fails on a connection that the peer has reset: its close sends nothing.
    let _ = socket.set_linger(is_reset.then_some(Duration::ZERO));
}
