//! The Portuguese text of every kind of output. All other modules assert English text.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::process::{Command, Stdio};

use crate::errors::LIST_LISTENERS;
use crate::support::fake_server::FakeServer;
#[cfg(target_os = "linux")]
use crate::support::fake_server::read_line;
#[cfg(target_os = "linux")]
use crate::support::terminal::{CTRL_C, CTRL_D, Terminal};
#[cfg(unix)]
use crate::support::{DEADLINE, assert_receives, can_open_files, with_file_limit};
use crate::support::{
    Finished, NEVER, Process, Server, ask, closed_port, ensure, reset, run, temporary_path,
    upcase_in_default_language, with_longer_times,
};

/// Returns the command for the executable with Portuguese output.
fn upcase(args: &[&str]) -> Command {
    upcase_in_default_language(&[&["--lang", "pt"], args].concat())
}

/// Returns the command for a server with Portuguese output.
fn serve(args: &[&str]) -> Command {
    upcase(&[&["serve", "--port", "0"], args].concat())
}

/// Sends with a timeout that no test waits for, unless `args` have another.
fn send(port: &str, args: &[&str]) -> Finished {
    let timeout = if args.contains(&"--timeout") { &[][..] } else { &["--timeout", NEVER] };
    run(&mut upcase(&[&["send", "--port", port], timeout, args].concat()), b"")
}

#[track_caller]
fn assert_fails(ended: &Finished, stderr: &str) {
    assert_eq!((ended.code, &ended.stderr[..]), (Some(1), stderr));
}

#[cfg(unix)]
#[test]
fn portuguese_is_the_default() {
    let server = Server::spawn(&mut upcase_in_default_language(&["serve", "--port", "0"]));
    let mut send = upcase_in_default_language(&["send", "--port", &server.port(), "mensagem", "de", "teste"]);
    let ended = run(&mut send, b"");
    assert_eq!(ended.stdout, "Enviado:  mensagem de teste\nRecebido: MENSAGEM DE TESTE\n");
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let ended = server.stop();
    assert_eq!(ended.stdout, "Recebido de 127.0.0.1:\nmensagem de teste\n");
    assert!(ended.stderr.starts_with("Escutando em 127.0.0.1:"), "{}", ended.stderr);
    assert!(ended.stderr.contains("\nEncerrado: 1 conexão, 1 mensagem, 18 bytes em "), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn serve_prints_messages_and_status_lines() {
    let server = Server::spawn(&mut serve(&["--pause", NEVER, "--grace", "300ms"]));
    ask(&server, "ação".as_bytes());
    ask(&server, &[b'x'; 1025]);
    ask(&server, &[b'x'; 1026]);
    let mut client = server.connect();
    client.write_all(b"um\ndois").unwrap();
    assert_receives(&mut client, b"UM\nDOIS");
    let ended = server.stop();
    let x = "x".repeat(1024);
    assert_eq!(
        ended.stdout,
        format!(
            "Recebido de 127.0.0.1:\nação\n\
             Recebido de 127.0.0.1:\n{x}… (mais 1 byte)\n\
             Recebido de 127.0.0.1:\n{x}… (mais 2 bytes)\n"
        )
    );
    assert!(ended.stderr.contains("\nEncerrando: 1 conexão em até 300ms\n"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("\nEncerrado: 4 conexões, 3 mensagens, 2064 bytes em "),
        "{}",
        ended.stderr
    );
}

#[test]
fn serve_warns_that_messages_are_not_shown() {
    let (process, stdout) = Process::start_with_unread_stdout(&mut serve(&[]));
    drop(stdout);
    let server = Server::listening(process);
    ask(&server, b"oi");
    server.stderr.until_text("\nAviso: as mensagens não são mais mostradas: o outro lado fechou\n");
}

#[cfg(unix)]
#[test]
fn serve_warns_of_too_few_open_files() {
    if !can_open_files(100) {
        return;
    }
    let server = Server::spawn(&mut with_file_limit(64, &serve(&["--max-connections", "1000"])));
    let _silent = (0..100).map(|_| server.connect()).collect::<Vec<_>>();
    server.stderr.until_text("\nAviso: novas conexões esperam: arquivos abertos demais\n");
}

#[test]
fn serve_prints_errors() {
    let server = Server::spawn(&mut serve(&[]));
    let port = server.port();
    assert_fails(
        &run(&mut upcase(&["serve", "--port", &port]), b""),
        &format!(
            "Erro: não é possível escutar em 127.0.0.1:{port}\n\
             Causa: endereço já em uso\n\
             Dica: talvez outro upcase esteja em execução ({LIST_LISTENERS} mostra); --port 0 usa uma porta livre\n"
        ),
    );
    // RFC 5737 reserves this address for documentation.
    assert_fails(
        &run(&mut serve(&["--host", "192.0.2.1"]), b""),
        "Erro: não é possível escutar em 192.0.2.1:0\n\
         Causa: o endereço não é desta máquina\n\
         Dica: use um endereço desta máquina, ou --host 0.0.0.0 para todos\n",
    );
}

#[test]
fn send_prints_connection_errors() {
    let (_socket, port) = closed_port();
    let hint = format!("Dica: inicie antes o servidor, em outro terminal: upcase serve --port {port}\n");
    assert_fails(
        &send(&port, &["oi"]),
        &format!("Erro: não foi possível conectar a 127.0.0.1:{port}\nCausa: conexão recusada\n{hint}"),
    );
    let ended = send(&port, &["--host", "localhost", "oi"]);
    let error = format!("Erro: não foi possível conectar a localhost:{port}\n");
    assert!(ended.stderr.starts_with(&error), "{}", ended.stderr);
    let cause = format!("\nCausa: 127.0.0.1:{port}: conexão recusada\n");
    assert!(ended.stderr.contains(&cause), "{}", ended.stderr);
    // RFC 6761 reserves .invalid: no resolver knows it.
    let ended = run(&mut upcase(&["send", "--host", "ninguém.invalid", "oi"]), b"");
    assert!(
        ended.stderr.starts_with("Erro: o nome ninguém.invalid não foi encontrado\nCausa: "),
        "{ended:?}"
    );
    assert!(ended.stderr.ends_with("\nDica: confira o nome, ou use um endereço IP\n"), "{ended:?}");
}

#[test]
#[cfg_attr(windows, ignore = "wine shows a reset as a close")]
fn send_prints_errors_of_a_reply() {
    let hint = "Dica: confira se é um servidor upcase que escuta ali\n";
    let server = FakeServer::closing_without_reply();
    assert_fails(
        &send(&server.port(), &["oi"]).hiding_clients(server.address),
        &format!("Erro: {} fechou a conexão com CLIENT sem responder\n{hint}", server.address),
    );
    let server = FakeServer::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]).unwrap();
        stream.write_all(b"MENSA").unwrap();
        reset(stream);
    });
    assert_fails(
        &send(&server.port(), &["mensagem"]).hiding_clients(server.address),
        &format!(
            "Erro: a conexão CLIENT → {} caiu depois de 5 bytes de resposta\n\
             Causa: o outro lado cortou a conexão (reset)\n\
             Dica: talvez o servidor tenha fechado sem ler tudo (um único recv?): isso faz o TCP cortar a conexão \
             (reset)\n",
            server.address
        ),
    );
    let server = FakeServer::new(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let ended = send(&server.port(), &["oi"]).hiding_clients(server.address);
    let error = format!("Erro: a resposta de {} para CLIENT é longa demais: ", server.address);
    assert!(ended.stderr.starts_with(&error), "{}", ended.stderr);
}

#[test]
fn send_prints_errors_of_addresses() {
    assert_fails(
        &send("9", &["-4", "--host", "::1", "oi"]),
        "Erro: ::1 não é um endereço IPv4\n\
         Dica: os dois lados precisam de um endereço IPv4: confira --host, -4 e --source\n",
    );
    assert_fails(
        // RFC 5737 reserves this address for documentation.
        &send("9", &["--source", "192.0.2.1", "oi"]),
        "Erro: não é possível enviar a partir de 192.0.2.1\n\
         Causa: o endereço não é desta máquina\n\
         Dica: use em --source um endereço desta máquina\n",
    );
}

#[test]
fn send_prints_timeouts() {
    with_longer_times(|timeout| {
        let server = FakeServer::silent();
        let ended = send(&server.port(), &["--timeout", timeout, "oi"]).hiding_clients(server.address);
        let hint = "Dica: espere mais com --timeout\n";
        let silent = format!("Erro: nenhuma resposta de {} para CLIENT em {timeout}\n{hint}", server.address);
        let server = FakeServer::new(|mut stream| {
            let _ = stream.write_all(b"MENSA");
            std::mem::forget(stream);
        });
        let cut_off =
            send(&server.port(), &["--timeout", timeout, "mensagem"]).hiding_clients(server.address);
        let stopped = format!(
            "Erro: a resposta de {} para CLIENT parou depois de 5 bytes: nada mais em {timeout}\n{hint}",
            server.address
        );
        let is_right = ended.stderr == silent && cut_off.stderr == stopped;
        ensure(is_right, &[ended, cut_off])
    });
}

#[test]
fn send_prints_wrong_replies() {
    let server = FakeServer::replying_to_lines(|line| line.to_ascii_uppercase() + "\n");
    let difference = format!(
        "a resposta de {} para CLIENT não é a mensagem em maiúsculas: veio “AçãO” em vez de “AÇÃO”; difere no byte 2\n",
        server.address
    );
    let ended = send(&server.port(), &["ação"]).hiding_clients(server.address);
    assert_eq!((ended.code, ended.stderr), (Some(0), format!("Aviso: {difference}")));
    let ended = send(&server.port(), &["--check", "ação"]).hiding_clients(server.address);
    assert_fails(&ended, &format!("Erro: {difference}"));
}

#[test]
fn send_prints_the_wait_for_a_server() {
    let server = FakeServer::replying_in_turn(&[|_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &["--wait", NEVER, "oi"]);
    let status = format!(
        "Esperando a resposta certa de {0} por até 1h: {0} fechou a conexão sem responder\n",
        server.address
    );
    assert!(ended.stderr.contains(&status), "{}", ended.stderr);

    let server = FakeServer::silent();
    let waiting = Process::start(&mut upcase(&["send", "--port", &server.port(), "--wait", NEVER, "oi"]));
    let status = format!("Esperando a resposta certa de {} por até 1h: ainda sem resposta\n", server.address);
    waiting.stderr.until_text(&status);

    let ended = send(&server.port(), &["--wait", "300ms", "oi"]);
    let error = format!(
        "Erro: {} não deu a resposta certa em 300ms\n\
         Causa: ainda sem resposta\n\
         Dica: espere mais com --wait, ou confira --host e --port\n",
        server.address
    );
    assert!(ended.stderr.ends_with(&error), "{}", ended.stderr);

    assert_fails(
        &send(&server.port(), &[]),
        "Erro: a entrada padrão não tem nenhuma mensagem\nDica: escreva a mensagem na linha de comando\n",
    );
}

#[test]
fn wait_for_wrong_replies_ends_with_their_cause() {
    with_longer_times(|wait| {
        let server = FakeServer::replying_in_turn(&[|line| format!("{line}?")]);
        let ended = send(&server.port(), &["--wait", wait, "oi"]).hiding_clients(server.address);
        let address = server.address;
        let error = format!(
            "Erro: {address} não deu a resposta certa em {wait}\n\
             Causa: a resposta de {address} para CLIENT não é a mensagem em maiúsculas: \
             veio “oi?” em vez de “OI”; difere no byte 1\n\
             Dica: o servidor responde: tente com outra mensagem, ou sem --wait\n"
        );
        ensure(ended.stderr.ends_with(&error), &ended)
    });
}

#[test]
fn count_prints_replies_and_a_summary() {
    let server = Server::spawn(&mut serve(&[]));
    let ended = send(&server.port(), &["--count", "2", "--interval", "0s", "ação"]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let is_network =
        |line: &&str| line.starts_with("RTT da rede ") && line.ends_with(" segmentos reenviados");
    // Only Linux has these figures.
    assert_eq!(ended.stdout.lines().filter(is_network).count(), usize::from(cfg!(target_os = "linux")));
    let lines = ended.stdout.lines().filter(|line| !is_network(line)).collect::<Vec<_>>();
    for line in &lines[..2] {
        assert!(line.contains("  6 bytes em ") && line.contains(", conexão em "), "{line}");
        assert!(line.ends_with(": certa"), "{line}");
    }
    assert_eq!(lines[4], "2 enviadas, 2 respondidas, 0 erradas, 0 perdidas");
    assert!(
        lines[5].contains(" por segundo, ") && lines[5].ends_with(" ao todo, 2 conexões, 1 por vez"),
        "{}",
        lines[5]
    );
    let heading = lines[7].split_whitespace().collect::<Vec<_>>();
    assert_eq!(heading, ["conexão", "resposta"]);
    assert!(lines[8].starts_with("mín ") && lines[10].starts_with("máx "), "{lines:?}");
    assert_eq!(lines[11], "poucas respostas para p90, p99, p99.9");
}

#[test]
fn count_prints_failures() {
    let args = ["--count", "2", "--interval", "0s", "oi"];
    let (_socket, port) = closed_port();
    let ended = send(&port, &args);
    let lost = "   1  perdida: conexão recusada\n   2  perdida: conexão recusada\n";
    assert!(ended.stdout.starts_with(lost), "{}", ended.stdout);
    let counts = "\n2 enviadas, 0 respondidas, 0 erradas, 2 perdidas\n";
    assert!(ended.stdout.contains(counts), "{}", ended.stdout);
    assert_fails(&ended, "Erro: nenhuma resposta certa para 2 mensagens\n");

    let server = FakeServer::replying_in_turn(&[|_| "Oi".into(), str::to_uppercase]);
    let ended = send(&server.port(), &args);
    let wrong = ": errada, veio “Oi” em vez de “OI”; difere no byte 2\n";
    assert!(ended.stdout.contains(wrong), "{}", ended.stdout);
    assert!(ended.stdout.contains("\n2 enviadas, 2 respondidas, 1 errada, 0 perdidas\n"), "{}", ended.stdout);
    assert_fails(&ended, "Erro: de 2 mensagens, só 1 teve a resposta certa\n");

    let server = FakeServer::replying_in_turn(&[|_| String::new(), str::to_uppercase]);
    let ended = send(&server.port(), &[&args[..], &["--connections", "2"]].concat());
    let counts = "\n4 enviadas, 3 respondidas, 0 erradas, 1 perdida\n";
    assert!(ended.stdout.contains(counts), "{}", ended.stdout);
    let lost = format!("     1 × perdida: {} fechou a conexão sem responder\n", server.address);
    assert!(ended.stdout.contains(&lost), "{}", ended.stdout);
    assert!(
        ended.stderr.ends_with("Erro: de 4 mensagens, só 3 tiveram a resposta certa\n"),
        "{}",
        ended.stderr
    );
}

#[cfg(unix)]
#[test]
fn rate_prints_both_times_and_late_messages() {
    let server = FakeServer::replying_to_lines(|line| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        line.to_uppercase() + "\n"
    });
    let args = ["--rate", "100", "--duration", "300ms", "--connections", "1", "oi"];
    let ended = send(&server.port(), &args);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let summary = ended.stdout.split("atraso: ").nth(1).unwrap_or_else(|| panic!("{}", ended.stdout));
    let lines = summary.lines().collect::<Vec<_>>();
    assert!(lines[0].contains(", até ") && lines[0].ends_with(" sem enviar"), "{lines:?}");
    assert_eq!(lines[1], "os tempos incluem o limite deste cliente, veja --connections");
    assert_eq!(lines[3].split_whitespace().collect::<Vec<_>>(), ["conexão", "serviço", "resposta"]);
    for line in ["serviço: desde o envio da mensagem", "resposta: desde a hora prevista"] {
        assert!(lines.contains(&line), "{lines:?}");
    }
    assert!(summary.contains("\npoucas respostas para "), "{summary}");
}

#[cfg(unix)]
#[test]
fn interrupted_count_prints_open_messages() {
    let (server, connections) = FakeServer::with_connections();
    let args = ["send", "--timeout", NEVER, "--port", &server.port(), "--count", "0", "oi"];
    let mut sending = Process::start(&mut upcase(&args));
    let _open = connections.recv_timeout(DEADLINE).unwrap();
    sending.signal("TERM");
    let ended = sending.finish();
    let counts = "\n1 enviada, 0 respondidas, 0 erradas, 0 perdidas, 1 em andamento\n";
    assert!(ended.stdout.contains(counts), "{}", ended.stdout);
    assert_fails(&ended, "Erro: nenhuma resposta certa para 1 mensagem\n");
}

/// Sends a file of 64 MiB.
fn send_large(server: &FakeServer, name: &str, timeout: &str) -> Finished {
    let path = temporary_path(name);
    std::fs::write(&path, b"x".repeat(64 * 1024 * 1024)).unwrap();
    send(&server.port(), &["--timeout", timeout, "--file", path.to_str().unwrap()])
}

#[test]
fn file_prints_sizes_and_errors() {
    let path = temporary_path("portuguese");
    std::fs::write(&path, "ação\n").unwrap();
    let path = path.to_str().unwrap();
    let server = Server::spawn(&mut serve(&[]));
    let ended = send(&server.port(), &["--file", path]);
    assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
    let received = ended.stdout.strip_prefix(&format!("Enviado:  {path}, 7 bytes\nRecebido: 6 bytes em "));
    assert!(received.is_some_and(|rest| rest.ends_with(" kB/s\n")), "{}", ended.stdout);

    for (path, cause) in [
        (concat!(env!("CARGO_TARGET_TMPDIR"), "/nenhum"), "não existe"),
        (env!("CARGO_TARGET_TMPDIR"), "é um diretório"),
    ] {
        let ended = send(&server.port(), &["--file", path]);
        assert_fails(&ended, &format!("Erro: não é possível ler {path}\nCausa: {cause}\n"));
    }

    let server = FakeServer::replying_to_half_close(drop);
    let what = format!(
        "a resposta de {} para CLIENT não é o arquivo em maiúsculas: 7 de 7 bytes enviados, 7 de resposta\n",
        server.address
    );
    let ended = send(&server.port(), &["--file", path]).hiding_clients(server.address);
    assert_eq!((ended.code, ended.stderr), (Some(0), format!("Aviso: {what}")));
    let ended = send(&server.port(), &["--check", "--file", path]).hiding_clients(server.address);
    assert_fails(&ended, &format!("Erro: {what}"));
}

#[test]
fn file_prints_an_early_end() {
    let server = FakeServer::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let ended = send_large(&server, "portuguese-closed", NEVER).hiding_clients(server.address);
    let error = format!("Erro: {} fechou a conexão com CLIENT antes do fim: ", server.address);
    assert!(ended.stderr.starts_with(&error), "{}", ended.stderr);
    assert!(ended.stderr.contains(" de 67108864 bytes enviados, 0 de resposta\n"), "{}", ended.stderr);

    let server = FakeServer::new(|mut stream| {
        let _ = stream.read(&mut [0; 64]).unwrap();
        reset(stream);
    });
    let ended = send_large(&server, "portuguese-reset", NEVER).hiding_clients(server.address);
    let error = format!("Erro: a conexão CLIENT → {} caiu: ", server.address);
    assert!(ended.stderr.starts_with(&error), "{}", ended.stderr);

    let server = FakeServer::closing_without_reply();
    let args = ["send", "--port", &server.port(), "--timeout", "300ms", "--file", "-"];
    let mut sending = Process::start(upcase(&args).stdin(Stdio::piped()));
    let mut stdin = sending.stdin();
    stdin.write_all(b"oi").unwrap();
    let error = format!(
        "Erro: {} fechou a conexão com CLIENT antes do fim: 2 bytes enviados, 0 de resposta\n\
         Dica: para uma entrada que vem aos poucos, o servidor precisa de --keep-alive\n",
        server.address
    );
    assert_fails(&sending.finish().hiding_clients(server.address), &error);
}

#[cfg(unix)]
#[test]
fn file_prints_a_timeout_and_an_interruption() {
    with_longer_times(|timeout| {
        let server = FakeServer::silent();
        let ended = send_large(&server, "portuguese-silent", timeout).hiding_clients(server.address);
        let start =
            format!("Erro: a transferência CLIENT → {} parou, nada mais em {timeout}: ", server.address);
        let end = " de 67108864 bytes enviados, 0 de resposta\nDica: espere mais com --timeout\n";
        let is_right = ended.stderr.starts_with(&start) && ended.stderr.ends_with(end);
        ensure(is_right, &ended)
    });

    let (server, connections) = FakeServer::with_connections();
    let path = temporary_path("portuguese-silent");
    let args = ["send", "--timeout", NEVER, "--port", &server.port(), "--file", path.to_str().unwrap()];
    let mut sending = Process::start(&mut upcase(&args));
    let _open = connections.recv_timeout(DEADLINE).unwrap();
    sending.signal("TERM");
    let ended = sending.finish();
    assert!(ended.stderr.starts_with("Erro: interrompido: "), "{}", ended.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn prompt_prints_its_lines() {
    let (sender, requests) = std::sync::mpsc::channel();
    let server = FakeServer::new(move |mut stream| {
        let line = read_line(&stream);
        if line == "mudo" {
            sender.send(stream).unwrap();
        } else {
            stream.write_all(line.to_uppercase().as_bytes()).unwrap();
        }
    });
    let mut command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER]);
    let Some(mut terminal) = Terminal::run(command.env("NO_COLOR", "1")) else { return };
    terminal.until_shown("Uma mensagem por linha; Ctrl-D encerra.\r\n");
    terminal.until_shown("Enviar:   ");
    terminal.type_keys("ação\r");
    terminal.until_shown("Recebido: AÇÃO\r\n");
    terminal.until_shown("Enviar:   ");
    terminal.type_keys(CTRL_C);
    terminal.until_shown("Para sair, tecle Ctrl-D.\r\n");
    terminal.until_shown("Enviar:   ");
    terminal.type_keys("de novo\r");
    terminal.until_shown("Nova conexão: o servidor fechou a anterior depois da resposta.\r\n");
    terminal.until_shown("Recebido: DE NOVO\r\n");
    terminal.until_shown("Enviar:   ");
    terminal.type_keys("mudo\r");
    let _open = requests.recv_timeout(DEADLINE).unwrap();
    terminal.type_keys(CTRL_C);
    terminal.until_shown("Interrompido: a mensagem ficou sem resposta.\r\n");
    terminal.until_shown("Enviar:   ");
    terminal.type_keys(b"a\xe7\xe3o");
    terminal.until_shown("Erro: não é possível ler a entrada padrão\r\nCausa: o texto não é UTF-8\r\n");
    terminal.until_shown("Enviar:   ");
    terminal.end();
}

#[cfg(target_os = "linux")]
#[test]
fn terminal_shows_the_progress_of_a_file_and_asks_for_text() {
    let (server, connections) = FakeServer::with_connections();
    let path = temporary_path("portuguese-progress");
    std::fs::write(&path, b"x".repeat(64 * 1024 * 1024)).unwrap();
    let mut command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER, "--file"]);
    let Some(mut terminal) = Terminal::run(command.arg(&path).env("NO_COLOR", "1")) else { return };
    terminal.until_shown(" MB / 67,1 MB  ");
    drop(connections.recv_timeout(DEADLINE).unwrap());
    terminal.until_shown("Enviado:  ");
    assert_eq!(terminal.process.wait(), Some(1));

    let server = Server::spawn(&mut serve(&["--keep-alive"]));
    let mut command = upcase(&["send", "--port", &server.port(), "--timeout", NEVER, "--file", "-"]);
    let Some(mut terminal) = Terminal::run(command.env("NO_COLOR", "1")) else { return };
    terminal.until_shown("Digite o texto; Ctrl-D encerra.\r\n");
    terminal.type_keys(format!("oi\r{CTRL_D}"));
    terminal.until_shown("Enviado:  entrada padrão, 3 bytes\r\nRecebido: 3 bytes em ");
    assert_eq!(terminal.process.wait(), Some(0));
}
