//! Measures `upcase serve` next to a bare epoll loop and to the servers that one might use instead.
//!
//!     cargo bench --bench serve                                       all sections, in less than ten minutes
//!     cargo bench --bench serve -- --quick                            a little of each, in half a minute
//!     cargo bench --bench serve -- --section round-trips,bulk-ascii   some sections
//!     cargo bench --bench serve -- --server upcase,epoll              some servers
//!     cargo bench --bench serve -- --rounds 40 --server upcase,baseline --baseline OTHER
//!                                                                     two executables of upcase
//!
//! `--help` lists the sections, the servers and the other options. `docs/performance.md` explains the figures and how to
//! read them.
//!
//! Each server runs on one core and the load generator on another, so that neither takes time from the other. The load
//! is a closed loop: each client sends its next message after the reply to the last. In each round every server starts
//! as a new process and is measured in turn, so that a disturbance of the machine affects all servers alike.
//!
//! Every byte of every reply is compared with the standard library's upper-casing. A wrong byte ends the benchmark with
//! an error. A connection that closes before its reply is an error for the project's own servers, and is counted for
//! the others. A missed target is only printed, since targets mean something only on a quiet machine.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The `serve` benchmark needs Linux: epoll, CPU affinity and /proc.");
}
