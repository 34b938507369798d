//! `upcase send --file`: a stream of any size, its half-close, and how far it came where it did not come through.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use proptest::prelude::*;
use serde_json::Value;
use upcase::send::verify::{Verdict, Verifier};
use upcase::text::trim::trim;
use upcase::text::uppercase::uppercase;

use crate::support::fake::Fake;
use crate::support::output::Output;
use crate::support::peer::peer;
use crate::support::{Finished, NEVER, Running, Server, read_to_end, reset, run, upcase, wait};

/// A file of the test's own, with this content.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// Some megabytes, with a number in each line, which goes over all borders of buffers.
fn text() -> Vec<u8> {
    let line = |number| format!("linha {number}: saudações à visão, Ελληνικά, 中文 🦀\n");
    (0..100_000).map(line).collect::<String>().into_bytes()
}

fn send(port: &str, args: &[&str], input: &[u8]) -> Finished {
    run(upcase(&["send", "--timeout", NEVER, "--port", port]).args(args), input)
}

/// Standard output, byte for byte.
fn send_raw(port: &str, path: &str, input: &[u8]) -> Vec<u8> {
    let mut child = upcase(&["send", "--timeout", NEVER, "--port", port, "--file", path, "--format", "raw"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = Output::of(child.stderr.take());
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    thread::spawn(move || stdin.write_all(&input));
    let mut reply = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut reply).unwrap();
    assert_eq!((wait(&mut child).code(), &stderr.whole()[..]), (Some(0), ""));
    reply
}

#[test]
fn a_file_comes_back_exact_as_one_message() {
    let server = Server::start(&["--quiet"]);
    let random = (0..1_000_000).map(|_| fastrand::u8(..)).collect::<Vec<_>>();
    for (name, content) in
        [("text", text()), ("one-line", b"a".repeat(3_000_000)), ("bytes", random), ("empty", Vec::new())]
    {
        let path = file(&format!("exact-{name}"), &content);
        let expected = uppercase(trim(&content));
        assert!(send_raw(&server.port(), path.to_str().unwrap(), b"") == expected, "{name}");
        assert!(send_raw(&server.port(), "-", &content) == expected, "{name} by standard input");
    }
    assert!(server.stop().stderr.contains(" 6 mensagens, "), "each is one, but for the empty ones");
}

#[test]
fn a_first_line_is_not_taken_for_the_whole_wherever_a_read_ends() {
    let server = Server::start(&["--quiet"]);
    // As much as is read at once, and its last byte is the first newline.
    let line = [&b"x".repeat(256 * 1024 - 1)[..], b"\n"].concat();
    for (name, content) in
        [("whole-read", [&line[..], b"dois\n"].concat()), ("newlines", [&line[..], b"\n\ndois"].concat())]
    {
        let path = file(name, &content);
        let expected = uppercase(trim(&content));
        assert!(send_raw(&server.port(), path.to_str().unwrap(), b"") == expected, "{name}");
    }
}

#[test]
fn a_first_line_that_comes_alone_is_not_taken_for_the_whole() {
    let server = Server::start(&["--quiet", "--pause", NEVER]);
    let args = ["send", "--port", &server.port(), "--timeout", NEVER, "--file", "-", "--format", "raw"];
    let mut sending = Running::start(upcase(&args).stdin(Stdio::piped()));
    let mut stdin = sending.stdin();
    stdin.write_all(b"um\n").unwrap();
    // Long enough for a server to answer, if it were asked.
    thread::sleep(std::time::Duration::from_millis(200));
    stdin.write_all(b"dois\n").unwrap();
    drop(stdin);
    let ended = sending.finish();
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    assert_eq!(ended.stdout, "UM\nDOIS");
}

#[test]
fn a_server_of_lines_gets_a_file_too() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let path = file("lines", b"  um \r\n\n dois\ntr\xc3\xaas\n\n");
    let ended = send(&server.port(), &["--file", path.to_str().unwrap(), "--check"], b"");
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
}

#[test]
fn socats_tr_gets_a_file_too() {
    let Some(mut socat) = peer("socat") else { return };
    let mut socat =
        Running::start(socat.args(["-dd", "TCP-LISTEN:0,bind=127.0.0.1,fork", "EXEC:tr a-z A-Z"]));
    let line = socat.stderr.until_line(|line| line.contains("listening on"));
    let port = line.rsplit(':').next().unwrap();
    let path = file("tr", &b"linha sem acento\n".repeat(100_000));
    let ended = send(port, &["--file", path.to_str().unwrap(), "--check"], b"");
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    socat.signal("TERM");
    socat.finish();
}

#[test]
fn what_came_of_it_is_shown_in_two_lines() {
    let server = Server::start(&[]);
    let path = file("shown", "ação\n".as_bytes());
    let ended = send(&server.port(), &["--file", path.to_str().unwrap()], b"");
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let lines = ended.stdout.lines().collect::<Vec<_>>();
    assert_eq!(lines[0], format!("Enviado:  {}, 7 bytes", path.display()));
    assert!(lines[1].starts_with("Recebido: 6 bytes em ") && lines[1].ends_with(" kB/s"), "{}", lines[1]);
}

#[test]
fn json_tells_of_a_file_without_its_content() {
    let server = Server::start(&[]);
    let path = file("json", "ação\n".as_bytes());
    let ended = send(&server.port(), &["--file", path.to_str().unwrap(), "--format", "json"], b"");
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&told["file"], &told["address"]),
        (&path.to_str().into(), &server.address.to_string().into())
    );
    assert_eq!((&told["sent_bytes"], &told["bytes"]), (&7.into(), &6.into()));
    assert_eq!((&told["ok"], &told["error"]), (&true.into(), &Value::Null));
    assert!(told["microseconds"].is_u64() && told["connect_microseconds"].is_u64(), "{told}");
}

/// Starts to send so much that it does not fit into the buffers between.
fn send_much(server: &Fake, name: &str, timeout: &str) -> Finished {
    let path = file(name, &b"x".repeat(64 * 1024 * 1024));
    let args = ["send", "--port", &server.port(), "--timeout", timeout, "--file", path.to_str().unwrap()];
    run(&mut upcase(&args), b"")
}

#[test]
fn a_server_that_stops_reading_is_an_error_that_says_how_far_it_came() {
    let server = Fake::new(std::mem::forget);
    let ended = send_much(&server, "stops", "300ms");
    assert_eq!(ended.code, Some(1));
    let sent = ended.stdout.lines().next().unwrap().rsplit(", ").next().unwrap().trim_end_matches(" bytes");
    assert!((1..64 * 1024 * 1024).contains(&sent.parse().unwrap()), "{ended:?}");
    assert_eq!(
        ended.stderr,
        format!(
            "Erro: {} parou, nada mais em 300ms: {sent} de 67108864 bytes enviados, 0 de resposta\n\
             Dica: espere mais com --timeout\n",
            server.address
        )
    );
}

fn answers_and_leaves(leave: fn(TcpStream)) -> Fake {
    Fake::new(move |mut stream| {
        let mut beginning = [0; 4];
        stream.read_exact(&mut beginning).unwrap();
        stream.write_all(&beginning.to_ascii_uppercase()).unwrap();
        leave(stream);
    })
}

#[test]
fn a_server_that_leaves_early_is_an_error_that_says_how_far_it_came() {
    let resets = answers_and_leaves(reset);
    let closes = answers_and_leaves(|mut stream| {
        stream.shutdown(Shutdown::Write).unwrap();
        read_to_end(&mut stream);
    });
    for (server, said) in [(resets, "caiu: "), (closes, "fechou a conexão antes do fim: ")] {
        let ended = send_much(&server, said.trim_end_matches(": "), NEVER);
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains(said), "{ended:?}");
        assert!(ended.stderr.contains(" de 67108864 bytes enviados, "), "{ended:?}");
        // Who has closed is sent no more of it.
        assert!(!ended.stderr.contains(" 67108864 de "), "{ended:?}");
    }
}

#[test]
fn a_server_that_closes_is_told_also_where_the_input_has_not_ended() {
    let server = Fake::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
    });
    let args = ["send", "--port", &server.port(), "--timeout", "300ms", "--file", "-"];
    let mut sending = Running::start(upcase(&args).stdin(Stdio::piped()));
    let mut stdin = sending.stdin();
    stdin.write_all(b"um").unwrap();
    let ended = sending.finish();
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.stderr,
        format!(
            "Erro: {} fechou a conexão antes do fim: 2 bytes enviados, 0 de resposta\n\
             Dica: para uma entrada que vem aos poucos, o servidor precisa de --keep-alive\n",
            server.address
        )
    );
}

#[test]
fn a_reply_that_ends_before_its_text_is_one_too() {
    // All is sent, and taken: only the reply is short.
    let server = Fake::new(|mut stream| {
        read_to_end(&mut stream);
        stream.write_all(b"MENSA").unwrap();
    });
    let path = file("short", b"mensagem");
    let ended = send(&server.port(), &["--file", path.to_str().unwrap()], b"");
    assert_eq!(
        (ended.code, &ended.stderr[..]),
        (
            Some(1),
            &*format!(
                "Erro: {} fechou a conexão antes do fim: 8 de 8 bytes enviados, 5 de resposta\n",
                server.address
            )
        )
    );
}

#[test]
fn a_wrong_reply_is_a_warning_or_an_error() {
    let server = Fake::new(|mut stream| {
        let text = read_to_end(&mut stream);
        stream.write_all(&text.to_ascii_uppercase()).unwrap();
    });
    let path = file("wrong", "ação".as_bytes());
    let said = format!(
        "a resposta de {} não é o arquivo em maiúsculas: 6 de 6 bytes enviados, 6 de resposta\n",
        server.address
    );
    let ended = send(&server.port(), &["--file", path.to_str().unwrap()], b"");
    assert_eq!((ended.code, ended.stderr), (Some(0), format!("Aviso: {said}")));
    let ended = send(&server.port(), &["--file", path.to_str().unwrap(), "--check"], b"");
    assert_eq!((ended.code, ended.stderr), (Some(1), format!("Erro: {said}")));
}

#[test]
fn a_server_that_answers_and_stays_open_is_enough() {
    let server = Fake::new(|mut stream| {
        let text = read_to_end(&mut stream);
        stream.write_all(&text.to_ascii_uppercase()).unwrap();
        std::mem::forget(stream);
    });
    let path = file("stays", b"oi");
    let args = ["send", "--port", &server.port(), "--timeout", "3s", "--format", "json", "--file"];
    let ended = run(upcase(&args).arg(path), b"");
    assert_eq!(ended.code, Some(0));
    // The silence behind the reply is no part of it.
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(told["microseconds"].as_u64().unwrap() < 3_000_000, "{told}");
}

#[test]
fn the_time_begins_when_there_is_something_to_send() {
    let (came, coming) = std::sync::mpsc::channel();
    let server = Fake::new(move |mut stream| {
        came.send(()).unwrap();
        let text = read_to_end(&mut stream);
        stream.write_all(&text.to_ascii_uppercase()).unwrap();
    });
    let args = ["send", "--port", &server.port(), "--timeout", NEVER, "--format", "json", "--file", "-"];
    let mut sending = Running::start(upcase(&args).stdin(Stdio::piped()));
    let mut stdin = sending.stdin();
    coming.recv_timeout(crate::support::DEADLINE).unwrap();
    // It is connected, and has nothing to send.
    thread::sleep(std::time::Duration::from_millis(300));
    let written = std::time::Instant::now();
    stdin.write_all(b"oi").unwrap();
    drop(stdin);
    let ended = sending.finish();
    assert_eq!(ended.code, Some(0));
    let most = written.elapsed().as_micros();
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(u128::from(told["microseconds"].as_u64().unwrap()) <= most, "{told}, {most}");
}

#[test]
fn input_that_takes_its_time_is_not_the_servers_fault() {
    let (came, coming) = std::sync::mpsc::channel();
    let server = Fake::new(move |mut stream| {
        let mut beginning = [0; 2];
        stream.read_exact(&mut beginning).unwrap();
        came.send(()).unwrap();
        let rest = read_to_end(&mut stream);
        stream.write_all(&[&beginning, &rest[..]].concat().to_ascii_uppercase()).unwrap();
    });
    let args = ["send", "--port", &server.port(), "--timeout", "2s", "--file", "-", "--format", "raw"];
    let mut sending = Running::start(upcase(&args).stdin(Stdio::piped()));
    let mut stdin = sending.stdin();
    stdin.write_all(b"um").unwrap();
    coming.recv_timeout(crate::support::DEADLINE).unwrap();
    // Longer than it waits for a server.
    thread::sleep(std::time::Duration::from_secs(3));
    stdin.write_all(b" dois").unwrap();
    drop(stdin);
    let ended = sending.finish();
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    assert_eq!(ended.stdout, "UM DOIS");
}

#[test]
fn an_output_that_takes_its_time_is_not_the_servers_fault() {
    let server = Server::start(&["--quiet"]);
    let path = file("slow-output", &b"x".repeat(16 * 1024 * 1024));
    let args = ["send", "--port", &server.port(), "--timeout", "2s", "--format", "raw", "--file"];
    let mut child = upcase(&args).arg(path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = Output::of(child.stderr.take());
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    // Longer than it waits for a server.
    thread::sleep(std::time::Duration::from_secs(3));
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!((wait(&mut child).code(), &stderr.whole()[..]), (Some(0), ""));
    assert_eq!(rest.len(), 16 * 1024 * 1024 - 1);
}

#[test]
fn a_signal_ends_it_and_says_how_far_it_came() {
    let (came, coming) = std::sync::mpsc::channel();
    let server = Fake::new(move |stream| came.send(stream).unwrap());
    let path = file("signal", &b"x".repeat(64 * 1024 * 1024));
    let mut sending = Running::start(&mut upcase(&[
        "send",
        "--timeout",
        NEVER,
        "--port",
        &server.port(),
        "--file",
        path.to_str().unwrap(),
    ]));
    let _stream = coming.recv_timeout(crate::support::DEADLINE).unwrap();
    sending.signal("INT");
    let ended = sending.finish();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.starts_with("Erro: interrompido: "), "{ended:?}");
}

#[test]
fn a_file_that_can_not_be_read_is_named() {
    let server = Server::start(&[]);
    let folder = env!("CARGO_TARGET_TMPDIR");
    let missing = format!("{folder}/nenhum");
    for (path, cause) in [(&missing[..], "não existe"), (folder, "é um diretório")] {
        let ended = send(&server.port(), &["--file", path], b"");
        assert_eq!(ended.code, Some(1));
        assert!(
            ended.stderr.starts_with(&format!("Erro: não é possível ler {path}\nCausa: {cause}\n")),
            "{ended:?}"
        );
    }
}

#[test]
fn a_server_is_waited_for_before_the_file_is_sent() {
    let server = Fake::new({
        let first = std::sync::atomic::AtomicBool::new(true);
        move |mut stream| {
            if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                return;
            }
            let mut text = vec![0; 1024];
            let read = stream.read(&mut text).unwrap();
            stream.write_all(&text[..read].to_ascii_uppercase()).unwrap();
        }
    });
    let path = file("waited", b"oi");
    let ended = send(&server.port(), &["--wait", NEVER, "--file", path.to_str().unwrap()], b"");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.accepted(), 3);
}

/// What [`Verifier`] says where the pieces are cut at random.
fn verdict(sent: &[u8], received: &[u8], cuts: &[usize]) -> Verdict {
    let mut check = Verifier::default();
    pieces(sent, cuts).for_each(|piece| check.sent(piece));
    pieces(received, cuts).for_each(|piece| check.received(piece));
    check.verdict()
}

fn pieces<'a>(text: &'a [u8], cuts: &[usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut cuts = cuts.iter().map(|cut| cut % (text.len() + 1)).collect::<Vec<_>>();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    (1..cuts.len()).map(move |end| &text[cuts[end - 1]..cuts[end]])
}

/// What servers agree on, by the plain definition.
fn normal(text: &[u8]) -> Vec<u8> {
    let lines = text.split(|&byte| byte == b'\n').map(trim).collect::<Vec<_>>();
    trim(&lines.join(&b'\n')).to_vec()
}

#[test]
fn a_reply_is_right_however_long_its_white_space_is() {
    let blanks = " \t".repeat(100_000);
    for text in [
        format!("a{blanks}b"),
        format!("a{blanks}\n{blanks}b"),
        format!("a{blanks}"),
        format!("{blanks}\na\n{blanks}{blanks}b\n{blanks}"),
    ] {
        let text = text.as_bytes();
        for reply in [uppercase(trim(text)), uppercase(text), uppercase(&normal(text))] {
            for cuts in [&[][..], &[1], &[100, 100_000], &[150_000, 200_000, 300_000]] {
                assert_eq!(verdict(text, &reply, cuts), Verdict::Right, "{} {cuts:?}", reply.len());
            }
        }
        let other = [b"A", &blanks.as_bytes()[1..], b"B"].concat();
        assert_ne!(verdict(text, &other, &[7, 150_000]), Verdict::Right);
    }
    // A character that is cut short before it, where two pieces meet.
    for cut in 0..6 {
        assert_eq!(verdict(b"a\xc3 \xa7b", b"A\xc3 \xa7B", &[cut, cut + 1]), Verdict::Right);
    }
}

proptest! {
    #[test]
    fn a_reply_is_right_where_it_is_the_text_but_for_white_space(
        text in "[ab\u{e7} \t\r\n]{0,40}",
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let as_one_message = uppercase(trim(text.as_bytes()));
        prop_assert_eq!(verdict(text.as_bytes(), &as_one_message, &cuts), Verdict::Right);
        let by_lines = text.split('\n').map(|line| [uppercase(trim(line.as_bytes())), b"\n".into()].concat());
        let by_lines = by_lines.collect::<Vec<_>>().concat();
        prop_assert_eq!(verdict(text.as_bytes(), &by_lines, &cuts), Verdict::Right);
    }

    #[test]
    fn a_reply_is_not_right_where_it_is_another_text(
        text in "[ab \n]{0,12}",
        other in "[AB \n]{0,12}",
        cuts in prop::collection::vec(any::<usize>(), 0..4),
    ) {
        let (expected, came) = (normal(&uppercase(text.as_bytes())), normal(other.as_bytes()));
        let right = match came.len().cmp(&expected.len()) {
            _ if came == expected => Verdict::Right,
            std::cmp::Ordering::Less => Verdict::Short,
            _ => Verdict::Wrong,
        };
        prop_assert_eq!(verdict(text.as_bytes(), other.as_bytes(), &cuts), right);
    }
}
