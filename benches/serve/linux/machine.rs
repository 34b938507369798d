//! What it runs on, and which core is whose.

use std::fmt;
use std::fs;
use std::thread;

use color_eyre::eyre::{Result, WrapErr as _, ensure};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// In nix's and the kernel's words: the thread that calls.
const THIS_THREAD: Pid = Pid::from_raw(0);

/// The cores of the two halves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// Takes the first and the last core that this process may use, as numbers that are far apart seldom are two
    /// threads of one core, and moves this thread to the load's.
    pub(super) fn share_out() -> Result<Self> {
        let allowed = sched_getaffinity(THIS_THREAD)?;
        let allowed: Vec<_> = (0..CpuSet::count()).filter(|&core| allowed.is_set(core) == Ok(true)).collect();
        ensure!(allowed.len() > 1, "two cores are needed, one for the servers and one for the load");
        let cores = Self { server: allowed[0], load: allowed[allowed.len() - 1] };
        pin(cores.load)?;
        Ok(cores)
    }

    /// Does `start` on the servers' core: a process inherits the core of the thread that starts it, and so do all of
    /// its threads, from their first instruction.
    pub(super) fn for_server<T>(self, start: impl FnOnce() -> T) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.load)?;
        Ok(started)
    }
}

fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    sched_setaffinity(THIS_THREAD, &set).wrap_err_with(|| format!("can't move to core {core}"))
}

/// The machine, for whoever compares figures.
#[derive(Debug)]
pub(super) struct Machine {
    model: String,
    cores: usize,
    kernel: String,
}

impl Machine {
    /// Asked before the cores are shared out, which would leave one of them to count.
    pub(super) fn look() -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        // Arm's has no name in it.
        let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            model: model.map_or("a CPU without a name", |(_, model)| model).to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel.trim().to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {} cores, Linux {}", self.model, self.cores, self.kernel)
    }
}
