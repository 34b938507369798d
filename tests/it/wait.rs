//! `upcase send --wait`, for scripts that need a server that is ready.

use std::io::Write as _;

use crate::support::fake_server::{FakeServer, read_line};
use crate::support::{Finished, NEVER, Process, closed_port, ensure, run, upcase, with_longer_times};

fn send(server: &FakeServer, args: &[&str]) -> Finished {
    run(upcase(&["send", "--port", &server.port()]).args(args), b"")
}

#[test]
fn server_that_starts_later_gets_the_message() {
    let (socket, port) = closed_port();
    let mut waiting = Process::start(&mut upcase(&["send", "--wait", NEVER, "--port", &port, "hi"]));
    let status =
        format!("Waiting for the right reply from 127.0.0.1:{port} for up to 1h: connection refused\n");
    waiting.stderr.until_text(&status);
    socket.listen(8).unwrap();
    let _server = FakeServer::with_listener(socket.into(), |mut stream| {
        let reply = read_line(&stream).to_uppercase();
        stream.write_all(reply.as_bytes()).unwrap();
    });
    let ended = waiting.finish();
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "Sent:     hi\nReceived: HI\n"));
    // However many attempts there were, each reason is printed once.
    assert_eq!(ended.stderr.matches(&status).count(), 1, "{}", ended.stderr);
}

#[test]
fn server_is_not_ready_before_its_reply_is_right() {
    const WRONG: fn(&str) -> String = |_| "503".into();
    // Ten attempts a second: the second reason lasts until a line is due again.
    const REPLIES: [fn(&str) -> String; 17] = {
        let mut replies = [WRONG; 17];
        replies[0] = |_| String::new();
        replies[16] = |line| line.to_uppercase();
        replies
    };
    let server = FakeServer::replying_in_turn(&REPLIES);
    let ended = send(&server, &["--wait", NEVER, "hi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "Sent:     hi\nReceived: HI\n"));
    // A slow machine adds that there is no reply yet.
    let lines = ended.stderr.lines().filter(|line| !line.ends_with("no reply yet")).collect::<Vec<_>>();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with("closed the connection without a reply"), "{lines:?}");
    assert!(lines[1].ends_with("“503” instead of “HI”; differs at byte 1"), "{lines:?}");
    assert_eq!(server.accepted(), 17);
}

#[test]
fn wait_applies_to_the_first_message_only() {
    let server = FakeServer::replying_in_turn(&[|_| String::new(), str::to_uppercase, |_| String::new()]);
    let ended = run(&mut upcase(&["send", "--port", &server.port(), "--wait", NEVER]), b"one\ntwo\n");
    assert_eq!((ended.code, &ended.stdout[..]), (Some(1), "Sent:     one\nReceived: ONE\nSent:     two\n"));
}

#[test]
fn wrong_replies_until_the_end_are_an_error_with_the_last_cause() {
    with_longer_times(|wait| {
        let server = FakeServer::replying_in_turn(&[|line| format!("{line}?")]);
        let ended = send(&server, &["--wait", wait, "hi"]).hiding_clients(server.address);
        let address = server.address;
        let difference = "is not the message in upper case: “hi?” instead of “HI”; differs at byte 1";
        let stderr = format!(
            "Waiting for the right reply from {address} for up to {wait}: the reply from {address} {difference}\n\
             Error: {address} did not give the right reply within {wait}\n\
             Cause: the reply from {address} to CLIENT {difference}\n\
             Hint: the server replies: try another message, or leave out --wait\n"
        );
        // There is a pause of 100 ms between two attempts.
        let attempts = humantime::parse_duration(wait).unwrap().as_millis() / 100;
        assert!(server.accepted() as u128 <= attempts, "{} attempts within {wait}", server.accepted());
        let is_right = ended.code == Some(1)
            && ended.stdout == "Sent:     hi\nReceived: hi?\n"
            && ended.stderr == stderr;
        ensure(is_right, &ended)
    });
}

#[test]
fn wait_ends_before_a_longer_timeout() {
    let server = FakeServer::silent();
    let ended = send(&server, &["--timeout", NEVER, "--wait", "300ms", "hi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(1), ""));
    let error = format!(
        "Error: {} did not give the right reply within 300ms\n\
         Cause: no reply yet\n\
         Hint: wait longer with --wait, or check --host and --port\n",
        server.address
    );
    assert!(ended.stderr.ends_with(&error), "{}", ended.stderr);
}

#[test]
fn empty_input_is_an_error() {
    let server = FakeServer::replying_in_turn(&[str::to_uppercase]);
    let error = "Error: there is no message on standard input\nHint: write the message on the command line\n";
    for args in [&[][..], &["--wait", NEVER], &["--format", "raw"]] {
        let ended = send(&server, args);
        assert_eq!((ended.code, &ended.stderr[..]), (Some(1), error), "{args:?}");
    }
}

#[test]
fn late_reply_is_reported_while_it_is_awaited() {
    let server = FakeServer::silent();
    let args = ["send", "--timeout", NEVER, "--wait", NEVER, "--port", &server.port(), "hi"];
    let waiting = Process::start(&mut upcase(&args));
    waiting.stderr.until_text(&format!(
        "Waiting for the right reply from {} for up to 1h: no reply yet\n",
        server.address
    ));
}

#[test]
fn changing_wrong_replies_are_reported_once_a_second_at_most() {
    let replies = std::sync::atomic::AtomicUsize::new(0);
    let server = FakeServer::replying_to_lines(move |_| {
        format!("{}\n", replies.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    });
    let ended = run(&mut upcase(&["send", "--port", &server.port(), "--wait", "2s", "hi"]), b"");
    assert_eq!(ended.code, Some(1));
    let lines = ended.stderr.lines().filter(|line| line.starts_with("Waiting for")).count();
    assert!((1..=3).contains(&lines), "{}", ended.stderr);
}
