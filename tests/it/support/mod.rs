//! What tests of the executable share: starting it, waiting for it, talking to it.

pub(crate) mod fake;
pub(crate) mod output;
pub(crate) mod peer;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use output::Output;
use socket2::{Domain, Socket, Type};

/// How long anything is waited for. Nothing takes nearly as long, unless the machine itself stands still (virtual ones
/// were seen to, for up to two minutes): it ends a test that would hang.
pub(crate) const DEADLINE: Duration = Duration::from_secs(180);

/// For a `--pause` or a timeout that must not be what ends a wait.
pub(crate) const NEVER: &str = "1h";

/// What the executable and its libraries heed of their environment: `TERM` apart, which a terminal's test sets.
const HEEDED: [&str; 13] = [
    "UPCASE_HOST",
    "UPCASE_PORT",
    "UPCASE_LANG",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    // anstream takes a terminal for coloured there, whatever TERM says.
    "CI",
    "COLUMNS",
    "LINES",
    "TERM_PROGRAM",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "COLORBT_SHOW_HIDDEN",
];

/// A command for a program, with nothing of the caller's environment that the executable would heed.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in HEEDED {
        command.env_remove(name);
    }
    command
}

/// A command for the executable.
pub(crate) fn upcase(args: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_upcase"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Compares a checked-in file with what the program prints of itself now.
///
/// `UPCASE_UPDATE=1 cargo test files_are_current` writes all of them, after a change of the command line.
#[track_caller]
pub(crate) fn assert_current(file: &Path, current: &str) {
    if std::env::var_os("UPCASE_UPDATE").is_some() {
        std::fs::write(file, current).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == current, "{} is not what the program prints: UPCASE_UPDATE=1 writes it", file.display());
}

/// What a command that has ended left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end, with `input` on its standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Finished {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let (stdout, stderr) = (Output::of(child.stdout.take()), Output::of(child.stderr.take()));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_owned();
    // In a thread: a command that reads nothing must not hold the test up.
    std::thread::spawn(move || stdin.write_all(&input));
    let code = wait(&mut child).code();
    Finished { code, stdout: stdout.whole(), stderr: stderr.whole() }
}

/// Waits for a child's end, and kills it at the deadline.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return status;
        }
        if start.elapsed() > DEADLINE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the command did not end within {DEADLINE:?}");
        }
        // The system offers no wait with a deadline; this one is for a process to end, not for its work.
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A program that runs, and what it writes; ended when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (stdout, stderr) = (Output::of(child.stdout.take()), Output::of(child.stderr.take()));
        Self { child, stdout, stderr }
    }

    /// What it reads, where the command says that its standard input is piped.
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("it is piped")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.expect("there is a kill").success());
    }

    /// Waits for its end.
    pub(crate) fn finish(&mut self) -> Finished {
        let code = wait(&mut self.child).code();
        Finished { code, stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `upcase serve`, on a port of its own.
pub(crate) struct Server {
    running: Running,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `upcase serve --port 0` with these arguments, and waits until it listens.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = upcase(&["serve", "--port", "0"]);
        Self::spawn(command.args(args))
    }

    /// Starts a server by a command of the test's own.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let running = Running::start(command);
        let line = running
            .stderr
            .until_line(|line| line.starts_with("Escutando em ") || line.starts_with("Listening on "));
        let address = line.rsplit(' ').next().expect("it names an address").parse().expect("it is one");
        Self { running, address }
    }

    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// Tells it to stop, and waits for its end.
    pub(crate) fn stop(mut self) -> Finished {
        self.signal("TERM");
        self.finish()
    }
}

impl Deref for Server {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}

/// A connection whose reads and writes have a deadline.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).expect("it accepts");
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads all that comes until the other side closes; a reset is a failure.
pub(crate) fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("it ends without a reset, and in time");
    bytes
}

/// Reads as many bytes as `expected` has, and compares them.
#[track_caller]
pub(crate) fn expect(stream: &mut TcpStream, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    stream.read_exact(&mut bytes).expect("as many bytes come");
    assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(expected));
}

/// Sends `bytes`, half-closes, and reads the reply.
pub(crate) fn ask(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut stream = server.connect();
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    read_to_end(&mut stream)
}

/// A process's memory in KiB: `VmRSS:` what is resident, `VmHWM:` the most that was (proc(5)).
#[cfg(target_os = "linux")]
pub(crate) fn memory_kib(pid: u32, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A port that nothing listens on, nor can while the socket that has it stays.
pub(crate) fn silent_port() -> (Socket, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port().to_string();
    (socket, port)
}

/// Ends a connection by a reset.
pub(crate) fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}
