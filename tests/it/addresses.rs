//! Addresses that `send` connects to: forms of a host and a port, and names with several addresses.

use std::io::Write as _;
use std::net::TcpListener;

use serde_json::Value;

use crate::support::fake_server::FakeServer;
use crate::support::{
    DEADLINE, Finished, NEVER, Process, Server, assert_receives, closed_port, run, skip, upcase,
};

#[test]
fn failure_under_a_name_lists_the_addresses() {
    let (_socket, port) = closed_port();
    let ended = run(&mut upcase(&["send", "--host", "localhost", "--port", &port, "hi"]), b"");
    assert_eq!(ended.code, Some(1));
    let error = format!("Error: can't connect to localhost:{port}\n");
    assert!(ended.stderr.starts_with(&error), "{ended:?}");
    let cause = format!("Cause: 127.0.0.1:{port}: connection refused");
    assert!(ended.stderr.lines().any(|line| line == cause), "{ended:?}");
}

/// Sends a message, with these environment variables and arguments.
fn send(variables: &[(&str, &str)], args: &[&str]) -> Finished {
    run(upcase(&["send"]).args(args).arg("hi").envs(variables.iter().copied()), b"")
}

#[track_caller]
fn assert_reaches_server(variables: &[(&str, &str)], args: &[&str]) {
    let ended = send(variables, args);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "Sent:     hi\nReceived: HI\n"), "{args:?}");
}

#[test]
fn host_may_contain_the_port() {
    let server = Server::start(&["--host", "127.0.0.1"]);
    let (port, address) = (server.port(), server.address.to_string());
    let (_socket, other) = closed_port();
    assert_reaches_server(&[], &["--host", &address]);
    assert_reaches_server(&[], &["--host", &format!("localhost:{port}")]);
    assert_reaches_server(&[("UPCASE_HOST", &address)], &[]);
    assert_reaches_server(&[], &["--host", &address, "--port", &port]);
    // An option overrides the environment, whichever of them contains the port.
    assert_reaches_server(&[("UPCASE_PORT", &other)], &["--host", &address]);
    assert_reaches_server(&[("UPCASE_HOST", &address), ("UPCASE_PORT", &other)], &[]);
    assert_reaches_server(&[("UPCASE_HOST", &format!("127.0.0.1:{other}"))], &["--port", &port]);
}

#[test]
fn ipv6_address_may_have_brackets() {
    if TcpListener::bind("[::1]:0").is_err() {
        skip("this machine has no IPv6");
        return;
    }
    for host in ["::1", "[::1]"] {
        let server = Server::start(&["--host", host]);
        let port = server.port();
        assert_reaches_server(&[], &["--host", "::1", "--port", &port]);
        assert_reaches_server(&[], &["--host", "[::1]", "--port", &port]);
        assert_reaches_server(&[], &["--host", &format!("[::1]:{port}")]);
    }
}

#[test]
fn failed_attempts_are_in_the_json_of_their_message() {
    // Whether localhost has one address or two, each refuses.
    let (_socket, port) = closed_port();
    let args = ["--host", "localhost", "--port", &port, "--format", "json"];
    let record: Value = serde_json::from_str(&send(&[], &args).stdout).unwrap();
    let attempts = record["failed_attempts"].as_array().unwrap();
    let ipv4 = serde_json::json!({"address": format!("127.0.0.1:{port}"), "code": "refused"});
    assert!(attempts.contains(&ipv4), "{record}");

    let server = Server::start(&[]);
    let record = send(&[], &["--port", &server.port(), "--format", "json"]).stdout;
    assert!(!record.contains("failed_attempts"), "{record}");
}

#[test]
fn ip_version_chooses_the_addresses_of_a_name() {
    let server = Server::start(&[]);
    assert_reaches_server(&[], &["-4", "--host", "localhost", "--port", &server.port()]);

    // Without an IPv6 address of localhost the message comes before any attempt, and with one nothing listens there.
    let ended = send(&[], &["-6", "--host", "localhost", "--port", &server.port()]);
    let none = "Error: localhost has no IPv6 address\n\
                Hint: both ends need an IPv6 address: check --host, -6 and --source\n";
    let refused = format!("Cause: [::1]:{}: connection refused\n", server.port());
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr == none || ended.stderr.contains(&refused), "{ended:?}");
    assert!(!ended.stderr.contains("127.0.0.1"), "{ended:?}");
}

#[test]
fn address_of_the_other_ip_version_is_an_error() {
    for (args, error) in [
        (&["-4", "--host", "::1"][..], "Error: ::1 is not an IPv4 address\n"),
        (&["-6", "--host", "127.0.0.1"], "Error: 127.0.0.1 is not an IPv6 address\n"),
        (&["--source", "127.0.0.1", "--host", "::1"], "Error: ::1 is not an IPv4 address\n"),
        (&["--source", "::1", "--host", "127.0.0.1"], "Error: 127.0.0.1 is not an IPv6 address\n"),
    ] {
        let ended = send(&[], args);
        assert_eq!(ended.code, Some(1), "{args:?}");
        assert!(ended.stderr.starts_with(error), "{ended:?}");
    }
}

#[test]
fn source_options_that_exclude_each_other_are_usage_errors() {
    for args in [
        &["-4", "-6"][..],
        &["-4", "--source", "::1"],
        &["-6", "--source", "127.0.0.1:9"],
        &["--source", "127.0.0.1:9", "--count", "1", "--connections", "2"],
        &["--source", "127.0.0.1:9", "--rate", "10"],
    ] {
        let ended = send(&[], args);
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(ended.stderr.contains("cannot be used with"), "{ended:?}");
    }
    let ended = send(&[], &["--source", "localhost"]);
    assert_eq!(ended.code, Some(2));
    let reason = "'localhost' for '--source <ADDR>': write an IP address of this machine, or ADDR:PORT";
    assert!(ended.stderr.contains(reason), "{ended:?}");
}

#[test]
fn server_sees_the_source_of_a_message() {
    let (server, connections) = FakeServer::with_connections();
    let (socket, port) = closed_port();
    // A socket of this test would keep the port from the client.
    drop(socket);
    let source = format!("127.0.0.1:{port}");
    for source in ["127.0.0.1", &source] {
        let args = ["send", "--timeout", NEVER, "--port", &server.port(), "--source", source, "hi"];
        let mut sending = Process::start(&mut upcase(&args));
        let mut connection = connections.recv_timeout(DEADLINE).unwrap();
        let peer = connection.peer_addr().unwrap().to_string();
        assert!(peer.starts_with("127.0.0.1:") && peer.starts_with(source), "{peer} {source}");
        assert_receives(&mut connection, b"hi\n");
        connection.write_all(b"HI").unwrap();
        assert_eq!(sending.wait(), Some(0));
    }
}

#[test]
fn fixed_port_that_an_ended_connection_keeps_can_connect_to_another_server() {
    let (socket, port) = closed_port();
    drop(socket);
    let source = format!("127.0.0.1:{port}");
    for _ in 0..2 {
        // The client closes first, so its end of the connection stays in TIME_WAIT.
        let server = Server::start(&["--keep-alive"]);
        assert_reaches_server(&[], &["--source", &source, "--port", &server.port()]);
    }
}

#[test]
fn source_that_this_machine_lacks_or_that_is_in_use_is_reported() {
    // RFC 5737 reserves this address for documentation.
    let ended = send(&[], &["--source", "192.0.2.1"]);
    let error = "Error: can't send from 192.0.2.1\n\
                 Cause: the address does not belong to this machine\n\
                 Hint: use an address of this machine in --source\n";
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), error));

    let server = Server::start(&["--keep-alive"]);
    let open = server.connect();
    let connected = open.local_addr().unwrap();
    // The port of a listener, and the port of an open connection to the same server.
    for source in [server.address, connected] {
        let ended = send(&[], &["--source", &source.to_string(), "--port", &server.port()]);
        let error = format!(
            "Error: can't send from {source}\n\
             Cause: address already in use\n\
             Hint: wait a minute (TIME_WAIT), use another port, or leave the port out of --source\n"
        );
        assert_eq!((ended.code, ended.stderr), (Some(1), error));
    }
}
