//! The executable with clients, servers and a proxy that no one here wrote.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use crate::support::peer::peer;
use crate::support::{DEADLINE, NEVER, Running, Server, run, upcase};

const TUTORIAL_SERVER: &str = include_str!("tutorial_server.py");
const TUTORIAL_CLIENT: &str = include_str!("tutorial_client.py");

/// Asks our server by a client with these arguments and the address, and this input; gives its output.
fn ask(server: &Server, program: &str, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut client = peer(program)?;
    client.args(args).args(["127.0.0.1", &server.port()]);
    Some(run(&mut client, input).stdout.into_bytes())
}

#[test]
fn clients_that_half_close_are_answered_at_once() {
    let server = Server::start(&["--pause", NEVER, "--idle-timeout", NEVER]);
    for (program, args) in
        [("ncat", &[][..]), ("nc.openbsd", &["-N"]), ("busybox", &["nc"]), ("nc.traditional", &["-q", "5"])]
    {
        for input in ["ação, uma linha\n", "sem fim de linha, ç", "duas\nlinhas, é\n"] {
            let Some(reply) = ask(&server, program, args, input.as_bytes()) else { continue };
            assert_eq!(String::from_utf8(reply).unwrap(), input.trim().to_uppercase(), "{program}");
        }
    }
}

#[test]
fn clients_that_never_half_close_are_answered_too() {
    let server = Server::start(&["--pause", "100ms", "--idle-timeout", NEVER]);
    for (program, args) in [("nc.openbsd", &[][..]), ("nc.traditional", &[])] {
        for input in ["ação, uma linha\n", "sem fim de linha, ç", "duas\nlinhas, é\n"] {
            let Some(reply) = ask(&server, program, args, input.as_bytes()) else { continue };
            assert_eq!(String::from_utf8(reply).unwrap(), input.trim().to_uppercase(), "{program}");
        }
    }
}

#[test]
fn twenty_megabytes_come_back_whole() {
    let text = "Vinte megabytes de texto com acentuação, linha por linha.\n".repeat(20 * 1024 * 1024 / 60);
    let server = Server::start(&["--quiet"]);
    for (program, args) in [("ncat", &[][..]), ("nc.openbsd", &["-N"]), ("busybox", &["nc"])] {
        let Some(reply) = ask(&server, program, args, text.as_bytes()) else { continue };
        assert!(reply == text.trim().to_uppercase().as_bytes(), "{program}: {} bytes came back", reply.len());
    }
}

#[test]
fn keep_alive_answers_clients_of_lines() {
    let server = Server::start(&["--keep-alive", "--idle-timeout", NEVER]);
    for (program, args) in [("ncat", &["-C"][..]), ("nc.openbsd", &["-N"]), ("busybox", &["nc"])] {
        let Some(reply) = ask(&server, program, args, "um\ndois, é\n".as_bytes()) else { continue };
        assert_eq!(String::from_utf8(reply).unwrap(), "UM\nDOIS, É\n", "{program}");
    }
}

#[test]
fn socat_as_a_client() {
    let Some(mut socat) = peer("socat") else { return };
    let server = Server::start(&["--pause", NEVER]);
    socat.args(["-t", "30", "-", &format!("TCP:127.0.0.1:{}", server.port())]);
    assert_eq!(run(&mut socat, "ação".as_bytes()).stdout, "AÇÃO");
}

#[test]
fn bashs_own_sockets_as_a_client() {
    let Some(mut bash) = peer("bash") else { return };
    let server = Server::start(&["--pause", NEVER, "--idle-timeout", NEVER]);
    let script = r#"exec 3<>"/dev/tcp/127.0.0.1/$1"; echo 'mensagem de teste' >&3; cat <&3"#;
    bash.args(["-c", script, "bash", &server.port()]);
    assert_eq!(run(&mut bash, b"").stdout, "MENSAGEM DE TESTE");
}

#[test]
fn curl_as_a_client() {
    let Some(mut curl) = peer("curl") else { return };
    let server = Server::start(&["--pause", NEVER, "--idle-timeout", NEVER]);
    curl.args(["-sSN", &format!("telnet://127.0.0.1:{}", server.port())]);
    // Standard input stays open until the reply has come: at its end curl leaves, and before that never.
    let mut curl = Running::start(curl.stdin(Stdio::piped()));
    let mut stdin = curl.stdin();
    stdin.write_all("ação\n".as_bytes()).unwrap();
    curl.stdout.until_text("AÇÃO");
    drop(stdin);
    curl.finish();
}

#[test]
fn telnet_as_a_client() {
    let Some(mut telnet) = peer("telnet") else { return };
    let server = Server::start(&["--pause", NEVER, "--idle-timeout", NEVER]);
    telnet.args(["127.0.0.1", &server.port()]);
    let mut telnet = Running::start(telnet.stdin(Stdio::piped()));
    let mut stdin = telnet.stdin();
    telnet.stdout.until_text("Escape character");
    stdin.write_all(b"mensagem de teste\n").unwrap();
    telnet.stdout.until_text("MENSAGEM DE TESTE");
    drop(stdin);
    telnet.finish();
    server.stdout.until_text("mensagem de teste\n");
}

#[test]
fn the_tutorials_client() {
    let Some(mut python) = peer("python3") else { return };
    let server = Server::start(&["--pause", NEVER, "--idle-timeout", NEVER]);
    python.args(["-c", TUTORIAL_CLIENT, "127.0.0.1", &server.port(), "mensagem", "de", "teste"]);
    assert_eq!(run(&mut python, b"").stdout, "Enviado:  mensagem de teste\nRecebido: MENSAGEM DE TESTE\n");
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\nmensagem de teste\n");
}

#[test]
fn the_tutorials_server() {
    let Some(mut python) = peer("python3") else { return };
    let tutorials = Running::start(python.args(["-u", "-c", TUTORIAL_SERVER]));
    let port = tutorials.stdout.until_line(|line| line.starts_with("port ")).split_off("port ".len());
    let ended = run(&mut upcase(&["send", "--port", &port, "--timeout", NEVER, "mensagem de teste"]), b"");
    assert_eq!(ended.stdout, "Enviado:  mensagem de teste\nRecebido: MENSAGEM DE TESTE\n");
    let ended = run(&mut upcase(&["send", "--port", &port, "--format", "raw"]), b"um\ndois\ntr\xc3\xaas\n");
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "UMDOISTRÊS"));
    let ended =
        run(&mut upcase(&["send", "--port", &port, "--count", "3", "--interval", "0s", "--check"]), b"");
    assert!(ended.stdout.contains("\n3 enviadas, 3 respondidas, 0 erradas, 0 perdidas\n"), "{ended:?}");
}

#[test]
fn socats_lines_as_a_server() {
    let Some(mut socat) = peer("socat") else { return };
    socat.args(["-dd", "TCP-LISTEN:0,bind=127.0.0.1,fork", "EXEC:stdbuf -oL tr a-z A-Z"]);
    let socat = Running::start(&mut socat);
    let line = socat.stderr.until_line(|line| line.contains("listening on"));
    let port = line.rsplit(':').next().unwrap();
    let ended = run(&mut upcase(&["send", "--port", port, "--timeout", NEVER]), b"um\ndois\n");
    assert_eq!(
        (ended.code, &ended.stdout[..]),
        (Some(0), "Enviado:  um\nRecebido: UM\nEnviado:  dois\nRecebido: DOIS\n")
    );
    assert_eq!(socat.stderr.so_far().matches("accepting connection").count(), 1);
}

/// Starts a proxy on this address of its own, where no other test is given a port, and waits for it.
fn proxied(
    program: &str,
    args: &[&str],
    host: &str,
    configure: impl Fn(SocketAddr) -> String,
) -> Option<(Running, SocketAddr)> {
    let mut command = peer(program)?;
    let address = TcpListener::bind((host, 0)).unwrap().local_addr().unwrap();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{program}.conf"));
    std::fs::write(&file, configure(address)).unwrap();
    let mut proxy = Running::start(command.args(args).arg(&file));
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(!proxy.has_ended(), "{program} ended");
        assert!(start.elapsed() < DEADLINE, "{program} does not listen");
        std::thread::yield_now();
    }
    Some((proxy, address))
}

/// Sends through a proxy.
fn send_to(proxy: SocketAddr, message: &str) -> String {
    let (host, port) = (proxy.ip().to_string(), proxy.port().to_string());
    run(&mut upcase(&["send", "--host", &host, "--port", &port, "--timeout", NEVER, message]), b"").stdout
}

#[test]
fn haproxy_in_front_with_its_health_checks() {
    let server = Server::start(&[]);
    let proxy = proxied("haproxy", &["-f"], "127.0.0.4", |address| {
        format!(
            "defaults\n mode tcp\n timeout connect 30s\n timeout client 30s\n timeout server 30s\n\
             listen upcase\n bind {address}\n server one {} check inter 20ms\n",
            server.address
        )
    });
    let Some((_proxy, address)) = proxy else { return };
    assert_eq!(send_to(address, "ação"), "Enviado:  ação\nRecebido: AÇÃO\n");
    assert_eq!(server.stop().stdout, "Recebido de 127.0.0.1:\nação\n", "checks are no messages");
}

#[test]
fn nginx_in_front_which_cuts_half_closed_connections() {
    // nginx brings its stream module as a file of its own, where the distribution splits it off.
    const MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";
    let load = if Path::new(MODULE).exists() { format!("load_module {MODULE};\n") } else { String::new() };
    let server = Server::start(&[]);
    let folder = env!("CARGO_TARGET_TMPDIR");
    let proxy = proxied("nginx", &["-c"], "127.0.0.5", |address| {
        format!(
            "{load}daemon off;\nmaster_process off;\nerror_log {folder}/nginx-error.log;\npid {folder}/nginx.pid;\n\
             events {{}}\nstream {{ server {{ listen {address}; proxy_pass {}; }} }}\n",
            server.address
        )
    });
    let Some((_proxy, address)) = proxy else { return };
    assert_eq!(send_to(address, "ação"), "Enviado:  ação\nRecebido: AÇÃO\n");
}
