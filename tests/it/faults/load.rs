//! Many clients that each send message after message, among others that break off.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use crate::support::{NEVER, Server, reset};

/// Clients in the suite; `UPCASE_CLIENTS` asks for another number.
const CLIENTS: usize = 100;

/// Messages of each of them.
const MESSAGES: usize = 100;

/// Threads that the clients are spread over.
const THREADS: usize = 4;

#[test]
fn every_reply_is_right_and_the_log_complete_among_resets() {
    let clients = std::env::var("UPCASE_CLIENTS").map_or(CLIENTS, |number| number.parse().unwrap());
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let server = Server::start(&["--keep-alive", "--idle-timeout", NEVER]);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let server = &server;
            scope.spawn(move || talk(server, (thread..clients).step_by(THREADS)));
        }
    });
    let ended = server.stop();
    assert_eq!(ended.code, Some(0));
    let mut seen = vec![0; clients];
    for line in ended.stdout.lines().filter(|line| line.starts_with("cliente ")) {
        let words = line.split(' ').collect::<Vec<_>>();
        let ["cliente", name, "mensagem", number] = words[..] else { panic!("{words:?}") };
        let seen = &mut seen[name.parse::<usize>().unwrap()];
        assert_eq!(number.parse::<usize>().unwrap(), *seen, "client {name}, in order");
        *seen += 1;
    }
    assert_eq!(seen, vec![MESSAGES; clients]);
}

fn talk(server: &Server, names: impl Iterator<Item = usize>) {
    let mut clients = names.map(|name| (name, server.connect())).collect::<Vec<(usize, TcpStream)>>();
    for number in 0..MESSAGES {
        for (name, client) in &mut clients {
            client.write_all(format!("cliente {name} mensagem {number}\n").as_bytes()).unwrap();
            if (*name + number) % 10 == 0 {
                let mut other = server.connect();
                other.write_all(b"quem corta\nno meio de uma").unwrap();
                reset(other);
            }
        }
        for (name, client) in &mut clients {
            let expected = format!("CLIENTE {name} MENSAGEM {number}\n");
            let mut reply = vec![0; expected.len()];
            client.read_exact(&mut reply).unwrap();
            assert_eq!(reply, expected.as_bytes());
        }
    }
}
