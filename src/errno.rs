//! Kinds of system errors that [`std::io::ErrorKind`] does not name: those of sockets and files, and those of the
//! system's resolver.

use std::io::{self, ErrorKind};

use rustix::io::Errno;

/// Returns whether this machine lacks the address, or its family.
pub(crate) fn is_address_unavailable(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable || is_one_of(error, &[Errno::AFNOSUPPORT])
}

/// Returns whether the limit on open files is reached, the process's or the machine's.
pub(crate) fn is_fd_limit(error: &io::Error) -> bool {
    #[cfg(unix)]
    let errors = [Errno::MFILE, Errno::NFILE];
    #[cfg(not(unix))]
    let errors = [Errno::MFILE];
    is_one_of(error, &errors)
}

/// Returns whether the peer has reset the connection.
pub(crate) fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

/// Returns whether an error of accept(2) concerns only the client that was being accepted, so that the next accept may
/// succeed at once.
///
/// Linux passes network errors of the new connection to accept(2); its manual page lists them.
pub(crate) fn is_error_of_accepted_peer(error: &io::Error) -> bool {
    #[cfg(target_os = "linux")]
    let errors = [
        Errno::NETDOWN,
        Errno::PROTO,
        Errno::NOPROTOOPT,
        Errno::HOSTDOWN,
        Errno::NONET,
        Errno::HOSTUNREACH,
        Errno::OPNOTSUPP,
        Errno::NETUNREACH,
        Errno::TIMEDOUT,
        // A firewall forbids the connection.
        Errno::PERM,
    ];
    #[cfg(not(target_os = "linux"))]
    let errors = [];
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
        || is_one_of(error, &errors)
}

fn is_one_of(error: &io::Error, errors: &[Errno]) -> bool {
    Errno::from_io_error(error).is_some_and(|errno| errors.contains(&errno))
}

/// An error of the system's resolver, inside an [`io::Error`].
///
/// The resolver has error codes of its own, which the standard library turns into a text of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ResolverError {
    /// `EAI_NONAME` and `EAI_NODATA`; on Windows `WSAHOST_NOT_FOUND` and `WSANO_DATA`.
    #[error("the name has no address")]
    UnknownName,
    /// `EAI_AGAIN`; on Windows `WSATRY_AGAIN`.
    #[error("the name service does not answer")]
    NoAnswer,
    /// `EAI_FAIL`; on Windows `WSANO_RECOVERY`.
    #[error("the name service answers with an error")]
    Failed,
}

impl ResolverError {
    /// Returns the resolver's error inside a system error.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<ResolverError> for io::Error {
    fn from(error: ResolverError) -> Self {
        Self::other(error)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_errors_of_an_accepted_peer_are_not_shortages() {
        for errno in [Errno::PROTO, Errno::HOSTUNREACH, Errno::NETDOWN, Errno::NOPROTOOPT, Errno::CONNABORTED]
        {
            assert!(is_error_of_accepted_peer(&errno.into()), "{errno:?}");
        }
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::INVAL] {
            assert!(!is_error_of_accepted_peer(&errno.into()), "{errno:?}");
        }
    }
}
