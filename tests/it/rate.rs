//! `upcase send --rate` and `--duration`: an open loop, limits in time, and the log of the times.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;

use crate::support::fake_server::FakeServer;
use crate::support::{Finished, NEVER, Process, Server, closed_port, run, temporary_path, upcase};

fn send(port: &str, args: &[&str]) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--port", port]).args(args), b"")
}

/// Returns the summary of a run with JSON output that ends well.
#[track_caller]
fn summary(port: &str, args: &[&str]) -> Value {
    let ended = send(port, &[args, &["--format", "json", "hi"]].concat());
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let last = ended.stdout.lines().last().unwrap();
    serde_json::from_str::<Value>(last).unwrap()["summary"].take()
}

/// Starts a server that keeps its connections open, and calls `before_reply` before each reply.
fn replying_concurrently(before_reply: impl Fn() + Clone + Send + 'static) -> FakeServer {
    FakeServer::new(move |stream| {
        let before_reply = before_reply.clone();
        thread::spawn(move || {
            let mut writer = stream.try_clone().unwrap();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                before_reply();
                // A client that has ended needs no reply.
                let _ = writer.write_all((line.to_uppercase() + "\n").as_bytes());
            }
        });
    })
}

/// The time that a stalling server stands still, once.
const STALL: Duration = Duration::from_millis(600);

/// Starts a server that stands still for [`STALL`], 300 ms after its first message.
fn stalling() -> FakeServer {
    let first = Arc::new(OnceLock::new());
    replying_concurrently(move || {
        let begin = *first.get_or_init(Instant::now) + Duration::from_millis(300);
        let now = Instant::now();
        if (begin..begin + STALL).contains(&now) {
            thread::sleep(begin + STALL - now);
        }
    })
}

#[test]
fn open_loop_shows_a_stall_that_a_closed_loop_hides() {
    let half = STALL.as_secs_f64() * 1e6 / 2.0;
    // One message of a thousand waits for the server: all others are sent before or after the stall.
    let server = stalling();
    let closed = summary(&server.port(), &["--count", "1000", "--interval", "1ms"]);
    assert!(closed["microseconds"]["p99"].as_f64().unwrap() < half, "{closed}");
    assert!(closed.get("response_microseconds").is_none(), "{closed}");
    // 120 messages of 400 are due within the stall. That is so with one connection and with many.
    for connections in ["1", "200"] {
        let server = stalling();
        let args = ["--count", "400", "--rate", "200", "--connections", connections];
        let open = summary(&server.port(), &args);
        assert!(open["response_microseconds"]["p99"].as_f64().unwrap() > half, "{open}");
        assert_eq!((&open["rate"], &open["sent"]), (&200.0.into(), &400.into()), "{open}");
    }
}

#[test]
fn response_time_includes_the_wait_for_a_connection_and_service_time_does_not() {
    let server = stalling();
    let args = ["--count", "400", "--rate", "200", "--connections", "1"];
    let open = summary(&server.port(), &args);
    // One message waits for the server, and 119 wait for the connection.
    assert!(open["behind"].as_u64().unwrap() > 50, "{open}");
    let latest = open["behind_microseconds"].as_f64().unwrap();
    let (service, response) = (&open["microseconds"], &open["response_microseconds"]);
    assert!(latest > STALL.as_secs_f64() * 1e6 / 2.0, "{open}");
    assert!(service["p99"].as_f64().unwrap() < latest, "{open}");
    assert!(response["max"].as_f64().unwrap() >= latest, "{open}");
    assert!(response["p90"].as_f64().unwrap() > service["p90"].as_f64().unwrap(), "{open}");
}

#[test]
fn late_messages_are_reported() {
    let server = stalling();
    let ended = send(&server.port(), &["--count", "400", "--rate", "200", "--connections", "1", "hi"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    // Only Linux has the network's figures.
    let lines = ended.stdout.lines().filter(|line| !line.starts_with("network RTT ")).collect::<Vec<_>>();
    assert!(lines[3].starts_with("late: ") && lines[3].contains(" messages, by up to "), "{lines:?}");
    assert_eq!(lines[4], "the times include this client's own limit, see --connections");
    assert_eq!(lines[6].split_whitespace().collect::<Vec<_>>(), ["connection", "service", "response"]);
    let notes = [
        "too few replies for p99.9",
        "service: since the message was sent",
        "response: since the message was due",
    ];
    assert_eq!(lines[12..15], notes);
}

#[test]
fn connections_are_opened_as_messages_need_them() {
    /// The replies wait until so many messages have come.
    const TOGETHER: usize = 5;
    let (waiting, released) = (Arc::new(Mutex::new(Vec::new())), TOGETHER);
    let server = replying_concurrently(move || {
        let (release, is_released) = mpsc::channel::<()>();
        let mut waiting = waiting.lock().unwrap();
        waiting.push(release);
        if waiting.len() == released {
            waiting.clear();
        }
        drop(waiting);
        // Ends when the sender is dropped.
        let _ = is_released.recv();
    });
    let count = (2 * TOGETHER).to_string();
    // On a busy machine a sixth message may be due before the client has seen the replies to the first five.
    let are_exact = |_| {
        let open = summary(&server.port(), &["--count", &count, "--rate", "50"]);
        let (connections, opened) =
            (open["connections"].as_u64().unwrap(), open["connections_opened"].as_u64().unwrap());
        assert!(open["answered"] == 10 && connections >= 5 && opened >= 5, "{open}");
        (connections, opened) == (5, 5)
    };
    assert!((0..20).any(are_exact));
}

#[test]
fn one_connection_is_enough_for_a_fast_server() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    // Of several attempts, one is not delayed by whatever else the machine does.
    let is_enough = |_| summary(&server.port(), &["--count", "4", "--rate", "40"])["connections_opened"] == 1;
    assert!((0..20).any(is_enough));
}

#[test]
fn rate_spaces_the_messages_evenly() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let open = summary(&server.port(), &["--count", "11", "--rate", "50"]);
    // The last message is due ten intervals after the first, and never sent earlier.
    assert!(open["seconds"].as_f64().unwrap() >= 0.2, "{open}");
    assert!(open["replies_per_second"].as_f64().unwrap() <= 50.001, "{open}");
    assert_eq!((&open["sent"], &open["unsent"]), (&11.into(), &0.into()), "{open}");
}

#[test]
fn duration_ends_every_kind_of_run() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    for args in [
        &["--interval", "10ms"][..],
        &["--interval", "1h"],
        &["--interval", "0s", "--connections", "2"],
        &["--rate", "100"],
        &["--rate", "0.001"],
        &["--count", "0"],
        &["--count", "1000000000", "--rate", "100"],
    ] {
        let run = summary(&server.port(), &[args, &["--duration", "300ms"]].concat());
        assert_eq!(run["sent"], run["right"], "{args:?}: {run}");
    }
    let run = summary(&server.port(), &["--count", "3", "--interval", "0s", "--duration", NEVER]);
    assert_eq!(run["sent"], 3, "the count ends the run first");
    // Messages are due after 0, 100 and 200 ms. One at 300 ms would be after the end.
    let run = summary(&server.port(), &["--rate", "10", "--duration", "300ms"]);
    assert_eq!(
        (run["sent"].as_u64().unwrap() + run["unsent"].as_u64().unwrap(), &run["lost"]),
        (3, &0.into())
    );
}

#[test]
fn end_of_the_duration_waits_for_replies_and_reports_messages_that_were_not_sent() {
    let slow = replying_concurrently(|| thread::sleep(Duration::from_millis(500)));
    let args = ["--rate", "100", "--duration", "300ms", "--connections", "2"];
    let run = summary(&slow.port(), &args);
    let figure = |name: &str| run[name].as_u64().unwrap();
    // Both connections wait for a reply until after the end.
    assert!((1..=2).contains(&figure("sent")), "{run}");
    assert_eq!((figure("answered"), figure("unsent")), (figure("sent"), 30 - figure("sent")), "{run}");
    let ended = send(&slow.port(), &[&args[..], &["hi"]].concat());
    assert!(ended.stdout.contains(" more not sent\n"), "{}", ended.stdout);
}

#[test]
fn signal_ends_a_run_without_a_count_well() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let limits = [
        &["--rate", "1000"][..],
        &["--duration", NEVER, "--interval", "1ms"],
        &["--rate", "9", "--count", "0"],
    ];
    let port = server.port();
    for args in limits {
        let args = [&["send", "--port", &port, "--format", "json", "hi"], args].concat();
        let mut sending = Process::start(&mut upcase(&args));
        sending.stdout.until_text("\"ok\":true");
        sending.signal("INT");
        let ended = sending.finish();
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""), "{args:?}");
        assert!(ended.stdout.contains("\"summary\""), "{args:?}");
    }
}

#[test]
fn percentiles_with_too_few_samples_are_left_out() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let names = |count: &str| {
        let run = summary(&server.port(), &["--interval", "0s", "--count", count]);
        let times = run["microseconds"].as_object().unwrap();
        let known = times.iter().filter(|(_, time)| !time.is_null()).map(|(name, _)| name.clone());
        let mut known = known.collect::<Vec<_>>();
        assert_eq!(times.len(), 7, "{run}");
        known.sort_unstable();
        known.join(" ")
    };
    assert_eq!(names("1"), "max median min");
    assert_eq!(names("2"), "max median min p50");
    assert_eq!(names("99"), "max median min p50 p90");
    assert_eq!(names("100"), "max median min p50 p90 p99");
    assert_eq!(names("1000"), "max median min p50 p90 p99 p99_9");
}

fn microseconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6
}

/// Reads an interval log, and merges the histograms of each tag.
fn merged(logs: &[&Path]) -> BTreeMap<String, Histogram<u64>> {
    let mut merged = BTreeMap::new();
    for path in logs {
        let log = std::fs::read(path).unwrap();
        for entry in IntervalLogIterator::new(&log) {
            let LogEntry::Interval(interval) = entry.unwrap() else { continue };
            let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
            let times: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
            // The readable column has milliseconds.
            assert!((interval.max() - microseconds(times.max()) / 1e3).abs() < 0.001);
            let tag = interval.tag().unwrap().as_str().to_owned();
            merged.entry(tag).or_insert_with(|| Histogram::new(3).unwrap()).add(times).unwrap();
        }
    }
    merged
}

#[test]
fn histogram_log_can_be_read_back_and_merged() {
    let server = Server::start(&["--quiet"]);
    let (open, closed) = (temporary_path("open.hlog"), temporary_path("closed.hlog"));
    let args = ["--rate", "100", "--duration", "2500ms", "--histogram", open.to_str().unwrap()];
    let run = summary(&server.port(), &args);
    let times = merged(&[&open]);
    assert_eq!(times.keys().collect::<Vec<_>>(), ["connect", "response", "service"]);
    for (tag, field) in [
        ("connect", "connect_microseconds"),
        ("service", "microseconds"),
        ("response", "response_microseconds"),
    ] {
        assert_eq!(run["answered"], times[tag].len(), "{tag}");
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
            let logged = microseconds(times[tag].value_at_quantile(quantile));
            let shown = run[field][name].as_f64().unwrap();
            assert!((logged - shown).abs() <= shown / 500.0, "{tag} {name}: {logged}, {shown}");
        }
    }
    let log = std::fs::read_to_string(&open).unwrap();
    assert!(log.starts_with("#[Histogram log format version 1.3]\n"), "{log}");
    let intervals = log.lines().filter(|line| line.starts_with("Tag=service,")).count();
    assert!(intervals >= 2, "an interval takes a second: {log}");

    let args = ["--count", "300", "--interval", "0s", "--histogram", closed.to_str().unwrap()];
    summary(&server.port(), &args);
    assert_eq!(merged(&[&closed]).keys().collect::<Vec<_>>(), ["connect", "service"]);
    assert_eq!(merged(&[&open, &closed])["service"].len(), times["service"].len() + 300);
}

#[test]
fn histogram_file_that_cannot_be_created_is_an_error_before_anything_is_sent() {
    let server = Server::start(&["--quiet"]);
    let ended = send(&server.port(), &["--count", "1", "--histogram", "/nowhere/times.hlog", "hi"]);
    let error = "Error: can't write /nowhere/times.hlog\nCause: it does not exist\n";
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), error));
    assert!(server.stop().stderr.contains("Stopped: 0 connections"), "nothing was sent");
}

#[cfg(target_os = "linux")]
#[test]
fn histogram_file_that_cannot_be_written_is_an_error() {
    let server = Server::start(&["--quiet"]);
    let ended = send(&server.port(), &["--count", "1", "--histogram", "/dev/full", "hi"]);
    let error = "Error: can't write /dev/full\nCause: disk full\n";
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), error));
    assert!(ended.stdout.contains("\n1 sent, 1 answered"), "{}", ended.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn live_line_shows_rate_errors_and_p99_on_a_terminal() {
    use crate::support::terminal::Terminal;

    let server = Server::start(&["--keep-alive", "--quiet"]);
    let port = server.port();
    let args = ["send", "--timeout", NEVER, "--port", &port, "--rate", "500", "--duration", NEVER];
    let Some(mut terminal) = Terminal::run(&upcase(&args)) else { return };
    terminal.until_shown("/s  0 errors  p99 ");
    terminal.until_shown("/s  0 errors  p99 ");
    terminal.type_keys(crate::support::terminal::CTRL_C);
    terminal.until_shown(" answered, 0 wrong, 0 lost");

    // A wrong reply counts as an error.
    let wrong = FakeServer::replying_to_lines(|line| line.to_lowercase() + "\n");
    let port = wrong.port();
    let args = ["send", "--timeout", NEVER, "--port", &port, "--rate", "0.001", "oi"];
    let Some(mut terminal) = Terminal::run(&upcase(&args)) else { return };
    terminal.until_shown("/s  1 error  p99 –");
}

#[test]
fn progress_is_an_event_of_a_verbose_run_with_json() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let port = server.port();
    let args = ["send", "--port", &port, "--rate", "20", "--format", "json", "-v", "hi"];
    let mut sending = Process::start(&mut upcase(&args));
    let is_progress = |line: &str| line.contains(r#""event":"progress""#);
    let line = sending.stderr.until_line(is_progress);
    sending.signal("INT");
    let ended = sending.finish();
    assert_eq!(ended.code, Some(0));
    let event = serde_json::from_str::<Value>(&line).unwrap();
    assert_eq!((&event["level"], &event["errors"]), (&"info".into(), &0.into()), "{event}");
    let figure = |name: &str| event[name].as_f64().unwrap_or_else(|| panic!("{name}: {event}"));
    assert!(figure("seconds") >= 1.0 && figure("replies_per_second") > 0.0, "{event}");
    assert!(figure("sent") >= 1.0 && event.get("p99_microseconds").is_some(), "{event}");
}

#[test]
fn open_loop_reports_lost_messages() {
    let (_socket, port) = closed_port();
    let ended = send(&port, &["--count", "3", "--rate", "100", "hi"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("\n3 sent, 0 answered, 0 wrong, 3 lost\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("     3 × lost: connection refused\n"), "{}", ended.stdout);
}

#[test]
fn options_that_contradict_each_other_are_usage_errors() {
    for args in [
        &["--rate", "5", "--interval", "1s"][..],
        &["--rate", "0"],
        &["--rate", "-1"],
        &["--rate", "nan"],
        &["--rate", "10000000"],
        &["--duration", "0s"],
        &["--histogram", "times.hlog"],
        &["--rate", "5", "--file", "x"],
        &["--duration", "5s", "--file", "x"],
    ] {
        assert_eq!(send("1", args).code, Some(2), "{args:?}");
    }
}
