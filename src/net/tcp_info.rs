//! The system's figures about a TCP connection, which tell the time of the network from the time of the server.
//!
//! No crate with a safe call was found: socket2, rustix and nix lack `TCP_INFO`, and netlink's `sock_diag` would take
//! several crates for two calls. So this is the one module with unsafe code.

use serde::Serialize;
use socket2::SockRef;

/// The figures of one connection, as far as the system has them (Linux; `TCP_INFO` in tcp(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct TcpInfo {
    /// The smoothed round-trip time of the network. The system of the peer acknowledges, not its program; a delayed
    /// acknowledgement (40 ms on Linux) counts.
    pub(crate) rtt_microseconds: u32,
    /// The mean deviation of the round-trip time.
    pub(crate) rtt_variance_microseconds: u32,
    /// Segments that were sent again.
    pub(crate) retransmits: u32,
    /// The largest segment that this end sends, in bytes.
    pub(crate) mss: u32,
    /// Bytes that were written and that the peer's system has not acknowledged.
    pub(crate) unacknowledged: u32,
}

impl TcpInfo {
    /// Returns the figures of a socket, or `None` where the system has none.
    #[cfg(target_os = "linux")]
    #[expect(unsafe_code, reason = "no crate has a safe call")]
    pub(crate) fn of(socket: &SockRef<'_>) -> Option<Self> {
        use std::mem::{MaybeUninit, size_of};
        use std::os::fd::AsRawFd as _;

        let fd = socket.as_raw_fd();
        let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
        let mut len = libc::socklen_t::try_from(size_of::<libc::tcp_info>()).ok()?;
        // SAFETY: `fd` is open while `socket` borrows it. The kernel writes at most `len` bytes to `info`, which has as
        // many. Older kernels write fewer.
        let failed = unsafe {
            libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &raw mut len)
        };
        if failed != 0 {
            return None;
        }
        // SAFETY: all fields are integers, for which zero bytes are valid.
        let info = unsafe { info.assume_init() };
        let mut unacknowledged: libc::c_int = 0;
        // SAFETY: `TIOCOUTQ` writes one int (tcp(7), where it is called `SIOCOUTQ`).
        unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut unacknowledged) };
        // The FIN counts as a byte.
        let fin = u32::from(info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_LAST_ACK);
        Some(Self {
            rtt_microseconds: info.tcpi_rtt,
            rtt_variance_microseconds: info.tcpi_rttvar,
            retransmits: info.tcpi_total_retrans,
            mss: info.tcpi_snd_mss,
            unacknowledged: u32::try_from(unacknowledged).unwrap_or(0).saturating_sub(fin),
        })
    }

    /// Returns `None`: only Linux's figures are read.
    #[cfg(not(target_os = "linux"))]
    pub(crate) const fn of(_: &SockRef<'_>) -> Option<Self> {
        None
    }
}

/// The states in which a FIN was sent and not acknowledged (`include/net/tcp_states.h` in Linux).
#[cfg(target_os = "linux")]
const TCP_FIN_WAIT1: u8 = 4;
#[cfg(target_os = "linux")]
const TCP_LAST_ACK: u8 = 9;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write as _;
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    #[test]
    fn open_connection_has_a_round_trip_time_and_a_segment_size() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        client.write_all(b"oi").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        // Loopback acknowledges within the call.
        for socket in [&client, &server] {
            let info = TcpInfo::of(&SockRef::from(socket)).unwrap();
            assert!(info.rtt_microseconds > 0 && info.mss >= 536, "{info:?}");
            assert_eq!((info.retransmits, info.unacknowledged), (0, 0), "{info:?}");
        }
    }

    #[test]
    fn bytes_that_the_peer_has_no_room_for_are_unacknowledged() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_nonblocking(true).unwrap();
        let mut written = 0;
        while let Ok(more) = client.write(&[b'x'; 8192]) {
            written += more;
        }
        let info = TcpInfo::of(&SockRef::from(&client)).unwrap();
        assert!(info.unacknowledged > 0 && info.unacknowledged as usize <= written, "{info:?} of {written}");
    }

    #[test]
    fn socket_of_another_kind_has_none() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(TcpInfo::of(&SockRef::from(&socket)), None);
    }
}
