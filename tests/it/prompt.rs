//! `upcase send` at a terminal, a pseudoterminal of the test's own: what is typed, and what is seen.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use socket2::{Domain, Socket, Type};

use crate::support::fake::Fake;
use crate::support::output::Output;
use crate::support::peer::peer;
use crate::support::{DEADLINE, NEVER, Server, upcase, wait};

const PROMPT: &str = "Enviar:   ";
const UP: &str = "\x1b[A";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// The end of a line's editing, whichever way: pasting is no longer told from typing.
const EDITED: &str = "\x1b[?2004l";

/// A terminal of 80 columns, and the `upcase send` that runs in it.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: Output,
    /// How much of what the screen was sent the test has looked at.
    seen: usize,
}

impl Terminal {
    /// Runs `upcase send` without colour, and waits for its prompt.
    fn start(port: &str, args: &[&str]) -> Option<Self> {
        let mut terminal = Self::run(upcase(&["send", "--port", port]).args(args).env("NO_COLOR", "1"))?;
        terminal.shows("Uma mensagem por linha; Ctrl-D encerra.\r\n");
        terminal.shows(PROMPT);
        Some(terminal)
    }

    /// Runs a command as a shell would; none where the program for that is not installed.
    fn run(upcase: &Command) -> Option<Self> {
        Self::run_with(upcase, |_| {})
    }

    fn run_with(upcase: &Command, change: impl FnOnce(&mut Command)) -> Option<Self> {
        // It makes a terminal the one that Ctrl-C comes from: that can't be had here without unsafe code.
        let mut command = peer("setsid")?;
        command.arg("--ctty").arg(upcase.get_program()).args(upcase.get_args()).env("TERM", "xterm-256color");
        command.envs(upcase.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags).unwrap();
        unlockpt(&ours).unwrap();
        tcsetwinsize(&ours, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let theirs = ioctl_tiocgptpeer(&ours, flags).unwrap();
        command.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
        change(&mut command);
        let child = command.spawn().expect("it starts");
        let keyboard = File::from(ours);
        let screen = Output::of(keyboard.try_clone().ok());
        Some(Self { child, keyboard, screen, seen: 0 })
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this comes, behind what was waited for last.
    #[track_caller]
    fn shows(&mut self, wanted: &str) {
        self.seen =
            self.screen.until(|text| Some(self.seen + text[self.seen..].find(wanted)? + wanted.len()));
    }

    /// Types a line, and waits for its reply and the next prompt.
    #[track_caller]
    fn exchange(&mut self, line: &str, reply: &str) {
        self.types(&format!("{line}\r"));
        self.shows(&format!("Recebido: {reply}\r\n"));
        self.shows(PROMPT);
    }

    /// Ends it as a person does, and gives all that the screen was sent.
    #[track_caller]
    fn end(mut self) -> String {
        self.types(CTRL_D);
        assert_eq!(wait(&mut self.child).code(), Some(0));
        self.screen.whole()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_line_is_answered_and_comes_back_by_the_arrow() {
    for mode in [&[][..], &["--keep-alive"]] {
        let server = Server::start(mode);
        let Some(mut terminal) = Terminal::start(&server.port(), &[]) else { return };
        terminal.exchange("um", "UM");
        terminal.exchange("ação 👍", "AÇÃO 👍");
        terminal.exchange("ação 👍", "AÇÃO 👍");
        // Lines that are the same, one after the other, are one of the history.
        terminal.types(&format!("{UP}{UP}"));
        terminal.shows("Enviar:   um");
        terminal.exchange("", "UM");
        let screen = terminal.end();
        assert!(!screen.contains("Enviado:") && !screen.contains("Erro:"), "{screen}");
        let connections = if mode.is_empty() { "4 conexões" } else { "1 conexão" };
        let ended = server.stop().stderr;
        assert!(ended.contains(&format!("\nEncerrado: {connections}, 4 mensagens, ")), "{ended}");
    }
}

#[test]
fn the_first_line_waits_for_its_server_where_it_is_to() {
    let server = Fake::in_turn(&[|_| String::new(), str::to_uppercase]);
    let Some(mut terminal) = Terminal::start(&server.port(), &["--wait", NEVER]) else { return };
    terminal.types("um\r");
    terminal.shows("Esperando a resposta certa de ");
    terminal.shows("Recebido: UM\r\n");
    terminal.shows(PROMPT);
    terminal.end();
}

#[test]
fn an_empty_line_gives_the_prompt_again() {
    let server = Server::start(&[]);
    let Some(mut terminal) = Terminal::start(&server.port(), &[]) else { return };
    terminal.types("\r");
    terminal.shows(EDITED);
    terminal.shows(PROMPT);
    terminal.exchange("um", "UM");
    terminal.end();
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\num\n");
}

#[test]
fn ctrl_c_drops_the_line() {
    let server = Server::start(&[]);
    let Some(mut terminal) = Terminal::start(&server.port(), &[]) else { return };
    terminal.exchange("um", "UM");
    terminal.types(&format!("nunca enviada{CTRL_C}"));
    terminal.shows(EDITED);
    terminal.shows(PROMPT);
    terminal.exchange("dois", "DOIS");
    assert!(!terminal.end().contains("Interrompido"));
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\num\nRecebido de 127.0.0.1:\ndois\n");
}

#[test]
fn ctrl_c_gives_up_a_reply_that_does_not_come() {
    let (got, messages) = mpsc::channel();
    // It answers what asks for an answer.
    let server = Fake::new(move |stream| {
        let mut writer = stream.try_clone().unwrap();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if line == "responda" {
                writer.write_all(b"RESPONDA\n").unwrap();
            }
            got.send(line).unwrap();
        }
    });
    let Some(mut terminal) = Terminal::start(&server.port(), &["--timeout", NEVER]) else { return };
    for _ in 0..2 {
        terminal.exchange("responda", "RESPONDA");
        terminal.types("mudo\r");
        for message in ["responda", "mudo"] {
            assert_eq!(messages.recv_timeout(DEADLINE).unwrap(), message);
        }
        terminal.types(CTRL_C);
        terminal.shows("Interrompido: a mensagem ficou sem resposta.\r\n");
        terminal.shows(PROMPT);
    }
    terminal.exchange("responda", "RESPONDA");
    terminal.end();
    // One for the first message, and one after each that was given up.
    assert_eq!(server.accepted(), 3);
}

#[test]
fn a_server_that_goes_away_is_told_and_tried_again_at_the_next_line() {
    // Keeps the port while no server has it.
    let holder = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    holder.set_reuse_address(true).unwrap();
    holder.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = holder.local_addr().unwrap().as_socket().unwrap().port().to_string();
    let start = || Server::spawn(&mut upcase(&["serve", "--keep-alive", "--port", &port]));

    let server = start();
    let Some(mut terminal) = Terminal::start(&port, &[]) else { return };
    terminal.exchange("um", "UM");
    drop(server);
    terminal.types("dois\r");
    terminal.shows(&format!(
        "Erro: não foi possível conectar a 127.0.0.1:{port}\r\nCausa: conexão recusada\r\n\
         Dica: inicie antes o servidor, em outro terminal: upcase serve --port {port}\r\n"
    ));
    terminal.shows(PROMPT);
    let server = start();
    terminal.types(UP);
    terminal.shows("Enviar:   dois");
    terminal.exchange("", "DOIS");
    // Nothing is to be told of a server that is there again.
    drop(server);
    let _server = start();
    terminal.exchange("três", "TRÊS");
    assert_eq!(terminal.end().matches("Erro:").count(), 1);
}

#[test]
fn a_wrong_reply_is_told_and_ends_nothing() {
    let server = Fake::of_lines(|line| line.to_ascii_uppercase() + "\n");
    for (args, label) in [(&[][..], "Aviso: "), (&["--check"], "Erro: ")] {
        let Some(mut terminal) = Terminal::start(&server.port(), args) else { return };
        terminal.types("ação\r");
        terminal.shows("Recebido: AçãO\r\n");
        terminal.shows(&format!("{label}a resposta de {} não é a mensagem em maiúsculas", server.address));
        terminal.shows(PROMPT);
        terminal.exchange("um", "UM");
        terminal.end();
    }
}

#[test]
fn each_line_of_a_paste_is_a_message() {
    let server = Server::start(&[]);
    let Some(mut terminal) = Terminal::start(&server.port(), &[]) else { return };
    terminal.types("\x1b[200~um\n\tdois\r\n\ntrês\n\x1b[201~");
    terminal.shows("três");
    // It is sent by Enter, not before.
    terminal.types("\r");
    terminal.shows(EDITED);
    terminal.shows(
        "\nEnviado:  um\r\nRecebido: UM\r\nEnviado:  \tdois\r\nRecebido: DOIS\r\nEnviado:  três\r\n\
         Recebido: TRÊS\r\n",
    );
    terminal.shows(PROMPT);
    terminal.end();
}

#[test]
fn the_rest_of_a_paste_is_not_sent_where_one_of_it_fails() {
    let server = Fake::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
    });
    let Some(mut terminal) = Terminal::start(&server.port(), &[]) else { return };
    terminal.types("\x1b[200~um\ndois\x1b[201~\r");
    terminal.shows("fechou a conexão sem responder");
    terminal.shows(PROMPT);
    terminal.end();
    assert_eq!(server.accepted(), 1);
}

#[test]
fn keys_that_come_faster_than_replies_are_not_lost() {
    let server = Server::start(&["--keep-alive"]);
    let Some(mut terminal) = Terminal::start(&server.port(), &[]) else { return };
    terminal.types("um\rdo\tis\rtr");
    terminal.shows("Recebido: UM\r\n");
    terminal.shows("Recebido: DO\tIS\r\n");
    terminal.exchange("ês", "TRÊS");
    terminal.end();
}

#[test]
fn bytes_that_are_no_utf_8_are_told_and_end_nothing() {
    let server = Server::start(&[]);
    let Some(mut terminal) = Terminal::start(&server.port(), &[]) else { return };
    terminal.keyboard.write_all(b"a\xe7\xe3o").unwrap();
    terminal.shows("Erro: não é possível ler a entrada padrão\r\nCausa: o texto não é UTF-8\r\n");
    terminal.shows(PROMPT);
    terminal.exchange("um", "UM");
    terminal.end();
}

#[test]
fn what_was_asked_for_is_shown_in_its_format() {
    // It closes after its reply, which no newline ends: the prompt is on a line of its own all the same.
    let server = Server::start(&[]);
    let Some(mut terminal) = Terminal::start(&server.port(), &["--format", "raw"]) else { return };
    terminal.types("um\r");
    terminal.shows(EDITED);
    terminal.shows("\nUM\r\n");
    terminal.shows(PROMPT);
    terminal.end();
    let Some(mut terminal) = Terminal::start(&server.port(), &["--format", "json"]) else { return };
    terminal.types("um\r");
    terminal.shows(r#""sent":"um","received":"UM""#);
    terminal.shows(PROMPT);
    terminal.end();
}

#[test]
fn the_label_has_the_screens_style() {
    let server = Server::start(&[]);
    let colour = |args: &[&str], name: &str, value: &str| {
        let mut terminal =
            Terminal::run(upcase(&["send", "--port", &server.port()]).args(args).env(name, value))?;
        terminal.shows("Enviar: ");
        terminal.types("um\r");
        terminal.shows("UM");
        terminal.shows("Enviar: ");
        Some(terminal.end())
    };
    let Some(screen) = colour(&[], "LANG", "C.UTF-8") else { return };
    assert!(screen.contains("\x1b[1mEnviar:  \x1b[0m ") && screen.contains("\x1b[32mUM"), "{screen:?}");
    for without in [colour(&[], "NO_COLOR", "1"), colour(&["--color", "never"], "LANG", "C.UTF-8")] {
        let screen = without.unwrap();
        // Of all sequences those for styles end in `m`.
        let styled = screen
            .split("\x1b[")
            .skip(1)
            .any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'));
        assert!(!styled && screen.contains(PROMPT), "{screen:?}");
    }
    let screen = colour(&["--color", "always"], "NO_COLOR", "1").unwrap();
    assert!(screen.contains("\x1b[1mEnviar:  \x1b[0m "), "{screen:?}");
}

#[test]
fn a_terminal_that_can_do_nothing_has_a_prompt_too() {
    let server = Server::start(&[]);
    let mut command = upcase(&["send", "--lang", "en", "--port", &server.port()]);
    let Some(mut terminal) = Terminal::run(command.env("TERM", "dumb")) else { return };
    terminal.shows("One message a line; Ctrl-D ends.\r\nSend:     ");
    terminal.types("hello\r");
    terminal.shows("Received: HELLO\r\nSend:     ");
    // The terminal itself drops the line; the next message is not given up for it.
    terminal.types(&format!("never sent{CTRL_C}"));
    terminal.shows("^C");
    terminal.types("bye\r");
    terminal.shows("Received: BYE\r\nSend:     ");
    let screen = terminal.end();
    assert!(!screen.contains('\x1b'), "{screen:?}");
}

#[test]
fn how_far_a_file_has_come_is_seen_while_it_is_sent_and_gone_behind_it() {
    let (came, coming) = mpsc::channel();
    let server = Fake::new(move |stream| came.send(stream).unwrap());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("progress");
    std::fs::write(&path, b"x".repeat(64 * 1024 * 1024)).unwrap();
    let mut command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER, "--file"]);
    command.arg(&path).env("NO_COLOR", "1");
    let Some(mut terminal) = Terminal::run(&command) else { return };
    terminal.shows(" MB / 67,1 MB  ");
    drop(coming.recv_timeout(DEADLINE).unwrap());
    // The line is taken away before what came of it is shown.
    terminal.shows("\r\x1b[2K");
    terminal.shows("Enviado:  ");
    assert_eq!(wait(&mut terminal.child).code(), Some(1));
}

#[test]
fn how_far_many_messages_have_come_is_seen_too() {
    let server = Server::start(&["--keep-alive", "--quiet"]);
    let args = ["send", "--port", &server.port(), "--count", "0", "--interval", "0s", "--connections", "2"];
    let Some(mut terminal) = Terminal::run(upcase(&args).env("NO_COLOR", "1")) else { return };
    terminal.shows("/s  ");
    terminal.types(CTRL_C);
    terminal.shows("\r\x1b[2K");
    terminal.shows(", 0 erradas, 0 perdidas");
    // Whether it had an answer by then is another matter.
    wait(&mut terminal.child);
}

#[test]
fn an_output_that_is_no_terminal_has_no_prompt() {
    let server = Server::start(&[]);
    let command = upcase(&["send", "--port", &server.port()]);
    let Some(mut terminal) = Terminal::run_with(&command, |command| {
        command.stdout(Stdio::piped());
    }) else {
        return;
    };
    let stdout = Output::of(terminal.child.stdout.take());
    terminal.shows("Uma mensagem por linha; Ctrl-D encerra.\r\n");
    terminal.types("um\r");
    stdout.until_text("Enviado:  um\nRecebido: UM\n");
    assert!(!terminal.end().contains(PROMPT));
}
