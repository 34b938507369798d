//! Shaped sending: pieces, the newline, the half-close and the reset, as a plain socket sees them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc;

use crate::support::fake_server::{FakeServer, read_line};
use crate::support::{
    DEADLINE, Finished, NEVER, Process, Server, assert_receives, ensure, read_to_end, run, temporary_path,
    upcase, with_longer_times,
};
use crate::trace::events;

/// Sends with a timeout that no test waits for.
fn send(port: &str, args: &[&str], input: &str) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--format", "raw", "--port", port]).args(args), input.as_bytes())
}

#[track_caller]
fn assert_replies(ended: &Finished, reply: &str) {
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), reply), "{ended:?}");
}

/// Returns the sizes of all writes of the first connection.
fn writes(ended: &Finished) -> Vec<usize> {
    let size = |event: &str| event.strip_prefix("wrote ")?.split(' ').next()?.parse().ok();
    events(&ended.stderr, 1).into_iter().filter_map(size).collect()
}

#[test]
fn each_piece_of_a_message_is_a_write() {
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    let ended = send(&server.port(), &["-v", "--split", "4"], "abcdefghi\nação\n");
    assert_replies(&ended, "ABCDEFGHI\nAÇÃO\n");
    // The second message begins a piece of its own on the same connection.
    assert_eq!(writes(&ended), [4, 4, 2, 4, 3]);
}

#[test]
fn each_piece_of_a_file_is_a_write() {
    const PIECE: usize = 1000;
    // Several reads of the file.
    let text = "x".repeat(700 * PIECE + 1);
    let path = temporary_path("pieces");
    std::fs::write(&path, &text).unwrap();
    let server = Server::start_without_timeouts(&[]);
    let ended = send(&server.port(), &["-v", "--split", "1000", "--file", path.to_str().unwrap()], "");
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), text.len()));
    let writes = writes(&ended);
    assert!(writes.iter().all(|&size| size <= PIECE), "{writes:?}");
    let ends = writes.iter().scan(0, |sum, size| {
        *sum += size;
        Some(*sum)
    });
    let ends = ends.collect::<Vec<_>>();
    // A full socket takes a piece in parts, and each piece ends with a write.
    assert_eq!(ends.iter().filter(|&end| end % PIECE == 0).count(), 700, "{writes:?}");
    // The end of a read of 256 KiB divides no piece.
    assert!(!ends.contains(&(256 * 1024)), "{writes:?}");
}

#[test]
fn second_piece_comes_after_the_gap() {
    let (server, connections) = FakeServer::with_connections();
    let args = ["send", "--port", &server.port(), "--split", "2", "--gap", NEVER, "message"];
    let mut sending = Process::start(&mut upcase(&args));
    let mut connection = connections.recv_timeout(DEADLINE).unwrap();
    let mut received = [0; 64];
    let read = connection.read(&mut received).unwrap();
    assert_eq!(&received[..read], b"me");
    sending.until_idle();
    connection.set_nonblocking(true).unwrap();
    assert_eq!(connection.read(&mut received).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(!sending.has_ended());
}

#[test]
fn pieces_with_a_gap_are_read_one_by_one() {
    with_longer_times(|gap| {
        let (sender, reads) = mpsc::channel();
        let server = FakeServer::new(move |mut stream| {
            let mut received = [0; 64];
            let mut message = Vec::new();
            while !message.ends_with(b"\n") {
                let read = stream.read(&mut received).unwrap();
                message.extend_from_slice(&received[..read]);
                sender.send(String::from_utf8(received[..read].to_vec()).unwrap()).unwrap();
            }
            stream.write_all(&message.to_ascii_uppercase()).unwrap();
        });
        let ended = send(&server.port(), &["--split", "3", "--gap", gap, "message"], "");
        assert_replies(&ended, "MESSAGE\n");
        let reads = reads.try_iter().collect::<Vec<_>>();
        ensure(reads == ["mes", "sag", "e\n"], &reads)
    });
}

#[test]
fn repeated_message_is_sent_in_pieces() {
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    let args = ["-v", "--split", "2", "--count", "2", "--interval", "0s", "oi!"];
    let ended = send(&server.port(), &args, "");
    assert_replies(&ended, "OI!\nOI!\n");
    assert_eq!(writes(&ended), [2, 2, 2, 2]);
}

#[test]
fn message_without_a_newline_is_answered_after_a_pause() {
    for mode in [&["--pause", "1ms"][..], &["--keep-alive", "--idle-timeout", "1ms"]] {
        let server = Server::start(mode);
        let ended = send(&server.port(), &["--no-newline", "um\ndois"], "");
        assert_replies(&ended, if mode.len() == 2 { "UM\nDOIS" } else { "UM\nDOIS\n" });
    }
}

#[test]
fn no_byte_follows_a_message_without_a_newline() {
    let (server, connections) = FakeServer::with_connections();
    let args = ["send", "--timeout", NEVER, "--port", &server.port(), "--no-newline", "two\nlines"];
    let mut sending = Process::start(&mut upcase(&args));
    let mut connection = connections.recv_timeout(DEADLINE).unwrap();
    assert_receives(&mut connection, b"two\nlines");
    // One line is not the whole reply.
    connection.write_all(b"TWO\n").unwrap();
    sending.until_idle();
    assert!(!sending.has_ended());
    connection.write_all(b"LINES").unwrap();
    assert_eq!(sending.wait(), Some(0));
    assert_eq!(read_to_end(&mut connection), b"");
}

#[test]
fn half_close_ends_a_message_with_and_without_a_newline() {
    for (args, message) in [(&["--half-close"][..], "oi\n"), (&["--half-close", "--no-newline"], "oi")] {
        let (sender, messages) = mpsc::channel();
        let server = FakeServer::new(move |mut stream| {
            // The end of the input comes before the end of the connection.
            sender.send(read_to_end(&mut stream)).unwrap();
            stream.write_all(b"OI").unwrap();
        });
        assert_replies(&send(&server.port(), &[args, &["oi"]].concat(), ""), "OI");
        assert_eq!(messages.recv_timeout(DEADLINE).unwrap(), message.as_bytes());
    }
}

#[test]
fn half_close_without_a_byte_is_answered_by_a_close() {
    let server = Server::start_without_timeouts(&[]);
    let ended = send(&server.port(), &["--half-close", "--no-newline", "--check", ""], "");
    assert_replies(&ended, "");
}

#[test]
fn half_close_and_the_last_line_without_a_newline_end_the_connection() {
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    let ended = send(&server.port(), &["--half-close", "--no-newline", "um\ndois"], "");
    assert_replies(&ended, "UM\nDOIS\n");
}

/// Replies to each read in upper case, and leaves the end of the connection to the client.
fn reply_to_each_read(mut stream: TcpStream) {
    let mut received = [0; 64];
    while let Ok(read @ 1..) = stream.read(&mut received) {
        stream.write_all(&received[..read].to_ascii_uppercase()).unwrap();
    }
}

#[test]
fn next_message_does_not_continue_one_without_an_end() {
    for (args, connections) in [(&[][..], 1), (&["--half-close"], 2), (&["--no-newline"], 2)] {
        let server = FakeServer::new(reply_to_each_read);
        let ended = send(&server.port(), args, "one\ntwo\n");
        assert_eq!((ended.code, server.accepted()), (Some(0), connections), "{ended:?}");
    }
}

#[test]
fn server_sees_a_reset_in_place_of_a_fin() {
    for (args, is_reset) in
        [(&["oi"][..], false), (&["--reset", "oi"], true), (&["--reset", "--count", "1", "oi"], true)]
    {
        let (sender, ends) = mpsc::channel();
        let server = FakeServer::new(move |mut stream| {
            read_line(&stream);
            stream.write_all(b"OI\n").unwrap();
            sender.send(stream.read(&mut [0; 64]).map_err(|error| error.kind())).unwrap();
        });
        let ended = send(&server.port(), &[&["-v"], args].concat(), "");
        assert_replies(&ended, "OI\n");
        let end = ends.recv_timeout(DEADLINE).unwrap();
        assert_eq!(end, if is_reset { Err(ErrorKind::ConnectionReset) } else { Ok(0) });
        let sent = if is_reset { "sent RST" } else { "sent FIN" };
        let events = events(&ended.stderr, 1);
        assert!(
            events.contains(&sent) && events.last().unwrap().starts_with("closed (this end first)"),
            "{events:?}"
        );
    }
}

#[test]
fn reset_after_both_ends_have_closed_is_not_traced() {
    let server = Server::start_without_timeouts(&[]);
    let args = ["-v", "--reset", "--half-close", "--no-newline", "--check", ""];
    let ended = send(&server.port(), &args, "");
    // The empty reply ends with the server's FIN.
    assert_eq!(events(&ended.stderr, 1)[1..3], ["sent FIN", "received FIN"], "{ended:?}");
    assert!(!ended.stderr.contains("RST"), "{ended:?}");
}

#[test]
fn pieces_have_a_size_and_a_gap_has_pieces() {
    for (args, error) in [
        (&["--split", "0"][..], "'0' for '--split <BYTES>'"),
        (&["--gap", "1s"], "--split <BYTES>"),
        (&["--split", "1", "--gap", "0s"], "'0s' for '--gap <TIME>'"),
    ] {
        let ended = send("9", &[args, &["oi"]].concat(), "");
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(ended.stderr.contains(error), "{ended:?}");
    }
}
