//! `upcase send` against servers of all kinds: when it takes a reply for complete, and which connection it uses.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::process::Stdio;
use std::thread;

use upcase::error::Error;
use upcase::send::request::Request;

use crate::support::fake::Fake;
use crate::support::output::Output;
use crate::support::{DEADLINE, Finished, NEVER, Server, connect, read_to_end, reset, run, upcase, wait};

/// Sends with a timeout that no test waits for.
fn send(port: &str, args: &[&str], input: &str) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--port", port]).args(args), input.as_bytes())
}

#[track_caller]
fn shows(ended: &Finished, stdout: &str) {
    assert_eq!((ended.code, &ended.stdout[..], &ended.stderr[..]), (Some(0), stdout, ""));
}

fn upper(line: &str) -> String {
    line.to_uppercase() + "\n"
}

#[test]
fn our_server_answers_without_a_needless_wait_in_both_modes() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start(&[&["--pause", NEVER, "--idle-timeout", NEVER], mode].concat());
        let port = server.port();
        shows(&send(&port, &["um"], ""), "Enviado:  um\nRecebido: UM\n");
        shows(&send(&port, &["um\ndois"], ""), "Enviado:  um\ndois\nRecebido: UM\nDOIS\n");
        shows(&send(&port, &[" um "], ""), "Enviado:   um \nRecebido: UM\n");
    }
}

#[test]
fn an_empty_message_has_an_empty_reply() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start(mode);
        shows(&send(&server.port(), &[""], ""), "Enviado:  \nRecebido: \n");
    }
}

#[test]
fn lines_of_standard_input_use_one_connection_while_the_server_keeps_it() {
    let server = Fake::of_lines(upper);
    shows(
        &send(&server.port(), &[], "um\r\ndois\n\ntrês"),
        "Enviado:  um\nRecebido: UM\nEnviado:  dois\nRecebido: DOIS\nEnviado:  \nRecebido: \n\
         Enviado:  três\nRecebido: TRÊS\n",
    );
    assert_eq!(server.accepted(), 1);
}

#[test]
fn lines_of_standard_input_use_a_new_connection_where_the_server_closes() {
    let server = Server::start(&[]);
    let input = (0..50).map(|number| format!("linha {number}\n")).collect::<Vec<_>>().concat();
    let expected = (0..50).map(|number| format!("LINHA {number}")).collect::<Vec<_>>().concat();
    shows(&send(&server.port(), &["--format", "raw"], &input), &expected);
    let ended = server.stop();
    assert!(ended.stderr.contains("\nEncerrado: 50 conexões, 50 mensagens, "), "{}", ended.stderr);
}

#[test]
fn a_server_that_closes_between_two_messages_gets_the_second_once_more() {
    // It answers one line, and goes away only when the next one comes.
    let server = Fake::new(|mut stream| {
        let mut line = [0; 64];
        let read = stream.read(&mut line).unwrap();
        stream.write_all(&line[..read].to_ascii_uppercase()).unwrap();
        let _ = stream.read(&mut line);
        reset(stream);
    });
    shows(&send(&server.port(), &["--format", "raw"], "um\ndois\n"), "UM\nDOIS\n");
    assert_eq!(server.accepted(), 2);
}

#[test]
fn a_newline_that_comes_late_is_no_part_of_the_next_reply() {
    for newline in [&["\n"][..], &["\r\n"], &["\r", "\n"]] {
        late_newline(newline);
    }
}

fn late_newline(newline: &'static [&str]) {
    let server = Fake::new(move |mut stream| {
        let mut line = [0; 64];
        loop {
            let read = stream.read(&mut line).unwrap();
            let Some(text) = line[..read].to_ascii_uppercase().strip_suffix(b"\n").map(<[u8]>::to_vec) else {
                return;
            };
            stream.write_all(&text).unwrap();
            // The client has the whole reply, and is told so: its next message comes before our newline.
            let next = stream.read(&mut line).unwrap();
            if next == 0 {
                return;
            }
            for part in newline {
                stream.write_all(part.as_bytes()).unwrap();
                thread::yield_now();
            }
            stream.write_all(&line[..next].to_ascii_uppercase()).unwrap();
        }
    });
    shows(&send(&server.port(), &["--format", "raw"], "um\ndois\n"), "UMDOIS\n");
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_server_that_answers_without_a_newline_and_stays_open_is_enough() {
    let server = Fake::of_lines(str::to_uppercase);
    shows(&send(&server.port(), &["--format", "raw"], "um\ndois\n"), "UMDOIS");
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_reply_that_comes_byte_by_byte_is_whole() {
    let server = Fake::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]).unwrap();
        for byte in "AÇÃO!".bytes() {
            stream.write_all(&[byte]).unwrap();
            thread::yield_now();
        }
    });
    // A wrong one: it is not known to be whole before the end.
    let ended = send(&server.port(), &["ação?"], "");
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "Enviado:  ação?\nRecebido: AÇÃO!\n"));
}

#[test]
fn a_wrong_reply_is_shown_as_it_is() {
    // As the tutorial's server: accents stay as they are.
    let server = Fake::of_lines(|line| line.to_ascii_uppercase() + "\n");
    let message = "mensagem de saudação e adeus";
    let ended = send(&server.port(), &[message], "");
    let shown = format!("Enviado:  {message}\nRecebido: MENSAGEM DE SAUDAçãO E ADEUS\n");
    assert_eq!((ended.code, &ended.stdout), (Some(0), &shown));
    let what = format!(
        "a resposta de {} não é a mensagem em maiúsculas: no byte 18 veio “çãO E ADEUS” em vez de “ÇÃO E ADEUS”",
        server.address
    );
    assert_eq!(ended.stderr, format!("Aviso: {what}\n"));
    let ended = send(&server.port(), &["--check", message], "");
    assert_eq!((ended.code, &ended.stdout, &ended.stderr), (Some(1), &shown, &format!("Erro: {what}\n")));
    let ended = send(&server.port(), &["--check"], "sem acento\nação\nnunca enviada\n");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.ends_with("Enviado:  ação\nRecebido: AçãO\n"), "{}", ended.stdout);
}

#[test]
fn of_a_wrong_reply_that_is_no_text_few_bytes_are_shown_from_where_it_differs() {
    let message = b"\x80".repeat(1000);
    let reply = [&message[..600], &b"\x81".repeat(1000)].concat();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
    let Some(Error::WrongReply { offset: at, received, expected, .. }) =
        Request::new(&message).fault(address, &reply)
    else {
        panic!("it is wrong")
    };
    let shown = |byte: &str| byte.repeat(16) + "…";
    assert_eq!((at, received, expected), (600, shown(r"\x81"), shown(r"\x80")));
}

#[test]
fn a_wait_without_end_is_one() {
    let server = Server::start(&[]);
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("without-end");
    std::fs::write(&path, "oi").unwrap();
    let endless = "300000000000years";
    for args in [&["oi"][..], &["--count", "1", "oi"], &["--file", path.to_str().unwrap()]] {
        let mut command =
            upcase(&["send", "--port", &server.port(), "--timeout", endless, "--wait", endless]);
        let ended = run(command.args(args), b"");
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_proxy_that_cuts_half_closed_connections_is_no_obstacle() {
    let server = Server::start(&[]);
    let address = server.address;
    let proxy = Fake::new(move |client| {
        let upstream = connect(address);
        let (mut to_upstream, mut from_client) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            std::io::copy(&mut from_client, &mut to_upstream).unwrap();
            // The client's end is the end of both directions.
            let _ = from_client.shutdown(Shutdown::Both);
            let _ = to_upstream.shutdown(Shutdown::Both);
        });
        let (mut from_upstream, mut to_client) = (upstream, client);
        let _ = std::io::copy(&mut from_upstream, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    // Such a proxy it is: who half-closes gets nothing.
    let mut half_closed = connect(proxy.address);
    half_closed.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut half_closed), b"");
    shows(&send(&proxy.port(), &["oi"], ""), "Enviado:  oi\nRecebido: OI\n");
}

#[test]
fn a_long_line_is_sent_and_its_reply_read_at_once() {
    // The server reads no more than it can answer: who only writes at first never ends.
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start(&[mode, &["--quiet"]].concat());
        let line = "ação ".repeat(2_000_000);
        let ended = send(&server.port(), &["--format", "raw"], &line);
        assert!(ended.code == Some(0) && ended.stdout.trim_end() == line.to_uppercase().trim_end());
    }
}

#[test]
fn a_reply_that_breaks_off_is_shown_with_the_reason() {
    let server = Fake::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]).unwrap();
        stream.write_all(b"MENSA").unwrap();
        reset(stream);
    });
    let ended = send(&server.port(), &["mensagem"], "");
    assert_eq!(ended.stdout, "Enviado:  mensagem\nRecebido: MENSA\n");
    assert_eq!(
        (ended.code, &ended.stderr[..]),
        (
            Some(1),
            &*format!(
                "Erro: a conexão com {} caiu depois de 5 bytes de resposta\n\
                 Causa: o outro lado cortou a conexão (reset)\n\
                 Dica: confira se é um servidor upcase que escuta ali\n",
                server.address
            )
        )
    );
}

#[test]
fn a_server_that_speaks_first_gets_the_message_all_the_same() {
    let (got, messages) = std::sync::mpsc::channel();
    let server = Fake::new(move |mut stream| {
        stream.write_all(b"220 ola\r\n").unwrap();
        let mut message = String::new();
        stream.read_to_string(&mut message).unwrap();
        got.send(message).unwrap();
    });
    for number in 0..20 {
        let ended = send(&server.port(), &[&format!("oi {number}")], "");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(messages.recv_timeout(DEADLINE).unwrap(), format!("oi {number}\n"));
    }
}

#[test]
fn lines_that_were_stripped_one_by_one_are_right() {
    let server = Server::start(&["--keep-alive"]);
    let ended = send(&server.port(), &["--format", "json", "um \r\n dois"], "");
    assert!(ended.stdout.contains(r#""received":"UM\nDOIS\n","bytes":8,"#), "{}", ended.stdout);
    assert!(ended.stdout.contains(r#""ok":true"#), "{}", ended.stdout);
}

#[test]
fn a_failure_is_told_also_where_nobody_reads_the_output() {
    let rude = Fake::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
    });
    let mut child = upcase(&["send", "--port", &rude.port(), "oi"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let stderr = Output::of(child.stderr.take());
    assert_eq!(wait(&mut child).code(), Some(1));
    stderr.until_text("fechou a conexão sem responder");
}

#[test]
fn a_reply_without_an_end_is_given_up() {
    let server = Fake::new(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let ended = send(&server.port(), &["oi"], "");
    assert_eq!(ended.code, Some(1));
    let said = format!("Erro: a resposta de {} é longa demais: ", server.address);
    assert!(ended.stderr.starts_with(&said), "{}", ended.stderr);
}

#[test]
fn behind_a_wrong_reply_the_next_message_has_a_connection_of_its_own() {
    // What it says first would else be taken for the first reply, that for the second, and so on.
    let server = Fake::new(|mut stream| {
        stream.write_all(b"220 ola\n").unwrap();
        let mut line = [0; 64];
        while let Ok(read @ 1..) = stream.read(&mut line) {
            stream.write_all(&line[..read].to_ascii_uppercase()).unwrap();
        }
    });
    let ended = send(&server.port(), &["--format", "json"], "um\ndois\ntres\n");
    for line in ended.stdout.lines() {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        let sent = told["sent"].as_str().unwrap().to_uppercase();
        for other in ["UM", "DOIS", "TRES"] {
            let received = told["received"].as_str().unwrap();
            assert!(other == sent || !received.contains(other), "{line}");
        }
    }
}
