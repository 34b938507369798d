//! Facts about processes and listeners that Linux shows in `/proc`.

use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::DEADLINE;

/// Longer than the timers of work under way, such as the 5 ms for which the log gathers records.
const IDLE_TIME: Duration = Duration::from_millis(50);

/// Returns a figure of a process's memory in KiB: `VmRSS:` is resident now, `VmHWM:` was resident at most (proc(5)).
pub(crate) fn memory_kib(pid: u32, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Waits until no thread of a process has run for [`IDLE_TIME`].
///
/// A thread that is ready to run counts as running, however long a busy machine does not let it.
pub(crate) fn until_idle(pid: u32) {
    let end = Instant::now() + DEADLINE;
    let mut before = None;
    loop {
        let now = sleeping_threads(pid);
        if now.is_some() && now == before {
            return;
        }
        assert!(Instant::now() < end, "process {pid} did not become idle");
        before = now;
        // Not to wait for something, but the time that is observed.
        thread::sleep(IDLE_TIME);
    }
}

/// Returns the threads with their counts of context switches, or `None` where a thread runs or is ready to run.
fn sleeping_threads(pid: u32) -> Option<Vec<String>> {
    let mut threads = Vec::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        // A thread that has just ended has no status: something runs.
        let status = fs::read_to_string(thread.unwrap().path().join("status")).ok()?;
        if !status.contains("\nState:\tS") {
            return None;
        }
        let is_kept = |line: &&str| line.starts_with("Pid:") || line.contains("ctxt_switches:");
        threads.push(status.lines().filter(is_kept).collect());
    }
    Some(threads)
}

/// Returns how often the threads of a process have waited for something.
pub(crate) fn waits(pid: u32) -> u64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    // A thread may have ended meanwhile.
    let statuses = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("status")).ok());
    let waits = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.map_or(0, |number| number.trim().parse::<u64>().unwrap())
    };
    statuses.map(waits).sum()
}

/// Returns the number of connections that a listener has not accepted yet.
pub(crate) fn waiting_connections(listener: SocketAddr) -> u32 {
    const LISTEN: &str = "0A";
    let SocketAddr::V4(address) = listener else { panic!("{listener} is not an IPv4 address") };
    // The kernel prints the address's bytes as one number of the machine's.
    let local = format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let fields = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| fields[1] == local && fields[3] == LISTEN)
        .expect("it listens");
    // For a listener, `rx_queue` is the length of its backlog.
    let (_, backlog) = fields[4].split_once(':').unwrap();
    u32::from_str_radix(backlog, 16).unwrap()
}
