//! `upcase send --count`: a message that is sent many times, and the figures about it.

use std::io::{BufRead as _, BufReader};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::fake_server::FakeServer;
#[cfg(unix)]
use crate::support::{DEADLINE, process::shutdown_signals, with_file_limit};
use crate::support::{Finished, NEVER, Process, Server, closed_port, run, upcase};

/// Sends without an interval, and with a timeout that no test waits for.
fn send(port: &str, args: &[&str]) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--port", port, "--interval", "0s"]).args(args), b"")
}

/// Splits text output into the lines of the replies and those of the summary, without the line that only Linux has.
fn replies_and_summary(stdout: &str) -> (Vec<&str>, Vec<&str>) {
    let (replies, summary) = stdout.split_once("\n\n").expect("there is a summary");
    (replies.lines().collect(), summary.lines().filter(|line| !line.starts_with("network RTT ")).collect())
}

/// Splits JSON output into the replies and the summary.
fn json_replies_and_summary(stdout: &str) -> (Vec<Value>, Value) {
    let mut lines = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let summary = lines.pop().expect("there is a summary")["summary"].take();
    (lines, summary)
}

#[cfg(unix)]
#[test]
fn each_reply_has_a_line_and_all_have_a_summary() {
    let server = Server::start(&[]);
    let ended = send(&server.port(), &["--count", "12", "ação"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let (replies, summary) = replies_and_summary(&ended.stdout);
    for (number, line) in (1..).zip(&replies) {
        assert!(line.starts_with(&format!("{number:>4}  6 bytes in ")), "{line}");
        assert!(line.contains(", connection in ") && line.ends_with(": right"), "{line}");
    }
    assert_eq!(replies.len(), 12);
    // With several connections, only the address of this end is common to all.
    assert_eq!(summary[0], format!("127.0.0.1 → {}", server.address));
    assert_eq!(summary[1], "12 sent, 12 answered, 0 wrong, 0 lost");
    assert!(summary[2].ends_with(" in all, 12 connections, 1 at a time"), "{}", summary[2]);
    assert_eq!(summary[4].split_whitespace().collect::<Vec<_>>(), ["connection", "reply"]);
    let labels = summary[5..9].iter().map(|row| row.split(' ').next().unwrap()).collect::<Vec<_>>();
    assert_eq!(labels, ["min", "p50", "p90", "max"]);
    assert_eq!(summary[9..11], ["too few replies for p99, p99.9", ""]);
    // The histogram has each reply in one of its rows.
    let counts =
        summary[11..].iter().map(|row| row.split_whitespace().nth(5).unwrap().parse::<u64>().unwrap());
    assert_eq!(counts.sum::<u64>(), 12, "{summary:?}");
    assert!(server.stop().stdout.ends_with("\nação\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn network_figures_of_all_connections_are_in_the_summary() {
    let closing = Server::start(&[]);
    let keeping = Server::start(&["--keep-alive"]);
    for server in [&closing, &keeping] {
        let ended = send(&server.port(), &["--count", "12", "--connections", "2", "hi"]);
        let line = ended.stdout.lines().nth(3).unwrap();
        assert!(
            line.starts_with("network RTT ") && line.contains(" ± ") && line.contains(" resent"),
            "{line}"
        );

        let ended = send(&server.port(), &["--count", "12", "--format", "json", "hi"]);
        let (_, summary) = json_replies_and_summary(&ended.stdout);
        assert!(summary["rtt_microseconds"]["min"].as_f64().unwrap() > 0.0, "{summary}");
        assert!(summary["rtt_variance_microseconds"]["max"].is_number(), "{summary}");
        assert!(summary["retransmits"].is_u64(), "{summary}");
    }
    // Ten connections have a p90, and one has none.
    let summary = |server: &Server| {
        let ended = send(&server.port(), &["--count", "10", "--format", "json", "hi"]);
        json_replies_and_summary(&ended.stdout).1
    };
    assert!(summary(&closing)["rtt_microseconds"]["p90"].is_number());
    assert!(summary(&keeping)["rtt_microseconds"]["p90"].is_null());
}

#[cfg(target_os = "linux")]
#[test]
fn network_figures_include_connections_that_a_signal_ends() {
    let server = Server::start(&["--keep-alive"]);
    let args =
        ["send", "--port", &server.port(), "--count", "0", "--interval", "1h", "--format", "json", "hi"];
    let mut sending = Process::start(&mut upcase(&args));
    sending.stdout.until_line(|line| line.contains("\"ok\":true"));
    sending.signal("INT");
    let (_, summary) = json_replies_and_summary(&sending.finish().stdout);
    assert!(summary["rtt_microseconds"]["median"].as_f64().unwrap() > 0.0, "{summary}");
}

#[cfg(target_os = "linux")]
#[test]
fn run_without_a_connection_has_no_network_figures() {
    let (_socket, port) = closed_port();
    let ended = send(&port, &["--count", "1", "--format", "json", "hi"]);
    let (_, summary) = json_replies_and_summary(&ended.stdout);
    for name in ["rtt_microseconds", "rtt_variance_microseconds", "retransmits"] {
        assert!(summary[name].is_null(), "{summary}");
    }
}

#[test]
fn default_message_is_the_tutorials() {
    let server = Server::start(&[]);
    assert_eq!(send(&server.port(), &["--count", "1"]).code, Some(0));
    server.stdout.until_text("Received from 127.0.0.1:\nmensagem de teste\n");
}

#[cfg(unix)]
#[test]
fn kept_connection_is_reported_once() {
    let server = Server::start(&["--keep-alive"]);
    let ended = send(&server.port(), &["--count", "3", "hi"]);
    let shown = crate::support::hide_clients(&ended.stdout, server.address);
    let (replies, summary) = replies_and_summary(&shown);
    assert_eq!(summary[0], format!("CLIENT → {}", server.address));
    let connects = replies.iter().map(|line| line.contains("connection in")).collect::<Vec<_>>();
    assert_eq!(connects, [true, false, false]);
    assert!(ended.stdout.contains(" in all, 1 connection\n"), "{}", ended.stdout);
    assert!(server.stop().stderr.contains(" 1 connection, 3 messages, "));
}

#[test]
fn wrong_and_lost_replies_are_reported_and_fail() {
    let server = FakeServer::replying_in_turn(&[
        str::to_uppercase,
        |_| "Hi".into(),
        |_| String::new(),
        str::to_uppercase,
    ]);
    let ended = send(&server.port(), &["--count", "5", "hi"]).hiding_clients(server.address);
    let error = "Error: of 5 messages only 3 got the right reply\n";
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), error));
    let (replies, summary) = replies_and_summary(&ended.stdout);
    let lost = format!("lost: {} closed the connection with CLIENT without a reply", server.address);
    let ends = [": right", ": wrong, “Hi” instead of “HI”; differs at byte 2", &lost, ": right", ": right"];
    assert!(replies.iter().zip(ends).all(|(line, end)| line.ends_with(end)), "{replies:?}");
    assert_eq!(replies.len(), ends.len());
    assert_eq!(summary[1], "5 sent, 4 answered, 1 wrong, 1 lost");
}

#[cfg(unix)]
#[test]
fn signal_that_cuts_off_a_count_is_the_exit_code() {
    let server = Server::start(&["--keep-alive"]);
    for (signal, code) in shutdown_signals() {
        let args = ["send", "--port", &server.port(), "--count", "1000000", "--interval", "1h", "hi"];
        let mut sending = Process::start(&mut upcase(&args));
        sending.stdout.until_line(|line| line.contains(": right"));
        sending.signal(signal);
        let ended = sending.finish();
        assert_eq!((ended.code, &ended.stderr[..]), (Some(code), ""), "{signal}");
        assert!(ended.stdout.contains("1 sent, 1 answered"), "{}", ended.stdout);
    }
}

#[test]
fn reader_that_leaves_hides_no_lost_message() {
    let (_socket, port) = closed_port();
    let args = ["send", "--port", &port, "--count", "5", "--interval", "0s", "hi"];
    let (mut sending, stdout) = Process::start_with_unread_stdout(&mut upcase(&args));
    drop(stdout);
    assert_eq!(sending.wait(), Some(1));
}

#[cfg(unix)]
#[test]
fn signal_ends_a_send_whose_output_nobody_reads() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    for (signal, code) in shutdown_signals() {
        let args =
            ["send", "--port", &server.port(), "--count", "0", "--interval", "0s", "--format", "json", "hi"];
        let (mut sending, stdout) = Process::start_with_unread_stdout(&mut upcase(&args));
        sending.until_idle();
        sending.signal(signal);
        assert_eq!(sending.wait(), Some(code));
        drop(stdout);
    }
}

#[test]
fn one_wrong_reply_is_enough_to_fail() {
    let server = FakeServer::replying_in_turn(&[str::to_uppercase, |_| "Hi".into()]);
    assert_eq!(send(&server.port(), &["--count", "2", "hi"]).code, Some(1));
}

#[test]
fn summary_is_printed_when_everything_is_lost() {
    let (_socket, port) = closed_port();
    let ended = send(&port, &["--count", "2", "hi"]);
    assert_eq!(
        ended.stdout,
        format!(
            "   1  lost: connection refused\n   2  lost: connection refused\n\n\
             127.0.0.1:{port}\n2 sent, 0 answered, 0 wrong, 2 lost\n"
        )
    );
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), "Error: no right reply to 2 messages\n"));
}

#[test]
fn pause_follows_each_refused_connection_except_the_last() {
    let (_socket, port) = closed_port();
    let seconds = |count| {
        let ended = send(&port, &["--count", count, "--format", "json", "hi"]);
        let (_, summary) = json_replies_and_summary(&ended.stdout);
        summary["seconds"].as_f64().unwrap()
    };
    assert!(seconds("3") >= 0.2);
    // A refusal takes no time. Of several attempts, one is not delayed by whatever else the machine does.
    assert!((0..20).any(|_| seconds("1") < 0.1));
}

#[cfg(unix)]
#[test]
fn signal_ends_the_run_with_its_summary() {
    let server = Server::start(&[]);
    let port = server.port();
    for (signal, _) in shutdown_signals() {
        let args = ["send", "--timeout", NEVER, "--port", &port, "--count", "0", "--interval", "1ms", "hi"];
        let mut sending = Process::start(&mut upcase(&args));
        sending.stdout.until_text("\n  20  2 bytes");
        sending.signal(signal);
        let ended = sending.finish();
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
        let (replies, summary) = replies_and_summary(&ended.stdout);
        let counts = format!(" {} answered, 0 wrong, 0 lost", replies.len());
        assert!(summary[1].contains(&counts), "{summary:?}");
    }
}

#[cfg(unix)]
#[test]
fn signal_before_any_reply_fails() {
    let (server, connections) = FakeServer::with_connections();
    let args = ["send", "--timeout", NEVER, "--port", &server.port(), "--count", "0", "hi"];
    let mut sending = Process::start(&mut upcase(&args));
    let _open = connections.recv_timeout(DEADLINE).unwrap();
    sending.signal("TERM");
    let ended = sending.finish();
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), "Error: no right reply to 1 message\n"));
    let counts = "\n1 sent, 0 answered, 0 wrong, 0 lost, 1 under way\n";
    assert!(ended.stdout.contains(counts), "{}", ended.stdout);
}

#[cfg(unix)]
#[test]
fn connections_send_concurrently() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let args = ["--count", "100", "--connections", "16", "--format", "json", "hi"];
    let ended = send(&server.port(), &args);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let (replies, summary) = json_replies_and_summary(&ended.stdout);
    assert_eq!(replies.len(), 1600);
    assert!(replies.iter().all(|reply| reply["ok"] == true && reply["received"] == "HI\n"));
    for (field, value) in
        [("sent", 1600), ("answered", 1600), ("right", 1600), ("wrong", 0), ("lost", 0), ("unfinished", 0)]
    {
        assert_eq!(summary[field], value, "{field}");
    }
    assert_eq!((&summary["host"], &summary["connections"]), (&"127.0.0.1".into(), &16.into()));
    assert_eq!(summary["addresses"], serde_json::json!([server.address]));
    assert_eq!(summary["local_addresses"], serde_json::json!(["127.0.0.1"]));
    let seconds = summary["seconds"].as_f64().unwrap();
    let rate = summary["replies_per_second"].as_f64().unwrap();
    assert!((rate * seconds - 1600.0).abs() < 1.0 + rate / 100.0, "{summary}");
    assert!(server.stop().stderr.contains(" 16 connections, 1600 messages, "));
}

#[test]
fn concurrent_run_without_interval_prints_its_summary_only() {
    let server = Server::start(&["--quiet"]);
    let ended = send(&server.port(), &["--count", "50", "--connections", "4", "hi"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let lines = ended.stdout.lines().collect::<Vec<_>>();
    assert_eq!(
        lines[..2],
        [&*format!("127.0.0.1 → {}", server.address), "200 sent, 200 answered, 0 wrong, 0 lost"]
    );
}

#[test]
fn concurrent_run_counts_each_kind_of_failure() {
    let server = FakeServer::replying_in_turn(&[
        |_| "Hi".into(),
        |_| "Hi".into(),
        |_| String::new(),
        str::to_uppercase,
    ]);
    let ended = send(&server.port(), &["--count", "5", "--connections", "2", "hi"]);
    let lines = ended.stdout.lines().collect::<Vec<_>>();
    assert_eq!(lines[1], "10 sent, 9 answered, 2 wrong, 1 lost");
    let mut failures = lines[2..4].to_vec();
    failures.sort_unstable();
    let lost = format!("     1 × lost: {} closed the connection without a reply", server.address);
    assert_eq!(failures, [&*lost, "     2 × wrong, “Hi” instead of “HI”; differs at byte 2"]);
}

#[test]
fn times_contain_the_servers_and_not_the_connections() {
    const DELAY: Duration = Duration::from_millis(30);
    let slow = FakeServer::replying_to_lines(|line| {
        thread::sleep(DELAY);
        line.to_uppercase() + "\n"
    });
    let ended = send(&slow.port(), &["--count", "4", "--format", "json", "hi"]);
    let (replies, summary) = json_replies_and_summary(&ended.stdout);
    let microseconds = replies.iter().map(|reply| reply["microseconds"].as_f64().unwrap());
    assert!(microseconds.clone().all(|time| time >= DELAY.as_secs_f64() * 1e6), "{}", ended.stdout);
    let times = ["min", "median", "max"].map(|name| summary["microseconds"][name].as_f64().unwrap());
    assert!(times.is_sorted(), "{times:?}");
    // Each time is kept to three digits.
    let least = microseconds.fold(f64::INFINITY, f64::min);
    assert!((times[0] - least).abs() <= least / 500.0, "{times:?} {least}");
    // All four messages share one connection, and its time is apart.
    let has_connected = replies.iter().map(|reply| reply["connect_microseconds"].is_u64());
    assert_eq!(has_connected.collect::<Vec<_>>(), [true, false, false, false]);
}

#[test]
fn times_of_the_summary_are_quantiles_of_the_replies() {
    const SLOW: usize = 100;
    let lines = std::cell::Cell::new(0);
    let server = FakeServer::replying_to_lines(move |line| {
        lines.set(lines.get() + 1);
        // One reply of 300 takes longest, and one of 20 takes longer than the rest.
        thread::sleep(Duration::from_millis(match lines.get() {
            SLOW => 100,
            seen if seen % 20 == 0 => 10,
            _ => 0,
        }));
        line.to_uppercase() + "\n"
    });
    let ended = send(&server.port(), &["--count", "300", "--format", "json", "hi"]);
    let (replies, summary) = json_replies_and_summary(&ended.stdout);
    let mut times = replies.iter().map(|reply| reply["microseconds"].as_f64().unwrap()).collect::<Vec<_>>();
    times.sort_by(f64::total_cmp);
    for (name, rank) in [("min", 1), ("median", 150), ("p99", 297), ("max", 300)] {
        let (quantile, time) = (summary["microseconds"][name].as_f64().unwrap(), times[rank - 1]);
        // The summary keeps three digits, and each reply whole microseconds.
        assert!((quantile - time).abs() <= 1.0 + time / 500.0, "{name}: {quantile}, {time}");
    }
}

#[test]
fn wrong_reply_is_shown_from_its_beginning() {
    const REPLIES: [fn(&str) -> String; 2] =
        [|_| "HTTP/1.1 400 Bad Request\r\n".into(), |line| line.to_uppercase().replace("XYZ", "XyZ")];
    let server = FakeServer::replying_in_turn(&REPLIES);
    let message = format!("h{}xyz", "o".repeat(100));
    let ended = send(&server.port(), &["--count", "2", &message]);
    let (replies, _) = replies_and_summary(&ended.stdout);
    let begins =
        format!("wrong, “HTTP/1.1 400 Bad Request” instead of “H{}…”; differs at byte 2", "O".repeat(23));
    // A late difference has some of the equal text before it.
    let late =
        format!("wrong, “…{0}XyZ” instead of “…{0}XYZ”; differs at byte 103", "OOOOOOOX".replace('X', ""));
    assert!(replies[0].ends_with(&begins), "{replies:?}");
    assert!(replies[1].ends_with(&late), "{replies:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn summary_fits_a_terminal_of_40_columns() {
    use crate::support::terminal::Terminal;

    let server = Server::start(&["--quiet"]);
    let mut shell = crate::support::command("sh");
    shell.args(["-c", "stty cols 40 && exec \"$@\"", "sh"]);
    let port = server.port();
    let args = [
        "send",
        "--port",
        &port,
        "--color",
        "never",
        "--interval",
        "0s",
        "--count",
        "50",
        "--connections",
        "8",
    ];
    let Some(mut terminal) = Terminal::run(&crate::support::wrap(shell, &upcase(&args))) else { return };
    assert_eq!(terminal.process.wait(), Some(0));
    let shown = terminal.end();
    let summary = &shown[shown.find("127.0.0.1:").unwrap()..];
    let widths = summary.lines().map(|line| line.chars().count());
    // The longest bar ends at the right edge.
    assert_eq!(widths.max(), Some(40), "{shown}");
    assert!(summary.contains("\r\n400 connections, 8 at a time\r\n"), "{shown}");
}

#[test]
fn raw_replies_have_standard_output_to_themselves() {
    let server = Server::start(&[]);
    let ended = send(&server.port(), &["--count", "3", "--format", "raw", "hi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "HIHIHI"));
    assert!(ended.stderr.contains("3 sent, 3 answered"), "{}", ended.stderr);
}

#[test]
fn summary_of_raw_replies_reports_failures() {
    let server = FakeServer::replying_in_turn(&[|_| "Hi".into(), |_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--count", "3", "--format", "raw", "hi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(1), "HiHI"));
    let failures = ended.stderr.lines().filter(|line| line.contains(" × ")).collect::<Vec<_>>();
    let lost = format!("     1 × lost: {} closed the connection without a reply", server.address);
    assert_eq!(failures, ["     1 × wrong, “Hi” instead of “HI”; differs at byte 2", &lost]);
}

#[test]
fn closed_output_ends_the_run_quietly() {
    let server = Server::start(&["--quiet"]);
    let port = server.port();
    let args = ["send", "--timeout", NEVER, "--port", &port, "--count", "0", "--interval", "0s", "hi"];
    let (mut sending, stdout) = Process::start_with_unread_stdout(&mut upcase(&args));
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("   1  2 bytes"), "{line}");
    drop(stdout);
    assert_eq!((sending.wait(), &sending.stderr.text()[..]), (Some(0), ""));
}

#[test]
fn wait_comes_before_the_run_and_is_not_counted() {
    let server = FakeServer::replying_in_turn(&[|_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--count", "2", "--wait", NEVER, "hi"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("\n2 sent, 2 answered, 0 wrong, 0 lost\n"), "{}", ended.stdout);
    assert_eq!(server.accepted(), 4);
}

#[test]
fn options_of_a_run_need_a_count() {
    for args in [&["--interval", "2s"][..], &["--connections", "2"], &["--count", "1", "--connections", "0"]]
    {
        let ended = run(upcase(&["send", "hi"]).args(args), b"");
        assert_eq!(ended.code, Some(2), "{args:?}");
    }
}

#[test]
fn interval_separates_the_messages() {
    let server = Server::start(&[]);
    let args = ["--port", &server.port(), "--count", "3", "--interval", "50ms", "--format", "json", "hi"];
    let ended = run(upcase(&["send"]).args(args), b"");
    let (_, summary) = json_replies_and_summary(&ended.stdout);
    // The third message is sent two intervals after the first, and never earlier.
    let seconds = summary["seconds"].as_f64().unwrap();
    assert!(seconds >= 0.1, "{summary}");
    // Three messages take three intervals: the rate is at most 20, although the run ends after two.
    let rate = summary["replies_per_second"].as_f64().unwrap();
    assert!(rate <= 20.0 && rate >= 3.0 / (seconds + 0.05) * 0.999, "{summary}");
    assert_eq!(summary["connections_opened"], 3);
}

#[cfg(unix)]
#[test]
fn connections_beyond_the_file_limit_are_an_error_before_anything_is_sent() {
    let server = Server::start(&["--keep-alive"]);
    let args =
        ["send", "--port", &server.port(), "--count", "2", "--interval", "0s", "--connections", "500", "hi"];
    let ended = run(&mut with_file_limit(64, &upcase(&args)), b"");
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.stderr,
        "Error: the limit of open files is 64: too low for 500 connections\n\
         Hint: use fewer --connections, or raise the limit first: ulimit -n\n"
    );
    assert!(server.stop().stderr.contains("Stopped: 0 connections"), "nothing was sent");
}
