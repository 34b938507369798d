//! Random clients of every kind at once, with all replies checked.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fastrand::Rng;

use crate::support::{Server, assert_receives, expected_reply, read_to_end, reset};

/// Threads with one client each at a time.
const THREADS: u64 = 8;

/// Clients in the suite; `UPCASE_SOAK` sets another number.
const CLIENTS: u64 = 2_000;

fn clients() -> u64 {
    std::env::var("UPCASE_SOAK").map_or(CLIENTS, |number| number.parse().expect("UPCASE_SOAK is a number"))
}

/// Chooses a seed, and prints it, so that a failure can be repeated with `UPCASE_SEED`.
fn seed() -> u64 {
    let seed = std::env::var("UPCASE_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("UPCASE_SEED={seed}");
    seed
}

fn random_line(random: &mut Rng) -> Vec<u8> {
    const WORDS: [&str; 8] = ["mensagem", "ação", " ", "\t", "straße", "🦀", "語", "ŉ"];
    let words = random.usize(..12);
    let mut line = (0..words).map(|_| *random.choice(WORDS.iter()).unwrap()).collect::<String>().into_bytes();
    if random.u8(..) < 32 {
        let bytes = random.usize(..2000);
        line.extend((0..bytes).map(|_| random.u8(..)).filter(|&byte| byte != b'\n'));
    }
    line
}

fn write_in_random_segments(mut stream: &TcpStream, mut bytes: &[u8], random: &mut Rng) {
    while !bytes.is_empty() {
        let segment;
        (segment, bytes) = bytes.split_at(random.usize(1..=bytes.len()));
        stream.write_all(segment).unwrap();
    }
}

/// Sends batches of lines over one connection, and ends it at random. Returns the number of replies.
fn send_lines(server: &Server, random: &mut Rng) -> usize {
    let line_reply = |line: &[u8]| [&expected_reply(line), &b"\n"[..]].concat();
    let mut client = server.connect();
    let mut answered = 0;
    for _ in 0..random.usize(..4) {
        let lines = (0..random.usize(1..20)).map(|_| random_line(random)).collect::<Vec<_>>();
        let sent = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect::<Vec<_>>();
        let expected = lines.iter().flat_map(|line| line_reply(line)).collect::<Vec<_>>();
        write_in_random_segments(&client, &sent, random);
        assert_receives(&mut client, &expected);
        answered += lines.len();
    }
    let unfinished = random_line(random);
    match random.u8(..4) {
        0 => reset(client),
        1 => drop(client),
        2 => {
            write_in_random_segments(&client, &unfinished, random);
            reset(client);
        }
        _ => {
            write_in_random_segments(&client, &unfinished, random);
            client.shutdown(Shutdown::Write).unwrap();
            let expected = if unfinished.is_empty() { Vec::new() } else { line_reply(&unfinished) };
            assert!(read_to_end(&mut client) == expected, "the unfinished line {unfinished:?}");
            answered += usize::from(!unfinished.is_empty());
        }
    }
    answered
}

/// Sends one message, and ends it by a newline, a half-close or a reset. Returns the number of messages answered.
fn send_one_message(server: &Server, random: &mut Rng) -> usize {
    let mut message = random_line(random);
    let mut client = server.connect();
    match random.u8(..4) {
        0 => reset(client),
        1 => {
            write_in_random_segments(&client, &message, random);
            reset(client);
        }
        ending => {
            let expected = expected_reply(&message);
            if ending == 2 {
                message.push(b'\n');
            }
            write_in_random_segments(&client, &message, random);
            if ending == 3 {
                client.shutdown(Shutdown::Write).unwrap();
            }
            assert!(read_to_end(&mut client) == expected, "the message {message:?}");
            return usize::from(!message.is_empty());
        }
    }
    0
}

fn soak(args: &[&str], run_client: fn(&Server, &mut Rng) -> usize) {
    let seed = seed();
    let server = Server::start_without_timeouts(&[&["--max-connections", "5"], args].concat());
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (server, answered) = (&server, &answered);
            let mut random = Rng::with_seed(seed + thread);
            scope.spawn(move || {
                for _ in 0..clients() / THREADS {
                    answered.fetch_add(run_client(server, &mut random), Ordering::Relaxed);
                }
            });
        }
    });
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // Five connections are few for the clients: the server says so, and nothing else.
    let warnings = ended.stderr.lines().filter(|line| line.starts_with("Warning:"));
    let unexpected = warnings.filter(|line| !line.contains("new clients are waiting")).count();
    assert!(unexpected == 0 && !ended.stderr.contains("panic"), "{}", ended.stderr);
    // The log also has messages that a reset cut off.
    let records = ended.stdout.lines().filter(|&line| line == "Received from 127.0.0.1:").count();
    assert!(records >= answered.into_inner(), "{records} records");
}

#[test]
fn random_clients_with_one_message_get_right_replies() {
    soak(&[], send_one_message);
}

#[test]
fn random_clients_with_keep_alive_get_right_replies() {
    soak(&["--keep-alive"], send_lines);
}
