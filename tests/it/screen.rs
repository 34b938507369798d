//! Output of the executable: text in both languages, colour, JSON, and readers that leave early.

#[cfg(unix)]
use std::{path::Path, process::Stdio};

use serde_json::Value;
#[cfg(unix)]
use snapbox::{Data, data::DataFormat};

#[cfg(unix)]
use crate::support::assert_current;
use crate::support::fake_server::FakeServer as Fake;
use crate::support::{
    NEVER, Process, Server, ask, run, upcase, upcase_in_default_language as in_default_language,
};

/// Runs `upcase send` with these arguments, and returns its standard output.
fn send(server: &Server, args: &[&str]) -> String {
    run(upcase(&["send", "--port", &server.port()]).args(args), b"").stdout
}

#[test]
fn output_is_the_tutorials_to_the_byte() {
    let server = Server::spawn(&mut in_default_language(&["serve", "--port", "0"]));
    let mut client = in_default_language(&["send", "--port", &server.port(), "mensagem", "de", "teste"]);
    let ended = run(&mut client, b"");
    assert_eq!(ended.stdout, "Enviado:  mensagem de teste\nRecebido: MENSAGEM DE TESTE\n");
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    assert_eq!(server.stdout.until_text("teste\n"), "Recebido de 127.0.0.1:\nmensagem de teste\n");
}

#[cfg(unix)]
#[test]
fn output_is_english_by_flag_or_environment() {
    let server = Server::start(&["--lang", "en"]);
    assert_eq!(send(&server, &["--lang", "en", "hello"]), "Sent:     hello\nReceived: HELLO\n");
    let mut client = in_default_language(&["send", "--port", &server.port(), "hi"]);
    let by_environment = run(client.env("UPCASE_LANG", "en"), b"");
    assert_eq!(by_environment.stdout, "Sent:     hi\nReceived: HI\n");
    let ended = server.stop();
    assert_eq!(ended.stdout, "Received from 127.0.0.1:\nhello\nReceived from 127.0.0.1:\nhi\n");
    assert!(ended.stderr.contains("\nStopped: 2 connections, 2 messages, 9 bytes in "), "{}", ended.stderr);
}

#[test]
fn language_is_the_first_choice_of_option_variable_and_locale() {
    let server = Server::start(&[]);
    let has_language = |args: &[&str], variables: &[(&str, &str)], expected: &str| {
        let mut client = in_default_language(&["send", "--port", &server.port(), "oi"]);
        let ended = run(client.args(args).envs(variables.iter().copied()), b"");
        assert_eq!((ended.code, &ended.stdout[..9]), (Some(0), expected), "{args:?} {variables:?}");
    };
    let (pt, en) = ("Enviado: ", "Sent:    ");
    let american = ("LANG", "en_US.UTF-8");
    has_language(&[], &[], pt);
    has_language(&[], &[american], en);
    has_language(&[], &[("LANG", "en")], en);
    has_language(&[], &[("LANG", "fr_FR.UTF-8")], pt);
    has_language(&[], &[american, ("LC_MESSAGES", "pt_BR.UTF-8")], pt);
    has_language(&[], &[("LANG", "pt_BR.UTF-8"), ("LC_MESSAGES", ""), ("LC_ALL", "en_GB")], en);
    // `C` is no language, and hides the variables after it.
    has_language(&[], &[american, ("LC_ALL", "C")], pt);
    has_language(&[], &[american, ("LC_ALL", "C"), ("UPCASE_LANG", "en")], en);
    has_language(&[], &[american, ("UPCASE_LANG", "pt")], pt);
    has_language(&["--lang", "en"], &[("LANG", "pt_BR.UTF-8"), ("UPCASE_LANG", "pt")], en);
}

#[test]
fn help_and_usage_errors_have_the_language_of_the_messages_or_english() {
    let text = |args: &[&str], variables: &[(&str, &str)]| {
        let ended = run(in_default_language(args).envs(variables.iter().copied()), b"");
        ended.stdout + &ended.stderr
    };
    let brazilian = ("LANG", "pt_BR.UTF-8");
    for args in [&["send", "-h"][..], &["help", "send"], &["send", "--prot", "1"]] {
        assert!(text(args, &[]).contains("\nUsage: upcase send "), "{args:?}");
        assert!(text(args, &[("LC_ALL", "C"), brazilian]).contains("\nUsage: "), "{args:?}");
        assert!(text(args, &[brazilian]).contains("\nUso: upcase send "), "{args:?}");
        // Wherever it stands, also beside an error.
        for lang in [&["--lang", "pt"][..], &["--lang=pt"]] {
            assert!(text(&[lang, args].concat(), &[]).contains("\nUso: "), "{lang:?} {args:?}");
            assert!(text(&[args, lang].concat(), &[]).contains("\nUso: "), "{args:?} {lang:?}");
        }
        assert!(text(&[args, &["--lang", "en"]].concat(), &[brazilian]).contains("\nUsage: "), "{args:?}");
    }
    assert!(
        text(&["man"], &[]).contains("\n.SH NAME\n") && text(&["man"], &[brazilian]).contains("\n.SH NOME\n")
    );
}

#[test]
fn message_is_logged_as_one_escaped_line() {
    let server = Server::start(&["--lang", "en"]);
    ask(&server, "a\x1b[2J\u{202e}b\nReceived from 10.0.0.1:\r\u{85}c".as_bytes());
    ask(&server, b"\xff\xfe");
    assert_eq!(
        server.stdout.until_text("xfe\n"),
        "Received from 127.0.0.1:\na\\u{1b}[2J\\u{202e}b\\nReceived from 10.0.0.1:\\r\\u{85}c\n\
         Received from 127.0.0.1:\n\\xff\\xfe\n"
    );
}

#[test]
fn long_message_is_logged_in_part() {
    let server = Server::start(&["--lang", "en"]);
    ask(&server, &[b'x'; 1024]);
    ask(&server, &[b'x'; 1025]);
    ask(&server, &[&[b'x'; 1023], "ção\n".as_bytes(), &vec![b'x'; 1_000_000]].concat());
    let x = "x".repeat(1023);
    assert_eq!(
        server.stdout.until_text("(1000006 bytes more)\n"),
        format!(
            "Received from 127.0.0.1:\n{x}x\n\
             Received from 127.0.0.1:\n{x}x… (1 byte more)\n\
             Received from 127.0.0.1:\n{x}… (1000006 bytes more)\n"
        )
    );
}

#[cfg(unix)]
#[test]
fn quiet_server_logs_no_messages() {
    let server = Server::start(&["--lang", "en", "--quiet"]);
    assert_eq!(ask(&server, b"oi"), b"OI");
    let ended = server.stop();
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains(" 1 message, 2 bytes "), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn records_of_concurrent_clients_do_not_mix() {
    let server = Server::start(&["--lang", "en"]);
    std::thread::scope(|scope| {
        for client in 0..20 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..50 {
                    ask(server, format!("client {client} message {number}").as_bytes());
                }
            });
        }
    });
    let log = server.stop().stdout;
    let lines = log.lines().collect::<Vec<_>>();
    let mut messages = Vec::new();
    for record in lines.chunks(2) {
        assert_eq!(record[0], "Received from 127.0.0.1:");
        messages.push(record[1].to_owned());
    }
    let mut sent = Vec::new();
    for client in 0..20 {
        sent.extend((0..50).map(|number| format!("client {client} message {number}")));
    }
    messages.sort();
    sent.sort();
    assert_eq!(messages, sent);
}

#[test]
fn serve_json_stays_valid_for_any_message() {
    let server = Server::start(&["--format", "json"]);
    ask(&server, "a\"\u{202e}\x1b\u{9b}\nação".as_bytes());
    ask(&server, &[b'x'; 2000]);
    let log = server.stdout.until(|text| (text.matches('\n').count() == 2).then(|| text.to_owned()));
    assert!(!log.contains(['\u{202e}', '\x1b', '\u{9b}']));
    let records = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let [first, second] = &records[..] else { panic!("{log}") };
    assert_eq!(first["message"], "a\"\u{202e}\x1b\u{9b}\nação");
    assert_eq!((&first["bytes"], &first["truncated"]), (&15.into(), &false.into()));
    assert!(first["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    let time = first["time"].as_str().unwrap();
    humantime::parse_rfc3339(time).expect("the time is RFC 3339");
    assert_eq!(second["message"], "x".repeat(1024));
    assert_eq!((&second["bytes"], &second["truncated"]), (&2000.into(), &true.into()));
}

#[test]
fn send_json_has_message_reply_and_times() {
    let server = Server::start(&["--keep-alive"]);
    let line = send(&server, &["--format", "json", "ação"]);
    let record = serde_json::from_str::<Value>(&line).unwrap();
    assert_eq!((&record["sent"], &record["received"]), (&"ação".into(), &"AÇÃO\n".into()));
    assert_eq!((&record["bytes"], &record["ok"]), (&7.into(), &true.into()));
    assert_eq!(record["address"], server.address.to_string());
    assert!(record["microseconds"].is_u64());
    humantime::parse_rfc3339(record["time"].as_str().unwrap()).expect("the time is RFC 3339");
}

#[test]
fn send_json_marks_a_wrong_reply() {
    let server = Fake::replying_to_lines(|line| format!("{line}?\n"));
    let ended = run(&mut upcase(&["send", "--port", &server.port(), "--format", "json", "a"]), b"");
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap()["ok"], false);
}

#[test]
fn raw_format_is_the_reply_byte_for_byte() {
    let server = Fake::replying_to_lines(|_| "\x1b[31m\u{202e}A\r\n".to_owned());
    for color in ["never", "always"] {
        let mut command =
            upcase(&["send", "--port", &server.port(), "--format", "raw", "--color", color, "a"]);
        assert_eq!(run(&mut command, b"").stdout, "\x1b[31m\u{202e}A\r\n");
    }
}

#[test]
fn reply_is_escaped_for_a_terminal_and_unchanged_for_a_file() {
    let server = Fake::replying_to_lines(|_| "\x1b[2JA\tB\n".to_owned());
    let reply = |color: &str| {
        let mut command = upcase(&["send", "--port", &server.port(), "--lang", "en", "--color", color, "a"]);
        run(&mut command, b"").stdout.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(reply("auto"), "Received: \x1b[2JA\tB");
    assert_eq!(reply("always"), "\x1b[1mReceived:\x1b[0m \x1b[32m\\u{1b}[2JA\tB\x1b[0m");
}

#[test]
fn color_flag_beats_no_color_which_beats_clicolor_force() {
    let server = Server::start(&[]);
    let has_color = |flag: Option<&str>, environment: &[(&str, &str)]| {
        let mut command = upcase(&["send", "--port", &server.port(), "oi"]);
        command.args(flag.map(|when| format!("--color={when}"))).envs(environment.iter().copied());
        run(&mut command, b"").stdout.contains('\x1b')
    };
    let (force, none) = (("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"));
    assert!(!has_color(None, &[]));
    assert!(has_color(None, &[force]));
    assert!(!has_color(None, &[force, none]));
    assert!(has_color(Some("always"), &[none]));
    assert!(!has_color(Some("never"), &[force]));
}

/// The README's picture: the server's terminal above the client's, each with what the program prints there.
#[cfg(unix)]
#[test]
fn picture_files_are_current() {
    let server = Server::spawn(&mut in_default_language(&["serve", "--port", "0", "--color", "always"]));
    let port = server.port();
    let send = |message| {
        run(&mut in_default_language(&["send", "--port", &port, "--color", "always", message]), b"").stdout
    };
    let replies = [send("mensagem de teste"), send("ação")];
    let ended = server.stop();
    let listening = ended.stderr.lines().next().unwrap().replace(&port, "8080");
    let lines = [
        &title_bar("Terminal 1: servidor"),
        "$ upcase serve\n",
        &listening,
        "\n",
        &ended.stdout,
        "\n",
        &title_bar("Terminal 2: cliente"),
        "$ upcase send \"mensagem de teste\"\n",
        &replies[0],
        "$ upcase send ação\n",
        &replies[1],
    ];
    let picture = Data::text(lines.concat().trim_end()).coerce_to(DataFormat::TermSvg).to_string();
    // snapbox draws at least 740 pixels. A phone has half as many, and would halve the letters.
    let picture = picture.replacen("width=\"740px\"", "width=\"360px\"", 1);
    assert_current(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/screen.term.svg")), &picture);
}

/// Returns a line in reverse video, as wide as the picture.
#[cfg(unix)]
fn title_bar(title: &str) -> String {
    format!("\x1b[7m {title:39}\x1b[0m\n")
}

#[cfg(unix)]
#[test]
fn send_exits_with_success_when_its_reader_leaves() {
    let server = Server::start(&["--keep-alive"]);
    let mut send = upcase(&["send", "--port", &server.port()]);
    let (mut send, stdout) = Process::start_with_unread_stdout(send.stdin(Stdio::piped()));
    drop(stdout);
    send.feed(b"um\ndois\n");
    let ended = send.finish();
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let log = server.stop().stdout;
    assert!(log.starts_with("Received from 127.0.0.1:\num\n"), "the first message is still sent: {log}");
}

#[test]
fn help_man_and_completions_exit_with_success_when_their_reader_leaves() {
    for args in [&["completions", "bash"][..], &["man"], &["--help"], &["serve", "--help"]] {
        let (mut process, stdout) = Process::start_with_unread_stdout(&mut upcase(args));
        drop(stdout);
        let ended = process.finish();
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    }
}

#[cfg(unix)]
#[test]
fn serve_continues_when_its_reader_leaves_and_warns_once() {
    let (mut server, stdout) = Server::start_with_unread_stdout(&[]);
    drop(stdout);
    for number in 0..10 {
        assert_eq!(ask(&server, format!("oi {number}\n").as_bytes()), format!("OI {number}").as_bytes());
    }
    server.signal("TERM");
    let ended = server.finish();
    assert_eq!(ended.code, Some(0));
    let warning = "Warning: messages are no longer shown: the other side has closed\n";
    assert_eq!(ended.stderr.matches(warning).count(), 1, "{}", ended.stderr);
}

#[test]
fn sent_message_is_printed_as_given() {
    let server = Server::start(&["--pause", NEVER]);
    assert_eq!(
        send(&server, &["--lang", "en", "um \x1b[1m", " dois\ntrês "]),
        "Sent:     um \x1b[1m  dois\ntrês \nReceived: UM \x1b[1M  DOIS\nTRÊS\n"
    );
}

#[test]
fn own_message_is_escaped_for_a_terminal() {
    let server = Server::start(&[]);
    let args = ["send", "--port", &server.port(), "--color", "always", "a\x1b[2Jb"];
    let ended = run(&mut upcase(&args), b"");
    assert!(ended.stdout.contains("a\\u{1b}[2Jb") && !ended.stdout.contains("\x1b[2J"), "{ended:?}");
}
