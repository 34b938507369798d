//! `--format json`: every line on both streams is one object with `time`, `level` and `event`.

use std::process::Command;

use serde_json::Value;

use crate::support::{Process, Server, closed_port, command, run, serve, upcase, wrap};

/// Returns a command whose both output streams are one pipe.
fn in_one_pipe(of: &Command) -> Command {
    let mut sh = command("sh");
    sh.args(["-c", "exec \"$@\" 2>&1", "sh"]);
    wrap(sh, of)
}

#[track_caller]
fn parse(text: &str) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(parse).collect()
}

#[test]
fn both_streams_of_a_busy_server_are_json_in_one_pipe() {
    let mut server = Process::start(&mut in_one_pipe(&serve(&["--format", "json", "-v", "--keep-alive"])));
    let listening: Value =
        serde_json::from_str(&server.stdout.until_line(|line| line.contains("\"listening\""))).unwrap();
    let (_, address) = listening["text"].as_str().unwrap().rsplit_once(' ').unwrap();
    // Records and events of several kilobytes, which a pipe does not take at once.
    let message = "é".repeat(3000);
    let args =
        ["send", "--host", address, "--count", "20", "--connections", "16", "--interval", "0s", &message];
    assert_eq!(run(&mut upcase(&args), b"").code, Some(0));
    server.signal("TERM");
    let lines = parse(&server.finish().stdout);
    for line in &lines {
        assert!(line["time"].is_string() && line["level"].is_string() && line["event"].is_string(), "{line}");
    }
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!((count("message"), count("accept"), count("stopped")), (320, 16, 1));
}

#[test]
fn error_is_an_object_with_its_code() {
    let (_socket, port) = closed_port();
    let ended = run(&mut upcase(&["send", "--format", "json", "--port", &port, "oi"]), b"");
    let [error] = &parse(&ended.stderr)[..] else { panic!("{ended:?}") };
    assert_eq!(
        [&error["level"], &error["event"], &error["code"]],
        ["error", "error", "refused"].map(Value::from).each_ref()
    );
    assert!(error["text"].as_str().unwrap().starts_with("can't connect to 127.0.0.1:"), "{error}");
    assert!(error["hint"].as_str().unwrap().starts_with("start the server first"), "{error}");
    assert_eq!(ended.code, Some(1));
}

#[test]
fn warning_and_waiting_are_objects() {
    let server = crate::support::fake_server::FakeServer::replying_to_lines(|_| "no\n".into());
    let ended = run(&mut upcase(&["send", "--format", "json", "--port", &server.port(), "oi"]), b"");
    let [warning] = &parse(&ended.stderr)[..] else { panic!("{ended:?}") };
    assert_eq!((&warning["level"], &warning["code"]), (&"warning".into(), &"wrong".into()));

    let (_socket, port) = closed_port();
    let args = ["send", "--format", "json", "--wait", "300ms", "--port", &port, "oi"];
    let lines = parse(&run(&mut upcase(&args), b"").stderr);
    assert_eq!((&lines[0]["level"], &lines[0]["event"]), (&"info".into(), &"waiting".into()));
    assert_eq!(lines.last().unwrap()["code"], "not-ready");
}

#[test]
fn server_reports_its_state() {
    let stderr = Server::start(&["--format", "json"]).stop().stderr;
    let events: Vec<_> = parse(&stderr).iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, ["listening", "stopped"]);
}
