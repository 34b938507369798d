//! `upcase serve` as a child process, and connections to it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};
#[cfg(unix)]
use std::process::ChildStdout;
use std::process::Command;
use std::time::Duration;

#[cfg(unix)]
use super::process::Finished;
use super::process::{Process, upcase};
use super::{DEADLINE, NEVER};

/// A running `upcase serve` with output in English, on a free port.
pub(crate) struct Server {
    process: Process,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server with these arguments, and waits until it listens.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::spawn(&mut serve(args))
    }

    /// Starts a server where neither a pause nor an idle timeout ends anything, however slow the machine is.
    pub(crate) fn start_without_timeouts(args: &[&str]) -> Self {
        Self::start(&[&["--pause", NEVER, "--idle-timeout", NEVER], args].concat())
    }

    /// Starts a server whose log goes to a pipe that the test may leave unread or close.
    #[cfg(unix)]
    pub(crate) fn start_with_unread_stdout(args: &[&str]) -> (Self, ChildStdout) {
        let (process, stdout) = Process::start_with_unread_stdout(&mut serve(args));
        (Self::listening(process), stdout)
    }

    /// Starts a server by a command of the test's own, and waits until it listens.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self::listening(Process::start(command))
    }

    /// Waits until a server listens, and guards its process.
    pub(crate) fn listening(process: Process) -> Self {
        let is_listening = |line: &str| line.contains("Listening on ") || line.contains("Escutando em ");
        let line = process.stderr.until_line(is_listening);
        let (_, address) = line.trim_end_matches("\"}").rsplit_once(' ').unwrap();
        Self { address: address.parse().expect("the line ends with the address"), process }
    }

    /// Returns the port as an argument.
    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// Connects to the server.
    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// Stops the server by SIGTERM, and waits for its end.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> Finished {
        self.signal("TERM");
        self.finish()
    }
}

impl Deref for Server {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}

/// Returns the command for a server with these arguments, on a free port.
pub(crate) fn serve(args: &[&str]) -> Command {
    upcase(&[&["serve", "--port", "0"], args].concat())
}

/// Connects to an address, with deadlines for all reads and writes.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).expect("the server accepts");
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads until the other side closes. A reset fails the test.
#[track_caller]
pub(crate) fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the connection ends in time and without a reset");
    bytes
}

/// Reads as many bytes as `expected` has, and compares them.
#[track_caller]
pub(crate) fn assert_receives(stream: &mut TcpStream, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    stream.read_exact(&mut bytes).expect("as many bytes come");
    assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(expected));
}

/// Sends a message over a new connection, half-closes, and returns the reply.
#[track_caller]
pub(crate) fn ask(server: &Server, message: &[u8]) -> Vec<u8> {
    let mut stream = server.connect();
    stream.write_all(message).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    read_to_end(&mut stream)
}

/// Ends a connection by a reset.
pub(crate) fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}
