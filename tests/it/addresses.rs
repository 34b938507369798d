//! Addresses that `send` connects to: forms of a host and a port, and names with several addresses.

use std::net::TcpListener;

use crate::support::{Finished, Server, closed_port, run, skip, upcase};

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
