//! `upcase send --wait`: for scripts that must not go on before a server is there.

use std::io::{BufRead as _, BufReader, Write as _};

use crate::support::fake::Fake;
use crate::support::{Finished, NEVER, Running, run, silent_port, upcase};

fn send(server: &Fake, args: &[&str]) -> Finished {
    run(upcase(&["send", "--port", &server.port()]).args(args), b"")
}

#[test]
fn a_server_that_comes_up_later_is_waited_for() {
    let (socket, port) = silent_port();
    let mut waiting = Running::start(&mut upcase(&["send", "--wait", NEVER, "--port", &port, "oi"]));
    let told = waiting.stderr.until_text("\n");
    assert_eq!(
        told,
        format!("Esperando a resposta certa de 127.0.0.1:{port} por até 1h: conexão recusada\n")
    );
    socket.listen(8).unwrap();
    let _server = Fake::on(socket.into(), |mut stream| {
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        stream.write_all(line.trim_end().to_uppercase().as_bytes()).unwrap();
    });
    let ended = waiting.finish();
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "Enviado:  oi\nRecebido: OI\n"));
    // However often it was tried: once is said what is waited for.
    assert_eq!(ended.stderr, told);
}

#[test]
fn an_open_port_is_not_ready_before_its_reply_is_right() {
    let server = Fake::in_turn(&[|_| String::new(), |_| "503".into(), str::to_uppercase]);
    let ended = send(&server, &["--wait", NEVER, "oi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "Enviado:  oi\nRecebido: OI\n"));
    let lines = ended.stderr.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with("fechou a conexão sem responder"), "{lines:?}");
    assert!(lines[1].ends_with("no byte 1 veio “503” em vez de “OI”"), "{lines:?}");
    assert_eq!(server.accepted(), 3);
}

#[test]
fn only_the_first_message_is_waited_for() {
    let server = Fake::in_turn(&[|_| String::new(), str::to_uppercase, |_| String::new()]);
    let ended = run(&mut upcase(&["send", "--port", &server.port(), "--wait", NEVER]), b"um\ndois\n");
    assert_eq!((ended.code, &ended.stdout[..]), (Some(1), "Enviado:  um\nRecebido: UM\nEnviado:  dois\n"));
}

#[test]
fn a_server_that_does_not_become_ready_is_an_error_with_its_last_reason() {
    let server = Fake::in_turn(&[|line| format!("{line}?")]);
    let ended = send(&server, &["--wait", "2s", "oi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(1), "Enviado:  oi\nRecebido: oi?\n"));
    assert_eq!(ended.stderr.matches("Esperando").count(), 1, "{}", ended.stderr);
    // Between two tries there is a pause, so that it burdens no one.
    assert!(server.accepted() <= 20, "{}", server.accepted());
    let address = server.address;
    assert!(
        ended.stderr.ends_with(&format!(
            "\nErro: {address} não deu a resposta certa em 2s\n\
             Causa: a resposta de {address} não é a mensagem em maiúsculas: no byte 1 veio “oi?” em vez de “OI”\n\
             Dica: o servidor responde: tente com outra mensagem, ou sem --wait\n"
        )),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_server_that_never_answers_holds_it_no_longer_than_it_was_to_wait() {
    let mute = Fake::new(std::mem::forget);
    let ended = send(&mute, &["--timeout", NEVER, "--wait", "300ms", "oi"]);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(1), ""));
    assert_eq!(
        ended.stderr,
        format!(
            "Erro: {} não deu a resposta certa em 300ms\n\
             Causa: ainda sem resposta\n\
             Dica: espere mais com --wait, ou confira --host e --port\n",
            mute.address
        )
    );
}

#[test]
fn nothing_to_send_is_no_reply() {
    let server = Fake::in_turn(&[str::to_uppercase]);
    let ended = send(&server, &["--wait", NEVER]);
    assert_eq!(
        (ended.code, &ended.stderr[..]),
        (
            Some(1),
            "Erro: a entrada padrão não tem nenhuma mensagem\nDica: escreva a mensagem na linha de comando\n"
        )
    );
}

#[test]
fn a_server_that_lets_itself_be_waited_for_is_told_meanwhile() {
    let mute = Fake::new(std::mem::forget);
    let args = ["send", "--timeout", NEVER, "--wait", NEVER, "--port", &mute.port(), "oi"];
    let waiting = Running::start(&mut upcase(&args));
    assert_eq!(
        waiting.stderr.until_text("\n"),
        format!("Esperando a resposta certa de {} por até 1h: ainda sem resposta\n", mute.address)
    );
}
