//! A server that runs, and what the system says about it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{ContextCompat as _, Result, WrapErr as _, bail};
use nix::time::ClockId;
use nix::unistd::Pid;

use super::machine::Cores;
use super::server::{Executables, Mode, Port, Server};

/// How long a server may take until it listens: Python, the slowest, takes a tenth of a second, and machines that check
/// changes are busy.
const START_MAX: Duration = Duration::from_secs(10);

/// How often a silent server is tried.
const TRY_EVERY: Duration = Duration::from_millis(5);

/// How many ports a silent server is given: another process may take one between our look and its bind.
const PORTS_MAX: usize = 3;

/// What `/proc` counts time in (`USER_HZ`), on every architecture that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A server that listens; it is killed when this goes.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// The program that was started.
    pub(super) program: PathBuf,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// How long it took until it said so.
    pub(super) started_in: Duration,
}

impl Running {
    /// Starts a server on its core, and waits until it listens.
    pub(super) fn start(server: Server, mode: Mode, executables: &Executables, cores: Cores) -> Result<Self> {
        let started = if server.is_silent() {
            Self::start_silent(server, mode, executables, cores)
        } else {
            Self::start_telling(server, mode, executables, cores)
        };
        started.wrap_err_with(|| format!("can't start {}", server.name()))
    }

    fn start_telling(server: Server, mode: Mode, executables: &Executables, cores: Cores) -> Result<Self> {
        let mut command = server.command(mode, Port::Told, executables)?;
        let begun = Instant::now();
        let mut running = Self::spawn(command.stderr(Stdio::piped()), cores)?;
        let said = follow(running.child.stderr.take().expect("it is piped"));
        let mut last = String::new();
        loop {
            let Ok(line) = said.recv_timeout(START_MAX.saturating_sub(begun.elapsed())) else {
                bail!("it does not say where it listens; the last that it said is {last:?}");
            };
            if let Some(address) = line.rsplit(' ').next().and_then(|word| word.parse().ok()) {
                running.address = address;
                running.started_in = begun.elapsed();
                return Ok(running);
            }
            last = line;
        }
    }

    fn start_silent(server: Server, mode: Mode, executables: &Executables, cores: Cores) -> Result<Self> {
        for _ in 0..PORTS_MAX {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
            let mut command = server.command(mode, Port::Given(free.port()), executables)?;
            let begun = Instant::now();
            let mut running = Self::spawn(command.stderr(Stdio::null()), cores)?;
            running.address = free;
            while running.child.try_wait()?.is_none() && begun.elapsed() < START_MAX {
                if TcpStream::connect(free).is_ok() {
                    running.started_in = begun.elapsed();
                    return Ok(running);
                }
                thread::sleep(TRY_EVERY);
            }
        }
        bail!("it does not listen")
    }

    fn spawn(command: &mut Command, cores: Cores) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = cores.for_server(|| command.spawn())??;
        let program = command.get_program().into();
        Ok(Self { child, program, address: (Ipv4Addr::LOCALHOST, 0).into(), started_in: Duration::ZERO })
    }

    /// The CPU time that it has taken so far, and that of its children which have ended.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        // In nanoseconds, those of threads that have ended too; /proc has hundredths of a second.
        let own = Duration::from(ClockId::pid_cpu_clock_id(pid)?.now()?);
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The program's name, in parentheses, may hold anything; `cutime` and `cstime` are the 14th and 15th field
        // after it.
        let (_, fields) = stat.rsplit_once(')').wrap_err("/proc/PID/stat has no name in it")?;
        let ticks =
            fields.split_whitespace().skip(13).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(own.as_secs_f64() + f64::from(ticks) / TICKS_PER_SECOND)
    }

    /// The bytes of memory that are its own or shared, and are there.
    pub(super) fn resident(&self) -> Result<u32> {
        // Walked page by page: what /proc/PID/statm tells lags behind.
        let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let kib = memory.lines().find_map(|line| line.strip_prefix("Rss:")?.strip_suffix("kB"));
        let kib: u32 = kib.wrap_err("/proc/PID/smaps_rollup has no `Rss:`")?.trim().parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads all that a server says on its standard error, to the end, so that it never waits for a reader.
fn follow(stderr: ChildStderr) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Once it listens, no one wants to know.
            let _ = tell.send(line);
        }
    });
    told
}
