//! The servers, and the command that starts each.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use clap::ValueEnum;
use color_eyre::eyre::{ContextCompat as _, Result};

use super::epoll_server::{EPOLL_SERVER, ReplyMode};

/// A server to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Server {
    /// `upcase serve`, which prints each message
    Upcase,
    /// The executable of `--baseline`, which prints each message
    Baseline,
    /// `upcase serve --quiet`, which prints no messages
    UpcaseQuiet,
    /// The executable of `--baseline`, which prints no messages
    BaselineQuiet,
    /// A bare epoll loop: the upper bound
    Epoll,
    /// The bare epoll loop, line by line instead of one reply to each read
    EpollLines,
    /// The tutorial's server, in Python
    Tutorial,
    /// A Python server with one thread per connection
    Threads,
    /// `socat`, which starts `tr` for each connection
    Socat,
    /// `ncat`, which starts `head` and `tr` for each connection
    Ncat,
}

/// The messages that a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// One message; the server closes after the reply.
    OneMessage,
    /// One message per line, any number of them.
    KeepAlive,
}

/// The port on which a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// A free port, which the server prints to standard error.
    Any,
    /// This port, for a server that prints nothing.
    Number(u16),
}

/// The executables of upcase.
#[derive(Clone, Debug)]
pub(super) struct Executables {
    pub(super) upcase: PathBuf,
    pub(super) baseline: Option<PathBuf>,
}

impl Server {
    /// Returns the server's name in tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Upcase => "upcase",
            Self::Baseline => "baseline",
            Self::UpcaseQuiet => "upcase --quiet",
            Self::BaselineQuiet => "baseline --quiet",
            Self::Epoll => "bare epoll",
            Self::EpollLines => "bare epoll, line by line",
            Self::Tutorial => "tutorial's server",
            Self::Threads => "Python threads",
            Self::Socat => "socat, tr",
            Self::Ncat => "ncat, head and tr",
        }
    }

    /// Returns the program that must be installed, if any.
    pub(super) const fn program(self) -> Option<&'static str> {
        match self {
            Self::Upcase
            | Self::Baseline
            | Self::UpcaseQuiet
            | Self::BaselineQuiet
            | Self::Epoll
            | Self::EpollLines => None,
            Self::Tutorial | Self::Threads => Some("python3"),
            Self::Socat => Some("socat"),
            Self::Ncat => Some("ncat"),
        }
    }

    /// Returns the server of `--baseline` that is compared with this one.
    pub(super) const fn baseline(self) -> Option<Self> {
        match self {
            Self::Upcase => Some(Self::Baseline),
            Self::UpcaseQuiet => Some(Self::BaselineQuiet),
            _ => None,
        }
    }

    pub(super) const fn is_baseline(self) -> bool {
        matches!(self, Self::Baseline | Self::BaselineQuiet)
    }

    pub(super) fn is_installed(self) -> bool {
        match self.program() {
            None => true,
            Some("python3") => python().is_some(),
            Some(program) => output(program, &["--version"]).or_else(|| output(program, &["-V"])).is_some(),
        }
    }

    /// Returns true if the server prints the address on which it listens.
    pub(super) const fn prints_address(self) -> bool {
        !matches!(self, Self::Socat | Self::Ncat)
    }

    /// Returns true if the server may close a connection without a reply. For the project's own servers that is an error.
    pub(super) const fn may_lose_replies(self) -> bool {
        self.program().is_some()
    }

    pub(super) fn command(self, mode: Mode, port: Port, executables: &Executables) -> Result<Command> {
        let port = match port {
            Port::Any => 0,
            Port::Number(port) => port,
        };
        Ok(match self {
            Self::Upcase => upcase(&executables.upcase, mode, false),
            Self::UpcaseQuiet => upcase(&executables.upcase, mode, true),
            Self::Baseline => upcase(executables.baseline()?, mode, false),
            Self::BaselineQuiet => upcase(executables.baseline()?, mode, true),
            Self::Epoll | Self::EpollLines => {
                let reply_mode = match (self, mode) {
                    (_, Mode::OneMessage) => ReplyMode::OneMessage,
                    (Self::EpollLines, Mode::KeepAlive) => ReplyMode::Lines,
                    (_, Mode::KeepAlive) => ReplyMode::Bytes,
                };
                let reply_mode = reply_mode.to_possible_value().expect("no reply mode is hidden");
                let mut command = Command::new(env::current_exe()?);
                command.args([EPOLL_SERVER, reply_mode.get_name()]);
                command
            }
            Self::Tutorial => python_script(include_str!("peers/tutorial.py"), "one-message")?,
            Self::Threads => {
                let mode = if mode == Mode::KeepAlive { "keep-alive" } else { "one-message" };
                python_script(include_str!("peers/threads.py"), mode)?
            }
            Self::Socat => {
                let mut command = Command::new("socat");
                command
                    .arg(format!("TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr"))
                    .arg("EXEC:tr a-z A-Z");
                command
            }
            Self::Ncat => {
                let mut command = Command::new("ncat");
                command.args(["-l", "-k", "-c", "head -n 1 | tr a-z A-Z", "127.0.0.1", &port.to_string()]);
                command
            }
        })
    }
}

impl Executables {
    fn baseline(&self) -> Result<&Path> {
        self.baseline.as_deref().wrap_err("--baseline is missing")
    }
}

fn upcase(executable: &Path, mode: Mode, is_quiet: bool) -> Command {
    let mut command = Command::new(executable);
    command.args(["serve", "--host", "127.0.0.1", "--port", "0", "--lang", "en", "--color", "never"]);
    if is_quiet {
        command.arg("--quiet");
    }
    if mode == Mode::KeepAlive {
        command.arg("--keep-alive");
    }
    command
}

fn python_script(source: &str, mode: &str) -> Result<Command> {
    let mut command = Command::new(python().wrap_err("python3 is not installed")?);
    command.args(["-c", source, mode]);
    Ok(command)
}

/// Returns the path of the Python interpreter. `python3` in `PATH` may be a version manager's script, whose run time
/// does not belong to the server.
fn python() -> Option<&'static str> {
    static PYTHON: OnceLock<Option<String>> = OnceLock::new();
    PYTHON.get_or_init(|| output("python3", &["-c", "import sys; print(sys.executable)"])).as_deref()
}

/// Runs a program, and returns its output if it succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
