//! `upcase send --count`: a message sent many times, and what is told of it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::fake::Fake;
use crate::support::output::Output;
use crate::support::{Finished, NEVER, Running, Server, run, silent_port, upcase, wait};

fn send(port: &str, args: &[&str]) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--port", port, "--interval", "0s"]).args(args), b"")
}

/// The lines of the exchanges, and those of the summary.
fn parts(shown: &str) -> (Vec<&str>, Vec<&str>) {
    let (exchanges, summary) = shown.split_once("\n\n").expect("there is a summary");
    (exchanges.lines().collect(), summary.lines().collect())
}

#[test]
fn each_exchange_has_a_line_and_all_have_a_summary() {
    let server = Server::start(&[]);
    let ended = send(&server.port(), &["--count", "12", "ação"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let (exchanges, summary) = parts(&ended.stdout);
    for (number, line) in (1..).zip(&exchanges) {
        assert!(line.starts_with(&format!("{number:>4}  6 bytes em ")), "{line}");
        assert!(line.contains(", conexão em ") && line.ends_with(": certa"), "{line}");
    }
    assert_eq!(exchanges.len(), 12);
    assert_eq!(summary[0], format!("127.0.0.1:{}", server.port()));
    assert_eq!(summary[1], "12 enviadas, 12 respondidas, 0 erradas, 0 perdidas");
    assert!(summary[2].ends_with(", 1 conexão"), "{}", summary[2]);
    assert!(summary[5].starts_with("conexão ") && summary[6].starts_with("resposta "), "{summary:?}");
    // The histogram has each reply in one of its rows.
    let counts = summary[8..].iter().map(|row| row.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    assert_eq!(counts.sum::<u64>(), 12, "{summary:?}");
    assert!(server.stop().stdout.ends_with("\nação\n"));
}

#[test]
fn without_a_message_it_is_the_tutorials() {
    let server = Server::start(&[]);
    assert_eq!(send(&server.port(), &["--count", "1"]).code, Some(0));
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\nmensagem de teste\n");
}

#[test]
fn a_connection_that_is_kept_is_told_once() {
    let server = Server::start(&["--keep-alive"]);
    let ended = send(&server.port(), &["--count", "3", "oi"]);
    let (exchanges, _) = parts(&ended.stdout);
    let told = exchanges.iter().map(|line| line.contains("conexão em")).collect::<Vec<_>>();
    assert_eq!(told, [true, false, false]);
    assert!(server.stop().stderr.contains(" 1 conexão, 3 mensagens, "));
}

#[test]
fn what_is_wrong_and_what_is_lost_is_told_and_fails() {
    let server = Fake::in_turn(&[str::to_uppercase, |_| "Oi".into(), |_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--lang", "en", "--count", "5", "oi"]);
    assert_eq!(
        (ended.code, &ended.stderr[..]),
        (Some(1), "Error: of 5 messages only 3 got the right reply\n")
    );
    let (exchanges, summary) = parts(&ended.stdout);
    assert!(exchanges[0].ends_with(": right"), "{exchanges:?}");
    assert!(exchanges[1].ends_with(": wrong, “i” instead of “I” at byte 2"), "{exchanges:?}");
    assert!(
        exchanges[2].ends_with(&format!("lost: {} closed the connection without a reply", server.address)),
        "{exchanges:?}"
    );
    assert!(exchanges[3].ends_with(": right") && exchanges[4].ends_with(": right"), "{exchanges:?}");
    assert_eq!(summary[1], "5 sent, 4 answered, 1 wrong, 1 lost");
}

#[test]
fn where_all_is_lost_there_is_a_summary_too() {
    let (_socket, port) = silent_port();
    let ended = send(&port, &["--count", "2", "oi"]);
    assert_eq!(
        ended.stdout,
        format!(
            "   1  perdida: conexão recusada\n   2  perdida: conexão recusada\n\n\
             127.0.0.1:{port}\n2 enviadas, 0 respondidas, 0 erradas, 2 perdidas\n"
        )
    );
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), "Erro: nenhuma resposta certa para 2 mensagens\n"));
}

#[test]
fn a_server_that_refuses_is_given_time_between_two_messages_and_none_behind_the_last() {
    let (_socket, port) = silent_port();
    let seconds = |count| {
        let ended = send(&port, &["--count", count, "--format", "json", "oi"]);
        let summary: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
        summary["summary"]["seconds"].as_f64().unwrap()
    };
    assert!(seconds("3") >= 0.2);
    // A refusal takes no time: of some tries one is not held up by what else the machine does.
    assert!((0..20).any(|_| seconds("1") < 0.1));
}

#[test]
fn a_signal_ends_it_with_the_summary() {
    let server = Server::start(&[]);
    for signal in ["INT", "TERM"] {
        let mut sending = Running::start(&mut upcase(&[
            "send",
            "--timeout",
            NEVER,
            "--port",
            &server.port(),
            "--count",
            "0",
            "--interval",
            "1ms",
            "oi",
        ]));
        sending.stdout.until_text("\n  20  2 bytes");
        sending.signal(signal);
        let ended = sending.finish();
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
        let (exchanges, summary) = parts(&ended.stdout);
        let answered = exchanges.len();
        assert!(
            summary[1].contains(&format!(" {answered} respondidas, 0 erradas, 0 perdidas")),
            "{summary:?}"
        );
    }
}

#[test]
fn a_signal_while_nothing_was_answered_is_no_success() {
    let (came, coming) = std::sync::mpsc::channel();
    let mute = Fake::new(move |stream| {
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        came.send(stream).unwrap();
    });
    let mut sending = Running::start(&mut upcase(&[
        "send",
        "--timeout",
        NEVER,
        "--port",
        &mute.port(),
        "--count",
        "0",
        "oi",
    ]));
    let _stream = coming.recv_timeout(crate::support::DEADLINE).unwrap();
    sending.signal("INT");
    let ended = sending.finish();
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), "Erro: nenhuma resposta certa para 1 mensagem\n"));
    assert!(
        ended.stdout.contains("\n1 enviada, 0 respondidas, 0 erradas, 0 perdidas, 1 em andamento\n"),
        "{}",
        ended.stdout
    );
}

#[test]
fn several_connections_go_side_by_side() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let args = ["--count", "100", "--connections", "16", "--format", "json", "oi"];
    let ended = send(&server.port(), &args);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let lines = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let (summary, exchanges) = lines.split_last().unwrap();
    assert_eq!(exchanges.len(), 1600);
    assert!(exchanges.iter().all(|exchange| exchange["ok"] == true && exchange["received"] == "OI\n"));
    let summary = &summary["summary"];
    for (field, value) in
        [("sent", 1600), ("answered", 1600), ("right", 1600), ("wrong", 0), ("lost", 0), ("unfinished", 0)]
    {
        assert_eq!(summary[field], value, "{field}");
    }
    assert_eq!((&summary["host"], &summary["connections"]), (&"127.0.0.1".into(), &16.into()));
    assert_eq!(summary["addresses"], serde_json::json!([server.address]));
    let seconds = summary["seconds"].as_f64().unwrap();
    let rate = summary["replies_per_second"].as_f64().unwrap();
    assert!((rate * seconds - 1600.0).abs() < 1.0 + rate / 100.0, "{summary}");
    assert!(server.stop().stderr.contains(" 16 conexões, 1600 mensagens, "));
}

#[test]
fn a_flood_shows_its_summary_alone() {
    let server = Server::start(&["--quiet"]);
    let ended = send(&server.port(), &["--count", "50", "--connections", "4", "oi"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let lines = ended.stdout.lines().collect::<Vec<_>>();
    assert_eq!(
        lines[..2],
        [&*format!("127.0.0.1:{}", server.port()), "200 enviadas, 200 respondidas, 0 erradas, 0 perdidas"]
    );
}

#[test]
fn a_flood_tells_what_went_wrong_and_how_often() {
    let server = Fake::in_turn(&[|_| "Oi".into(), |_| "Oi".into(), |_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--count", "5", "--connections", "2", "oi"]);
    let lines = ended.stdout.lines().collect::<Vec<_>>();
    assert_eq!(lines[1], "10 enviadas, 9 respondidas, 2 erradas, 1 perdida");
    let mut faults = lines[2..4].to_vec();
    faults.sort_unstable();
    assert_eq!(
        faults,
        [
            &*format!("     1 × perdida: {} fechou a conexão sem responder", server.address),
            "     2 × errada, no byte 2 veio “i” em vez de “I”"
        ]
    );
}

#[test]
fn times_are_no_shorter_than_what_the_server_takes_and_in_order() {
    const TAKES: Duration = Duration::from_millis(30);
    let slow = Fake::of_lines(|line| {
        thread::sleep(TAKES);
        line.to_uppercase() + "\n"
    });
    let ended = send(&slow.port(), &["--count", "4", "--format", "json", "oi"]);
    let lines = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let (summary, exchanges) = lines.split_last().unwrap();
    let microseconds = exchanges.iter().map(|exchange| exchange["microseconds"].as_f64().unwrap());
    assert!(microseconds.clone().all(|time| time >= TAKES.as_secs_f64() * 1e6), "{}", ended.stdout);
    let times = &summary["summary"]["microseconds"];
    let times = ["min", "median", "p99", "max"].map(|name| times[name].as_f64().unwrap());
    assert!(times.is_sorted(), "{times:?}");
    // Three digits are kept of each.
    let least = microseconds.fold(f64::INFINITY, f64::min);
    assert!((times[0] - least).abs() <= least / 500.0, "{times:?} {least}");
    // The connection, made once, is no part of that.
    let connected = exchanges.iter().map(|exchange| exchange["connect_microseconds"].is_null());
    assert_eq!(connected.collect::<Vec<_>>(), [false, true, true, true]);
}

#[test]
fn the_summarys_times_are_those_of_the_exchanges() {
    const SLOW: usize = 100;
    let lines = std::cell::Cell::new(0);
    let server = Fake::of_lines(move |line| {
        lines.set(lines.get() + 1);
        // One in three hundred takes longer than 99 in a hundred do, and they longer than half of them.
        thread::sleep(Duration::from_millis(match lines.get() {
            SLOW => 100,
            seen if seen % 20 == 0 => 10,
            _ => 0,
        }));
        line.to_uppercase() + "\n"
    });
    let ended = send(&server.port(), &["--count", "300", "--format", "json", "oi"]);
    let lines = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let (summary, exchanges) = lines.split_last().unwrap();
    let mut times = exchanges.iter().map(|it| it["microseconds"].as_f64().unwrap()).collect::<Vec<_>>();
    times.sort_by(f64::total_cmp);
    for (name, rank) in [("min", 1), ("median", 150), ("p99", 297), ("max", 300)] {
        let (told, time) = (summary["summary"]["microseconds"][name].as_f64().unwrap(), times[rank - 1]);
        // Three digits are kept of it, and of each exchange whole microseconds.
        assert!((told - time).abs() <= 1.0 + time / 500.0, "{name}: {told}, {time}");
    }
}

#[test]
fn one_wrong_reply_is_enough_to_fail() {
    let server = Fake::in_turn(&[str::to_uppercase, |_| "Oi".into()]);
    assert_eq!(send(&server.port(), &["--count", "2", "oi"]).code, Some(1));
}

#[test]
fn raw_replies_stand_alone_on_standard_output() {
    let server = Server::start(&[]);
    let ended = send(&server.port(), &["--count", "3", "--format", "raw", "oi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "OIOIOI"));
    assert!(ended.stderr.contains("3 enviadas, 3 respondidas"), "{}", ended.stderr);
}

#[test]
fn beside_raw_replies_the_summary_tells_what_went_wrong() {
    let server = Fake::in_turn(&[|_| "Oi".into(), |_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--lang", "en", "--count", "3", "--format", "raw", "oi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(1), "OiOI"));
    let faults = ended.stderr.lines().filter(|line| line.contains(" × ")).collect::<Vec<_>>();
    assert_eq!(
        faults,
        [
            "     1 × wrong, “i” instead of “I” at byte 2",
            &format!("     1 × lost: {} closed the connection without a reply", server.address)
        ]
    );
}

#[test]
fn of_two_messages_one_had_its_reply() {
    let server = Fake::in_turn(&[|_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--count", "2", "oi"]);
    assert_eq!(ended.stderr, "Erro: de 2 mensagens só 1 teve a resposta certa\n");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let server = Server::start(&["--quiet"]);
    let mut child = upcase(&["send", "--port", &server.port(), "--count", "0", "--interval", "0s", "oi"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("   1  2 bytes"));
    drop(lines);
    let stderr = Output::of(child.stderr.take());
    assert_eq!((wait(&mut child).code(), &stderr.whole()[..]), (Some(0), ""));
}

#[test]
fn it_waits_for_the_server_first_and_does_not_count_that() {
    let server = Fake::in_turn(&[|_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--count", "2", "--wait", NEVER, "oi"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stdout.contains("\n2 enviadas, 2 respondidas, 0 erradas, 0 perdidas\n"),
        "{}",
        ended.stdout
    );
    assert_eq!(server.accepted(), 4);
}

#[test]
fn what_belongs_to_a_count_needs_one() {
    for args in [&["--interval", "2s"][..], &["--connections", "2"], &["--count", "1", "--connections", "0"]]
    {
        let ended = run(upcase(&["send", "oi"]).args(args), b"");
        assert_eq!(ended.code, Some(2), "{args:?}");
    }
}

#[test]
fn a_message_goes_out_at_each_interval() {
    let server = Server::start(&[]);
    let args = ["--port", &server.port(), "--count", "3", "--interval", "50ms", "--format", "json", "oi"];
    let ended = run(upcase(&["send"]).args(args), b"");
    let summary: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
    // The third goes out two intervals after the first, and never earlier.
    assert!(summary["summary"]["seconds"].as_f64().unwrap() >= 0.1, "{summary}");
}
