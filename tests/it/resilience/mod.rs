//! Clients that misbehave, and machines that run out of something: none of it ends the server, makes it spin, loses
//! a reply, or delays another client.

mod limits;
mod load;
mod log;
#[cfg(target_os = "linux")]
mod own_network;
mod pipeliner;
mod shutdown;
mod soak;
#[cfg(target_os = "linux")]
mod streams;

use std::io::Write as _;
use std::net::Shutdown;
use std::thread;

use crate::file::until_timed_out;
use crate::support::{NEVER, Server, ask, assert_receives, ensure, read_to_end, reset, with_longer_times};

#[test]
fn resets_at_every_stage_are_not_reported() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start_without_timeouts(mode);
        for _ in 0..20 {
            // Without data.
            reset(server.connect());
            // In the middle of a message, or before the reply is read.
            for sent in [&b"one"[..], b"one\n", b"one\ntwo", &vec![b'x'; 1024 * 1024]] {
                let mut client = server.connect();
                client.set_nonblocking(true).unwrap();
                let _ = client.write(sent);
                reset(client);
            }
            // After the reply.
            let mut client = server.connect();
            client.write_all(b"one\n").unwrap();
            assert_receives(&mut client, b"ONE");
            reset(client);
        }
        assert_eq!(ask(&server, b"end").trim_ascii_end(), b"END");
        let ended = server.stop();
        assert_eq!(ended.code, Some(0));
        // The last connection may still be open when the server stops.
        let is_status = |line: &str| {
            ["Listening on ", "Stopping: ", "Stopped: "].iter().any(|status| line.starts_with(status))
        };
        assert!(ended.stderr.lines().all(is_status), "{}", ended.stderr);
    }
}

#[test]
fn message_cut_off_by_a_reset_is_logged() {
    let server = Server::start(&["--pause", NEVER]);
    let mut client = server.connect();
    client.write_all(b"one\ntwo").unwrap();
    // After this reply, the message has been read.
    assert_receives(&mut client, b"ONE\nTWO");
    reset(client);
    server.stdout.until_line(|line| line == r"one\ntwo");
}

#[test]
fn flood_of_connections_without_data_leaves_the_server_working() {
    let server = Server::start_without_timeouts(&[]);
    thread::scope(|scope| {
        for flood in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..1000 {
                    // Most end by a reset: TIME_WAIT on this side would use up the ports of other tests.
                    if (flood + number) % 10 == 0 { drop(server.connect()) } else { reset(server.connect()) }
                }
            });
        }
    });
    assert_eq!(ask(&server, b"hi"), b"HI");
    assert_eq!(server.stop().stdout, "Received from 127.0.0.1:\nhi\n");
}

#[test]
fn data_that_arrives_while_the_server_is_stopped_counts_after_the_pause() {
    with_longer_times(|pause| {
        let server = Server::start(&["--pause", pause, "--idle-timeout", NEVER]);
        let mut client = server.connect();
        client.write_all(b"hel").unwrap();
        server.until_idle();
        server.while_stopped(|| {
            client.write_all(b"lo\n").unwrap();
            until_timed_out(pause);
        });
        let reply = read_to_end(&mut client);
        // A machine that stands still before the server is stopped lets the pause end the message.
        ensure(reply == b"HELLO", &reply)
    });
}

/// Starts a server with room for one connection, whose idle timeout is short.
fn server_for_one_connection(mode: &[&str]) -> Server {
    Server::start(&[mode, &["--max-connections", "1", "--pause", NEVER, "--idle-timeout", "200ms"]].concat())
}

#[test]
fn client_that_vanishes_inside_a_message_is_replaced_at_the_idle_timeout() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = server_for_one_connection(mode);
        // The server finds both messages there. It would not wait long for either.
        let (mut vanished, mut next) = server.while_stopped(|| {
            let mut vanished = server.connect();
            // It neither sends more nor closes.
            vanished.write_all(b"messa").unwrap();
            (vanished, half_closed_client(&server))
        });
        assert_eq!(read_to_end(&mut next).trim_ascii_end(), b"HI");
        assert_eq!(read_to_end(&mut vanished).trim_ascii_end(), b"MESSA");
    }
}

#[test]
fn client_that_does_not_read_is_replaced_at_the_idle_timeout() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = server_for_one_connection(&[mode, &["--quiet"]].concat());
        let (mut unread, mut next) = server.while_stopped(|| (server.connect(), half_closed_client(&server)));
        // The server reads until its replies fill the buffers, then waits, and then closes.
        let filling = thread::spawn(move || while unread.write_all(&[b'x'; 4096]).is_ok() {});
        assert_eq!(read_to_end(&mut next).trim_ascii_end(), b"HI");
        filling.join().unwrap();
    }
}

/// Connects a client that sends a message and half-closes.
fn half_closed_client(server: &Server) -> std::net::TcpStream {
    let mut client = server.connect();
    client.write_all(b"hi").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    client
}

#[test]
fn client_that_sends_byte_by_byte_does_not_delay_others() {
    let server = Server::start_without_timeouts(&[]);
    let mut slow = server.connect();
    for byte in "gota a gota, á".bytes() {
        slow.write_all(&[byte]).unwrap();
        assert_eq!(ask(&server, b"hi"), b"HI");
    }
    slow.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut slow), "GOTA A GOTA, Á".as_bytes());
}
