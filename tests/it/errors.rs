//! Errors with their causes and hints, exit codes, and the help.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;

#[cfg(target_os = "linux")]
use crate::support::Process;
use crate::support::fake_server::FakeServer;
use crate::support::{
    Finished, Server, closed_port, ensure, run, upcase, upcase_in_default_language, with_longer_times,
};

/// The command that shows which programs listen.
pub(crate) const LIST_LISTENERS: &str =
    if cfg!(target_os = "linux") { "ss -ltnp" } else { "lsof -i -sTCP:LISTEN" };

#[track_caller]
fn assert_fails(args: &[&str], stderr: &str) {
    let finished = run(&mut upcase(args), b"");
    assert_eq!((finished.code, &finished.stderr[..]), (Some(1), stderr));
}

#[test]
fn port_in_use_is_reported_with_a_hint() {
    let server = Server::start(&[]);
    let port = server.port();
    assert_fails(
        &["serve", "--port", &port],
        &format!(
            "Error: can't listen on 127.0.0.1:{port}\n\
             Cause: address already in use\n\
             Hint: another upcase may be running ({LIST_LISTENERS} shows it); --port 0 takes any free port\n"
        ),
    );
}

#[test]
fn refused_connection_is_reported_with_the_command_that_starts_the_server() {
    let (_socket, port) = closed_port();
    assert_fails(
        &["send", "--port", &port, "oi"],
        &format!(
            "Error: can't connect to 127.0.0.1:{port}\n\
             Cause: connection refused\n\
             Hint: start the server first, in another terminal: upcase serve --port {port}\n"
        ),
    );
}

#[test]
fn unknown_name_is_reported() {
    for args in [&["send", "oi"][..], &["serve"]] {
        // No resolver knows a name under .invalid (RFC 6761), and a machine may have no resolver.
        let finished = run(upcase(args).args(["--host", "nobody.invalid"]), b"");
        assert_eq!(finished.code, Some(1));
        let lines = finished.stderr.lines().collect::<Vec<_>>();
        assert_eq!(lines[0], "Error: the name nobody.invalid was not found");
        let causes = ["Cause: unknown name", "Cause: the name service does not answer"];
        assert!(causes.contains(&lines[1]), "{lines:?}");
        assert_eq!(lines[2], "Hint: check the name, or use an IP address");
    }
}

#[test]
fn address_of_another_machine_is_reported() {
    assert_fails(
        // RFC 5737 reserves this address for documentation.
        &["serve", "--host", "192.0.2.1", "--port", "0"],
        "Error: can't listen on 192.0.2.1:0\n\
         Cause: the address does not belong to this machine\n\
         Hint: use an address of this machine, or --host 0.0.0.0 for all\n",
    );
}

#[test]
fn silent_server_is_reported_after_the_timeout() {
    let server = FakeServer::silent();
    with_longer_times(|timeout| {
        let finished = run(&mut upcase(&["send", "--port", &server.port(), "--timeout", timeout, "oi"]), b"")
            .hiding_clients(server.address);
        let stderr = format!(
            "Error: no reply from {} to CLIENT within {timeout}\nHint: wait longer with --timeout\n",
            server.address
        );
        ensure(finished.code == Some(1) && finished.stderr == stderr, &finished)
    });
}

#[test]
fn close_without_a_reply_is_reported() {
    let server = FakeServer::closing_without_reply();
    let finished =
        run(&mut upcase(&["send", "--port", &server.port(), "oi"]), b"").hiding_clients(server.address);
    let stderr = format!(
        "Error: {} closed the connection with CLIENT without a reply\n\
         Hint: check that an upcase server listens there\n",
        server.address
    );
    assert_eq!((finished.code, finished.stderr), (Some(1), stderr));
}

#[test]
fn reply_to_the_beginning_of_a_message_is_explained() {
    // The tutorial's server reads once, up to 1024 bytes.
    let server = FakeServer::new(|mut stream| {
        let mut message = [0; 1024];
        stream.read_exact(&mut message).unwrap();
        stream.write_all(&message.to_ascii_uppercase()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        std::mem::forget(stream);
    });
    let message = "x".repeat(5000);
    let text = format!(
        "the reply from {} to CLIENT is not the message in upper case: it ends after 1024 bytes\n\
         Hint: perhaps the server closed with unread data (a single recv?): that makes TCP reset the connection\n",
        server.address
    );
    let send = |args: &[&str]| {
        run(upcase(&["send", "--port", &server.port(), &message]).args(args), b"")
            .hiding_clients(server.address)
    };
    let finished = send(&[]);
    assert_eq!((finished.code, finished.stderr), (Some(0), format!("Warning: {text}")));
    let finished = send(&["--check"]);
    assert_eq!((finished.code, finished.stderr), (Some(1), format!("Error: {text}")));
}

#[test]
fn errors_of_the_environment_have_no_backtrace() {
    let (_socket, port) = closed_port();
    let plain = run(&mut upcase(&["send", "--port", &port, "oi"]), b"");
    let traced = run(upcase(&["send", "--port", &port, "oi"]).env("RUST_BACKTRACE", "1"), b"");
    assert_eq!((plain.code, &traced.stderr), (Some(1), &plain.stderr));
}

#[test]
fn errors_have_colour_only_on_request() {
    let (_socket, port) = closed_port();
    let stderr =
        |color: &str| run(&mut upcase(&["send", "--port", &port, "--color", color, "oi"]), b"").stderr;
    assert!(!stderr("auto").contains('\x1b'));
    assert!(stderr("always").contains("\x1b[31;1mError:\x1b[0m"), "{:?}", stderr("always"));
}

#[test]
fn usage_errors_name_the_wrong_argument() {
    for (args, named) in [
        (&["serve", "--prot", "1"][..], "'--port'"),
        (&["serve", "--port", "65536"], "'65536' for '--port"),
        (&["send", "--port", "0", "oi"], "'0' for '--port"),
        (&["serve", "--pause", "5"], "'5' for '--pause <TIME>': the unit is missing: 500ms, 5s or 2m\n"),
        (&["serve", "--pause", "soon"], "'soon' for '--pause <TIME>': not a time: write 500ms, 5s or 2m\n"),
        (
            &["serve", "--idle-timeout", "0s"],
            "'0s' for '--idle-timeout <TIME>': the time must be longer than zero",
        ),
        (&["serve", "--max-connections", "0"], "'0' for '--max-connections"),
        (&["send", "--lang", "fr", "oi"], "the possible values are pt, en\n"),
        (&["sned", "oi"], "'send'"),
        (&["completions"], "<SHELL>"),
        (&["man", "sned"], "the possible values are upcase, upcase-serve, upcase-send\n"),
        (&["send", "--xyz"], "Hint: if '--xyz' is the message, write '-- --xyz'\n"),
        (&["--count", "3", "send", "oi"], "Hint: there is 'send --count'\n"),
        (&["--", "serve"], "Hint: the command comes without '--': serve\n"),
        (&[], "Usage: upcase"),
    ] {
        let Finished { code, stdout, stderr } = run(&mut upcase(args), b"");
        assert_eq!((code, &stdout[..]), (Some(2), ""), "{args:?}");
        assert!(stderr.contains(named), "{args:?}: {stderr}");
    }
}

#[test]
fn wrong_hosts_are_explained() {
    for (host, reason) in [
        (":80", "the host is missing"),
        ("", "the host is missing"),
        ("127.0.0.1:", "the port after ':' is missing"),
        ("localhost:0", "not a whole number from 1 to 65535"),
        ("localhost:http", "not a whole number from 1 to 65535"),
        ("http://x/", "write the host or HOST:PORT, not a URL"),
        ("a/b", "a host cannot contain '/'"),
        ("two words", "a host cannot contain ' '"),
        ("[::1", "the bracket is not closed"),
        ("[::1]80", "only :PORT may follow the bracket"),
    ] {
        for command in ["send", "serve"] {
            let finished = run(&mut upcase(&[command, "--host", host]), b"");
            assert_eq!(finished.code, Some(2), "{host}");
            let expected = format!("Error: invalid value '{host}' for '--host <HOST>': {reason}\n");
            assert!(finished.stderr.starts_with(&expected), "{}", finished.stderr);
        }
    }
}

#[test]
fn host_of_serve_has_no_port() {
    let finished = run(&mut upcase(&["serve", "--host", "127.0.0.1:9000"]), b"");
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("write the port in --port"), "{}", finished.stderr);
}

#[test]
fn conflicting_ports_show_the_usage_of_send() {
    let finished = run(&mut upcase(&["send", "--host", "a:80", "--port", "81"]), b"");
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.starts_with("Error: '--host a:80' cannot be used with '--port 81'\n"));
    assert!(finished.stderr.contains("\nUsage: upcase send "), "{}", finished.stderr);
}

#[test]
fn wrong_environment_variable_is_named() {
    for (command, variable, value) in [
        ("send", "UPCASE_PORT", "abc"),
        ("serve", "UPCASE_PORT", "70000"),
        ("send", "UPCASE_HOST", ":80"),
        ("serve", "UPCASE_HOST", "localhost:80"),
        ("send", "UPCASE_LANG", "fr"),
    ] {
        let finished = run(upcase_in_default_language(&[command]).env(variable, value), b"");
        assert_eq!(finished.code, Some(2), "{variable}={value}");
        let expected = format!("Error: invalid value '{value}' for '{variable}'");
        assert!(finished.stderr.starts_with(&expected), "{}", finished.stderr);
        let option = format!("--{}", variable.trim_start_matches("UPCASE_").to_lowercase());
        assert!(!finished.stderr.contains(&option), "{}", finished.stderr);
    }
}

#[test]
fn environment_variable_that_is_empty_or_describes_a_kubernetes_service_is_not_set() {
    let server = Server::start(&[]);
    for value in ["", "tcp://10.0.0.1:8080"] {
        let mut send = upcase_in_default_language(&["send", "--host", &server.address.to_string(), "oi"]);
        for variable in ["UPCASE_HOST", "UPCASE_PORT", "UPCASE_LANG"] {
            send.env(variable, value);
        }
        let finished = run(&mut send, b"");
        assert_eq!(
            (finished.code, &finished.stdout[..]),
            (Some(0), "Enviado:  oi\nRecebido: OI\n"),
            "{finished:?}"
        );
    }
}

#[test]
fn last_of_a_repeated_option_wins() {
    let server = Server::start(&[]);
    let port = server.port();
    let send = ["--lang", "pt", "send", "--port", "1", "--port", &port, "--lang", "pt", "--lang", "en", "oi"];
    let finished = run(&mut upcase(&send), b"");
    assert_eq!((finished.code, &finished.stdout[..]), (Some(0), "Sent:     oi\nReceived: OI\n"));
}

#[test]
fn color_never_applies_to_the_help_and_to_usage_errors() {
    for args in [&["--help"][..], &["sned"], &["send", "--nope"]] {
        let colored = run(upcase(args).env("CLICOLOR_FORCE", "1"), b"");
        assert!((colored.stdout + &colored.stderr).contains('\x1b'), "{args:?}");
        for color in [&["--color", "never"][..], &["--color=always", "--color=never"]] {
            let plain = run(upcase(&[color, args].concat()).env("CLICOLOR_FORCE", "1"), b"");
            assert!(!(plain.stdout + &plain.stderr).contains('\x1b'), "{args:?}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn help_and_version_on_a_full_disk_are_errors() {
    for args in [&["--help"][..], &["-h"], &["--version"], &["serve", "--help"], &["help", "send"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = Process::start(upcase(args).stdout(full)).finish();
        let error = "Error: can't write to standard output\nCause: disk full\n";
        assert_eq!((ended.code, &ended.stderr[..]), (Some(1), error), "{args:?}");
    }
}

mod help {
    use super::*;

    /// The arguments of each command, and a heading of its own options.
    const COMMANDS: [(&[&str], &str); 5] = [
        (&[], "Commands:"),
        (&["serve"], "Limits:"),
        (&["send"], "Repeating:"),
        (&["completions"], "Arguments:"),
        (&["man"], "Arguments:"),
    ];

    /// Prints help on a terminal of 80 columns.
    #[track_caller]
    fn print(command: &[&str], flag: &str) -> String {
        let printed = run(upcase(command).arg(flag).env("COLUMNS", "80"), b"");
        assert_eq!((printed.code, &printed.stderr[..]), (Some(0), ""));
        for line in printed.stdout.lines() {
            assert!(line.chars().count() <= 80, "{command:?}: {line}");
        }
        printed.stdout
    }

    #[test]
    fn short_help_fits_a_terminal_of_24_lines() {
        for (command, heading) in COMMANDS {
            let help = print(command, "-h");
            // The last line of the terminal has the shell's prompt.
            assert!(help.lines().count() <= 23, "{help}");
            assert!(help.contains(&format!("\n{heading}\n")), "{help}");
        }
    }

    #[test]
    fn long_help_has_headings_and_examples() {
        for (command, heading) in COMMANDS {
            let help = print(command, "--help");
            for heading in [heading, "Global:", "Examples:"] {
                assert!(help.contains(&format!("\n{heading}\n")), "{heading}\n{help}");
            }
            assert!(help.contains("\n    upcase"), "{help}");
        }
    }

    #[test]
    fn options_of_a_command_come_before_the_global_ones() {
        for (command, heading) in COMMANDS {
            for flag in ["-h", "--help"] {
                let help = print(command, flag);
                assert!(help.find(heading).unwrap() < help.find("\nGlobal:").unwrap(), "{help}");
            }
        }
    }
}
