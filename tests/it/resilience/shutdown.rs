//! Shutdown by SIGINT and SIGTERM: open replies are finished within the grace, and no new client is accepted.

use std::io::{ErrorKind, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;

use super::pipeliner::{Pipeliner, advance_until_stalled};
use crate::support::process::{send_signal, shutdown_signals};
use crate::support::{DEADLINE, NEVER, Server, ask, assert_receives, can_open_files, read_to_end, serve};
#[cfg(target_os = "linux")]
use crate::support::{Process, fake_server::FakeServer, peer::unshare, upcase, wrap};

#[test]
fn signals_end_an_idle_server_with_a_summary() {
    for (signal, _) in shutdown_signals() {
        let mut server = Server::start(&[]);
        server.signal(signal);
        let ended = server.finish();
        assert_eq!(ended.code, Some(0));
        let lines = ended.stderr.lines().collect::<Vec<_>>();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].starts_with("Stopped: 0 connections, 0 messages, 0 bytes in "), "{lines:?}");
    }
}

#[test]
fn open_messages_are_answered() {
    const CLIENTS: usize = 100;
    if !can_open_files(CLIENTS as u64) {
        return;
    }
    for (mode, newline) in [(&[][..], ""), (&["--keep-alive"], "\n")] {
        let mut server = Server::start_without_timeouts(&[mode, &["--grace", NEVER]].concat());
        let mut clients = (0..CLIENTS).map(|_| server.connect()).collect::<Vec<_>>();
        for (number, client) in clients.iter_mut().enumerate() {
            client.write_all(format!("line {number}").as_bytes()).unwrap();
        }
        // Connections are accepted in their order: after this reply, all are.
        ask(&server, b"hi");
        server.signal("TERM");
        server.stderr.until_text("Stopping: ");
        for (number, client) in clients.iter_mut().enumerate() {
            let (rest, reply) = if number % 2 == 0 { (" complete\n", " COMPLETE") } else { ("", "") };
            client.write_all(rest.as_bytes()).unwrap();
            if rest.is_empty() {
                client.shutdown(Shutdown::Write).unwrap();
            }
            assert_eq!(read_to_end(client), format!("LINE {number}{reply}{newline}").as_bytes());
        }
        let ended = server.finish();
        assert_eq!(ended.code, Some(0));
        assert!(ended.stderr.contains("\nStopped: 101 connections, 101 messages, "), "{}", ended.stderr);
    }
}

#[test]
fn unfinished_line_of_a_kept_connection_is_answered_after_a_pause() {
    let args = ["--keep-alive", "--pause", "100ms", "--idle-timeout", NEVER, "--grace", NEVER];
    let mut server = Server::start(&args);
    let mut client = server.connect();
    client.write_all(b"one\ntwo").unwrap();
    assert_receives(&mut client, b"ONE\n");
    server.signal("TERM");
    assert_eq!(read_to_end(&mut client), b"TWO\n");
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn long_reply_is_finished() {
    const MEGABYTES: usize = 8;
    let mut server = Server::start_without_timeouts(&["--grace", NEVER, "--quiet"]);
    let mut client = server.connect();
    let mut writer = client.try_clone().unwrap();
    let written = thread::spawn(move || {
        for _ in 0..MEGABYTES {
            writer.write_all(&vec![b'x'; 1024 * 1024]).unwrap();
        }
        writer.write_all(b"\n").unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    assert_receives(&mut client, b"X");
    server.signal("TERM");
    assert_eq!(read_to_end(&mut client).len() + 1, MEGABYTES * 1024 * 1024);
    written.join().unwrap();
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn silent_clients_are_closed_at_once() {
    let mut server = Server::start_without_timeouts(&["--grace", NEVER]);
    let silent = (0..50).map(|_| server.connect()).collect::<Vec<_>>();
    // Connections are accepted in their order: after this reply, all are.
    assert_eq!(ask(&server, b"hi"), b"HI");
    server.signal("TERM");
    assert_eq!(server.finish().code, Some(0));
    for mut client in silent {
        assert_eq!(read_to_end(&mut client), b"");
    }
}

/// Starts a server, and a client with a message that never ends.
fn server_with_open_message(grace: &str) -> (Server, TcpStream) {
    let server = Server::start_without_timeouts(&["--grace", grace]);
    let mut client = server.connect();
    client.write_all(b"one\ntwo").unwrap();
    assert_receives(&mut client, b"ONE\nTWO");
    (server, client)
}

#[test]
fn open_message_is_cut_off_at_the_grace() {
    let (mut server, _client) = server_with_open_message("300ms");
    server.signal("TERM");
    let ended = server.finish();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("\nStopping: 1 connection within 300ms\n"), "{}", ended.stderr);
}

#[test]
fn client_that_does_not_read_is_cut_off_at_the_grace() {
    let args = ["--keep-alive", "--quiet", "--grace", "300ms"];
    let mut server = Server::start_without_timeouts(&args);
    let mut client = Pipeliner::without_reading(&server, "test message\n".repeat(2_000_000));
    advance_until_stalled(&server, std::slice::from_mut(&mut client));
    assert!(client.has_unsent(), "the server reads on");
    server.signal("TERM");
    let ended = server.finish();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("\nStopping: 1 connection within 300ms\n"), "{}", ended.stderr);
}

#[test]
fn unread_log_is_given_up_at_the_grace() {
    let args = ["--keep-alive", "--idle-timeout", NEVER, "--grace", "300ms"];
    let (mut server, _stdout) = Server::start_with_unread_stdout(&args);
    let mut client = Pipeliner::new(&server, "test message\n".repeat(200_000));
    advance_until_stalled(&server, std::slice::from_mut(&mut client));
    assert!(client.replies() < 200_000, "the server answers on");
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn second_signal_ends_the_server_at_once() {
    for (first, code) in shutdown_signals() {
        let second = "TERM";
        let (mut server, _client) = server_with_open_message(NEVER);
        server.signal(first);
        server.stderr.until_text("Stopping: ");
        server.signal(second);
        assert_eq!(server.finish().code, Some(code), "replies were cut off");
    }
}

#[test]
fn stalled_output_and_error_delay_no_shutdown() {
    // Both streams go to one pipe that nobody reads.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = serve(&["--keep-alive", "--grace", "300ms", "--idle-timeout", NEVER]);
    let mut child = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
    let mut reader = std::io::BufReader::new(reader);
    let mut line = String::new();
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
    drop(command);
    // Replies stop when the log is full.
    let mut client = crate::support::connect(address);
    client.set_write_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
    while client.write_all(&b"test message\n".repeat(10_000)).is_ok() {}
    send_signal("TERM", &child.id().to_string());
    let end = std::time::Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(std::time::Instant::now() < end, "the server does not end");
        thread::sleep(std::time::Duration::from_millis(2));
    };
    assert_eq!(status.code(), Some(0), "the server ends by itself, and is not ended");
    drop(reader);
}

#[test]
fn grace_may_be_longer_than_any_clock() {
    let server = Server::start(&["--grace", "300000000000years"]);
    let ended = server.stop();
    assert_eq!((ended.code, ended.stderr.contains("panic")), (Some(0), false), "{}", ended.stderr);
}

#[test]
fn new_clients_are_refused() {
    let (mut server, client) = server_with_open_message(NEVER);
    server.signal("TERM");
    server.stderr.until_text("Stopping: ");
    let refused = TcpStream::connect_timeout(&server.address, DEADLINE).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    drop(client);
    assert_eq!(server.finish().code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn first_process_of_a_container_handles_signals() {
    // With a user namespace, since only root may create a process namespace alone.
    let Some(unshare) = unshare(&["-rpf"]) else { return };
    let mut server = Server::spawn(&mut wrap(unshare, &serve(&[])));
    signal_first_process(&server, "TERM");
    let ended = server.finish();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("\nStopped: "), "{}", ended.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn signal_ends_a_send_that_is_the_first_process_of_a_container() {
    // Such a process ignores a signal that it does not handle.
    let (fake_server, connections) = FakeServer::with_connections();
    for args in [&["hi"][..], &["--wait", NEVER, "hi"], &["--count", "1", "hi"], &["--file", "Cargo.toml"]] {
        for (signal, code) in shutdown_signals() {
            let send = ["send", "--timeout", NEVER, "--port", &fake_server.port()];
            let Some(unshare) = unshare(&["-rpf"]) else { return };
            let mut sending = Process::start(&mut wrap(unshare, upcase(&send).args(args)));
            let _open = connections.recv_timeout(DEADLINE).unwrap();
            signal_first_process(&sending, signal);
            // A count without any reply is a failure of its own.
            let code = if args.contains(&"--count") { 1 } else { code };
            assert_eq!(sending.wait(), Some(code), "{args:?} {signal}");
        }
    }
}

/// Sends a signal to the first process of the namespace that a process has created.
#[cfg(target_os = "linux")]
fn signal_first_process(creator: &Process, signal: &str) {
    let children = format!("/proc/{0}/task/{0}/children", creator.pid());
    send_signal(signal, std::fs::read_to_string(children).unwrap().trim());
}
