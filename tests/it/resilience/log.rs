//! The log under load, and with an output that does not accept it.

#[cfg(target_os = "linux")]
use std::io::Write as _;
use std::thread;

use super::pipeliner::{Pipeliner, advance_until_stalled};
use crate::support::captured_output::CapturedOutput;
use crate::support::{NEVER, Server};
#[cfg(target_os = "linux")]
use crate::support::{proc::memory_kib, read_to_end, serve};

/// Returns the messages of a client, one on each line.
fn numbered_lines(client: usize, messages: usize) -> String {
    let lines = (0..messages).map(|number| format!("client {client} message {number}\n"));
    lines.collect::<Vec<_>>().concat()
}

/// Sends what the clients have left, and checks all replies.
fn assert_all_answered(clients: Vec<Pipeliner>, messages: usize) {
    thread::scope(|scope| {
        for (number, client) in clients.into_iter().enumerate() {
            scope.spawn(move || {
                let expected = numbered_lines(number, messages).to_uppercase();
                assert!(client.finish() == expected.as_bytes(), "client {number}");
            });
        }
    });
}

/// Checks that each record is whole, that none is missing, and that those of each client are in order.
fn assert_complete(log: &str, clients: usize, messages: usize) {
    let mut next = vec![0; clients];
    let mut lines = log.lines();
    while let Some(line) = lines.next() {
        assert_eq!(line, "Received from 127.0.0.1:");
        let words = lines.next().unwrap().split(' ').collect::<Vec<_>>();
        let ["client", client, "message", number] = words[..] else { panic!("{words:?}") };
        let client = client.parse::<usize>().unwrap();
        assert_eq!(number.parse::<usize>().unwrap(), next[client], "client {client}");
        next[client] += 1;
    }
    assert_eq!(next, vec![messages; clients]);
}

#[test]
fn burst_of_messages_is_logged_completely_and_in_order() {
    const CLIENTS: usize = 10;
    const MESSAGES: usize = 10_000;
    let server = Server::start_without_timeouts(&["--keep-alive"]);
    let clients = (0..CLIENTS).map(|client| Pipeliner::new(&server, numbered_lines(client, MESSAGES)));
    assert_all_answered(clients.collect(), MESSAGES);
    assert_complete(&server.stop().stdout, CLIENTS, MESSAGES);
}

#[test]
fn unread_output_holds_clients_back_and_loses_nothing() {
    const CLIENTS: usize = 4;
    const MESSAGES: usize = 50_000;
    let args = ["--keep-alive", "--idle-timeout", NEVER];
    let (mut server, stdout) = Server::start_with_unread_stdout(&args);
    let clients = (0..CLIENTS).map(|client| Pipeliner::new(&server, numbered_lines(client, MESSAGES)));
    let mut clients = clients.collect::<Vec<_>>();
    advance_until_stalled(&server, &mut clients);
    let replies = clients.iter().map(Pipeliner::replies).sum::<usize>();
    assert!(0 < replies && replies < CLIENTS * MESSAGES, "{replies} replies while the output is unread");
    #[cfg(target_os = "linux")]
    {
        let peak = memory_kib(server.pid(), "VmHWM:");
        assert!(peak < 16 * 1024, "{peak} KiB while the output is unread");
    }
    let log = CapturedOutput::of(Some(stdout));
    assert_all_answered(clients, MESSAGES);
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    assert_complete(&log.text(), CLIENTS, MESSAGES);
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_reported_once_and_ends_nothing() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let server = Server::spawn(serve(&[]).stdout(full));
    for _ in 0..10 {
        let mut client = server.connect();
        client.write_all(b"hi\n").unwrap();
        assert_eq!(read_to_end(&mut client), b"HI");
    }
    let ended = server.stop();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr.matches("Warning: messages are no longer shown: disk full\n").count(), 1);
}
