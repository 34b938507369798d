//! Many clients that each send message after message, among others that leave by a reset.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;

use crate::support::{Server, assert_receives, can_open_files, reset};

/// Clients in the suite; `UPCASE_CLIENTS` sets another number.
const CLIENTS: usize = 100;

/// Messages of each client.
const MESSAGES: usize = 100;

/// Threads that share the clients.
const THREADS: usize = 4;

#[test]
fn replies_are_right_and_the_log_is_complete_among_resets() {
    let clients = std::env::var("UPCASE_CLIENTS").map_or(CLIENTS, |number| number.parse().unwrap());
    if !can_open_files(clients as u64) {
        return;
    }
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let server = &server;
            scope.spawn(move || send_messages(server, (thread..clients).step_by(THREADS)));
        }
    });
    let ended = server.stop();
    assert_eq!(ended.code, Some(0));
    let mut seen = vec![0; clients];
    for line in ended.stdout.lines().filter(|line| line.starts_with("client ")) {
        let words = line.split(' ').collect::<Vec<_>>();
        let ["client", client, "message", number] = words[..] else { panic!("{words:?}") };
        let seen = &mut seen[client.parse::<usize>().unwrap()];
        assert_eq!(number.parse::<usize>().unwrap(), *seen, "client {client}, in order");
        *seen += 1;
    }
    assert_eq!(seen, vec![MESSAGES; clients]);
}

/// Sends the messages of these clients in turn, and checks the replies.
fn send_messages(server: &Server, clients: impl Iterator<Item = usize>) {
    let mut clients = clients.map(|client| (client, server.connect())).collect::<Vec<(usize, TcpStream)>>();
    for number in 0..MESSAGES {
        for (client, stream) in &mut clients {
            stream.write_all(format!("client {client} message {number}\n").as_bytes()).unwrap();
            if (*client + number) % 10 == 0 {
                let mut other = server.connect();
                other.write_all(b"a reset\ninside a").unwrap();
                reset(other);
            }
        }
        for (client, stream) in &mut clients {
            assert_receives(stream, format!("CLIENT {client} MESSAGE {number}\n").as_bytes());
        }
    }
}
