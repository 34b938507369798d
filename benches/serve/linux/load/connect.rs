//! Connections that no one waits for.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd as _;

use color_eyre::eyre::{Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, SockaddrIn, connect, socket};

/// A connection that is open or on its way: std would wait for it.
pub(super) fn connect_to(server: SocketAddr) -> Result<TcpStream> {
    let SocketAddr::V4(server) = server else { bail!("{server} is not of IPv4") };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Inet, SockType::Stream, flags, SockProtocol::Tcp)?;
    match connect(socket.as_raw_fd(), &SockaddrIn::from(server)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(socket.into()),
        Err(error) => Err(error.into()),
    }
}
