//! The log under load, and without an output that takes it.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::output::Output;
use crate::support::{Server, connect, read_to_end, upcase, wait};

/// Sends lines on one connection as fast as they are taken, and reads their replies, counting them.
fn talk(mut client: TcpStream, name: usize, messages: usize, answered: &AtomicUsize) {
    let mut writer = client.try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..messages {
                writer.write_all(format!("cliente {name} mensagem {number}\n").as_bytes()).unwrap();
            }
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut replies = std::io::BufReader::new(&mut client);
        let mut reply = String::new();
        for number in 0..messages {
            reply.clear();
            std::io::BufRead::read_line(&mut replies, &mut reply).unwrap();
            assert_eq!(reply, format!("CLIENTE {name} MENSAGEM {number}\n"));
            answered.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Each record is whole, none is missing, and those of a connection are in order.
fn assert_complete(shown: &str, clients: usize, messages: usize) {
    let mut next = vec![0; clients];
    let mut lines = shown.lines();
    while let Some(line) = lines.next() {
        assert_eq!(line, "Recebido de 127.0.0.1:");
        let words = lines.next().unwrap().split(' ').collect::<Vec<_>>();
        let ["cliente", name, "mensagem", number] = words[..] else { panic!("{words:?}") };
        let name = name.parse::<usize>().unwrap();
        assert_eq!(number.parse::<usize>().unwrap(), next[name], "client {name}");
        next[name] += 1;
    }
    assert_eq!(next, vec![messages; clients]);
}

#[test]
fn a_burst_is_logged_whole_and_in_order() {
    const CLIENTS: usize = 10;
    const MESSAGES: usize = 10_000;
    let server = Server::start(&["--keep-alive"]);
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for name in 0..CLIENTS {
            let (client, answered) = (server.connect(), &answered);
            scope.spawn(move || talk(client, name, MESSAGES, answered));
        }
    });
    assert_complete(&server.stop().stdout, CLIENTS, MESSAGES);
}

#[test]
fn an_output_that_stalls_holds_clients_up_and_loses_nothing() {
    const CLIENTS: usize = 4;
    const MESSAGES: usize = 50_000;
    let mut child = upcase(&["serve", "--port", "0", "--keep-alive", "--idle-timeout", "1h"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take(); // not read for now
    let stderr = Output::of(child.stderr.take());
    let line = stderr.until_line(|line| line.starts_with("Escutando em "));
    let address = line.rsplit(' ').next().unwrap().parse().unwrap();

    let answered = AtomicUsize::new(0);
    let shown = thread::scope(|scope| {
        for name in 0..CLIENTS {
            let answered = &answered;
            scope.spawn(move || talk(connect(address), name, MESSAGES, answered));
        }
        // It has stalled when no reply comes any more, for far longer than one ever takes.
        let mut before = usize::MAX;
        while before != answered.load(Ordering::Relaxed) || before == 0 {
            before = answered.load(Ordering::Relaxed);
            thread::sleep(Duration::from_millis(500));
        }
        assert!(before < CLIENTS * MESSAGES, "all were answered without a reader of the log");
        #[cfg(target_os = "linux")]
        {
            let peak = crate::support::memory_kib(child.id(), "VmHWM:");
            assert!(peak < 16 * 1024, "{peak} KiB while the output stalls");
        }
        Output::of(stdout)
    });
    assert_eq!(answered.into_inner(), CLIENTS * MESSAGES);
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(wait(&mut child).code(), Some(0));
    assert_complete(&shown.whole(), CLIENTS, MESSAGES);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_once_and_ends_nothing() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut child = upcase(&["serve", "--port", "0"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = Output::of(child.stderr.take());
    let line = stderr.until_line(|line| line.starts_with("Escutando em "));
    let address = line.rsplit(' ').next().unwrap().parse().unwrap();
    for _ in 0..10 {
        let mut client = connect(address);
        client.write_all(b"oi\n").unwrap();
        assert_eq!(read_to_end(&mut client), b"OI");
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(wait(&mut child).code(), Some(0));
    assert_eq!(stderr.whole().matches("Aviso: as mensagens já não são mostradas: disco cheio\n").count(), 1);
}
