//! What people see: the lines to the byte, both languages, colour, JSON, and readers that go away.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq, file};

use crate::support::fake::Fake;
use crate::support::{NEVER, Server, ask, run, upcase, wait};

fn send(server: &Server, args: &[&str]) -> String {
    run(upcase(&["send", "--port", &server.port()]).args(args), b"").stdout
}

#[test]
fn the_lines_are_the_tutorials() {
    let server = Server::start(&[]);
    let ended = run(&mut upcase(&["send", "--port", &server.port(), "mensagem", "de", "teste"]), b"");
    assert_eq!(ended.stdout, "Enviado:  mensagem de teste\nRecebido: MENSAGEM DE TESTE\n");
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\nmensagem de teste\n");
}

#[test]
fn the_lines_are_english_where_asked_for() {
    let server = Server::start(&["--lang", "en"]);
    assert_eq!(send(&server, &["--lang", "en", "hello"]), "Sent:     hello\nReceived: HELLO\n");
    let by_environment = run(upcase(&["send", "--port", &server.port(), "hi"]).env("UPCASE_LANG", "en"), b"");
    assert_eq!(by_environment.stdout, "Sent:     hi\nReceived: HI\n");
    let ended = server.stop();
    assert_eq!(ended.stdout, "Received from 127.0.0.1:\nhello\nReceived from 127.0.0.1:\nhi\n");
    assert!(ended.stderr.contains("\nStopped: 2 connections, 2 messages, 9 bytes in "), "{}", ended.stderr);
}

#[test]
fn the_system_locale_changes_nothing() {
    let server = Server::start(&[]);
    let ended = run(upcase(&["send", "--port", &server.port(), "oi"]).env("LANG", "en_US.UTF-8"), b"");
    assert!(ended.stdout.starts_with("Enviado:  oi\n"));
}

#[test]
fn what_a_client_sends_is_one_harmless_line() {
    let server = Server::start(&[]);
    ask(&server, "a\x1b[2J\u{202e}b\nRecebido de 10.0.0.1:\r\u{85}c".as_bytes());
    ask(&server, b"\xff\xfe");
    assert_eq!(
        server.stop().stdout,
        "Recebido de 127.0.0.1:\na\\u{1b}[2J\\u{202e}b\\nRecebido de 10.0.0.1:\\r\\u{85}c\n\
         Recebido de 127.0.0.1:\n\\xff\\xfe\n"
    );
}

#[test]
fn of_a_long_message_the_beginning_is_shown() {
    let server = Server::start(&[]);
    ask(&server, &[b'x'; 1024]);
    ask(&server, &[b'x'; 1025]);
    ask(&server, &[&[b'x'; 1023], "ção\n".as_bytes(), &vec![b'x'; 1_000_000]].concat());
    let x = "x".repeat(1023);
    assert_eq!(
        server.stop().stdout,
        format!(
            "Recebido de 127.0.0.1:\n{x}x\n\
             Recebido de 127.0.0.1:\n{x}x… (mais 1 byte)\n\
             Recebido de 127.0.0.1:\n{x}… (mais 1000006 bytes)\n"
        )
    );
}

#[test]
fn quiet_shows_no_messages() {
    let server = Server::start(&["--quiet"]);
    assert_eq!(ask(&server, b"oi"), b"OI");
    let ended = server.stop();
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains(" 1 mensagem, 2 bytes "), "{}", ended.stderr);
}

#[test]
fn records_of_many_clients_never_mix() {
    let server = Server::start(&[]);
    std::thread::scope(|scope| {
        for client in 0..20 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..50 {
                    ask(server, format!("cliente {client} mensagem {number}").as_bytes());
                }
            });
        }
    });
    let shown = server.stop().stdout;
    let lines = shown.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 2 * 20 * 50);
    for record in lines.chunks(2) {
        assert_eq!(record[0], "Recebido de 127.0.0.1:");
        assert!(record[1].starts_with("cliente "), "{record:?}");
    }
}

#[test]
fn serve_writes_json_that_no_client_can_break() {
    let server = Server::start(&["--format", "json"]);
    ask(&server, "a\"\u{202e}\x1b\u{9b}\nação".as_bytes());
    ask(&server, &[b'x'; 2000]);
    let shown = server.stop().stdout;
    assert!(!shown.contains(['\u{202e}', '\x1b', '\u{9b}']));
    let records = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let [first, second] = &records[..] else { panic!("{shown}") };
    assert_eq!(first["message"], "a\"\u{202e}\x1b\u{9b}\nação");
    assert_eq!((&first["bytes"], &first["truncated"]), (&15.into(), &false.into()));
    assert!(first["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    let time = first["time"].as_str().unwrap();
    humantime::parse_rfc3339(time).expect("it is RFC 3339");
    assert_eq!(second["message"], "x".repeat(1024));
    assert_eq!((&second["bytes"], &second["truncated"]), (&2000.into(), &true.into()));
}

#[test]
fn send_writes_json() {
    let server = Server::start(&["--keep-alive"]);
    let line = send(&server, &["--format", "json", "ação"]);
    let record = serde_json::from_str::<Value>(&line).unwrap();
    assert_eq!((&record["sent"], &record["received"]), (&"ação".into(), &"AÇÃO\n".into()));
    assert_eq!((&record["bytes"], &record["ok"]), (&7.into(), &true.into()));
    assert_eq!(record["address"], server.address.to_string());
    assert!(record["microseconds"].is_u64());
    humantime::parse_rfc3339(record["time"].as_str().unwrap()).expect("it is RFC 3339");
}

#[test]
fn send_says_in_json_whether_the_reply_is_right() {
    let wrong = Fake::of_lines(|line| format!("{line}?\n"));
    let ended = run(&mut upcase(&["send", "--port", &wrong.port(), "--format", "json", "a"]), b"");
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap()["ok"], false);
}

#[test]
fn raw_is_the_reply_byte_for_byte() {
    let server = Fake::of_lines(|_| "\x1b[31m\u{202e}A\r\n".to_owned());
    for colour in ["never", "always"] {
        let mut command =
            upcase(&["send", "--port", &server.port(), "--format", "raw", "--color", colour, "a"]);
        assert_eq!(run(&mut command, b"").stdout, "\x1b[31m\u{202e}A\r\n");
    }
}

#[test]
fn a_reply_reaches_a_file_as_it_is_and_a_terminal_without_its_controls() {
    let server = Fake::of_lines(|_| "\x1b[2JA\tB\n".to_owned());
    let reply = |colour: &str| {
        let ended = run(&mut upcase(&["send", "--port", &server.port(), "--color", colour, "a"]), b"");
        ended.stdout.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(reply("auto"), "Recebido: \x1b[2JA\tB");
    assert_eq!(reply("always"), "\x1b[1mRecebido:\x1b[0m \x1b[32m\\u{1b}[2JA\tB\x1b[0m");
}

#[test]
fn without_a_terminal_there_is_no_colour_and_flags_beat_the_environment() {
    let server = Server::start(&[]);
    let coloured = |flag: Option<&str>, environment: &[(&str, &str)]| {
        let mut command = upcase(&["send", "--port", &server.port(), "oi"]);
        command.args(flag.map(|when| format!("--color={when}"))).envs(environment.iter().copied());
        run(&mut command, b"").stdout.contains('\x1b')
    };
    let (force, none) = (("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"));
    assert!(!coloured(None, &[]));
    assert!(coloured(None, &[force]));
    assert!(!coloured(None, &[force, none]));
    assert!(coloured(Some("always"), &[none]));
    assert!(!coloured(Some("never"), &[force]));
}

/// The README's picture, made from what the program prints.
#[test]
fn the_picture_in_the_readme_is_true() {
    let mut server = upcase(&["serve", "--port", "0", "--color", "always"]);
    let server = Server::spawn(&mut server);
    let reply = send(&server, &["--color", "always", "mensagem de teste"]);
    send(&server, &["ação"]);
    let port = server.port();
    let ended = server.stop();
    let listening = ended.stderr.lines().next().unwrap().replace(&port, "8080");
    let screen = format!(
        "$ upcase serve\n{listening}\n{}\n$ upcase send \"mensagem de teste\"\n{reply}",
        ended.stdout
    );
    assert_data_eq!(Data::text(screen).coerce_to(DataFormat::TermSvg), file!["screen.term.svg": TermSvg]);
}

#[test]
fn a_reader_that_goes_away_ends_send_quietly() {
    let server = Server::start(&["--keep-alive"]);
    let mut child = upcase(&["send", "--port", &server.port()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(b"um\ndois\n").unwrap();
    let code = wait(&mut child).code();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((code, &said[..]), (Some(0), ""));
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\num\n", "what was to be sent was sent");
}

#[test]
fn completions_pages_and_help_end_quietly_without_a_reader() {
    for args in [&["completions", "bash"][..], &["man"], &["--help"], &["serve", "--help"]] {
        let mut child = upcase(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let code = wait(&mut child).code();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((code, &said[..]), (Some(0), ""));
    }
}

#[test]
fn serve_goes_on_without_a_reader_and_says_so_once() {
    let mut command = upcase(&["serve", "--port", "0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let stderr = crate::support::output::Output::of(child.stderr.take());
    let line = stderr.until_line(|line| line.starts_with("Escutando em "));
    let address = line.rsplit(' ').next().unwrap().parse().unwrap();
    for number in 0..10 {
        let mut client = crate::support::connect(address);
        client.write_all(format!("oi {number}\n").as_bytes()).unwrap();
        assert_eq!(crate::support::read_to_end(&mut client), format!("OI {number}").as_bytes());
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(wait(&mut child).code(), Some(0));
    assert_eq!(
        stderr.whole().matches("Aviso: as mensagens já não são mostradas: o outro lado fechou\n").count(),
        1
    );
}

#[test]
fn a_message_of_several_words_and_lines_is_shown_as_it_was_written() {
    let server = Server::start(&["--pause", NEVER]);
    assert_eq!(
        send(&server, &["um \x1b[1m", " dois\ntrês "]),
        "Enviado:  um \x1b[1m  dois\ntrês \nRecebido: UM \x1b[1M  DOIS\nTRÊS\n"
    );
}
