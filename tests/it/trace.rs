//! `-v`: the events of a connection, at both ends.

use std::io::Write as _;
use std::net::Shutdown;

use serde_json::Value;

use crate::support::fake_server::FakeServer;
use crate::support::{
    NEVER, Process, Server, assert_receives, closed_port, command, connect, ensure, hide_clients,
    read_to_end, reset, run, serve, upcase, with_longer_times, wrap,
};

/// Returns the events of a connection, without its number and the times.
pub(crate) fn events(stderr: &str, conn: u64) -> Vec<&str> {
    let prefix = format!("#{conn:<4} ");
    stderr
        .lines()
        .filter_map(|line| line.strip_prefix(&*prefix)?.split_once(" ms "))
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn both_ends_report_the_same_exchange() {
    let server = Server::start_without_timeouts(&["-v"]);
    let address = server.address;
    let client = run(&mut upcase(&["send", "-v", "--port", &server.port(), "oi!"]), b"");
    assert_eq!((client.code, &*client.stdout), (Some(0), "Sent:     oi!\nReceived: OI!\n"));

    let connected = &events(&client.stderr, 1)[..3];
    assert_eq!(hide_clients(connected[0], address), format!("connected CLIENT → {address}"));
    assert_eq!(connected[1..], ["wrote 4 bytes", "read 3 bytes"]);
    server.stderr.until_line(|line| line.contains("closed"));
    let server = server.stop().stderr;
    let accepted = events(&server, 1);
    assert_eq!(accepted[0].strip_prefix("accepted"), connected[0].strip_prefix("connected"));
    assert_eq!(accepted[1..4], ["read 4 bytes", "wrote 3 bytes", "sent FIN"]);
    assert_eq!(accepted.last(), Some(&"closed (this end first): read 4 bytes, wrote 3 bytes"));
}

#[test]
fn message_stands_between_the_events_around_it() {
    let both_streams_in_one = ["-c", "exec \"$@\" 2>&1", "sh"];
    let mut server = Process::start(&mut wrap(
        {
            let mut sh = command("sh");
            sh.args(both_streams_in_one);
            sh
        },
        &serve(&["-v"]),
    ));
    let listening = server.stdout.until_line(|line| line.starts_with("Listening on "));
    for _ in 0..20 {
        let mut stream = connect(listening.rsplit_once(' ').unwrap().1.parse().unwrap());
        stream.write_all(b"oi\n").unwrap();
        assert_eq!(read_to_end(&mut stream), b"OI");
    }
    server.signal("TERM");
    let output = server.finish().stdout;
    for conn in 1..=20 {
        let prefix = format!("#{conn} ");
        let lines: Vec<_> = output.lines().collect();
        let read = lines.iter().position(|line| line.starts_with(&prefix) && line.ends_with("read 3 bytes"));
        let read = read.unwrap_or_else(|| panic!("{output}"));
        let written =
            lines.iter().position(|line| line.starts_with(&prefix) && line.ends_with("wrote 2 bytes"));
        let between = &lines[read..written.unwrap_or_else(|| panic!("{output}"))];
        assert!(between.contains(&"Received from 127.0.0.1:") && between.contains(&"oi"), "{output}");
    }
}

#[test]
fn fin_reset_and_silence_are_told_apart_by_the_server() {
    let server = Server::start(&["-v", "--keep-alive", "--idle-timeout", NEVER]);
    let mut half_closes = server.connect();
    half_closes.write_all(b"oi\n").unwrap();
    assert_receives(&mut half_closes, b"OI\n");
    half_closes.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut half_closes), b"");
    let mut resets = server.connect();
    resets.write_all(b"oi\n").unwrap();
    assert_receives(&mut resets, b"OI\n");
    reset(resets);
    let closed = |conn: &'static str| move |line: &str| line.starts_with(conn) && line.contains("closed");
    server.stderr.until_line(closed("#1 "));
    server.stderr.until_line(closed("#2 "));
    let stderr = server.stop().stderr;
    let first = events(&stderr, 1);
    assert_eq!(
        first[3..],
        ["received FIN", "sent FIN", "closed (the peer first): read 3 bytes, wrote 3 bytes"]
    );
    let second = events(&stderr, 2);
    assert_eq!(second[3..], ["received RST", "closed (the peer first): read 3 bytes, wrote 3 bytes"]);
}

#[test]
fn silence_is_a_timeout_with_its_name() {
    with_longer_times(|time| {
        let server = Server::start(&["-v", "--pause", time, "--idle-timeout", NEVER]);
        let mut stream = server.connect();
        stream.write_all(b"oi").unwrap();
        let reply = read_to_end(&mut stream);
        drop(stream);
        let stderr = server.stop().stderr;
        let timeout = format!("timeout (pause): nothing within {time}");
        ensure(reply == b"OI" && events(&stderr, 1)[2] == timeout, &stderr)
    });
}

#[test]
fn client_tells_a_fin_a_reset_and_a_silence_apart() {
    let trace = |server: &FakeServer, timeout: &str| {
        run(&mut upcase(&["send", "-v", "--timeout", timeout, "--port", &server.port(), "oi"]), b"").stderr
    };
    let closes = trace(&FakeServer::closing_without_reply(), NEVER);
    assert_eq!(events(&closes, 1)[1..3], ["wrote 3 bytes", "received FIN"], "{closes}");

    let resets = trace(
        &FakeServer::new(|stream| {
            // The message has arrived when the reset is sent.
            stream.peek(&mut [0; 3]).unwrap();
            reset(stream);
        }),
        NEVER,
    );
    assert_eq!(events(&resets, 1)[1..3], ["wrote 3 bytes", "received RST"], "{resets}");
    assert!(events(&resets, 1)[3].starts_with("closed (the peer first): "), "{resets}");

    let silent = trace(&FakeServer::silent(), "100ms");
    assert_eq!(events(&silent, 1)[1..3], ["wrote 3 bytes", "timeout (reply): nothing within 100ms"]);
    assert_eq!(events(&silent, 1)[3..], ["sent FIN", "closed (this end first): read 0 bytes, wrote 3 bytes"]);
}

#[test]
fn refused_attempt_is_an_event() {
    let (_socket, port) = closed_port();
    let stderr = run(&mut upcase(&["send", "-v", "--port", &port, "oi"]), b"").stderr;
    assert_eq!(events(&stderr, 1), [format!("no connection to 127.0.0.1:{port}: connection refused")]);
}

#[test]
fn unread_bytes_at_the_close_are_a_reset_of_ours() {
    let server = FakeServer::new(|mut stream| {
        stream.peek(&mut [0; 1]).unwrap();
        stream.write_all(b"WRONG\n and more that nobody reads\n").unwrap();
        let _ = std::io::Read::read_to_end(&mut stream, &mut Vec::new());
    });
    // The reply arrives in one read of the buffer's size, which is smaller.
    let stderr = run(&mut upcase(&["send", "-v", "--port", &server.port(), "oi"]), b"").stderr;
    let is_reset = |event: &&str| event.starts_with("sent RST: ") && event.ends_with(" bytes unread");
    assert!(events(&stderr, 1).iter().any(is_reset), "{stderr}");
}

#[test]
fn second_v_shows_the_bytes_escaped_on_one_line() {
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    let message = format!("\u{1b}[31m{}", "a".repeat(100));
    let stderr = run(&mut upcase(&["send", "-vv", "--port", &server.port(), &message]), b"").stderr;
    let shown: Vec<_> = stderr.lines().filter(|line| line.starts_with("          ")).collect();
    assert_eq!(shown[0].trim_start(), format!("\\u{{1b}}[31m{}…", "a".repeat(49)));
    assert!(stderr.lines().all(|line| line.chars().count() <= 80), "{stderr}");
}

#[test]
fn json_events_have_stable_names() {
    let server = Server::start(&["-vv", "--format", "json", "--keep-alive"]);
    let args = ["send", "-v", "--format", "json", "--host", "localhost", "--port", &server.port(), "oi"];
    let client = run(&mut upcase(&args), b"");
    server.stderr.until_line(|line| line.contains("\"close\""));
    let parse = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|event| !event["conn"].is_null())
            .collect::<Vec<_>>()
    };
    let client = parse(&client.stderr);
    let names = |events: &[Value]| {
        events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&client)[0], "resolve");
    let connect = client.iter().rfind(|event| event["event"] == "connect").unwrap();
    let stopped = server.stop();
    let server_events = parse(&stopped.stderr);
    assert_eq!(names(&server_events)[..3], ["accept", "read", "write"]);
    for event in &server_events {
        assert_eq!((&event["conn"], &event["level"]), (&Value::from(1), &Value::from("info")), "{event}");
        assert_eq!((&event["peer"], &event["local"]), (&connect["local"], &connect["peer"]), "{event}");
        assert!(event["microseconds"].is_u64() && event["time"].is_string(), "{event}");
    }
    assert_eq!((&server_events[1]["bytes"], &server_events[1]["data"]), (&3.into(), &"oi\n".into()));
    let close = server_events.last().unwrap();
    assert_eq!(
        (&close["event"], &close["read_bytes"], &close["written_bytes"]),
        (&"close".into(), &3.into(), &3.into())
    );
    if cfg!(target_os = "linux") {
        for name in ["rtt_microseconds", "rtt_variance_microseconds", "retransmits", "mss", "unacknowledged"]
        {
            assert!(close[name].is_u64(), "{name}: {close}");
        }
    }
    let message: Value = serde_json::from_str(&stopped.stdout).unwrap();
    assert_eq!(
        [&message["event"], &message["end"], &message["peer"], &message["local"]],
        [&"message".into(), &"newline".into(), &connect["local"], &connect["peer"]]
    );
}

#[test]
fn record_says_what_ended_its_message() {
    let server = Server::start(&["--format", "json", "--pause", "1ms"]);
    let mut half_closes = server.connect();
    half_closes.write_all(b"half").unwrap();
    half_closes.shutdown(Shutdown::Write).unwrap();
    read_to_end(&mut half_closes);
    let mut pauses = server.connect();
    pauses.write_all(b"pause").unwrap();
    assert_eq!(read_to_end(&mut pauses), b"PAUSE");
    let stdout = server.stop().stdout;
    let records: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(records[0]["end"] == "half_close" || records[0]["end"] == "pause", "{stdout}");
    assert_eq!((&records[1]["end"], &records[1]["conn"]), (&"pause".into(), &2.into()));
}

#[test]
fn trace_of_many_clients_loses_and_mixes_no_line() {
    let server = Server::start(&["-v", "--keep-alive"]);
    let args =
        ["send", "--port", &server.port(), "--count", "50", "--connections", "64", "--interval", "0s", "oi"];
    let client = run(&mut upcase(&args), b"");
    assert_eq!(client.code, Some(0), "{}", client.stderr);
    server.stderr.until(|text| (text.matches(" closed (").count() == 64).then_some(()));
    let stderr = server.stop().stderr;
    for conn in 1..=64 {
        let events = events(&stderr, conn);
        assert!(events[0].starts_with("accepted "), "{events:?}");
        let count = |name: &str| events.iter().filter(|&&event| event == name).count();
        assert_eq!((count("read 3 bytes"), count("wrote 3 bytes")), (50, 50), "connection {conn}");
        assert!(events.last().unwrap().ends_with("): read 150 bytes, wrote 150 bytes"), "{events:?}");
    }
    let of_connections = stderr.lines().filter(|line| line.starts_with('#')).count();
    let details = stderr.lines().filter(|line| line.starts_with("   ") && line.contains("RTT ")).count();
    let status = stderr.lines().filter(|line| line.starts_with(['L', 'S'])).count();
    assert_eq!(of_connections + details + status, stderr.lines().count(), "every line is whole");
}
