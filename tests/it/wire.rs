//! The wire as the README's tables have it, byte by byte, between the executable and a plain socket.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;

#[cfg(target_os = "linux")]
use crate::support::memory_kib;
use crate::support::{NEVER, Server, ask, expect, read_to_end, reset};

/// A server that no timer ends anything on.
fn patient(more: &[&str]) -> Server {
    Server::start(&[&["--pause", NEVER, "--idle-timeout", NEVER], more].concat())
}

#[test]
fn one_line_is_answered_and_closed() {
    let server = patient(&[]);
    let mut client = server.connect();
    client.write_all(b"mensagem de teste\n").unwrap();
    assert_eq!(read_to_end(&mut client), b"MENSAGEM DE TESTE");
}

#[test]
fn a_half_close_ends_the_message() {
    assert_eq!(ask(&patient(&[]), b" mensagem de teste \t"), b"MENSAGEM DE TESTE");
}

#[test]
fn several_lines_are_answered_as_they_come_until_a_half_close() {
    let server = patient(&[]);
    let mut client = server.connect();
    client.write_all(b"um\ndois").unwrap();
    expect(&mut client, b"UM\nDOIS");
    client.write_all(b"\ntr\xc3").unwrap();
    expect(&mut client, b"\nTR");
    client.write_all(b"\xaas\n").unwrap();
    expect(&mut client, "ÊS".as_bytes());
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client), b"");
}

#[test]
fn several_lines_end_at_a_pause() {
    let server = Server::start(&["--pause", "100ms", "--idle-timeout", NEVER]);
    let mut client = server.connect();
    client.write_all(b"um\ndois\n").unwrap();
    assert_eq!(read_to_end(&mut client), b"UM\nDOIS");
}

#[test]
fn text_without_a_newline_is_answered_after_a_pause() {
    let server = Server::start(&["--pause", "100ms", "--idle-timeout", NEVER]);
    let mut client = server.connect();
    client.write_all(b"mensagem de teste").unwrap();
    assert_eq!(read_to_end(&mut client), b"MENSAGEM DE TESTE");
}

#[test]
fn who_sends_no_byte_leaves_no_trace_but_a_count() {
    let server = patient(&[]);
    drop(server.connect());
    reset(server.connect());
    server.connect().shutdown(Shutdown::Write).unwrap();
    assert_eq!(ask(&server, b"fim"), b"FIM"); // accepted last, so that all are
    let ended = server.stop();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, "Recebido de 127.0.0.1:\nfim\n");
    let summary = ended.stderr.lines().last().unwrap();
    assert!(summary.starts_with("Encerrado: 4 conexões, 1 mensagem, 3 bytes em "), "{summary}");
    assert!(!ended.stderr.contains("Aviso") && !ended.stderr.contains("Erro"), "{}", ended.stderr);
}

#[test]
fn who_sends_nothing_is_closed_at_the_idle_timeout() {
    let server = Server::start(&["--pause", NEVER, "--idle-timeout", "100ms"]);
    assert_eq!(read_to_end(&mut server.connect()), b"");
}

#[test]
fn with_keep_alive_each_line_gets_its_line() {
    let server = patient(&["--keep-alive"]);
    let mut client = server.connect();
    client.write_all(b"um\n").unwrap();
    expect(&mut client, b"UM\n");
    client.write_all(b"dois\r\n\n tr").unwrap();
    expect(&mut client, b"DOIS\n\n");
    client.write_all("ês".as_bytes()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client), "TRÊS\n".as_bytes());
}

#[test]
fn with_keep_alive_pipelined_lines_come_back_in_order() {
    let server = patient(&["--keep-alive", "--quiet"]);
    let mut client = server.connect();
    let mut writer = client.try_clone().unwrap();
    let written = thread::spawn(move || {
        for number in 0..50_000 {
            writer.write_all(format!("linha {number}\n").as_bytes()).unwrap();
        }
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let replies = String::from_utf8(read_to_end(&mut client)).unwrap();
    written.join().unwrap();
    assert!(replies.lines().eq((0..50_000).map(|number| format!("LINHA {number}"))));
}

#[test]
fn with_keep_alive_silence_ends_the_connection() {
    let server = Server::start(&["--keep-alive", "--pause", NEVER, "--idle-timeout", "100ms"]);
    let mut client = server.connect();
    client.write_all(b"um\ndo").unwrap();
    assert_eq!(read_to_end(&mut client), b"UM\nDO\n");
}

#[test]
fn bytes_that_are_no_utf8_come_back_as_they_were() {
    let all = (0..=255).filter(|&byte| byte != b'\n').collect::<Vec<u8>>();
    let expected = all.iter().map(u8::to_ascii_uppercase).collect::<Vec<_>>();
    let server = patient(&[]);
    // White space at the ends would be taken off.
    assert_eq!(ask(&server, &[b"<", &all[..], b">"].concat()), [b"<", &expected[..], b">"].concat());
}

#[test]
fn a_message_of_twenty_megabytes_streams_in_constant_memory() {
    let part = "ação de vinte megabytes, sem fim de linha ".repeat(1024);
    let parts = 20 * 1024 * 1024 / part.len();
    let server = patient(&[]);
    let mut client = server.connect();
    let mut writer = client.try_clone().unwrap();
    let written = thread::spawn({
        let part = part.clone();
        move || {
            for _ in 0..parts {
                writer.write_all(part.as_bytes()).unwrap();
            }
            writer.shutdown(Shutdown::Write).unwrap();
        }
    });
    let reply = read_to_end(&mut client);
    written.join().unwrap();
    let expected = part.to_uppercase().repeat(parts);
    assert!(reply == expected.trim_end().as_bytes(), "the reply differs");
    #[cfg(target_os = "linux")]
    {
        let peak = memory_kib(server.pid(), "VmHWM:");
        assert!(peak < 16 * 1024, "{peak} KiB for a message of 20 MiB");
    }
}

#[test]
fn a_close_never_destroys_the_reply() {
    let server = Server::start(&["--pause", "100ms"]);
    let clients = (0..100).map(|number| {
        let mut client = server.connect();
        thread::spawn(move || {
            client.write_all(format!("linha {number};\n").as_bytes()).unwrap();
            if number % 2 == 0 {
                // The server has answered, and would have closed: what comes now would bring a reset.
                client.peek(&mut [0]).unwrap();
            }
            client.write_all(&vec![b'x'; 64 * 1024]).unwrap();
            let reply = read_to_end(&mut client);
            assert!(reply.starts_with(format!("LINHA {number};").as_bytes()), "client {number}");
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.join().unwrap();
    }
}

#[test]
fn fifty_silent_clients_delay_nobody() {
    let server = patient(&[]);
    let silent = (0..50).map(|_| server.connect()).collect::<Vec<_>>();
    // No timer of the server's would let this one through: it is served beside them, or not at all.
    assert_eq!(ask(&server, b"oi"), b"OI");
    for mut client in silent {
        client.set_nonblocking(true).unwrap();
        assert_eq!(
            client.read(&mut [0]).unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock,
            "still connected"
        );
    }
}

// On an address of its own: on 127.0.0.1 another test could be given the port meanwhile.
#[cfg(target_os = "linux")]
#[test]
fn a_restart_gets_the_same_port_at_once() {
    let first = patient(&["--host", "127.0.0.3"]);
    let mut client = first.connect();
    client.write_all(b"um\n").unwrap();
    assert_eq!(read_to_end(&mut client), b"UM"); // the server closes first, and its end is in TIME_WAIT
    let port = first.port();
    drop(client);
    assert_eq!(first.stop().code, Some(0));
    let mut command = crate::support::upcase(&["serve", "--host", "127.0.0.3", "--port", &port]);
    assert_eq!(ask(&Server::spawn(&mut command), b"dois"), b"DOIS");
}

// Other systems have no 127.0.0.2 unless someone sets it up.
#[cfg(target_os = "linux")]
#[test]
fn several_hosts_are_served_on_one_free_port() {
    let server = Server::start(&["--host", "127.0.0.1", "--host", "127.0.0.2"]);
    let second = server.stderr.until_line(|line| line.starts_with("Escutando em 127.0.0.2:"));
    assert_eq!(second, format!("Escutando em 127.0.0.2:{}", server.port()));
    let mut other = crate::support::connect(second.rsplit(' ').next().unwrap().parse().unwrap());
    other.write_all(b"oi\n").unwrap();
    assert_eq!(read_to_end(&mut other), b"OI");
    assert_eq!(ask(&server, b"oi"), b"OI");
}

#[test]
fn an_address_that_another_covers_is_no_conflict() {
    for hosts in [["0.0.0.0", "127.0.0.1"], ["127.0.0.1", "0.0.0.0"]] {
        let server = Server::start(&["--host", hosts[0], "--host", hosts[1]]);
        let mut client = crate::support::connect(([127, 0, 0, 1], server.address.port()).into());
        client.write_all(b"oi\n").unwrap();
        assert_eq!(read_to_end(&mut client), b"OI");
        assert_eq!(server.stop().stderr.matches("Escutando em ").count(), 1);
    }
}

#[test]
fn a_name_is_served_on_all_its_addresses() {
    let server = Server::start(&["--host", "localhost", "--host", "127.0.0.1"]);
    assert_eq!(ask(&server, b"oi"), b"OI");
    let said = server.stop().stderr;
    assert_eq!(said.matches("Escutando em 127.0.0.1:").count(), 1, "{said}");
}
