//! `upcase send --file`: a stream of any size, its half-close, and the progress that an error reports.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::support::fake_server::FakeServer;
use crate::support::peer::peer;
#[cfg(unix)]
use crate::support::process::shutdown_signals;
use crate::support::{
    DEADLINE, Finished, NEVER, Process, Server, assert_receives, ensure, expected_reply, read_to_end, reset,
    run, temporary_path, upcase, with_longer_times,
};

/// More than the buffers between two processes hold.
const LARGE: usize = 64 * 1024 * 1024;

/// Writes a file that only one test uses.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = temporary_path(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// Returns some megabytes of numbered lines, which cross all borders of buffers.
fn text() -> Vec<u8> {
    let line = |number| format!("linha {number}: saudações à visão, Ελληνικά, 中文 🦀\n");
    (0..100_000).map(line).collect::<String>().into_bytes()
}

/// Sends with a timeout that no test waits for.
fn send(port: &str, args: &[&str]) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--port", port]).args(args), b"")
}

/// Sends a file, or `input` as the file `-`, and returns the raw reply.
fn raw_reply(port: &str, path: &str, input: &[u8]) -> Vec<u8> {
    let args = ["send", "--timeout", NEVER, "--port", port, "--file", path, "--format", "raw"];
    let mut sending = Process::start(upcase(&args).stdin(Stdio::piped()));
    sending.feed(input);
    assert_eq!((sending.wait(), &sending.stderr.text()[..]), (Some(0), ""));
    sending.stdout.bytes()
}

/// Starts to send standard input as a file.
fn send_input(port: &str, timeout: &str, format: &str) -> (Process, ChildStdin) {
    let args = ["send", "--port", port, "--timeout", timeout, "--format", format, "--file", "-"];
    let mut sending = Process::start(upcase(&args).stdin(Stdio::piped()));
    let stdin = sending.stdin();
    (sending, stdin)
}

#[test]
fn file_comes_back_exactly_as_one_message() {
    let server = Server::start_without_timeouts(&["--quiet"]);
    let random = (0..1_000_000).map(|_| fastrand::u8(..)).collect::<Vec<_>>();
    for (name, content) in
        [("text", text()), ("one-line", b"a".repeat(3_000_000)), ("bytes", random), ("empty", Vec::new())]
    {
        let path = file(&format!("exact-{name}"), &content);
        let expected = expected_reply(&content);
        assert!(raw_reply(&server.port(), path.to_str().unwrap(), b"") == expected, "{name}");
        assert!(raw_reply(&server.port(), "-", &content) == expected, "{name} by standard input");
    }
    #[cfg(unix)]
    assert!(server.stop().stderr.contains(" 6 messages, "), "each is one, except the empty ones");
}

#[test]
fn first_line_is_not_the_whole_message_when_a_read_ends_with_it() {
    let server = Server::start_without_timeouts(&["--quiet"]);
    // As much as is read at once, and its last byte is the first newline.
    let line = [&b"x".repeat(256 * 1024 - 1)[..], b"\n"].concat();
    for (name, content) in
        [("whole-read", [&line[..], b"two\n"].concat()), ("newlines", [&line[..], b"\n\ntwo"].concat())]
    {
        let path = file(name, &content);
        let reply = raw_reply(&server.port(), path.to_str().unwrap(), b"");
        assert!(reply == expected_reply(&content), "{name}");
    }
}

#[test]
fn first_line_is_not_the_whole_message_when_it_comes_alone() {
    let server = Server::start_without_timeouts(&["--quiet"]);
    let (mut sending, mut stdin) = send_input(&server.port(), NEVER, "raw");
    stdin.write_all(b"one\n").unwrap();
    // A server that got this line alone would answer it by then, and close.
    sending.until_idle();
    server.until_idle();
    stdin.write_all(b"two\n").unwrap();
    drop(stdin);
    let ended = sending.finish();
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    assert_eq!(ended.stdout, "ONE\nTWO");
}

#[test]
fn reply_of_a_server_that_answers_line_by_line_is_right() {
    let server = Server::start_without_timeouts(&["--keep-alive", "--quiet"]);
    let path = file("lines", b"  um \r\n\n dois\ntr\xc3\xaas\n\n");
    let ended = send(&server.port(), &["--file", path.to_str().unwrap(), "--check"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
}

#[test]
fn reply_of_socat_with_tr_is_right() {
    let Some(mut socat) = peer("socat") else { return };
    let socat = Process::start(socat.args(["-dd", "TCP-LISTEN:0,bind=127.0.0.1,fork", "EXEC:tr a-z A-Z"]));
    let line = socat.stderr.until_line(|line| line.contains("listening on"));
    let port = line.rsplit(':').next().unwrap();
    let path = file("tr", &b"line without accents\n".repeat(100_000));
    let ended = send(port, &["--file", path.to_str().unwrap(), "--check"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
}

#[test]
fn sizes_and_rate_are_printed() {
    let server = Server::start(&[]);
    let path = file("shown", "ação\n".as_bytes());
    let ended = send(&server.port(), &["--file", path.to_str().unwrap()]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let lines = ended.stdout.lines().collect::<Vec<_>>();
    assert_eq!(lines[0], format!("Sent:     {}, 7 bytes", path.display()));
    assert!(lines[1].starts_with("Received: 6 bytes in ") && lines[1].ends_with(" kB/s"), "{}", lines[1]);
}

#[test]
fn json_describes_the_transfer_without_the_content() {
    let server = Server::start(&[]);
    let path = file("json", "ação\n".as_bytes());
    let ended = send(&server.port(), &["--file", path.to_str().unwrap(), "--format", "json"]);
    let record: Value = serde_json::from_str(&ended.stdout).unwrap();
    let address = server.address.to_string();
    assert_eq!((&record["file"], &record["address"]), (&path.to_str().into(), &address.into()));
    assert_eq!((&record["sent_bytes"], &record["bytes"]), (&7.into(), &6.into()));
    assert_eq!((&record["ok"], &record["error"]), (&true.into(), &Value::Null));
    assert!(record["microseconds"].is_u64() && record["connect_microseconds"].is_u64(), "{record}");
}

/// Sends a file of [`LARGE`] bytes.
fn send_large(server: &FakeServer, name: &str, timeout: &str) -> Finished {
    let path = file(name, &b"x".repeat(LARGE));
    let args = ["send", "--port", &server.port(), "--timeout", timeout, "--file", path.to_str().unwrap()];
    run(&mut upcase(&args), b"")
}

#[test]
fn timeout_error_reports_the_progress() {
    with_longer_times(|timeout| {
        let server = FakeServer::silent();
        let ended = send_large(&server, "stops", timeout).hiding_clients(server.address);
        let (_, sent) = ended.stdout.lines().next().unwrap_or_default().rsplit_once(", ").unwrap_or_default();
        let sent = sent.trim_end_matches(" bytes");
        let error = format!(
            "Error: the transfer CLIENT → {} stopped, no more within {timeout}: \
             {sent} of {LARGE} bytes sent, 0 received\n\
             Hint: wait longer with --timeout\n",
            server.address
        );
        let has_sent_some = sent.parse().is_ok_and(|sent| (1..LARGE).contains(&sent));
        let is_right = ended.code == Some(1) && has_sent_some && ended.stderr == error;
        ensure(is_right, &ended)
    });
}

/// Starts a server that answers the beginning of a message, and then ends the connection.
fn server_that_leaves_early(leave: fn(TcpStream)) -> FakeServer {
    FakeServer::new(move |mut stream| {
        let mut beginning = [0; 4];
        stream.read_exact(&mut beginning).unwrap();
        stream.write_all(&beginning.to_ascii_uppercase()).unwrap();
        leave(stream);
    })
}

#[test]
fn early_end_of_the_connection_reports_the_progress() {
    let resets = server_that_leaves_early(reset);
    let closes = server_that_leaves_early(|mut stream| {
        stream.shutdown(Shutdown::Write).unwrap();
        read_to_end(&mut stream);
    });
    for (name, server, error) in [("resets", resets, " broke: "), ("closes", closes, " before the end: ")] {
        let ended = send_large(&server, name, NEVER);
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains(error), "{ended:?}");
        assert!(ended.stderr.contains(&format!(" of {LARGE} bytes sent, ")), "{ended:?}");
        // Nothing more is sent to a server that has closed.
        assert!(!ended.stderr.contains(&format!(" {LARGE} of ")), "{ended:?}");
    }
}

#[test]
fn server_that_closes_is_reported_before_the_input_ends() {
    let server = FakeServer::closing_without_reply();
    let (mut sending, mut stdin) = send_input(&server.port(), "300ms", "text");
    stdin.write_all(b"hi").unwrap();
    let ended = sending.finish().hiding_clients(server.address);
    let error = format!(
        "Error: {} closed the connection with CLIENT before the end: 2 bytes sent, 0 received\n\
         Hint: for input that arrives slowly, the server needs --keep-alive\n",
        server.address
    );
    assert_eq!((ended.code, ended.stderr), (Some(1), error));
}

#[test]
fn reply_shorter_than_the_file_is_an_error() {
    let server = FakeServer::new(|mut stream| {
        read_to_end(&mut stream);
        stream.write_all(b"MESSA").unwrap();
    });
    let path = file("short", b"messages");
    let ended = send(&server.port(), &["--file", path.to_str().unwrap()]).hiding_clients(server.address);
    let error = format!(
        "Error: {} closed the connection with CLIENT before the end: 8 of 8 bytes sent, 5 received\n",
        server.address
    );
    assert_eq!((ended.code, ended.stderr), (Some(1), error));
}

#[test]
fn wrong_reply_is_a_warning_and_with_check_an_error() {
    let server = FakeServer::replying_to_half_close(drop);
    let path = file("wrong", "ação".as_bytes());
    let what = format!(
        "the reply from {} to CLIENT is not the file in upper case: 6 of 6 bytes sent, 6 received\n",
        server.address
    );
    let ended = send(&server.port(), &["--file", path.to_str().unwrap()]).hiding_clients(server.address);
    assert_eq!((ended.code, ended.stderr), (Some(0), format!("Warning: {what}")));
    let ended =
        send(&server.port(), &["--file", path.to_str().unwrap(), "--check"]).hiding_clients(server.address);
    assert_eq!((ended.code, ended.stderr), (Some(1), format!("Error: {what}")));
}

#[test]
fn silence_after_a_whole_reply_is_not_part_of_its_time() {
    let path = file("stays-open", b"hi");
    with_longer_times(|timeout| {
        let server = FakeServer::replying_to_half_close(std::mem::forget);
        let args = ["send", "--port", &server.port(), "--timeout", timeout, "--format", "json", "--file"];
        let ended = run(upcase(&args).arg(&path), b"");
        let record: Value = serde_json::from_str(&ended.stdout).map_err(|error| format!("{error}"))?;
        let timeout = humantime::parse_duration(timeout).unwrap().as_micros();
        let took = record["microseconds"].as_u64().unwrap();
        let is_right = ended.code == Some(0) && u128::from(took) < timeout;
        ensure(is_right, &ended)
    });
}

#[test]
fn wait_for_input_is_not_part_of_the_replys_time() {
    with_longer_times(|wait| {
        let (server, connections) = FakeServer::with_connections();
        let (mut sending, mut stdin) = send_input(&server.port(), NEVER, "json");
        let mut connection = connections.recv_timeout(DEADLINE).unwrap();
        // Not to wait for something: the client is connected all this time, and has nothing to send.
        thread::sleep(humantime::parse_duration(wait).unwrap());
        let start = Instant::now();
        stdin.write_all(b"hi").unwrap();
        drop(stdin);
        assert_eq!(read_to_end(&mut connection), b"hi");
        connection.write_all(b"HI").unwrap();
        drop(connection);
        let ended = sending.finish();
        assert_eq!(ended.code, Some(0));
        let most = start.elapsed();
        if most >= humantime::parse_duration(wait).unwrap() {
            return Err(format!("the reply took {most:?}"));
        }
        let record: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert!(u128::from(record["microseconds"].as_u64().unwrap()) <= most.as_micros(), "{record}");
        Ok(())
    });
}

/// Waits until a client with this timeout has given up a server that is silent.
///
/// A client that was started before, with the same timeout, would have given up too.
pub(crate) fn until_timed_out(timeout: &str) {
    let server = FakeServer::silent();
    let ended = run(&mut upcase(&["send", "--port", &server.port(), "--timeout", timeout, "hi"]), b"");
    assert!(ended.stderr.contains(&format!("within {timeout}")), "{ended:?}");
}

#[test]
fn slow_input_does_not_count_as_a_silent_server() {
    with_longer_times(|timeout| {
        let (server, connections) = FakeServer::with_connections();
        let (mut sending, mut stdin) = send_input(&server.port(), timeout, "raw");
        stdin.write_all(b"one").unwrap();
        let mut connection = connections.recv_timeout(DEADLINE).unwrap();
        assert_receives(&mut connection, b"one");
        until_timed_out(timeout);
        // A client that has given up takes neither the input nor the reply.
        let _ = stdin.write_all(b" two");
        drop(stdin);
        read_to_end(&mut connection);
        let _ = connection.write_all(b"ONE TWO");
        drop(connection);
        let ended = sending.finish();
        let is_right = ended.code == Some(0) && ended.stderr.is_empty() && ended.stdout == "ONE TWO";
        ensure(is_right, &ended)
    });
}

#[test]
fn slow_reader_of_the_output_does_not_count_as_a_silent_server() {
    const SIZE: usize = 16 * 1024 * 1024;
    let server = Server::start_without_timeouts(&["--quiet"]);
    let path = file("slow-output", &b"x".repeat(SIZE));
    with_longer_times(|timeout| {
        let args = ["send", "--port", &server.port(), "--timeout", timeout, "--format", "raw", "--file"];
        let (mut sending, mut stdout) = Process::start_with_unread_stdout(upcase(&args).arg(&path));
        stdout.read_exact(&mut [0]).map_err(|error| format!("{error}"))?;
        sending.until_idle();
        until_timed_out(timeout);
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).unwrap();
        let (code, stderr) = (sending.wait(), sending.stderr.text());
        let is_right = code == Some(0) && stderr.is_empty() && rest.len() == SIZE - 1;
        ensure(is_right, &(code, rest.len(), stderr))
    });
}

#[cfg(unix)]
#[test]
fn signal_ends_the_transfer_and_reports_the_progress() {
    let (server, connections) = FakeServer::with_connections();
    let path = file("signal", &b"x".repeat(LARGE));
    let args = ["send", "--timeout", NEVER, "--port", &server.port(), "--file", path.to_str().unwrap()];
    for (signal, code) in shutdown_signals() {
        let mut sending = Process::start(&mut upcase(&args));
        let _open = connections.recv_timeout(DEADLINE).unwrap();
        // The transfer has begun, and waits for a server that does not read.
        sending.until_idle();
        sending.signal(signal);
        let ended = sending.finish();
        assert_eq!(ended.code, Some(code));
        assert!(ended.stderr.starts_with("Error: interrupted: "), "{ended:?}");
    }
}

#[test]
fn unreadable_file_is_named_with_the_cause() {
    let server = Server::start(&[]);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let missing = temporary_path("missing");
    for (path, cause) in [(missing, "it does not exist"), (folder, "it is a directory")] {
        let path = path.to_str().unwrap();
        let ended = send(&server.port(), &["--file", path]);
        assert_eq!(ended.code, Some(1));
        let error = format!("Error: can't read {path}\nCause: {cause}\n");
        assert!(ended.stderr.starts_with(&error), "{ended:?}");
    }
}

#[test]
fn wait_comes_before_the_file() {
    let server = FakeServer::replying_in_turn(&[|_| String::new(), str::to_uppercase]);
    let path = file("waited", b"hi\n");
    let ended = send(&server.port(), &["--wait", NEVER, "--file", path.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.accepted(), 3);
}

// Windows allows no control characters in names.
#[cfg(unix)]
#[test]
fn file_name_is_printed_escaped() {
    let server = Server::start_without_timeouts(&["--quiet"]);
    let path = file("name\x1b]0;title\x07", b"hi");
    let ended = run(&mut upcase(&["send", "--port", &server.port(), "--file", path.to_str().unwrap()]), b"");
    assert!(ended.stdout.contains("name\\u{1b}]0;title\\u{7}, 2 bytes"), "{ended:?}");
    let ended = run(&mut upcase(&["send", "--file", "missing\x1b[2J"]), b"");
    assert!(ended.stderr.starts_with("Error: can't read missing\\u{1b}[2J\n"), "{ended:?}");
}
