//! Child processes whose output is captured and that never outlive their test.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::DEADLINE;
use super::captured_output::CapturedOutput;
#[cfg(target_os = "linux")]
use super::proc::until_idle;

/// Environment variables that change what the executable prints, except those of the locale.
///
/// `TERM` is not among them: a test at a terminal sets it.
const CLEARED_VARIABLES: [&str; 13] = [
    "UPCASE_HOST",
    "UPCASE_PORT",
    "UPCASE_LANG",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    // With CI set, anstream colours a terminal of any TERM.
    "CI",
    "COLUMNS",
    "LINES",
    "TERM_PROGRAM",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "COLORBT_SHOW_HIDDEN",
];

/// Environment variables that choose a language. Other programs need them, to know that text is UTF-8.
const LOCALE_VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// Returns a command for a program, with empty input, captured output, and an environment that is the same everywhere.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in CLEARED_VARIABLES {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Returns a command for the executable, with output in English.
pub(crate) fn upcase(args: &[&str]) -> Command {
    let mut command = upcase_in_default_language(&["--lang", "en"]);
    command.args(args);
    command
}

/// Returns a command for the executable in an environment that chooses no language.
pub(crate) fn upcase_in_default_language(args: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_upcase"));
    for name in LOCALE_VARIABLES {
        command.env_remove(name);
    }
    command.args(args);
    command
}

/// Appends `command`, with its arguments and its environment, to a command that runs another: `setsid`, `unshare`.
#[cfg(unix)]
pub(crate) fn wrap(mut wrapper: Command, command: &Command) -> Command {
    wrapper.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapper.env(name, value),
            None => wrapper.env_remove(name),
        };
    }
    wrapper
}

/// Returns a command that may have this many files open.
#[cfg(unix)]
pub(crate) fn with_file_limit(files: usize, limited: &Command) -> Command {
    let mut shell = command("sh");
    shell.args(["-c", &format!("ulimit -n {files}; exec \"$@\""), "sh"]);
    wrap(shell, limited)
}

/// Runs a command to its end, with `input` on its standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Finished {
    let mut process = Process::start(command.stdin(Stdio::piped()));
    process.feed(input);
    process.finish()
}

/// The exit code and the output of a process that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Replaces the addresses of clients of `server` by `CLIENT`: their ports differ in each run.
    pub(crate) fn hiding_clients(self, server: SocketAddr) -> Self {
        let Self { code, stdout, stderr } = self;
        Self { code, stdout: hide_clients(&stdout, server), stderr: hide_clients(&stderr, server) }
    }
}

/// Replaces each address and port in `text` by `CLIENT`, except those of `server`.
pub(crate) fn hide_clients(text: &str, server: SocketAddr) -> String {
    let host = format!("{}:", server.ip());
    let mut parts = text.split(&host);
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (port, rest) = part.split_at(part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len()));
        let is_client = !port.is_empty() && port != server.port().to_string();
        hidden.extend(if is_client { ["CLIENT", ""] } else { [&host, port] });
        hidden.push_str(rest);
    }
    hidden
}

/// A child process with captured output, killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) stdout: CapturedOutput,
    pub(crate) stderr: CapturedOutput,
}

impl Process {
    /// Starts a command, and captures those of its output streams that are piped.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::capture(command.spawn().expect("the command starts"))
    }

    /// Starts a command, and hands its standard output to the test, which may leave it unread or close it.
    pub(crate) fn start_with_unread_stdout(command: &mut Command) -> (Self, ChildStdout) {
        let mut child = command.spawn().expect("the command starts");
        let stdout = child.stdout.take().expect("standard output is piped");
        (Self::capture(child), stdout)
    }

    fn capture(mut child: Child) -> Self {
        let stdout = CapturedOutput::of(child.stdout.take());
        let stderr = CapturedOutput::of(child.stderr.take());
        Self { child, stdout, stderr }
    }

    /// Takes the standard input of a process whose command pipes it.
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("standard input is piped")
    }

    /// Writes `input` to the standard input, and closes it.
    ///
    /// A thread does it: a process that reads nothing must not block the test.
    pub(crate) fn feed(&mut self, input: &[u8]) {
        let (mut stdin, input) = (self.stdin(), input.to_owned());
        thread::spawn(move || stdin.write_all(&input));
    }

    /// Returns the process's identifier.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name: `INT`, `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        send_signal(name, &self.pid().to_string());
    }

    /// Runs `action` while the process is stopped, so that the process finds everything done when it goes on.
    #[cfg(unix)]
    pub(crate) fn while_stopped<T>(&self, action: impl FnOnce() -> T) -> T {
        self.signal("STOP");
        let pid = self.pid().to_string();
        let end = Instant::now() + DEADLINE;
        while !run(command("ps").args(["-o", "state=", "-p", &pid]), b"").stdout.starts_with('T') {
            assert!(Instant::now() < end, "the process did not stop");
        }
        let result = action();
        self.signal("CONT");
        result
    }

    /// Waits until the process has nothing to do but to wait for input, and for timers of more than 50 ms.
    ///
    /// Only Linux shows this. Elsewhere this function returns at once, and the test proves less.
    pub(crate) fn until_idle(&self) {
        until_idle(self.pid());
    }

    /// Reports whether the process has ended.
    #[cfg(unix)]
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is a child of this process").is_some()
    }

    /// Waits for the end of the process, and returns its exit code.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is a child of this process") {
                return status.code();
            }
            assert!(Instant::now() < end, "the process did not end within {DEADLINE:?}");
            // The standard library has no wait with a deadline, so this polls.
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the end of the process, and returns its exit code and its output.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> Finished {
        let code = self.wait();
        Finished { code, stdout: self.stdout.text(), stderr: self.stderr.text() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to the process with this identifier.
#[cfg(unix)]
pub(crate) fn send_signal(name: &str, pid: &str) {
    let ended = run(command("kill").args([&format!("-{name}"), pid]), b"");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[cfg(not(target_os = "linux"))]
fn until_idle(_pid: u32) {}

/// Returns the signals that shut the program down, each with its exit code.
///
/// SIGHUP is missing where this process ignores it, as under nohup(1): a child inherits that, and keeps it.
#[cfg(unix)]
pub(crate) fn shutdown_signals() -> Vec<(&'static str, i32)> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    let mut signals = vec![("INT", 130), ("TERM", 143), ("HUP", 129)];
    signals.retain(|&(name, _)| name != "HUP" || ignored & 1 == 0);
    signals
}
