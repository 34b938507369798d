//! Addresses that `send` connects to: forms of a host and a port, and names with several addresses.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::Socket;

use upcase::cli::Target;
use upcase::error::{Error, Result};
use upcase::net::connect::{Connected, connect};

use crate::support::{DEADLINE, Finished, Server, closed_port, run, skip, upcase};

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(3600);

fn dial_all(addresses: &[SocketAddr], timeout: Duration) -> Result<Connected> {
    let target = Target { host: "servidor".into(), port: 9 };
    let runtime = upcase::runtime::new().unwrap();
    let connected = runtime
        .block_on(async { tokio::time::timeout(DEADLINE, connect(&target, addresses, timeout)).await });
    connected.expect("it is done in time")
}

fn refusing() -> (Socket, SocketAddr) {
    let (socket, port) = closed_port();
    (socket, SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap())))
}

/// An address where no attempt to connect is answered: the backlog is full. What keeps it so is to be kept.
#[cfg(target_os = "linux")]
fn mute() -> (SocketAddr, impl Sized) {
    use std::net::TcpStream;

    use socket2::{Domain, Type};

    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    // A backlog of 0 has room for one.
    let client = TcpStream::connect(address).unwrap();
    (address, (listener, client))
}

#[test]
fn an_address_that_refuses_is_followed_by_the_next() {
    let (_socket, refusing) = refusing();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let live = listener.local_addr().unwrap();
    assert_eq!(dial_all(&[refusing, live], PATIENCE).unwrap().address, live);
}

#[test]
#[cfg(target_os = "linux")]
fn an_address_that_does_not_answer_holds_no_other_one_up() {
    let (mute, _kept) = mute();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let live = listener.local_addr().unwrap();
    assert_eq!(dial_all(&[mute, live], PATIENCE).unwrap().address, live);
}

#[test]
#[cfg(target_os = "linux")]
fn an_address_that_does_not_answer_leaves_time_for_the_others_however_little_there_is() {
    let (mute, _kept) = mute();
    let (_socket, refusing) = refusing();
    let timeout = Duration::from_millis(200);
    let Err(Error::Connect { attempts: failures, .. }) = dial_all(&[mute, refusing], timeout) else {
        panic!("nobody is there")
    };
    assert_eq!(failures.len(), 2, "{failures:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_failure_names_each_address_and_its_cause() {
    let (_socket, refusing) = refusing();
    let (mute, _kept) = mute();
    let Err(Error::Connect { target, attempts: failures, .. }) =
        dial_all(&[refusing, mute], Duration::from_millis(300))
    else {
        panic!("nobody is there")
    };
    assert_eq!(target, "servidor:9");
    let failures = failures.iter().map(|(address, error)| (*address, error.kind())).collect::<Vec<_>>();
    assert_eq!(failures, [(refusing, ErrorKind::ConnectionRefused), (mute, ErrorKind::TimedOut)]);
}

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
fn malformed_host_is_a_usage_error_that_names_the_fault() {
    for (args, error) in [
        (&["--host", "a:1", "--port", "2"][..], "conflicting ports: 1 in '--host a:1', 2 in '--port 2'"),
        (
            &["--host", "a:0"],
            "invalid value 'a:0' for '--host <HOST>': the port is not a number from 1 to 65535",
        ),
        (&["--host", "a:http"], "'a:http' for '--host <HOST>': the port is not a number"),
        (&["--host", "[::1"], "'[::1' for '--host <HOST>': the bracket is not closed"),
        (&["--host", "[::1]8080"], "'[::1]8080' for '--host <HOST>': only :PORT may follow the bracket"),
        (&["--host", ":8080"], "':8080' for '--host <HOST>': the host is missing"),
        (&["--host", ""], "'' for '--host <HOST>': the host is missing"),
    ] {
        let ended = send(&[], args);
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(ended.stderr.contains(error), "{args:?}: {}", ended.stderr);
    }
    let ended = run(&mut upcase(&["serve", "--host", "127.0.0.1:9000"]), b"");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("write the port in --port"), "{}", ended.stderr);
}
