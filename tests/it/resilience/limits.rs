//! Limits on connections and on open files.

use std::io::Write as _;
#[cfg(target_os = "linux")]
use std::process::Command;

#[cfg(target_os = "linux")]
use crate::support::proc::{memory_kib, waiting_connections};
use crate::support::{NEVER, Server, can_open_files, read_to_end, serve, with_file_limit};
#[cfg(target_os = "linux")]
use crate::support::{
    Process, ask, assert_receives, command, peer::peer, run, skip, temporary_path, upcase, wrap,
};

/// Starts a server that may have this many files open.
fn server_with_files(files: usize, args: &[&str]) -> Server {
    Server::spawn(&mut with_file_limit(files, &serve(args)))
}

/// Runs commands of every kind, under a limit, and checks that each of them works or says in
/// which way the limit is too low. Returns how many fail.
#[cfg(target_os = "linux")]
fn assert_no_panic(limited: impl Fn(&Command) -> Command, errors: &[&str]) -> usize {
    let server = Server::start_without_timeouts(&["--quiet", "--keep-alive"]);
    let (port, file) = (server.port(), temporary_path("limits"));
    std::fs::write(&file, "one\ntwo\n").unwrap();
    let file = file.to_str().unwrap();
    let mut failed = 0;
    let mut assert_plain = |command: &Command, code: Option<i32>, stderr: &str| {
        let is_plain = errors.iter().any(|error| stderr.starts_with(error));
        assert!(code == Some(0) || code == Some(1) && is_plain, "{command:?}: {code:?}, {stderr}");
        failed += usize::from(code == Some(1));
    };
    for args in [
        &["hi"][..],
        &["--host", "localhost", "hi"],
        &[],
        &["--file", file],
        &["--file", "-"],
        &["--file", file, "--format", "raw"],
        &["--count", "2", "--interval", "1ms"],
        &["--count", "2", "--interval", "0s", "--connections", "2"],
    ] {
        let mut send = limited(upcase(&["send", "--port", &port]).args(args));
        let ended = run(&mut send, b"one\n");
        assert_plain(&send, ended.code, &ended.stderr);
    }
    for args in [&[][..], &["--quiet"], &["--host", "localhost"]] {
        let mut serve = limited(&serve(args));
        let mut process = Process::start(&mut serve);
        let first = process
            .stderr
            .until_line(|line| ["Listening on ", "Error: "].iter().any(|start| line.starts_with(start)));
        if first.starts_with("Listening") {
            process.signal("TERM");
        }
        let ended = process.finish();
        assert_plain(&serve, ended.code, &ended.stderr);
    }
    failed
}

#[cfg(target_os = "linux")]
#[test]
fn refused_threads_are_an_error_or_cost_only_speed() {
    let is_root = run(command("id").arg("-u"), b"").stdout == "0\n";
    // The system limits the processes and threads of a user, root's not at all, and in a user namespace only those there.
    let limited = |threads: usize| {
        let mut limited = peer(if is_root { "setpriv" } else { "unshare" })?;
        if is_root {
            limited.args(["--reuid=4242", "--regid=4242", "--clear-groups"]);
        } else {
            limited.arg("--user");
        }
        limited.arg("prlimit").arg(format!("--nproc={threads}"));
        Some(limited)
    };
    let Some(enough) = limited(20) else { return };
    let ended = run(&mut wrap(enough, &upcase(&["--version"])), b"");
    if ended.code != Some(0) {
        skip(format_args!("the limit cannot be set for the executable: {}", ended.stderr));
        return;
    }
    let error = "Error: can't start a thread\nCause: the system allows no more threads\n\
                 Hint: raise the limit of processes first: ulimit -u\n";
    let failed =
        (1..=8).map(|threads| assert_no_panic(|command| wrap(limited(threads).unwrap(), command), &[error]));
    let failed = failed.collect::<Vec<_>>();
    assert!(
        failed.starts_with(&[11]) && failed.ends_with(&[0]),
        "commands that failed, for each limit: {failed:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn refused_files_are_an_error() {
    let errors = [
        "Error: can't start\nCause: too many open files\nHint: raise the limit of open files first: ulimit -n\n",
        "Error: can't connect to ",
        "Error: can't listen on ",
        "Error: can't read ",
        "Error: the limit of open files is ",
        // The resolver hides the cause.
        "Error: the name localhost was not found\n",
    ];
    let failed = [5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 40]
        .map(|files| assert_no_panic(|command| with_file_limit(files, command), &errors));
    assert!(
        failed.starts_with(&[11]) && failed.ends_with(&[0]),
        "commands that failed, for each limit: {failed:?}"
    );
}

/// Sends a line on each of `clients` connections, and checks that all are answered.
fn assert_answers_at_once(server: &Server, clients: usize) {
    let mut connections = (0..clients).map(|_| server.connect()).collect::<Vec<_>>();
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.write_all(format!("line {number}\n").as_bytes()).unwrap();
    }
    // Clients are accepted in their order: each one that is closed here makes room for the next.
    for (number, mut connection) in connections.into_iter().enumerate() {
        assert_eq!(read_to_end(&mut connection), format!("LINE {number}").as_bytes());
    }
}

#[test]
fn clients_beyond_the_limit_wait_and_are_not_refused() {
    if !can_open_files(100) {
        return;
    }
    let server = Server::start(&["--max-connections", "2", "--idle-timeout", NEVER]);
    let first = [server.connect(), server.connect()];
    let mut waiting = [server.connect(), server.connect()];
    for client in &mut waiting {
        client.write_all(b"hi\n").unwrap();
    }
    let warning = "Warning: new clients are waiting: the limit is 2 connections (see --max-connections)\n";
    server.stderr.until_text(warning);
    #[cfg(target_os = "linux")]
    {
        server.until_idle();
        assert_eq!(waiting_connections(server.address), 1, "the server sleeps while the fourth client waits");
    }
    drop(first);
    for client in &mut waiting {
        assert_eq!(read_to_end(client), b"HI");
    }
    assert_answers_at_once(&server, 100);
    let stderr = server.stop().stderr;
    assert_eq!(stderr.matches(warning).count(), 1, "one warning a minute: {stderr}");
}

#[test]
fn default_limit_of_connections_follows_from_open_files() {
    if !can_open_files(200) {
        return;
    }
    // With 20 files there is room for one connection, if no second thread takes it.
    for files in [20, 64] {
        let server = server_with_files(files, &[]);
        assert_answers_at_once(&server, 200);
        let stderr = server.stop().stderr;
        assert!(!stderr.contains("too many open files"), "{stderr}");
    }
}

#[test]
fn lack_of_open_files_pauses_the_listener_with_one_warning() {
    if !can_open_files(200) {
        return;
    }
    // The server may accept more connections than it may have files, so accept fails while these are open.
    let server = server_with_files(64, &["--max-connections", "1000", "--idle-timeout", NEVER]);
    let silent = (0..100).map(|_| server.connect()).collect::<Vec<_>>();
    server.stderr.until_text("Warning: new connections are waiting: too many open files\n");
    // A listener that tried again without a pause would never be idle.
    server.until_idle();
    drop(silent);
    assert_answers_at_once(&server, 200);
    let stderr = server.stop().stderr;
    assert_eq!(stderr.matches("Warning").count(), 1, "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_idle_connections_need_little_memory_and_do_not_delay_others() {
    const CLIENTS: usize = 10_000;
    if !can_open_files(CLIENTS as u64 + 300) {
        return;
    }
    let server = Server::start(&["--keep-alive", "--idle-timeout", NEVER]);
    // The first connection also allocates what the server allocates only once.
    ask(&server, b"hi\n");
    let before = memory_kib(server.pid(), "VmRSS:");
    let mut clients = (0..CLIENTS).map(|_| server.connect()).collect::<Vec<_>>();
    for client in &mut clients {
        client.write_all(b"test message\n").unwrap();
    }
    for client in &mut clients {
        assert_receives(client, b"TEST MESSAGE\n");
    }
    let bytes = (memory_kib(server.pid(), "VmRSS:") - before) * 1024 / CLIENTS as u64;
    assert!(bytes <= 8 * 1024, "{bytes} bytes for each idle connection");
    assert_eq!(ask(&server, b"hi\n"), b"HI\n");
}
