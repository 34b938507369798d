//! Limits on connections and on open files.

use std::io::Write as _;

#[cfg(target_os = "linux")]
use crate::support::proc::{memory_kib, waiting_connections};
use crate::support::{NEVER, Server, can_open_files, command, read_to_end, serve, wrap};
#[cfg(target_os = "linux")]
use crate::support::{ask, assert_receives};

/// Starts a server that may have this many files open.
fn server_with_files(files: usize, args: &[&str]) -> Server {
    let mut shell = command("sh");
    shell.args(["-c", &format!("ulimit -n {files}; exec \"$@\""), "sh"]);
    Server::spawn(&mut wrap(shell, &serve(args)))
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
    let server = server_with_files(64, &[]);
    assert_answers_at_once(&server, 200);
    let stderr = server.stop().stderr;
    assert!(!stderr.contains("too many open files"), "{stderr}");
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
