//! Server processes: starting them on their own core, and reading their CPU time and memory.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{ContextCompat as _, Result, WrapErr as _, bail, ensure};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::time::ClockId;
use nix::unistd::Pid;

use super::server::{Executables, Mode, Port, Server};

/// Longest time from start to listening. Python, the slowest, takes 0.1 s; machines of continuous integration are busy.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(10);

/// Time between two attempts to connect to a server that does not print its address.
const CONNECT_INTERVAL: Duration = Duration::from_millis(5);

/// Ports to try with a server that can't choose a free one: another process may take a port before the server binds it.
const PORT_ATTEMPTS: usize = 3;

/// The unit of time in `/proc` (`USER_HZ`), which is the same on every architecture that Rust supports.
const TICKS_PER_SECOND: f64 = 100.0;

/// The process ID by which the kernel and nix mean the calling thread.
const THIS_THREAD: Pid = Pid::from_raw(0);

/// Starts servers on one core, while this thread, which generates the load, stays on another.
#[derive(Debug)]
pub(super) struct Launcher {
    executables: Executables,
    server_core: usize,
    load_core: usize,
}

/// A server that listens. The process is killed on drop.
#[derive(Debug)]
pub(super) struct ServerProcess {
    child: Child,
    pub(super) program: PathBuf,
    pub(super) address: SocketAddr,
    /// Time from start to listening.
    pub(super) startup: Duration,
}

impl Launcher {
    /// Takes the first and the last core that this process may use, and moves this thread to the last. Cores whose
    /// numbers are far apart are seldom two threads of one physical core.
    pub(super) fn new(executables: Executables) -> Result<Self> {
        let allowed = sched_getaffinity(THIS_THREAD)?;
        let allowed: Vec<_> = (0..CpuSet::count()).filter(|&core| allowed.is_set(core) == Ok(true)).collect();
        ensure!(allowed.len() > 1, "two cores are needed, one for the servers and one for the load");
        let (server_core, load_core) = (allowed[0], allowed[allowed.len() - 1]);
        pin_this_thread(load_core)?;
        Ok(Self { executables, server_core, load_core })
    }

    /// Starts a server, and waits until it listens.
    pub(super) fn start(&self, server: Server, mode: Mode) -> Result<ServerProcess> {
        let process = if server.prints_address() {
            self.start_on_any_port(server, mode)
        } else {
            self.start_on_free_port(server, mode)
        };
        process.wrap_err_with(|| format!("can't start {}", server.name()))
    }

    fn start_on_any_port(&self, server: Server, mode: Mode) -> Result<ServerProcess> {
        let mut command = server.command(mode, Port::Any, &self.executables)?;
        let start = Instant::now();
        let mut process = self.spawn(command.stderr(Stdio::piped()))?;
        let lines = read_lines(process.child.stderr.take().expect("standard error is piped"));
        let mut last = String::new();
        loop {
            let Ok(line) = lines.recv_timeout(STARTUP_TIMEOUT.saturating_sub(start.elapsed())) else {
                bail!("it does not print its address; its last line is {last:?}");
            };
            if let Some(address) = line.rsplit(' ').next().and_then(|word| word.parse().ok()) {
                process.address = address;
                process.startup = start.elapsed();
                return Ok(process);
            }
            last = line;
        }
    }

    fn start_on_free_port(&self, server: Server, mode: Mode) -> Result<ServerProcess> {
        for _ in 0..PORT_ATTEMPTS {
            let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
            let mut command = server.command(mode, Port::Number(address.port()), &self.executables)?;
            let start = Instant::now();
            let mut process = self.spawn(command.stderr(Stdio::null()))?;
            process.address = address;
            while process.child.try_wait()?.is_none() && start.elapsed() < STARTUP_TIMEOUT {
                if TcpStream::connect(address).is_ok() {
                    process.startup = start.elapsed();
                    return Ok(process);
                }
                thread::sleep(CONNECT_INTERVAL);
            }
        }
        bail!("it does not listen")
    }

    /// Spawns a process. A process inherits the core of the thread that spawns it, and so do all of its threads from
    /// their first instruction.
    fn spawn(&self, command: &mut Command) -> Result<ServerProcess> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        pin_this_thread(self.server_core)?;
        let child = command.spawn();
        pin_this_thread(self.load_core)?;
        Ok(ServerProcess {
            child: child?,
            program: command.get_program().into(),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            startup: Duration::ZERO,
        })
    }
}

impl ServerProcess {
    /// Returns the CPU time of the process and of its children that have ended.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        // This clock has nanoseconds and includes threads that have ended; /proc has hundredths of a second.
        let own = Duration::from(ClockId::pid_cpu_clock_id(pid)?.now()?);
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The program's name, in parentheses, may contain anything. `cutime` and `cstime` are the 14th and the 15th
        // field after the name.
        let (_, fields) = stat.rsplit_once(')').wrap_err("/proc/PID/stat has no name")?;
        let ticks =
            fields.split_whitespace().skip(13).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(own.as_secs_f64() + f64::from(ticks) / TICKS_PER_SECOND)
    }

    /// Returns the resident memory, private and shared.
    pub(super) fn resident_bytes(&self) -> Result<u32> {
        // The kernel counts the pages for this file; the counters of /proc/PID/statm lag behind.
        let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let kib = memory.lines().find_map(|line| line.strip_prefix("Rss:")?.strip_suffix("kB"));
        let kib: u32 = kib.wrap_err("/proc/PID/smaps_rollup has no `Rss:`")?.trim().parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Killing fails if the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pin_this_thread(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    sched_setaffinity(THIS_THREAD, &set).wrap_err_with(|| format!("can't move to core {core}"))
}

/// Reads a server's standard error on a thread of its own until the end, so that the server never waits for a reader.
fn read_lines(stderr: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // The receiver is dropped as soon as the server listens.
            let _ = sender.send(line);
        }
    });
    receiver
}
