//! Helpers for tests of the executable: they start it, talk to it, and wait for it with a deadline.

pub(crate) mod captured_output;
pub(crate) mod fake_server;
pub(crate) mod peer;
#[cfg(target_os = "linux")]
pub(crate) mod proc;
pub(crate) mod process;
mod server;
#[cfg(target_os = "linux")]
pub(crate) mod terminal;

use std::fmt::{Debug, Display};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

pub(crate) use self::process::{Finished, Process, run, upcase, upcase_in_default_language};
#[cfg(unix)]
pub(crate) use self::process::{command, hide_clients, with_file_limit, wrap};
#[cfg(unix)]
pub(crate) use self::server::serve;
pub(crate) use self::server::{Server, ask, assert_receives, connect, read_to_end, reset};

/// The longest wait for anything: it ends a test that would hang.
///
/// Nothing takes nearly as long, unless the whole machine stands still. Virtual ones did so for up to two minutes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(180);

/// A pause or timeout that must not end a wait.
pub(crate) const NEVER: &str = "1h";

/// Runs `attempt` with longer and longer times, until one succeeds.
///
/// A test in which a time must pass needs everything else to happen before that. Where the machine stands still
/// meanwhile, the attempt proves nothing, and more time is needed.
pub(crate) fn with_longer_times<T>(attempt: impl Fn(&str) -> Result<T, String>) -> T {
    let mut failures = Vec::new();
    for time in ["500ms", "4s", "32s"] {
        match attempt(time) {
            Ok(result) => return result,
            Err(failure) => failures.push(format!("{time}: {failure}")),
        }
    }
    panic!("every attempt failed:\n{}", failures.join("\n"));
}

/// Returns the error of an attempt unless the attempt `is_right`.
pub(crate) fn ensure(is_right: bool, result: &impl Debug) -> Result<(), String> {
    if is_right { Ok(()) } else { Err(format!("{result:?}")) }
}

/// Raises the limit of open files, and reports whether it lets a test have so many open; if not, it skips the test.
#[cfg(unix)]
pub(crate) fn can_open_files(number: u64) -> bool {
    // More than the tests have open that run at the same time.
    const RESERVED: u64 = 200;
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let is_enough = limit >= number + RESERVED;
    if !is_enough {
        skip(format_args!("it needs {} open files, and the hard limit is {limit}", number + RESERVED));
    }
    is_enough
}

/// Prints why the current test is skipped.
pub(crate) fn skip(reason: impl Display) {
    let test = std::thread::current();
    // The test harness hides what eprintln! prints in a test that passes.
    let _ = writeln!(std::io::stderr(), "skipped {}: {reason}", test.name().unwrap_or_default());
}

/// Returns the reply that the design promises: white space cut off at both ends, each character in upper case by
/// the standard library's full mapping, all other bytes unchanged.
pub(crate) fn expected_reply(message: &[u8]) -> Vec<u8> {
    let is_white_space = |byte: &u8| b" \t\n\r\x0b\x0c".contains(byte);
    let Some(start) = message.iter().position(|byte| !is_white_space(byte)) else { return Vec::new() };
    let end = message.iter().rposition(|byte| !is_white_space(byte)).unwrap();
    let mut reply = Vec::new();
    for chunk in message[start..=end].utf8_chunks() {
        reply.extend(chunk.valid().chars().flat_map(char::to_uppercase).collect::<String>().into_bytes());
        reply.extend(chunk.invalid());
    }
    reply
}

/// Returns the path of a file that only one test uses.
pub(crate) fn temporary_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Returns a port that refuses connections, and the socket that keeps the port from others.
pub(crate) fn closed_port() -> (Socket, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port().to_string();
    (socket, port)
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
