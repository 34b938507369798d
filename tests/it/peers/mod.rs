//! The executable with clients, servers and proxies of other projects.

use std::io::{ErrorKind, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::peer::peer;
use crate::support::{DEADLINE, NEVER, Process, Server, run, temporary_path, upcase};

const TUTORIAL_SERVER: &str = include_str!("../../../docs/tutorial/server.py");
const TUTORIAL_CLIENT: &str = include_str!("tutorial_client.py");

const MESSAGES: [&str; 3] = ["ação, uma linha\n", "sem fim de linha, ç", "duas\nlinhas, é\n"];

/// Runs a client with these arguments, the server's address and `input`, and returns its output.
fn reply_to(program: &str, args: &[&str], server: &Server, input: &str) -> Option<String> {
    let mut client = peer(program)?;
    client.args(args).args(["127.0.0.1", &server.port()]);
    Some(run(&mut client, input.as_bytes()).stdout)
}

#[track_caller]
fn assert_answers(server: &Server, program: &str, args: &[&str], messages: &[&str]) {
    for message in messages {
        let Some(reply) = reply_to(program, args, server, message) else { return };
        assert_eq!(reply, message.trim().to_uppercase(), "{program}");
    }
}

#[test]
fn clients_that_half_close_are_answered_at_once() {
    let server = Server::start_without_timeouts(&[]);
    for (program, args) in
        [("ncat", &[][..]), ("nc.openbsd", &["-N"]), ("busybox", &["nc"]), ("nc.traditional", &["-q", "100"])]
    {
        assert_answers(&server, program, args, &MESSAGES);
    }
}

#[test]
fn clients_that_never_half_close_are_answered_after_a_pause() {
    let server = Server::start(&["--pause", "100ms", "--idle-timeout", NEVER]);
    for program in ["nc.openbsd", "nc.traditional"] {
        assert_answers(&server, program, &[], &MESSAGES);
    }
}

#[test]
fn twenty_megabytes_come_back_whole() {
    let text = "Vinte megabytes de texto com acentuação, linha por linha.\n".repeat(20 * 1024 * 1024 / 60);
    let server = Server::start_without_timeouts(&["--quiet"]);
    for (program, args) in [("ncat", &[][..]), ("nc.openbsd", &["-N"]), ("busybox", &["nc"])] {
        let Some(reply) = reply_to(program, args, &server, &text) else { continue };
        assert!(reply == text.trim().to_uppercase(), "{program}: {} bytes came back", reply.len());
    }
}

#[test]
fn keep_alive_answers_clients_that_send_lines() {
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    for (program, args) in [("ncat", &["-C"][..]), ("nc.openbsd", &["-N"]), ("busybox", &["nc"])] {
        let Some(reply) = reply_to(program, args, &server, "um\ndois, é\n") else { continue };
        assert_eq!(reply, "UM\nDOIS, É\n", "{program}");
    }
}

#[test]
fn socat_gets_its_reply() {
    let Some(mut socat) = peer("socat") else { return };
    let server = Server::start_without_timeouts(&[]);
    socat.args(["-t", "100", "-", &format!("TCP:127.0.0.1:{}", server.port())]);
    assert_eq!(run(&mut socat, "ação".as_bytes()).stdout, "AÇÃO");
}

#[test]
fn bash_gets_its_reply_over_dev_tcp() {
    let Some(mut bash) = peer("bash") else { return };
    let server = Server::start_without_timeouts(&[]);
    let script = r#"exec 3<>"/dev/tcp/127.0.0.1/$1"; echo 'test message' >&3; cat <&3"#;
    bash.args(["-c", script, "bash", &server.port()]);
    assert_eq!(run(&mut bash, b"").stdout, "TEST MESSAGE");
}

#[test]
fn curl_gets_its_reply() {
    let Some(mut curl) = peer("curl") else { return };
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    curl.args(["-sSN", &format!("telnet://127.0.0.1:{}", server.port())]);
    let mut curl = Process::start(curl.stdin(Stdio::piped()));
    let mut stdin = curl.stdin();
    // curl reads its input and the connection in turn. When the input is silent for 100 ms, curl waits for input
    // and shows no reply meanwhile. So input goes on until the reply has been shown.
    let end = Instant::now() + DEADLINE;
    while !curl.stdout.so_far().contains("AÇÃO\n") {
        assert!(Instant::now() < end && !curl.has_ended(), "curl shows no reply");
        stdin.write_all("ação\n".as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    // curl leaves when the server closes, and notices that when its input does not block it.
    drop(stdin);
    server.stop();
    curl.finish();
}

#[test]
fn telnet_gets_its_reply() {
    let Some(mut telnet) = peer("telnet") else { return };
    let server = Server::start_without_timeouts(&[]);
    telnet.args(["127.0.0.1", &server.port()]);
    let mut telnet = Process::start(telnet.stdin(Stdio::piped()));
    let mut stdin = telnet.stdin();
    telnet.stdout.until_text("Escape character");
    stdin.write_all(b"test message\n").unwrap();
    telnet.stdout.until_text("TEST MESSAGE");
    drop(stdin);
    telnet.finish();
    server.stdout.until_text("test message\n");
}

#[test]
fn tutorial_client_gets_its_reply() {
    let Some(mut python) = peer("python3") else { return };
    let server = Server::start_without_timeouts(&[]);
    python.args(["-c", TUTORIAL_CLIENT, "127.0.0.1", &server.port(), "mensagem", "de", "teste"]);
    assert_eq!(run(&mut python, b"").stdout, "Enviado:  mensagem de teste\nRecebido: MENSAGEM DE TESTE\n");
    assert_eq!(server.stop().stdout, "Received from 127.0.0.1:\nmensagem de teste\n");
}

#[test]
fn tutorial_server_replies_to_every_kind_of_sending() {
    let Some(mut python) = peer("python3") else { return };
    let tutorial = Process::start(python.args(["-u", "-c", TUTORIAL_SERVER, "0"]));
    let port = tutorial.stdout.until_line(|line| line.starts_with("port ")).split_off("port ".len());
    let send = |args: &[&str], input: &[u8]| {
        run(upcase(&["send", "--port", &port, "--timeout", NEVER]).args(args), input)
    };
    let ended = send(&["test message"], b"");
    assert_eq!(ended.stdout, "Sent:     test message\nReceived: TEST MESSAGE\n");
    let ended = send(&["--format", "raw"], "um\ndois\ntrês\n".as_bytes());
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "UMDOISTRêS"));
    let ended = send(&["--count", "3", "--interval", "0s", "--check"], b"");
    assert!(ended.stdout.contains("\n3 sent, 3 answered, 0 wrong, 0 lost\n"), "{ended:?}");
}

#[test]
fn socat_server_replies_to_lines_on_one_connection() {
    let Some(mut socat) = peer("socat") else { return };
    socat.args(["-dd", "TCP-LISTEN:0,bind=127.0.0.1,fork", "EXEC:stdbuf -oL tr a-z A-Z"]);
    let socat = Process::start(&mut socat);
    let line = socat.stderr.until_line(|line| line.contains("listening on"));
    let port = line.rsplit(':').next().unwrap();
    let ended = run(&mut upcase(&["send", "--port", port, "--timeout", NEVER]), b"one\ntwo\n");
    let expected = "Sent:     one\nReceived: ONE\nSent:     two\nReceived: TWO\n";
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), expected));
    assert_eq!(socat.stderr.so_far().matches("accepting connection").count(), 1);
}

/// Starts a proxy with a configuration file, and waits until it listens on a free port of `host`.
///
/// Each proxy has a host of its own: on 127.0.0.1 another test could be given the port before the proxy has it.
fn start_proxy(
    program: &str,
    args: &[&str],
    host: &str,
    configuration: impl Fn(SocketAddr) -> String,
) -> Option<(Process, SocketAddr)> {
    let mut command = peer(program)?;
    let address = TcpListener::bind((host, 0)).unwrap().local_addr().unwrap();
    let file = temporary_path(&format!("{program}-{host}.conf"));
    std::fs::write(&file, configuration(address)).unwrap();
    let mut proxy = Process::start(command.args(args).arg(&file));
    let end = Instant::now() + DEADLINE;
    while let Err(error) = TcpStream::connect(address) {
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(!proxy.has_ended() && Instant::now() < end, "{program} does not listen");
        thread::yield_now();
    }
    Some((proxy, address))
}

/// Sends a message through a proxy, and returns the output.
fn send_through(proxy: SocketAddr, message: &str) -> String {
    run(&mut upcase(&["send", "--host", &proxy.to_string(), "--timeout", NEVER, message]), b"").stdout
}

/// Starts an nginx that passes the connections at `host` on to `server`.
fn start_nginx(host: &str, server: SocketAddr) -> Option<(Process, SocketAddr)> {
    // Some distributions split the stream module off into a file of its own.
    const MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";
    let load = if Path::new(MODULE).exists() { format!("load_module {MODULE};\n") } else { String::new() };
    let folder = env!("CARGO_TARGET_TMPDIR");
    start_proxy("nginx", &["-c"], host, |address| {
        format!(
            "{load}daemon off;\nmaster_process off;\nerror_log {folder}/nginx-{host}.log;\npid {folder}/nginx-{host}.pid;\n\
             events {{}}\nstream {{ server {{ listen {address}; proxy_pass {server}; }} }}\n",
        )
    })
}

/// Starts an `HAProxy` that passes the connections at `host` on to `server`.
fn start_haproxy(host: &str, server: SocketAddr) -> Option<(Process, SocketAddr)> {
    start_proxy("haproxy", &["-f"], host, |address| {
        format!(
            "defaults\n mode tcp\n timeout connect 1h\n timeout client 1h\n timeout server 1h\n\
             listen upcase\n bind {address}\n server one {server}\n"
        )
    })
}

/// Sends a message through a proxy to a server with a fault. Returns the events of the client, and of the server's
/// connection that carried it.
fn events_through(
    start: fn(&str, SocketAddr) -> Option<(Process, SocketAddr)>,
    host: &str,
    fault: &[&str],
    timeout: &str,
) -> Option<(Vec<String>, Vec<String>)> {
    let server = Server::start_without_timeouts(&[&["-v", "--quiet"], fault].concat());
    let (_proxy, address) = start(host, server.address)?;
    let args = ["send", "-v", "--host", &address.to_string(), "--timeout", timeout, "oi"];
    let client = run(&mut upcase(&args), b"").stderr;
    // The test's own attempt to connect to the proxy has no message.
    let stderr = server.stderr.until(|text| {
        let conn =
            text.lines().find(|line| line.ends_with(" ms read 3 bytes"))?.split(' ').next()?.to_owned();
        let is_closed = |line: &str| line.starts_with(&format!("{conn} ")) && line.contains(" closed (");
        text.lines().any(is_closed).then(|| (conn, text.to_owned()))
    });
    let events = |text: &str, conn: &str| {
        let lines = text.lines().filter(|line| line.starts_with(&format!("{conn} ")));
        lines.filter_map(|line| Some(line.split_once(" ms ")?.1.to_owned())).collect::<Vec<_>>()
    };
    Some((events(&client, "#1"), events(&stderr.1, &stderr.0)))
}

#[test]
fn fin_reset_and_silence_are_told_apart_through_proxies() {
    for (start, hosts) in [
        (start_haproxy as fn(&str, SocketAddr) -> _, ["127.0.0.6", "127.0.0.7", "127.0.0.8"]),
        (start_nginx, ["127.0.0.9", "127.0.0.10", "127.0.0.11"]),
    ] {
        let Some((client, server)) = events_through(start, hosts[0], &[], NEVER) else { return };
        assert_eq!(client[1..4], ["wrote 3 bytes", "read 2 bytes", "received FIN"], "{client:?}");
        assert_eq!(server[1..4], ["read 3 bytes", "wrote 2 bytes", "sent FIN"], "{server:?}");

        // Both proxies end the client's connection by a FIN where the server has sent a reset.
        let Some((client, server)) = events_through(start, hosts[1], &["--fault", "limit=1,reset"], NEVER)
        else {
            return;
        };
        assert!(
            client.contains(&"received FIN".into()) && client.last().unwrap().contains("the peer first"),
            "{client:?}"
        );
        assert!(server.contains(&"sent RST".into()) && !server.contains(&"sent FIN".into()), "{server:?}");

        let Some((client, server)) = events_through(start, hosts[2], &["--fault", "mute"], "300ms") else {
            return;
        };
        assert_eq!(
            client[1..4],
            ["wrote 3 bytes", "timeout (reply): nothing within 300ms", "sent FIN"],
            "{client:?}"
        );
        assert_eq!(server[1..4], ["read 3 bytes", "fault: mute", "received FIN"], "{server:?}");
    }
}

#[test]
fn haproxy_health_checks_are_not_logged() {
    let server = Server::start(&[]);
    let proxy = start_proxy("haproxy", &["-f"], "127.0.0.4", |address| {
        format!(
            "defaults\n mode tcp\n option log-health-checks\n\
             timeout connect 1h\n timeout client 1h\n timeout server 1h\n\
             listen upcase\n bind {address}\n server one {} check inter 20ms\n",
            server.address
        )
    });
    let Some((proxy, address)) = proxy else { return };
    proxy.stderr.until_text("Health check for server upcase/one succeeded");
    assert_eq!(send_through(address, "ação"), "Sent:     ação\nReceived: AÇÃO\n");
    assert_eq!(server.stop().stdout, "Received from 127.0.0.1:\nação\n");
}

#[test]
fn nginx_that_drops_half_closed_connections_passes_the_reply_on() {
    let server = Server::start(&[]);
    let Some((_proxy, address)) = start_nginx("127.0.0.5", server.address) else { return };
    assert_eq!(send_through(address, "ação"), "Sent:     ação\nReceived: AÇÃO\n");
}
