//! `upcase send` with servers of all kinds: when a reply is complete, and which connection a message uses.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::thread;

use serde_json::Value;

#[cfg(unix)]
use crate::file::until_timed_out;
use crate::support::fake_server::FakeServer;
use crate::support::{
    DEADLINE, Finished, NEVER, Process, Server, assert_receives, closed_port, connect, read_to_end, reset,
    run, temporary_path, upcase,
};

/// Sends with a timeout that no test waits for.
fn send(port: &str, args: &[&str], input: &str) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--port", port]).args(args), input.as_bytes())
}

#[track_caller]
fn assert_prints(ended: &Finished, stdout: &str) {
    assert_eq!((ended.code, &ended.stdout[..], &ended.stderr[..]), (Some(0), stdout, ""));
}

fn uppercase_line(line: &str) -> String {
    line.to_uppercase() + "\n"
}

#[test]
fn reply_of_our_server_is_complete_without_a_timeout() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start_without_timeouts(mode);
        let port = server.port();
        assert_prints(&send(&port, &["one"], ""), "Sent:     one\nReceived: ONE\n");
        assert_prints(&send(&port, &["one\ntwo"], ""), "Sent:     one\ntwo\nReceived: ONE\nTWO\n");
        assert_prints(&send(&port, &[" one "], ""), "Sent:      one \nReceived: ONE\n");
    }
}

#[test]
fn empty_message_has_an_empty_reply() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start(mode);
        assert_prints(&send(&server.port(), &[""], ""), "Sent:     \nReceived: \n");
    }
}

#[test]
fn lines_of_input_share_a_connection_that_the_server_keeps_open() {
    let server = FakeServer::replying_to_lines(uppercase_line);
    assert_prints(
        &send(&server.port(), &[], "um\r\ndois\n\ntrês"),
        "Sent:     um\nReceived: UM\nSent:     dois\nReceived: DOIS\nSent:     \nReceived: \n\
         Sent:     três\nReceived: TRÊS\n",
    );
    assert_eq!(server.accepted(), 1);
}

#[cfg(unix)]
#[test]
fn lines_of_input_use_a_new_connection_after_the_server_closes() {
    let server = Server::start(&[]);
    let input = (0..50).map(|number| format!("line {number}\n")).collect::<Vec<_>>().concat();
    let expected = (0..50).map(|number| format!("LINE {number}")).collect::<Vec<_>>().concat();
    assert_prints(&send(&server.port(), &["--format", "raw"], &input), &expected);
    let ended = server.stop();
    assert!(ended.stderr.contains("\nStopped: 50 connections, 50 messages, "), "{}", ended.stderr);
}

#[test]
fn message_is_sent_again_when_the_server_closes_a_used_connection() {
    // The server answers one line, and leaves only when the next line comes.
    let server = FakeServer::new(|mut stream| {
        let mut line = [0; 64];
        let read = stream.read(&mut line).unwrap();
        stream.write_all(&line[..read].to_ascii_uppercase()).unwrap();
        let _ = stream.read(&mut line);
        reset(stream);
    });
    assert_prints(&send(&server.port(), &["--format", "raw"], "one\ntwo\n"), "ONE\nTWO\n");
    assert_eq!(server.accepted(), 2);
}

#[test]
fn late_newline_is_not_part_of_the_next_reply() {
    for newline in [&["\n"][..], &["\r\n"], &["\r", "\n"]] {
        let server = FakeServer::new(move |mut stream| {
            let mut line = [0; 64];
            loop {
                let read = stream.read(&mut line).unwrap();
                let reply = line[..read].to_ascii_uppercase();
                let Some(text) = reply.strip_suffix(b"\n") else { return };
                stream.write_all(text).unwrap();
                // The client takes this reply for complete, so its next message comes before the newline.
                let next = stream.read(&mut line).unwrap();
                if next == 0 {
                    return;
                }
                for part in newline {
                    stream.write_all(part.as_bytes()).unwrap();
                    thread::yield_now();
                }
                stream.write_all(&line[..next].to_ascii_uppercase()).unwrap();
            }
        });
        assert_prints(&send(&server.port(), &["--format", "raw"], "one\ntwo\n"), "ONETWO\n");
        assert_eq!(server.accepted(), 1);
    }
}

#[test]
fn reply_without_a_newline_is_complete_on_an_open_connection() {
    let server = FakeServer::replying_to_lines(str::to_uppercase);
    assert_prints(&send(&server.port(), &["--format", "raw"], "one\ntwo\n"), "ONETWO");
    assert_eq!(server.accepted(), 1);
}

#[test]
fn reply_that_comes_byte_by_byte_is_read_to_its_end() {
    let server = FakeServer::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]).unwrap();
        for byte in "AÇÃO!".bytes() {
            stream.write_all(&[byte]).unwrap();
            thread::yield_now();
        }
    });
    // The reply is wrong: nothing but its end shows that it is complete.
    let ended = send(&server.port(), &["ação?"], "");
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "Sent:     ação?\nReceived: AÇÃO!\n"));
}

#[test]
fn wrong_reply_is_a_warning_and_with_check_an_error() {
    // Like the tutorial's server, this one does not change accented letters.
    let server = FakeServer::replying_to_lines(|line| line.to_ascii_uppercase() + "\n");
    let message = "mensagem de saudação e adeus";
    let ended = send(&server.port(), &[message], "").hiding_clients(server.address);
    let shown = format!("Sent:     {message}\nReceived: MENSAGEM DE SAUDAçãO E ADEUS\n");
    assert_eq!((ended.code, &ended.stdout), (Some(0), &shown));
    let difference = format!(
        "the reply from {} to CLIENT is not the message in upper case: “MENSAGEM DE SAUDAçãO E…” instead of \
         “MENSAGEM DE SAUDAÇÃO E…”; differs at byte 18",
        server.address
    );
    assert_eq!(ended.stderr, format!("Warning: {difference}\n"));
    let ended = send(&server.port(), &["--check", message], "").hiding_clients(server.address);
    let error = format!("Error: {difference}\n");
    assert_eq!((ended.code, &ended.stdout, &ended.stderr), (Some(1), &shown, &error));
    let ended = send(&server.port(), &["--check"], "plain\nação\nnever sent\n");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.ends_with("Sent:     ação\nReceived: AçãO\n"), "{}", ended.stdout);
}

#[cfg(unix)]
#[test]
fn reply_that_arrives_while_the_client_is_stopped_counts_after_the_timeout() {
    const TIMEOUT: &str = "4s";
    let path = temporary_path("stopped");
    std::fs::write(&path, "hi\n").unwrap();
    let (server, connections) = FakeServer::with_connections();
    let start = |message: &[&str]| {
        let args = ["send", "--timeout", TIMEOUT, "--format", "raw", "--port", &server.port()];
        let sending = Process::start(upcase(&args).args(message));
        let mut connection = connections.recv_timeout(DEADLINE).unwrap();
        assert_receives(&mut connection, b"hi\n");
        sending.until_idle();
        (sending, connection)
    };
    let ((mut message, mut replies_to_message), (mut file, mut replies_to_file)) =
        (start(&["hi"]), start(&["--file", path.to_str().unwrap()]));
    message.while_stopped(|| {
        file.while_stopped(|| {
            until_timed_out(TIMEOUT);
            replies_to_message.write_all(b"HI\n").unwrap();
            replies_to_file.write_all(b"HI\n").unwrap();
            drop(replies_to_file);
        });
    });
    assert_prints(&message.finish(), "HI\n");
    assert_prints(&file.finish(), "HI\n");
}

#[test]
fn wait_and_timeout_may_be_longer_than_any_clock() {
    let server = Server::start(&[]);
    let path = temporary_path("endless-timeout");
    std::fs::write(&path, "hi").unwrap();
    let endless = "300000000000years";
    for args in [&["hi"][..], &["--count", "1", "hi"], &["--file", path.to_str().unwrap()]] {
        let mut command =
            upcase(&["send", "--port", &server.port(), "--timeout", endless, "--wait", endless]);
        let ended = run(command.args(args), b"");
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn reply_passes_a_proxy_that_drops_half_closed_connections() {
    let server = Server::start(&[]);
    let address = server.address;
    let proxy = FakeServer::new(move |client| {
        let upstream = connect(address);
        let (mut to_upstream, mut from_client) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            std::io::copy(&mut from_client, &mut to_upstream).unwrap();
            // The end of what the client sends ends both directions.
            let _ = from_client.shutdown(Shutdown::Both);
            let _ = to_upstream.shutdown(Shutdown::Both);
        });
        let (mut from_upstream, mut to_client) = (upstream, client);
        let _ = std::io::copy(&mut from_upstream, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    // A client that half-closes gets nothing from this proxy.
    let mut half_closed = connect(proxy.address);
    half_closed.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut half_closed), b"");
    assert_prints(&send(&proxy.port(), &["hi"], ""), "Sent:     hi\nReceived: HI\n");
}

#[test]
fn long_line_is_sent_while_its_reply_is_read() {
    // The server reads no more than it can answer: a client that first writes everything would never end.
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start_without_timeouts(&[mode, &["--quiet"]].concat());
        let line = "ação ".repeat(2_000_000);
        let ended = send(&server.port(), &["--format", "raw"], &line);
        assert!(ended.code == Some(0) && ended.stdout.trim_end() == line.to_uppercase().trim_end());
    }
}

#[test]
#[cfg_attr(windows, ignore = "wine shows a reset as a close")]
fn reply_cut_off_by_a_reset_is_shown_with_the_cause() {
    let server = FakeServer::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]).unwrap();
        stream.write_all(b"MESSA").unwrap();
        reset(stream);
    });
    let ended = send(&server.port(), &["message"], "").hiding_clients(server.address);
    assert_eq!(ended.stdout, "Sent:     message\nReceived: MESSA\n");
    let error = format!(
        "Error: the connection CLIENT → {} broke after 5 bytes of the reply\n\
         Cause: the other side reset the connection\n\
         Hint: perhaps the server closed with unread data (a single recv?): that makes TCP reset the connection\n",
        server.address
    );
    assert_eq!((ended.code, ended.stderr), (Some(1), error));
}

#[test]
fn message_reaches_a_server_that_speaks_first() {
    let (received, messages) = std::sync::mpsc::channel();
    let server = FakeServer::new(move |mut stream| {
        stream.write_all(b"220 hello\r\n").unwrap();
        let mut message = String::new();
        stream.read_to_string(&mut message).unwrap();
        received.send(message).unwrap();
    });
    for number in 0..20 {
        let ended = send(&server.port(), &[&format!("hi {number}")], "");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(messages.recv_timeout(DEADLINE).unwrap(), format!("hi {number}\n"));
    }
}

#[test]
fn lines_that_are_trimmed_one_by_one_are_right() {
    let server = Server::start(&["--keep-alive"]);
    let ended = send(&server.port(), &["--format", "json", "one \r\n two"], "");
    assert!(ended.stdout.contains(r#""received":"ONE\nTWO\n","bytes":8,"#), "{}", ended.stdout);
    assert!(ended.stdout.contains(r#""ok":true"#), "{}", ended.stdout);
}

#[test]
fn json_has_both_ends_and_a_code_for_each_error() {
    let (server, connections) = FakeServer::with_connections();
    let args = ["--format", "json", "--check", "hi"];
    let sent = |reply: &'static str| {
        let mut sending =
            Process::start(upcase(&["send", "--timeout", NEVER, "--port", &server.port()]).args(args));
        let mut connection = connections.recv_timeout(DEADLINE).unwrap();
        assert_receives(&mut connection, b"hi\n");
        let peer = connection.peer_addr().unwrap();
        connection.write_all(reply.as_bytes()).unwrap();
        drop(connection);
        let record: Value = serde_json::from_str(&sending.finish().stdout).unwrap();
        assert_eq!(record["address"], server.address.to_string());
        assert_eq!(record["local"], peer.to_string());
        record["code"].clone()
    };
    assert_eq!([sent("HI"), sent("Hi"), sent("")], [Value::Null, "wrong".into(), "closed".into()]);
    let (_socket, port) = closed_port();
    let record: Value = serde_json::from_str(&send(&port, &args, "").stdout).unwrap();
    assert_eq!((&record["local"], &record["code"]), (&Value::Null, &"refused".into()));
}

#[test]
fn closed_output_does_not_hide_an_error() {
    let server = FakeServer::closing_without_reply();
    let (mut sending, stdout) =
        Process::start_with_unread_stdout(&mut upcase(&["send", "--port", &server.port(), "hi"]));
    drop(stdout);
    assert_eq!(sending.wait(), Some(1));
    sending.stderr.until_text(" without a reply");
}

#[test]
fn endless_reply_is_an_error() {
    let server = FakeServer::new(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let ended = send(&server.port(), &["hi"], "").hiding_clients(server.address);
    assert_eq!(ended.code, Some(1));
    let error = format!("Error: the reply from {} to CLIENT is too long: ", server.address);
    assert!(ended.stderr.starts_with(&error), "{}", ended.stderr);
}

#[test]
fn message_after_a_wrong_reply_uses_a_new_connection() {
    // Otherwise the greeting would count as the first reply, the first reply as the second, and so on.
    let server = FakeServer::new(|mut stream| {
        stream.write_all(b"220 hello\n").unwrap();
        let mut line = [0; 64];
        while let Ok(read @ 1..) = stream.read(&mut line) {
            stream.write_all(&line[..read].to_ascii_uppercase()).unwrap();
        }
    });
    let ended = send(&server.port(), &["--format", "json"], "one\ntwo\nthree\n");
    assert_eq!(ended.stdout.lines().count(), 3);
    for line in ended.stdout.lines() {
        let reply: Value = serde_json::from_str(line).unwrap();
        let sent = reply["sent"].as_str().unwrap().to_uppercase();
        let received = reply["received"].as_str().unwrap();
        for other in ["ONE", "TWO", "THREE"] {
            assert!(other == sent || !received.contains(other), "{line}");
        }
    }
}
