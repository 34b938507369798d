//! `upcase send` at a terminal: keys that are typed, and text that is shown.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::mpsc;

use socket2::{Domain, Socket, Type};

use crate::support::fake_server::FakeServer;
use crate::support::process::shutdown_signals;
use crate::support::terminal::{CTRL_C, Terminal, UP};
use crate::support::{DEADLINE, NEVER, Server, closed_port, temporary_path, upcase};

const PROMPT: &str = "Send:     ";

/// Runs `upcase send` without colour, and waits for its prompt; `None` where a program for that is not installed.
fn prompt(port: &str, args: &[&str]) -> Option<Terminal> {
    let mut command = upcase(&["send", "--port", port, "--timeout", NEVER]);
    let mut terminal = Terminal::run(command.args(args).env("NO_COLOR", "1"))?;
    terminal.until_shown("One message a line; Ctrl-D ends.");
    terminal.until_shown(PROMPT);
    Some(terminal)
}

/// Types a line, and waits for its reply and the next prompt.
#[track_caller]
fn send_line(terminal: &mut Terminal, line: &str, reply: &str) {
    terminal.type_keys(format!("{line}\r"));
    terminal.until_shown(&format!("Received: {reply}\r\n"));
    terminal.until_shown(PROMPT);
}

#[test]
fn each_line_is_answered_and_kept_in_the_history() {
    for (mode, connections) in [(&[][..], "4 connections"), (&["--keep-alive"], "1 connection")] {
        let server = Server::start_without_timeouts(mode);
        let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
        send_line(&mut terminal, "um", "UM");
        send_line(&mut terminal, "ação 👍", "AÇÃO 👍");
        send_line(&mut terminal, "ação 👍", "AÇÃO 👍");
        // The history keeps equal lines that follow each other as one.
        terminal.type_keys(format!("{UP}{UP}"));
        terminal.until_shown("Send:     um");
        send_line(&mut terminal, "", "UM");
        let screen = terminal.end();
        assert!(!screen.contains("Sent:") && !screen.contains("Error:"), "{screen}");
        let stderr = server.stop().stderr;
        assert!(stderr.contains(&format!("\nStopped: {connections}, 4 messages, ")), "{stderr}");
    }
}

#[test]
fn first_line_waits_for_the_server_with_wait() {
    let server = FakeServer::replying_in_turn(&[|_| String::new(), str::to_uppercase]);
    let Some(mut terminal) = prompt(&server.port(), &["--wait", NEVER]) else { return };
    terminal.type_keys("one\r");
    terminal.until_shown("Waiting for the right reply from ");
    terminal.until_shown("Received: ONE\r\n");
    terminal.until_shown(PROMPT);
    terminal.end();
}

#[test]
fn empty_line_is_a_message_as_elsewhere() {
    let server = Server::start(&[]);
    let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
    send_line(&mut terminal, "", "");
    send_line(&mut terminal, "one", "ONE");
    terminal.end();
    assert_eq!(server.stop().stdout, "Received from 127.0.0.1:\n\nReceived from 127.0.0.1:\none\n");
}

#[test]
fn ctrl_c_drops_the_line_and_says_how_to_leave() {
    let server = Server::start(&[]);
    let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
    send_line(&mut terminal, "one", "ONE");
    terminal.type_keys(format!("never sent{CTRL_C}"));
    terminal.until_shown("To leave, press Ctrl-D.\r\n");
    terminal.until_shown(PROMPT);
    send_line(&mut terminal, "two", "TWO");
    assert!(!terminal.end().contains("Interrupted"));
    assert_eq!(server.stop().stdout, "Received from 127.0.0.1:\none\nReceived from 127.0.0.1:\ntwo\n");
}

#[test]
fn new_connections_are_noted_once() {
    let note = "New connection: the server closed the previous one after its reply.\r\n";
    for (mode, notes) in [(&[][..], 1), (&["--keep-alive"], 0)] {
        let server = Server::start_without_timeouts(mode);
        let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
        for (line, reply) in [("um", "UM"), ("dois", "DOIS"), ("três", "TRÊS")] {
            send_line(&mut terminal, line, reply);
        }
        let screen = terminal.end();
        assert_eq!(screen.matches(note).count(), notes, "{screen}");
        assert!(screen.find(note) > screen.find("UM") || notes == 0, "{screen}");
    }
}

#[test]
fn ctrl_c_gives_up_a_reply() {
    let (sender, messages) = mpsc::channel();
    let server = FakeServer::new(move |stream| {
        let mut writer = stream.try_clone().unwrap();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if line == "answer" {
                writer.write_all(b"ANSWER\n").unwrap();
            }
            sender.send(line).unwrap();
        }
    });
    let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
    for _ in 0..2 {
        send_line(&mut terminal, "answer", "ANSWER");
        terminal.type_keys("ignore\r");
        for message in ["answer", "ignore"] {
            assert_eq!(messages.recv_timeout(DEADLINE).unwrap(), message);
        }
        terminal.type_keys(CTRL_C);
        terminal.until_shown("Interrupted: the message has no reply.\r\n");
        terminal.until_shown(PROMPT);
    }
    send_line(&mut terminal, "answer", "ANSWER");
    terminal.end();
    // One connection for the first message, and one after each reply that was given up.
    assert_eq!(server.accepted(), 3);
}

#[test]
fn signal_at_the_prompt_restores_the_terminal() {
    let (_socket, port) = closed_port();
    for (signal, code) in shutdown_signals() {
        // Ctrl-C is a key there.
        if signal == "INT" {
            continue;
        }
        let Some(mut terminal) = prompt(&port, &[]) else { return };
        assert!(!terminal.edits_lines(), "the prompt edits the line");
        terminal.process.signal(signal);
        assert_eq!(terminal.process.wait(), Some(code));
        assert!(terminal.edits_lines());
    }
}

#[test]
fn next_line_retries_after_the_server_has_gone() {
    // This socket keeps the port while no server has it.
    let holder = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    holder.set_reuse_address(true).unwrap();
    holder.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = holder.local_addr().unwrap().as_socket().unwrap().port().to_string();
    let start = || Server::spawn(&mut upcase(&["serve", "--keep-alive", "--port", &port]));

    let server = start();
    let Some(mut terminal) = prompt(&port, &[]) else { return };
    send_line(&mut terminal, "um", "UM");
    drop(server);
    terminal.type_keys("dois\r");
    terminal.until_shown(&format!(
        "Error: can't connect to 127.0.0.1:{port}\r\nCause: connection refused\r\n\
         Hint: start the server first, in another terminal: upcase serve --port {port}\r\n"
    ));
    terminal.until_shown(PROMPT);
    let server = start();
    terminal.type_keys(UP);
    terminal.until_shown("Send:     dois");
    send_line(&mut terminal, "", "DOIS");
    // A server that is back before the next line causes no error.
    drop(server);
    let _server = start();
    send_line(&mut terminal, "três", "TRÊS");
    assert_eq!(terminal.end().matches("Error:").count(), 1);
}

#[test]
fn wrong_reply_is_reported_and_ends_nothing() {
    let server = FakeServer::replying_to_lines(|line| line.to_ascii_uppercase() + "\n");
    for (args, label) in [(&[][..], "Warning: "), (&["--check"], "Error: ")] {
        let Some(mut terminal) = prompt(&server.port(), args) else { return };
        terminal.type_keys("ação\r");
        terminal.until_shown("Received: AçãO\r\n");
        let report = format!("{label}the reply from {} to ", server.address);
        terminal.until_shown(&report);
        terminal.until_shown(PROMPT);
        send_line(&mut terminal, "one", "ONE");
        terminal.end();
    }
}

#[test]
fn each_line_of_pasted_text_is_sent_without_enter() {
    let server = Server::start(&["--keep-alive"]);
    let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
    // A terminal types pasted text like keys, with Enter between the lines.
    terminal.type_keys("um\r\tdois\r\rtrês\rqua");
    for reply in ["UM", "DOIS", "", "TRÊS"] {
        terminal.until_shown(&format!("Received: {reply}\r\n"));
        terminal.until_shown(PROMPT);
    }
    send_line(&mut terminal, "tro", "QUATRO");
    terminal.end();
    assert_eq!(server.stop().stdout.matches("Received from").count(), 5);
}

#[test]
fn error_of_one_pasted_line_does_not_drop_the_rest() {
    let server = FakeServer::replying_in_turn(&[|_| String::new(), str::to_uppercase]);
    let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
    terminal.type_keys("one\rtwo\r");
    terminal.until_shown(" without a reply");
    terminal.until_shown("Received: TWO\r\n");
    terminal.until_shown(PROMPT);
    terminal.end();
}

#[test]
fn keys_typed_before_the_reply_are_not_lost() {
    let server = Server::start(&["--keep-alive"]);
    let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
    terminal.type_keys("um\rdo\tis\rtr");
    terminal.until_shown("Received: UM\r\n");
    terminal.until_shown("Received: DO\tIS\r\n");
    send_line(&mut terminal, "ês", "TRÊS");
    terminal.end();
}

#[test]
fn typed_bytes_that_are_not_valid_utf8_are_reported_and_end_nothing() {
    let server = Server::start(&[]);
    let Some(mut terminal) = prompt(&server.port(), &[]) else { return };
    terminal.type_keys(b"a\xe7\xe3o");
    terminal.until_shown("Error: can't read standard input\r\nCause: the text is not valid UTF-8\r\n");
    terminal.until_shown(PROMPT);
    send_line(&mut terminal, "one", "ONE");
    terminal.end();
}

#[test]
fn replies_have_the_format_of_the_option() {
    // The raw reply does not end in a newline. The next prompt is on a line of its own all the same.
    let server = Server::start(&[]);
    for (format, reply) in [("raw", "\nONE\r\n"), ("json", r#""sent":"one","received":"ONE""#)] {
        let Some(mut terminal) = prompt(&server.port(), &["--format", format]) else { return };
        terminal.type_keys("one\r");
        terminal.until_shown(reply);
        terminal.until_shown(PROMPT);
        terminal.end();
    }
}

#[test]
fn prompt_and_reply_are_coloured_as_the_options_say() {
    let server = Server::start(&[]);
    let screen = |args: &[&str], name: &str, value: &str| {
        let mut command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER]);
        let mut terminal = Terminal::run(command.args(args).env(name, value))?;
        terminal.until_shown("Send: ");
        terminal.type_keys("one\r");
        terminal.until_shown("ONE");
        terminal.until_shown("Send: ");
        Some(terminal.end())
    };
    let Some(coloured) = screen(&[], "LANG", "C.UTF-8") else { return };
    assert!(
        coloured.contains("\x1b[1mSend:    \x1b[0m ") && coloured.contains("\x1b[32mONE"),
        "{coloured:?}"
    );
    for plain in [screen(&[], "NO_COLOR", "1"), screen(&["--color", "never"], "LANG", "C.UTF-8")] {
        let plain = plain.unwrap();
        // Of all escape sequences, those for styles end in `m`.
        let is_styled = plain
            .split("\x1b[")
            .skip(1)
            .any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'));
        assert!(!is_styled && plain.contains(PROMPT), "{plain:?}");
    }
    let coloured = screen(&["--color", "always"], "NO_COLOR", "1").unwrap();
    assert!(coloured.contains("\x1b[1mSend:    \x1b[0m "), "{coloured:?}");
}

#[test]
fn dumb_terminal_has_a_prompt_without_escape_sequences() {
    let server = Server::start(&[]);
    let mut command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER]);
    let Some(mut terminal) = Terminal::run(command.env("TERM", "dumb")) else { return };
    terminal.until_shown("One message a line; Ctrl-D ends.\r\nSend:     ");
    terminal.type_keys("hello\r");
    terminal.until_shown("Received: HELLO\r\nSend:     ");
    // The terminal itself drops the line. That does not interrupt the next message.
    terminal.type_keys(format!("never sent{CTRL_C}"));
    terminal.until_shown("^C");
    // The signal arrives before the next message does, as with a person's typing.
    terminal.process.until_idle();
    terminal.type_keys("bye\r");
    terminal.until_shown("Received: BYE\r\nSend:     ");
    let screen = terminal.end();
    assert!(!screen.contains('\x1b'), "{screen:?}");
}

#[test]
fn progress_of_a_file_is_shown_and_removed() {
    let (server, connections) = FakeServer::with_connections();
    let path = temporary_path("progress");
    std::fs::write(&path, b"x".repeat(64 * 1024 * 1024)).unwrap();
    let mut command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER, "--file"]);
    command.arg(&path).env("NO_COLOR", "1");
    let Some(mut terminal) = Terminal::run(&command) else { return };
    terminal.until_shown(" MB / 67.1 MB  ");
    drop(connections.recv_timeout(DEADLINE).unwrap());
    // The line is cleared before the result is shown.
    terminal.until_shown("\r\x1b[2K");
    terminal.until_shown("Sent:     ");
    assert_eq!(terminal.process.wait(), Some(1));
}

#[test]
fn progress_of_many_messages_is_shown_and_removed() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let args = ["send", "--port", &server.port(), "--count", "0", "--interval", "0s", "--connections", "2"];
    let Some(mut terminal) = Terminal::run(upcase(&args).env("NO_COLOR", "1")) else { return };
    terminal.until_shown("/s  ");
    terminal.type_keys(CTRL_C);
    terminal.until_shown("\r\x1b[2K");
    terminal.until_shown(", 0 wrong, 0 lost");
    // The exit code depends on how many replies came before.
    terminal.process.wait();
}

#[test]
fn redirected_output_has_no_prompt() {
    let server = Server::start(&[]);
    let command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER]);
    let redirected = Terminal::run_redirected(&command, |command| {
        command.stdout(Stdio::piped());
    });
    let Some(mut terminal) = redirected else { return };
    terminal.until_shown("One message a line; Ctrl-D ends.");
    terminal.type_keys("one\r");
    terminal.process.stdout.until_text("Sent:     one\nReceived: ONE\n");
    assert!(!terminal.end().contains(PROMPT));
}
