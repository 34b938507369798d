//! What clients do wrong and what machines run out of: none of it ends the server, makes it spin, makes it forget a
//! reply that it owes, or holds up another client.

mod limits;
mod load;
mod log;
#[cfg(target_os = "linux")]
mod own_network;
mod shutdown;
mod soak;

use std::io::Write as _;
use std::net::Shutdown;
use std::thread;

use crate::support::{NEVER, Server, ask, expect, read_to_end, reset};

#[test]
fn resets_at_every_stage_are_no_news() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start(&[mode, &["--pause", NEVER, "--idle-timeout", NEVER]].concat());
        for _ in 0..20 {
            reset(server.connect()); // before a byte
            for sent in [&b"um"[..], b"um\n", b"um\ndois", &vec![b'x'; 1024 * 1024]] {
                let mut client = server.connect();
                client.set_nonblocking(true).unwrap();
                let _ = client.write(sent);
                reset(client); // in the middle of a message, or before its reply is read
            }
            let mut client = server.connect();
            client.write_all(b"um\n").unwrap();
            expect(&mut client, b"UM");
            reset(client); // after the reply
        }
        assert_eq!(ask(&server, b"fim").trim_ascii_end(), b"FIM");
        let ended = server.stop();
        assert_eq!(ended.code, Some(0));
        // The last conversation may still be coming to its end, which is told; nothing else is.
        let told = |line: &str| {
            ["Escutando em ", "Encerrando: ", "Encerrado: "].iter().any(|word| line.starts_with(word))
        };
        assert!(ended.stderr.lines().all(told), "{}", ended.stderr);
    }
}

#[test]
fn a_message_that_a_reset_cuts_off_is_logged() {
    let server = Server::start(&["--pause", NEVER]);
    let mut client = server.connect();
    client.write_all(b"um\ndois").unwrap();
    expect(&mut client, b"UM\nDOIS"); // it has been read
    reset(client);
    server.stdout.until_line(|line| line == r"um\ndois");
}

#[test]
fn a_flood_of_clients_that_only_connect_leaves_the_server_as_it_was() {
    let server = Server::start(&["--idle-timeout", NEVER]);
    thread::scope(|scope| {
        for flood in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..1000 {
                    // Without TIME_WAIT on our side, which would use up the ports for other tests.
                    if (flood + number) % 10 == 0 { drop(server.connect()) } else { reset(server.connect()) }
                }
            });
        }
    });
    assert_eq!(ask(&server, b"oi"), b"OI");
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\noi\n");
}

#[test]
fn a_client_that_vanishes_in_a_message_gives_its_place_back() {
    // Half-open: it neither sends nor closes any more. The only place is free again at the idle timeout.
    for mode in [&[][..], &["--keep-alive"]] {
        let limits = ["--max-connections", "1", "--pause", NEVER, "--idle-timeout", "200ms"];
        let server = Server::start(&[mode, &limits].concat());
        let mut vanished = server.connect();
        vanished.write_all(b"mensa").unwrap();
        assert_eq!(ask(&server, b"oi").trim_ascii_end(), b"OI");
        assert_eq!(read_to_end(&mut vanished).trim_ascii_end(), b"MENSA", "what had come was answered");
    }
}

#[test]
fn a_client_that_does_not_read_gives_its_place_back() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start(
            &[mode, &["--quiet", "--max-connections", "1", "--idle-timeout", "200ms"]].concat(),
        );
        let mut deaf = server.connect();
        let fill = thread::spawn(move || {
            // It is not read from either, once its replies are stuck; then it is cut off.
            while deaf.write_all(&[b'x'; 4096]).is_ok() {}
        });
        assert_eq!(ask(&server, b"oi").trim_ascii_end(), b"OI");
        fill.join().unwrap();
    }
}

#[test]
fn a_client_that_drips_holds_no_one_else_up() {
    let server = Server::start(&["--idle-timeout", NEVER, "--pause", NEVER]);
    let mut drip = server.connect();
    for byte in "gota a gota, á".bytes() {
        drip.write_all(&[byte]).unwrap();
        assert_eq!(ask(&server, b"oi"), b"OI");
    }
    drip.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut drip), "GOTA A GOTA, Á".as_bytes());
}
