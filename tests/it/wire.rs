//! The bytes between the executable and a plain socket, as the README's tables describe them.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crate::support::proc::memory_kib;
#[cfg(target_os = "linux")]
use crate::support::upcase;
use crate::support::{NEVER, Server, ask, assert_receives, read_to_end};
#[cfg(unix)]
use crate::support::{connect, reset};

#[test]
fn one_line_is_answered_and_the_connection_closed() {
    let server = Server::start_without_timeouts(&[]);
    let mut client = server.connect();
    client.write_all(b"test message\n").unwrap();
    assert_eq!(read_to_end(&mut client), b"TEST MESSAGE");
}

#[test]
fn half_close_ends_the_message() {
    let server = Server::start_without_timeouts(&[]);
    assert_eq!(ask(&server, b" test message \t"), b"TEST MESSAGE");
}

#[test]
fn several_lines_are_answered_as_they_come_until_half_close() {
    let server = Server::start_without_timeouts(&[]);
    let mut client = server.connect();
    client.write_all(b"um\ndois").unwrap();
    assert_receives(&mut client, b"UM\nDOIS");
    client.write_all(b"\ntr\xc3").unwrap();
    assert_receives(&mut client, b"\nTR");
    client.write_all(b"\xaas\n").unwrap();
    assert_receives(&mut client, "ÊS".as_bytes());
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client), b"");
}

#[test]
fn pause_ends_several_lines_and_text_without_a_newline() {
    let server = Server::start(&["--pause", "100ms", "--idle-timeout", NEVER]);
    for (message, reply) in [("one\ntwo\n", "ONE\nTWO"), ("test message", "TEST MESSAGE")] {
        let mut client = server.connect();
        client.write_all(message.as_bytes()).unwrap();
        assert_eq!(read_to_end(&mut client), reply.as_bytes());
    }
}

#[cfg(unix)]
#[test]
fn connections_without_data_are_counted_and_not_logged() {
    let server = Server::start_without_timeouts(&[]);
    drop(server.connect());
    reset(server.connect());
    server.connect().shutdown(Shutdown::Write).unwrap();
    // Connections are accepted in their order: after this reply, all are.
    assert_eq!(ask(&server, b"end"), b"END");
    let ended = server.stop();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, "Received from 127.0.0.1:\nend\n");
    let summary = ended.stderr.lines().last().unwrap();
    assert!(summary.starts_with("Stopped: 4 connections, 1 message, 3 bytes in "), "{summary}");
    assert!(!ended.stderr.contains("Warning") && !ended.stderr.contains("Error"), "{}", ended.stderr);
}

#[test]
fn idle_timeout_closes_a_connection_without_data() {
    let server = Server::start(&["--pause", NEVER, "--idle-timeout", "100ms"]);
    assert_eq!(read_to_end(&mut server.connect()), b"");
}

#[test]
fn keep_alive_answers_each_line_with_a_line() {
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    let mut client = server.connect();
    client.write_all(b"um\n").unwrap();
    assert_receives(&mut client, b"UM\n");
    client.write_all(b"dois\r\n\n tr").unwrap();
    assert_receives(&mut client, b"DOIS\n\n");
    client.write_all("ês".as_bytes()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client), "TRÊS\n".as_bytes());
}

#[test]
fn keep_alive_answers_pipelined_lines_in_order() {
    let server = Server::start_without_timeouts(&["--keep-alive", "--quiet"]);
    let mut client = server.connect();
    let mut writer = client.try_clone().unwrap();
    let written = thread::spawn(move || {
        for number in 0..50_000 {
            writer.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let replies = String::from_utf8(read_to_end(&mut client)).unwrap();
    written.join().unwrap();
    assert!(replies.lines().eq((0..50_000).map(|number| format!("LINE {number}"))));
}

#[cfg(unix)]
#[test]
fn keep_alive_answers_an_unfinished_line_at_the_idle_timeout() {
    let server = Server::start(&["--keep-alive", "--pause", NEVER, "--idle-timeout", "100ms"]);
    let mut client = server.while_stopped(|| {
        let mut client = server.connect();
        client.write_all(b"one\ntw").unwrap();
        client
    });
    assert_eq!(read_to_end(&mut client), b"ONE\nTW\n");
}

#[test]
fn bytes_that_are_not_valid_utf8_come_back_unchanged() {
    let all = (0..=255).filter(|&byte| byte != b'\n').collect::<Vec<u8>>();
    let expected = all.iter().map(u8::to_ascii_uppercase).collect::<Vec<_>>();
    let server = Server::start_without_timeouts(&[]);
    // The brackets keep white space at the ends from being cut off.
    assert_eq!(ask(&server, &[b"<", &all[..], b">"].concat()), [b"<", &expected[..], b">"].concat());
}

#[test]
fn message_of_twenty_megabytes_needs_constant_memory() {
    let part = "ação de vinte megabytes, sem fim de linha ".repeat(1024);
    let parts = 20 * 1024 * 1024 / part.len();
    let server = Server::start_without_timeouts(&[]);
    let mut client = server.connect();
    let mut writer = client.try_clone().unwrap();
    let written = thread::spawn({
        let part = part.clone();
        move || {
            for _ in 0..parts {
                writer.write_all(part.as_bytes()).unwrap();
            }
            writer.shutdown(Shutdown::Write).unwrap();
        }
    });
    let reply = read_to_end(&mut client);
    written.join().unwrap();
    let expected = part.to_uppercase().repeat(parts);
    assert!(reply == expected.trim_end().as_bytes(), "the reply differs");
    #[cfg(target_os = "linux")]
    {
        let peak = memory_kib(server.pid(), "VmHWM:");
        assert!(peak < 16 * 1024, "{peak} KiB for a message of 20 MiB");
    }
}

#[test]
#[cfg_attr(windows, ignore = "wine does not return from a write to a socket whose replies are unread")]
fn late_data_does_not_destroy_the_reply() {
    let server = Server::start_without_timeouts(&[]);
    let survives = (0..20).any(|_| reply_survives_late_data(&server));
    assert!(survives, "this machine is too slow");
}

/// Sends more data after the line that the server has answered, and only then reads the reply.
///
/// Returns false where this machine was slow: the server waits two seconds for late data before it closes.
fn reply_survives_late_data(server: &Server) -> bool {
    // Most of this reply waits in the server's send buffer until the client reads. A reset would discard it.
    const LENGTH: usize = 512 * 1024;
    let start = Instant::now();
    let mut client = server.connect();
    client.write_all(&[&vec![b'x'; LENGTH][..], b"\n"].concat()).unwrap();
    client.peek(&mut [0]).unwrap();
    server.until_idle();
    let mut reply = Vec::new();
    let received = client.write_all(&vec![b'y'; 64 * 1024]).and_then(|()| client.read_to_end(&mut reply));
    if received.is_err() && start.elapsed() > Duration::from_secs(1) {
        return false;
    }
    received.expect("the connection ends without a reset");
    assert!(reply == vec![b'X'; LENGTH], "{} bytes came back", reply.len());
    true
}

#[test]
fn silent_clients_do_not_delay_others() {
    let server = Server::start_without_timeouts(&[]);
    let silent = (0..50).map(|_| server.connect()).collect::<Vec<_>>();
    // No timeout would end a silent client, so this reply comes although all of them are connected.
    assert_eq!(ask(&server, b"hi"), b"HI");
    for mut client in silent {
        client.set_nonblocking(true).unwrap();
        let error = client.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "still connected");
    }
}

// On an address of its own: on 127.0.0.1 another test could be given the port meanwhile.
#[cfg(target_os = "linux")]
#[test]
fn restarted_server_gets_the_same_port_at_once() {
    let first = Server::start_without_timeouts(&["--host", "127.0.0.3"]);
    let mut client = first.connect();
    client.write_all(b"one\n").unwrap();
    // The server closes first, so its end of the connection stays in TIME_WAIT.
    assert_eq!(read_to_end(&mut client), b"ONE");
    let port = first.port();
    drop(client);
    assert_eq!(first.stop().code, Some(0));
    let second = Server::spawn(&mut upcase(&["serve", "--host", "127.0.0.3", "--port", &port]));
    assert_eq!(ask(&second, b"two"), b"TWO");
}

// Other systems have no 127.0.0.2 unless an administrator adds it.
#[cfg(target_os = "linux")]
#[test]
fn several_hosts_share_one_free_port() {
    let server = Server::start(&["--host", "127.0.0.1", "--host", "127.0.0.2"]);
    let second = server.stderr.until_line(|line| line.starts_with("Listening on 127.0.0.2:"));
    assert_eq!(second, format!("Listening on 127.0.0.2:{}", server.port()));
    let mut other = connect(second.rsplit(' ').next().unwrap().parse().unwrap());
    other.write_all(b"hi\n").unwrap();
    assert_eq!(read_to_end(&mut other), b"HI");
    assert_eq!(ask(&server, b"hi"), b"HI");
}

#[cfg(unix)]
#[test]
fn address_that_another_one_covers_is_no_conflict() {
    for hosts in [["0.0.0.0", "127.0.0.1"], ["127.0.0.1", "0.0.0.0"]] {
        let server = Server::start(&["--host", hosts[0], "--host", hosts[1]]);
        let mut client = connect(([127, 0, 0, 1], server.address.port()).into());
        client.write_all(b"hi\n").unwrap();
        assert_eq!(read_to_end(&mut client), b"HI");
        assert_eq!(server.stop().stderr.matches("Listening on ").count(), 1);
    }
}

#[cfg(unix)]
#[test]
fn name_is_served_on_all_its_addresses() {
    let server = Server::start(&["--host", "localhost", "--host", "127.0.0.1"]);
    assert_eq!(ask(&server, b"hi"), b"HI");
    let stderr = server.stop().stderr;
    assert_eq!(stderr.matches("Listening on 127.0.0.1:").count(), 1, "{stderr}");
}
