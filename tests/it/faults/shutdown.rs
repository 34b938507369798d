//! SIGINT and SIGTERM: what is owed is paid, within the grace, and nobody new is let in.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::output::Output;
use crate::support::{DEADLINE, NEVER, Server, connect, expect, read_to_end, upcase, wait};

#[test]
fn both_signals_end_an_idle_server_with_a_summary() {
    for signal in ["INT", "TERM"] {
        let mut server = Server::start(&["--lang", "en"]);
        server.signal(signal);
        let ended = server.finish();
        assert_eq!(ended.code, Some(0));
        let said = ended.stderr.lines().skip(1).collect::<Vec<_>>();
        assert_eq!(said, ["Stopped: 0 connections, 0 messages, 0 bytes in 0s"]);
    }
}

#[test]
fn replies_under_way_all_arrive() {
    for (mode, end) in [(&[][..], ""), (&["--keep-alive"], "\n")] {
        let mut server = Server::start(&[mode, &["--grace", NEVER, "--idle-timeout", NEVER]].concat());
        let mut clients = (0..100).map(|_| server.connect()).collect::<Vec<_>>();
        for (number, client) in clients.iter_mut().enumerate() {
            // A part of a message: a pause, or a newline, ends it.
            client.write_all(format!("linha {number}").as_bytes()).unwrap();
        }
        server.signal("TERM");
        server.stderr.until_text("Encerrando: ");
        for (number, client) in clients.iter_mut().enumerate() {
            if number % 2 == 0 {
                client.write_all(b" inteira\n").unwrap();
            }
        }
        for (number, client) in clients.iter_mut().enumerate() {
            let whole = if number % 2 == 0 { " INTEIRA" } else { "" };
            assert_eq!(
                String::from_utf8(read_to_end(client)).unwrap(),
                format!("LINHA {number}{whole}{end}")
            );
        }
        let ended = server.finish();
        assert_eq!(ended.code, Some(0));
        assert!(ended.stderr.contains("\nEncerrado: 100 conexões, 100 mensagens, "), "{}", ended.stderr);
    }
}

#[test]
fn a_long_reply_under_way_arrives_whole() {
    const MEGABYTES: usize = 8;
    let mut server = Server::start(&["--grace", NEVER, "--idle-timeout", NEVER, "--quiet"]);
    let mut client = server.connect();
    let mut writer = client.try_clone().unwrap();
    let written = thread::spawn(move || {
        for _ in 0..MEGABYTES {
            writer.write_all(&vec![b'x'; 1024 * 1024]).unwrap();
        }
        writer.write_all(b"\n").unwrap();
    });
    expect(&mut client, b"X");
    server.signal("TERM");
    assert_eq!(read_to_end(&mut client).len() + 1, MEGABYTES * 1024 * 1024);
    written.join().unwrap();
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn silent_clients_hold_nothing_up() {
    let mut server = Server::start(&["--grace", NEVER, "--idle-timeout", NEVER]);
    let silent = (0..50).map(|_| server.connect()).collect::<Vec<_>>();
    // Accepted behind the others, so that all of them are in their conversations.
    assert_eq!(crate::support::ask(&server, b"oi"), b"OI");
    server.signal("TERM");
    assert_eq!(server.finish().code, Some(0));
    for mut client in silent {
        assert_eq!(read_to_end(&mut client), b"");
    }
}

/// A client with a long reply that it does not read.
fn deaf_client(server: &Server) -> TcpStream {
    let mut client = server.connect();
    client.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // Until neither side's buffers take any more, for as long as that: the server is writing to nobody.
    while client.write(&[b'x'; 4096]).is_ok() {}
    client
}

#[test]
fn a_client_that_never_reads_is_left_at_the_grace() {
    let mut server = Server::start(&["--grace", "300ms", "--idle-timeout", NEVER]);
    let _deaf = deaf_client(&server);
    server.signal("TERM");
    let ended = server.finish();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("\nEncerrando: 1 conexão em até 300ms\n"), "{}", ended.stderr);
}

#[test]
fn a_second_signal_ends_at_once() {
    for (first, second) in [("TERM", "TERM"), ("INT", "INT"), ("INT", "TERM")] {
        let mut server = Server::start(&["--grace", NEVER, "--idle-timeout", NEVER]);
        let _deaf = deaf_client(&server);
        server.signal(first);
        server.stderr.until_text("Encerrando: ");
        server.signal(second);
        assert_eq!(server.finish().code, Some(0));
    }
}

#[test]
fn a_grace_without_end_is_one() {
    let server = Server::start(&["--grace", "300000000000years"]);
    let ended = server.stop();
    assert_eq!((ended.code, ended.stderr.contains("panic")), (Some(0), false), "{}", ended.stderr);
}

#[test]
fn new_clients_are_refused_at_once() {
    let mut server = Server::start(&["--grace", NEVER, "--idle-timeout", NEVER]);
    let deaf = deaf_client(&server);
    server.signal("TERM");
    server.stderr.until_text("Encerrando: ");
    let refused = TcpStream::connect_timeout(&server.address, DEADLINE).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    drop(deaf);
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_log_that_nobody_reads_is_left_at_the_grace() {
    let mut child = upcase(&["serve", "--port", "0", "--keep-alive", "--grace", "300ms"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = Output::of(child.stderr.take());
    let line = stderr.until_line(|line| line.starts_with("Escutando em "));
    let mut client = connect(line.rsplit(' ').next().unwrap().parse().unwrap());
    client.set_nonblocking(true).unwrap();
    let mut answered = vec![0; 64 * 1024];
    let mut sent = 0;
    // Until no more is taken although the replies are read: it is the log that is stuck.
    while sent < 1024 * 1024 {
        match client.write(b"mensagem de teste\n") {
            Ok(written) => sent += written,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        let _ = client.read(&mut answered);
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(wait(&mut child).code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn as_a_containers_first_process_it_heeds_signals() {
    let Some(mut unshare) = crate::support::peer::peer("unshare") else { return };
    // A user namespace too, where only root may make the other kind without one.
    let allowed = Command::new("unshare").args(["-rpf", "true"]).stderr(Stdio::null()).status().unwrap();
    if !allowed.success() {
        let _ = writeln!(std::io::stderr(), "skipped: this system lets nobody make a namespace");
        return;
    }
    unshare.args(["-rpf", env!("CARGO_BIN_EXE_upcase"), "serve", "--port", "0"]);
    let mut server = Server::spawn(&mut unshare);
    let children = format!("/proc/{0}/task/{0}/children", server.pid());
    let first = std::fs::read_to_string(children).unwrap();
    assert!(Command::new("kill").args(["-TERM", first.trim()]).status().unwrap().success());
    let ended = server.finish();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("\nEncerrado: "), "{}", ended.stderr);
}
