//! What goes wrong, its cause and its way out; and the exit codes.

use crate::support::fake::Fake;
use crate::support::{Finished, Server, run, silent_port, upcase};

#[track_caller]
fn fails(args: &[&str], code: i32, said: &str) {
    let ended = run(&mut upcase(args), b"");
    assert_eq!((ended.code, &ended.stderr[..]), (Some(code), said));
}

#[test]
fn a_port_in_use() {
    let server = Server::start(&[]);
    let port = server.port();
    fails(
        &["serve", "--port", &port],
        1,
        &format!(
            "Erro: não é possível escutar em 127.0.0.1:{port}\n\
             Causa: endereço já em uso\n\
             Dica: use outra porta com --port, ou --port 0 para qualquer porta livre\n"
        ),
    );
}

#[test]
fn a_server_that_does_not_run() {
    let (_socket, port) = silent_port();
    fails(
        &["send", "--port", &port, "oi"],
        1,
        &format!(
            "Erro: não foi possível conectar a 127.0.0.1:{port}\n\
             Causa: conexão recusada\n\
             Dica: inicie antes o servidor, em outro terminal: upcase serve --port {port}\n"
        ),
    );
    fails(
        &["send", "--lang", "en", "--port", &port, "oi"],
        1,
        &format!(
            "Error: can't connect to 127.0.0.1:{port}\n\
             Cause: connection refused\n\
             Hint: start the server first, in another terminal: upcase serve --port {port}\n"
        ),
    );
}

#[test]
fn an_unknown_name() {
    // RFC 6761 reserves .invalid: no resolver knows it. What it says of that is its own.
    for args in [&["send", "oi"][..], &["serve"]] {
        let ended = run(upcase(args).args(["--lang", "en", "--host", "nobody.invalid"]), b"");
        assert_eq!(ended.code, Some(1));
        let lines = ended.stderr.lines().collect::<Vec<_>>();
        assert_eq!(lines[0], "Error: the name nobody.invalid was not found");
        assert_eq!(lines[2], "Hint: check the name, or use an IP address");
    }
}

#[test]
fn an_address_of_another_machine() {
    // RFC 5737 keeps this address for documentation.
    fails(
        &["serve", "--host", "192.0.2.1", "--port", "0"],
        1,
        "Erro: não é possível escutar em 192.0.2.1:0\n\
         Causa: o endereço não é desta máquina\n\
         Dica: use um endereço desta máquina, ou --host 0.0.0.0 para todos\n",
    );
}

#[test]
fn a_server_that_never_answers() {
    let mute = Fake::new(std::mem::forget);
    fails(
        &["send", "--port", &mute.port(), "--timeout", "100ms", "oi"],
        1,
        &format!("Erro: nenhuma resposta de {} em 100ms\nDica: espere mais com --timeout\n", mute.address),
    );
}

#[test]
fn a_server_that_closes_without_a_reply() {
    let rude = Fake::new(|mut stream| {
        let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
    });
    fails(
        &["send", "--port", &rude.port(), "oi"],
        1,
        &format!(
            "Erro: {} fechou a conexão sem responder\n\
             Dica: confira se é um servidor upcase que escuta ali\n",
            rude.address
        ),
    );
}

#[test]
fn a_backtrace_is_not_asked_for_by_the_worlds_errors() {
    let (_socket, port) = silent_port();
    let plain = run(&mut upcase(&["send", "--port", &port, "oi"]), b"");
    let traced = run(upcase(&["send", "--port", &port, "oi"]).env("RUST_BACKTRACE", "1"), b"");
    assert_eq!(traced.stderr, plain.stderr);
}

#[test]
fn an_error_is_coloured_only_where_asked_for() {
    let (_socket, port) = silent_port();
    let said =
        |colour: &str| run(&mut upcase(&["send", "--port", &port, "--color", colour, "oi"]), b"").stderr;
    assert!(!said("auto").contains('\x1b'));
    assert!(said("always").contains("\x1b[31;1mErro:\x1b[0m"), "{:?}", said("always"));
}

#[test]
fn a_wrong_command_line() {
    for (args, named) in [
        (&["serve", "--prot", "1"][..], "'--port'"),
        (&["serve", "--port", "65536"], "'65536' for '--port"),
        (&["send", "--port", "0", "oi"], "'0' for '--port"),
        (&["serve", "--pause", "5"], "'5' for '--pause <TIME>': time unit needed"),
        (&["serve", "--idle-timeout", "0s"], "'0s' for '--idle-timeout <TIME>': it must be longer than zero"),
        (&["serve", "--max-connections", "0"], "'0' for '--max-connections"),
        (&["send", "--lang", "fr", "oi"], "[possible values: pt, en]"),
        (&["sned", "oi"], "'send'"),
        (&["completions"], "<SHELL>"),
        (&["man", "sned"], "[possible values: upcase, upcase-serve, upcase-send]"),
        (&[], "Usage: upcase"),
    ] {
        let Finished { code, stdout, stderr } = run(&mut upcase(args), b"");
        assert_eq!((code, &stdout[..]), (Some(2), ""), "{args:?}");
        assert!(stderr.contains(named), "{args:?}: {stderr}");
    }
}

#[test]
fn a_commands_own_options_come_first_in_its_help() {
    for args in [["serve", "--help"], ["send", "--help"]] {
        let help = run(&mut upcase(&args), b"").stdout;
        assert!(help.find("--format") < help.find("--color"), "{help}");
    }
}

#[test]
fn the_help_of_each_half_fits_one_screen() {
    for half in ["serve", "send"] {
        for flag in ["-h", "--help"] {
            let ended = run(upcase(&[half, flag]).env("COLUMNS", "80"), b"");
            // A terminal has 24 lines, and the last is the shell's.
            assert!(ended.stdout.lines().count() <= 23, "{}", ended.stdout);
        }
    }
}

#[test]
fn help_fits_eighty_columns() {
    for args in [
        &["--help"][..],
        &["serve", "--help"],
        &["send", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
    ] {
        let ended = run(upcase(args).env("COLUMNS", "80"), b"");
        assert_eq!(ended.code, Some(0));
        for line in ended.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
