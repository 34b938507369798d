//! The servers, and how each is started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use clap::ValueEnum;
use color_eyre::eyre::{ContextCompat as _, Result};

use super::epoll_server::Answer;
use super::load::exchanges::Exchange;
use super::options::EPOLL_SERVER;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Server {
    /// The real executable, which shows each message
    Upcase,
    /// The executable of `--baseline`, which shows each message
    Baseline,
    /// The real executable, which shows no messages
    UpcaseQuiet,
    /// The executable of `--baseline`, which shows no messages
    BaselineQuiet,
    /// A bare epoll loop: the limit
    Epoll,
    /// The same, but it takes lines apart instead of answering what it read as it is
    EpollLines,
    /// The tutorial's server, in Python
    Tutorial,
    /// Python's server with a thread for each connection
    Threads,
    /// `socat`, which spawns `tr` for each connection
    Socat,
    /// `ncat`, which spawns `head` and `tr` for each connection
    Ncat,
}

/// What a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    OneMessage,
    KeepAlive,
}

/// The `upcase` executables that are measured.
#[derive(Clone, Debug)]
pub(super) struct Executables {
    pub(super) upcase: PathBuf,
    pub(super) baseline: Option<PathBuf>,
}

/// How a server says where it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// It takes a free port, and its standard error tells which.
    Told,
    /// It says nothing: it is given a port.
    Given(u16),
}

impl Server {
    /// What it is called in tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Upcase => "upcase",
            Self::Baseline => "baseline",
            Self::UpcaseQuiet => "upcase --quiet",
            Self::BaselineQuiet => "baseline --quiet",
            Self::Epoll => "bare epoll",
            Self::EpollLines => "bare epoll, by lines",
            Self::Tutorial => "the tutorial's",
            Self::Threads => "Python, threads",
            Self::Socat => "socat, tr",
            Self::Ncat => "ncat, head and tr",
        }
    }

    /// The program without which it can't be started, where there is such a one.
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

    /// The server of `--baseline` with the same options.
    pub(super) const fn baseline(self) -> Option<Self> {
        match self {
            Self::Upcase => Some(Self::Baseline),
            Self::UpcaseQuiet => Some(Self::BaselineQuiet),
            _ => None,
        }
    }

    /// Returns true for the servers of `--baseline`.
    pub(super) const fn is_baseline(self) -> bool {
        matches!(self, Self::Baseline | Self::BaselineQuiet)
    }

    /// Whether it can be started here.
    pub(super) fn is_installed(self) -> bool {
        match self.program() {
            None => true,
            Some("python3") => python().is_some(),
            Some(program) => output(program, &["--version"]).or_else(|| output(program, &["-V"])).is_some(),
        }
    }

    /// Whether it must be given a port.
    pub(super) const fn is_silent(self) -> bool {
        matches!(self, Self::Socat | Self::Ncat)
    }

    /// How a client has one message answered. A filter such as `tr` gives the newline back, and nothing before its input
    /// ends. socat ends it with the client's side; ncat would give up the reply then.
    pub(super) const fn one_message(self) -> Exchange {
        match self {
            Self::Socat => Exchange::HalfClosedLine,
            Self::Ncat => Exchange::Line,
            _ => Exchange::Connection,
        }
    }

    /// Whether it may break a connection off without its reply: other people's may, and that is told; ours may not.
    pub(super) const fn may_lose(self) -> bool {
        self.program().is_some()
    }

    /// What starts it.
    pub(super) fn command(self, mode: Mode, port: Port, executables: &Executables) -> Result<Command> {
        let port = match port {
            Port::Told => 0,
            Port::Given(port) => port,
        };
        Ok(match self {
            Self::Upcase => upcase(&executables.upcase, mode, false),
            Self::UpcaseQuiet => upcase(&executables.upcase, mode, true),
            Self::Baseline => upcase(executables.baseline()?, mode, false),
            Self::BaselineQuiet => upcase(executables.baseline()?, mode, true),
            Self::Epoll | Self::EpollLines => {
                let answer = match (self, mode) {
                    (_, Mode::OneMessage) => Answer::OneMessage,
                    (Self::EpollLines, Mode::KeepAlive) => Answer::Lines,
                    (_, Mode::KeepAlive) => Answer::Bytes,
                };
                let answer = answer.to_possible_value().expect("no answer is hidden");
                let mut command = Command::new(env::current_exe()?);
                command.args([EPOLL_SERVER, answer.get_name()]);
                command
            }
            Self::Tutorial => python_command(include_str!("peers/tutorial.py"), "one-message")?,
            Self::Threads => {
                let mode = if mode == Mode::KeepAlive { "keep-alive" } else { "one-message" };
                python_command(include_str!("peers/threads.py"), mode)?
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
        self.baseline.as_deref().wrap_err("--baseline names no executable")
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

fn python_command(source: &str, mode: &str) -> Result<Command> {
    let mut command = Command::new(python().wrap_err("python3 is not installed")?);
    command.args(["-c", source, mode]);
    Ok(command)
}

/// Python itself: `python3` may be a script of a version manager's, whose time is not the server's.
fn python() -> Option<&'static str> {
    static PYTHON: OnceLock<Option<String>> = OnceLock::new();
    PYTHON.get_or_init(|| output("python3", &["-c", "import sys; print(sys.executable)"])).as_deref()
}

/// What a program says that ends by itself and well.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
