//! What the server costs, beside the least that such a server could cost and beside what else one might use.
//!
//!     cargo bench --bench serve                                   everything, in less than ten minutes
//!     cargo bench --bench serve -- --quick                        a little of everything, in half a minute
//!     cargo bench --bench serve -- --section trips,lines          some sections
//!     cargo bench --bench serve -- --server upcase,epoll          some servers
//!     cargo bench --bench serve -- --section messages --rounds 3  fewer rounds than it is made for
//!     cargo bench --bench serve -- --baseline OTHER --server upcase,baseline --rounds 40    two executables compared
//!     cargo bench --bench serve -- --plot /tmp/clients.svg        the plot elsewhere than at benches/clients.svg
//!
//! `UPCASE_BENCH_QUICK=1` is the same as `--quick`, whose figures only show that everything works. `--help` names the
//! sections and the servers.
//!
//! The executable runs on one core and the load on another, so that neither takes the other's time. The load is a
//! closed loop: a client asks again once it is answered, so that latencies are those of a server which is always busy.
//! In each round of a section each server is started anew and measured in its turn: what disturbs the machine for a
//! while disturbs all of them. Only ratios can be compared with those of another run.
//!
//! Every byte of every reply is compared with what std makes of the message, and one wrong byte ends the benchmark with
//! an error; the bounds at the end do not, since they only mean something on a quiet machine. A connection that is broken
//! off is an error too where the server is ours; of the others it is told how many exchanges stayed unanswered.
//!
//! With one load generator the rate of *one message a connection* says little, for the generator is the slower
//! half: the column `busy` shows how much of its core a server needed, and CPU time is what to compare there.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The `serve` benchmark needs Linux: epoll, the affinity of threads, and /proc.");
}
