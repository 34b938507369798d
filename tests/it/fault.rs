//! `serve --fault`: each fault as a plain socket sees it, and as the trace shows it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::support::peer::peer;
use crate::support::{NEVER, Server, assert_receives, ensure, read_to_end, run, upcase, with_longer_times};

/// Starts a server with faults, in which no timeout ends anything.
fn faulty(faults: &[&str]) -> Server {
    let faults: Vec<_> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    Server::start_without_timeouts(&[&["-v", "--format", "json"], &faults[..]].concat())
}

/// Connects, and sends a line.
fn send(server: &Server, line: &str) -> TcpStream {
    let mut client = server.connect();
    client.write_all(line.as_bytes()).unwrap();
    client
}

/// Stops a server, which lets its connections end, and returns the events of its trace.
fn events(server: Server) -> Vec<Value> {
    let stderr = server.stop().stderr;
    stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the faults of the events, each with its connection.
fn faults(events: &[Value]) -> Vec<(u64, &str)> {
    let of_event = |event: &'static str| move |value: &&Value| value["event"] == event;
    events
        .iter()
        .filter(of_event("fault"))
        .map(|event| (event["conn"].as_u64().unwrap(), event["fault"].as_str().unwrap()))
        .collect()
}

/// Returns the bytes of the writes.
fn writes(events: &[Value]) -> Vec<u64> {
    let is_write = |event: &&Value| event["event"] == "write";
    events.iter().filter(is_write).map(|event| event["bytes"].as_u64().unwrap()).collect()
}

#[track_caller]
fn assert_reset(stream: &mut TcpStream) {
    let error = stream.read(&mut [0; 64]).expect_err("the connection is reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn delay_is_a_silence_before_the_reply() {
    with_longer_times(|time| {
        let server = faulty(&[&format!("delay={time}")]);
        let start = std::time::Instant::now();
        let mut client = send(&server, "oi\n");
        assert_eq!(read_to_end(&mut client), b"OI");
        let elapsed = start.elapsed();
        let events = events(server);
        ensure(elapsed >= humantime::parse_duration(time).unwrap(), &elapsed)?;
        ensure(faults(&events) == [(1, "delay")], &events)
    });
}

#[test]
fn slice_writes_each_slice_by_itself() {
    let server = faulty(&["slice=3"]);
    let mut client = send(&server, &format!("{}\n", "a".repeat(100)));
    assert_eq!(read_to_end(&mut client), [b'A'; 100]);
    drop(client);
    let events = events(server);
    assert_eq!(faults(&events), [(1, "slice")]);
    assert_eq!(writes(&events), [vec![3; 33], vec![1]].concat());
}

#[cfg(target_os = "linux")]
#[test]
fn slices_are_segments_also_where_the_client_holds_them_back() {
    use socket2::{Domain, Socket, Type};

    const SLICES: usize = 10_000;
    let Some(mut ss) = peer("ss") else { return };
    let server = Server::start_without_timeouts(&["--fault", "slice=1"]);
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // Less than the reply, so that slices wait at the server, where the system could gather them.
    socket.set_recv_buffer_size(1024).unwrap();
    socket.connect(&server.address.into()).unwrap();
    let mut client = TcpStream::from(socket);
    client.set_read_timeout(Some(crate::support::DEADLINE)).unwrap();
    client.write_all(&[&[b'a'; SLICES][..], b"\n"].concat()).unwrap();
    server.until_idle();
    assert_eq!(read_to_end(&mut client), [b'A'; SLICES]);
    let source = format!("sport = :{}", client.local_addr().unwrap().port());
    let shown = run(ss.args(["-tinH", &source]), b"").stdout;
    let segments = shown.split_whitespace().find_map(|word| word.strip_prefix("data_segs_in:"));
    // Segments that are sent again count too.
    assert!(segments.unwrap().parse::<usize>().unwrap() >= SLICES, "{shown}");
}

#[test]
fn drip_sends_one_byte_at_a_time() {
    let server = faulty(&["drip=20ms"]);
    let start = std::time::Instant::now();
    let mut client = send(&server, "oi!\n");
    for byte in [b'O', b'I', b'!'] {
        assert_receives(&mut client, &[byte]);
    }
    assert!(start.elapsed() >= Duration::from_millis(40), "two pauses");
    assert_eq!(read_to_end(&mut client), b"");
    drop(client);
    let events = events(server);
    assert_eq!((faults(&events), writes(&events)), (vec![(1, "drip")], vec![1, 1, 1]));
}

#[test]
fn limit_closes_without_a_reset() {
    let server = faulty(&["limit=2,close"]);
    let mut client = send(&server, "oito\n");
    assert_receives(&mut client, b"OI");
    assert_eq!(read_to_end(&mut client), b"");
    drop(client);
    let events = events(server);
    assert_eq!(faults(&events), [(1, "limit")]);
    assert!(!events.iter().any(|event| event["event"] == "reset"), "{events:?}");
}

#[test]
fn limit_closes_without_a_reset_although_the_client_goes_on_sending() {
    // More than the server reads before it replies, and more than waits in buffers.
    let message = b"oito\n".repeat(4 * 1024 * 1024);
    let server = Server::start_without_timeouts(&["--quiet", "--fault", "limit=2,close"]);
    let is_closed_gently = || {
        let mut client = server.connect();
        let mut reply = Vec::new();
        let sent = client.write_all(&message).and_then(|()| client.shutdown(Shutdown::Write));
        sent.is_ok() && client.read_to_end(&mut reply).is_ok() && reply == b"OI"
    };
    // The server waits for 2 s, in which a slow machine may not send everything.
    assert!((0..20).any(|_| is_closed_gently()));
}

#[test]
fn limit_resets_the_connection() {
    let server = faulty(&["limit=2,reset"]);
    let mut client = send(&server, "oito\n");
    assert_receives(&mut client, b"OI");
    assert_reset(&mut client);
    let events = events(server);
    assert_eq!(faults(&events), [(1, "limit")]);
    let reset = events.iter().find(|event| event["event"] == "reset").expect("a reset");
    assert_eq!(reset["by"], "local");
}

#[test]
fn limit_counts_over_the_replies_of_a_connection() {
    let server =
        Server::start(&["--keep-alive", "--idle-timeout", NEVER, "--fault", "limit=5,close", "--quiet"]);
    let mut client = send(&server, "um\n");
    assert_receives(&mut client, b"UM\n");
    client.write_all(b"dois\n").unwrap();
    assert_eq!(read_to_end(&mut client), b"DO");
}

#[test]
fn mute_reads_and_logs_the_message_and_never_replies() {
    with_longer_times(|time| {
        let args = ["-v", "--idle-timeout", time, "--pause", "1ms", "--fault", "mute"];
        let server = Server::start(&args);
        let start = std::time::Instant::now();
        let mut client = send(&server, "oi\n");
        // Neither a byte nor a FIN.
        assert_eq!(read_to_end(&mut client), b"");
        let elapsed = start.elapsed();
        drop(client);
        server.stderr.until_text("closed (");
        let ended = server.stop();
        ensure(elapsed >= humantime::parse_duration(time).unwrap(), &elapsed)?;
        ensure(ended.stdout == "Received from 127.0.0.1:\noi\n", &ended)?;
        ensure(ended.stderr.contains(" ms fault: mute\n"), &ended)?;
        ensure(ended.stderr.contains(&format!("timeout (idle): nothing within {time}\n")), &ended)?;
        ensure(ended.stderr.contains("closed (this end first): read 3 bytes, wrote 0 bytes\n"), &ended)
    });
}

#[test]
fn mute_answers_no_line_of_a_kept_connection_and_reads_all() {
    let server = Server::start(&["--keep-alive", "--idle-timeout", NEVER, "--fault", "mute"]);
    let mut client = send(&server, "um\n");
    server.stdout.until_text("\num\n");
    client.write_all(b"dois\n").unwrap();
    server.stdout.until_text("\ndois\n");
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client), b"");
}

#[test]
fn no_read_leaves_the_message_unread_until_the_reset() {
    let server = faulty(&["no-read"]);
    let mut client = send(&server, "oi\n");
    server.stderr.until_text("\"no-read\"");
    server.until_idle();
    let ended = server.stop();
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), ""));
    assert!(ended.stderr.contains("\"read_bytes\":0"), "{}", ended.stderr);
    // The FIN may arrive before the reset.
    let end = client.read(&mut [0; 64]);
    assert!(matches!(&end, Ok(0)) || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
}

#[cfg(target_os = "linux")]
#[test]
fn no_accept_lets_two_clients_connect_and_no_more() {
    use crate::support::proc::waiting_connections;

    let server = faulty(&["no-accept"]);
    let clients = [send(&server, "oi\n"), send(&server, "oi\n")];
    let error = TcpStream::connect_timeout(&server.address, Duration::from_millis(100)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(waiting_connections(server.address), 2);
    let ended = server.stop();
    assert!(ended.stderr.contains("Stopped: 0 connections, "), "{}", ended.stderr);
    for mut client in clients {
        assert_reset(&mut client);
    }
}

#[test]
fn close_unread_resets_the_connection() {
    let server = faulty(&["close-unread"]);
    assert_reset(&mut send(&server, "oi\n"));
    // Without data, there is nothing to leave unread.
    let mut silent = server.connect();
    silent.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut silent), b"");
    let events = events(server);
    assert_eq!(faults(&events), [(1, "close-unread")]);
    assert!(!events.iter().any(|event| event["event"] == "read"), "{events:?}");
}

#[test]
fn wrong_changes_one_byte() {
    let server = faulty(&["wrong"]);
    let mut client = send(&server, "oi\n");
    assert_eq!(read_to_end(&mut client), b"?I");
    drop(client);
    assert_eq!(faults(&events(server)), [(1, "wrong")]);
    let server = faulty(&["wrong"]);
    let sent = run(&mut upcase(&["send", "--check", "--port", &server.port(), "oi"]), b"");
    assert_eq!(sent.code, Some(1), "{}", sent.stderr);
}

#[test]
fn ascii_leaves_accented_letters_in_each_kind_of_message() {
    let server = faulty(&["ascii"]);
    for (message, reply) in [("olá, ação\n", "OLá, AçãO"), ("olá\nação\n", "OLá\nAçãO"), ("olá", "OLá")]
    {
        let mut client = send(&server, message);
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(String::from_utf8(read_to_end(&mut client)).unwrap(), reply);
    }
    assert_eq!(faults(&events(server))[0], (1, "ascii"));
    let server = Server::start(&["--keep-alive", "--idle-timeout", NEVER, "--fault", "ascii"]);
    let mut client = send(&server, "olá\n ação \nol");
    client.write_all("á\n".as_bytes()).unwrap();
    assert_receives(&mut client, "OLá\nAçãO\nOLá\n".as_bytes());
}

#[test]
fn wrong_faults_are_explained_with_the_list() {
    for spec in ["dealy=1s", "delay=5", "limit=5", "slice=0"] {
        let ended = run(&mut upcase(&["serve", "--fault", spec]), b"");
        assert_eq!(ended.code, Some(2), "{spec}");
        for fault in [
            "delay=",
            "slice=",
            "drip=",
            "limit=",
            "wrong",
            "ascii",
            "mute",
            "no-read",
            "no-accept",
            "close-unread",
        ] {
            let is_listed = |line: &str| {
                let line = line.strip_prefix("  ").unwrap_or_default();
                line.starts_with(fault) && line.split_whitespace().count() > 2
            };
            assert!(ended.stderr.lines().any(is_listed), "{fault}: {}", ended.stderr);
        }
        assert!(ended.stderr.lines().skip(1).all(|line| line.chars().count() <= 80), "{}", ended.stderr);
    }
    let pt = run(&mut upcase(&["serve", "--lang", "pt", "--fault", "dealy=1s"]), b"").stderr;
    assert!(pt.contains("não é uma das falhas") && pt.contains("\n  delay=TEMPO "), "{pt}");
}

#[test]
fn contradictions_are_usage_errors() {
    for (args, first, second) in [
        (&["--fault", "mute", "--fault", "delay=1s"][..], "--fault delay=1s", "--fault mute"),
        (
            &["--fault", "limit=1,close", "--fault", "limit=2,close"],
            "--fault limit=2,close",
            "--fault limit=1,close",
        ),
        (&["--fault", "delay=30s"], "--fault delay=30s", "--idle-timeout 30s"),
        (&["--idle-timeout", "1s", "--fault", "drip=2s"], "--fault drip=2s", "--idle-timeout 1s"),
        (&["--fault", "no-accept", "--fault-rate", "10%"], "--fault no-accept", "--fault-rate 10%"),
    ] {
        let ended = run(upcase(&["serve"]).args(args), b"");
        let error = format!("Error: '{first}' cannot be used with '{second}'\n");
        assert_eq!((ended.code, ended.stderr.starts_with(&error)), (Some(2), true), "{}", ended.stderr);
    }
    for args in [&["--fault-rate", "10%"][..], &["--fault", "mute", "--seed", "1"]] {
        let ended = run(upcase(&["serve"]).args(args), b"");
        assert_eq!((ended.code, ended.stderr.contains(" is missing")), (Some(2), true), "{}", ended.stderr);
    }
}

#[test]
fn start_names_the_faults_and_the_seed_that_repeats_them() {
    let all = Server::start(&["--fault", "slice=1", "--fault", "delay=90s", "--idle-timeout", NEVER]);
    let first = all.stderr.until_line(|_| true);
    assert_eq!(first, "Faults on all connections: slice=1 delay=1m30s");
    let some = Server::start(&["--fault", "mute", "--fault-rate", "2.5%", "--seed", "7"]);
    let first = some.stderr.until_line(|_| true);
    assert_eq!(first, "Faults on 2.5% of the connections (--seed 7): mute");
    let random = Server::start(&["--fault", "mute", "--fault-rate", "10%"]);
    let first = random.stderr.until_line(|_| true);
    let seed = first.split("(--seed ").nth(1).unwrap().split(')').next().unwrap();
    assert!(seed.parse::<u64>().is_ok(), "{first}");
}

#[test]
fn each_fault_lets_the_server_shut_down() {
    for fault in [
        "delay=30m",
        "slice=1",
        "drip=30m",
        "limit=1,close",
        "limit=1,reset",
        "wrong",
        "ascii",
        "mute",
        "no-read",
        "close-unread",
        "no-accept",
    ] {
        let args = ["-v", "--format", "json", "--grace", "300ms", "--fault", fault];
        let mut server = Server::start_without_timeouts(&args);
        let client = send(&server, "oi\n");
        if fault != "no-accept" {
            server.stderr.until_text("\"fault\"");
        }
        server.signal("TERM");
        // The grace ends some of these connections; nothing else would within half an hour.
        assert_eq!(server.wait(), Some(0), "{fault}");
        drop(client);
    }
}

#[test]
fn seed_chooses_the_same_connections_in_each_run() {
    let wrong = |seed: &str| {
        let args = ["--fault", "wrong", "--fault-rate", "30%", "--seed", seed];
        let server = Server::start_without_timeouts(&args);
        let replies = (0..20).map(|_| read_to_end(&mut send(&server, "oi\n")));
        replies.map(|reply| reply == b"?I").collect::<Vec<_>>()
    };
    let first = wrong("1");
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");
    assert_eq!(wrong("1"), first);
    assert_ne!(wrong("2"), first);
}

#[test]
fn connections_that_are_not_chosen_are_served_as_usual() {
    let args = ["-v", "--format", "json", "--fault", "wrong", "--fault-rate", "30%", "--seed", "1"];
    let server = Server::start_without_timeouts(&args);
    let replies: Vec<_> = (1..=20).map(|conn| (conn, read_to_end(&mut send(&server, "oi\n")))).collect();
    let wrong: Vec<_> =
        replies.iter().filter(|(_, reply)| reply == b"?I").map(|&(conn, _)| (conn, "wrong")).collect();
    assert!(replies.iter().all(|(_, reply)| reply == b"OI" || reply == b"?I"), "{replies:?}");
    let events = events(server);
    let mut acted = faults(&events);
    acted.sort_unstable();
    assert_eq!(acted, wrong);
}
