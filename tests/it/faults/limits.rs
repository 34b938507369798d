//! More clients than there is room for, and fewer files than clients.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crate::support::memory_kib;
use crate::support::{NEVER, Server, ask, command, expect, read_to_end};

/// `upcase serve` where a process may have this many files open.
fn with_files(files: usize, args: &[&str]) -> Server {
    let mut command = command("sh");
    command
        .args([
            "-c",
            &format!("ulimit -n {files}; exec \"$0\" serve --port 0 \"$@\""),
            env!("CARGO_BIN_EXE_upcase"),
        ])
        .args(args);
    Server::spawn(&mut command)
}

/// Sends a line on each of `clients` connections at once, and sees each of them answered.
fn ask_all_at_once(server: &Server, clients: usize) {
    let mut connections = (0..clients).map(|_| server.connect()).collect::<Vec<_>>();
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.write_all(format!("linha {number}\n").as_bytes()).unwrap();
    }
    for (number, mut connection) in connections.into_iter().enumerate() {
        assert_eq!(read_to_end(&mut connection), format!("LINHA {number}").as_bytes());
        // It is closed here, and its place taken by the next: clients are accepted in their order.
    }
}

#[test]
fn at_the_limit_clients_wait_and_none_is_refused() {
    let server = Server::start(&["--max-connections", "2", "--idle-timeout", NEVER]);
    let first = [server.connect(), server.connect()];
    let mut third = server.connect();
    third.write_all(b"oi\n").unwrap();
    // The two are in the conversation, and the third is not: it would be answered at once.
    third.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert_eq!(third.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    third.set_read_timeout(Some(crate::support::DEADLINE)).unwrap();
    assert_eq!(read_to_end(&mut third), b"OI");
    ask_all_at_once(&server, 100);
}

#[test]
fn two_hundred_clients_are_answered_with_sixty_four_files() {
    let server = with_files(64, &[]);
    ask_all_at_once(&server, 200);
    let said = server.stop().stderr;
    assert!(!said.contains("Aviso"), "the limit follows from the files that there are: {said}");
}

#[test]
fn out_of_files_the_listener_rests_says_so_once_and_goes_on() {
    // More connections than files are asked for: accept fails for as long as they stay.
    let server = with_files(64, &["--max-connections", "1000", "--idle-timeout", NEVER]);
    let silent = (0..100).map(|_| server.connect()).collect::<Vec<_>>();
    server.stderr.until_text("Aviso: novas conexões esperam: ");
    #[cfg(target_os = "linux")]
    {
        // A listener that tried again and again would use all of this second.
        let (used, start) = (cpu_time(server.pid()), Instant::now());
        while start.elapsed() < Duration::from_secs(1) {
            thread::sleep(Duration::from_millis(50));
        }
        let used = cpu_time(server.pid()).saturating_sub(used);
        assert!(used <= Duration::from_millis(50), "{used:?} of processor time in a second without work");
    }
    drop(silent);
    ask_all_at_once(&server, 200);
    let said = server.stop().stderr;
    assert_eq!(said.matches("Aviso").count(), 1, "{said}");
}

/// The processor time that a process has used (proc(5): fields 14 and 15, in ticks of 10 ms).
#[cfg(target_os = "linux")]
fn cpu_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    let ticks: u64 =
        behind_name.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(10 * ticks)
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_idle_connections_take_little_memory_and_delay_nobody() {
    const CLIENTS: usize = 10_000;
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    // Both ends of each connection are files of some process here.
    assert!(files > CLIENTS as u64 + 500, "the limit of open files ({files}) is too low for this test");
    let server = Server::start(&["--keep-alive", "--idle-timeout", NEVER]);
    ask(&server, b"oi\n"); // so that what is set up once is not counted
    let before = memory_kib(server.pid(), "VmRSS:");
    let mut clients = (0..CLIENTS).map(|_| server.connect()).collect::<Vec<TcpStream>>();
    for client in &mut clients {
        client.write_all(b"mensagem de teste\n").unwrap();
    }
    for client in &mut clients {
        expect(client, b"MENSAGEM DE TESTE\n");
    }
    let each = (memory_kib(server.pid(), "VmRSS:") - before) * 1024 / CLIENTS as u64;
    assert!(each <= 8 * 1024, "{each} bytes for each idle connection");
    assert_eq!(ask(&server, b"oi\n"), b"OI\n");
}
