//! All of it at once, at random, for a bounded number of conversations; every reply that is owed is checked.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fastrand::Rng;
use upcase::text::trim::trim;
use upcase::text::uppercase::uppercase;

use crate::support::{NEVER, Server, read_to_end, reset};

/// Threads that talk to the server at once.
const THREADS: u64 = 8;

/// Conversations in the suite; `UPCASE_SOAK` asks for another number.
const CONVERSATIONS: u64 = 2_000;

fn conversations() -> u64 {
    std::env::var("UPCASE_SOAK")
        .map_or(CONVERSATIONS, |number| number.parse().expect("UPCASE_SOAK is a number"))
}

/// Says the seed where it will be seen when the soak fails; `UPCASE_SEED` asks for one again.
fn seed() -> u64 {
    let seed = std::env::var("UPCASE_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("UPCASE_SEED={seed}");
    seed
}

fn any_line(random: &mut Rng) -> Vec<u8> {
    const WORDS: [&str; 8] = ["mensagem", "ação", " ", "\t", "straße", "🦀", "語", "ŉ"];
    let words = random.usize(..12);
    let mut line = (0..words).map(|_| *random.choice(WORDS.iter()).unwrap()).collect::<String>().into_bytes();
    if random.u8(..) < 32 {
        let junk = random.usize(..2000);
        line.extend((0..junk).map(|_| random.u8(..)).filter(|&byte| byte != b'\n'));
    }
    line
}

/// Writes in random segments.
fn write_in_segments(mut to: &std::net::TcpStream, mut bytes: &[u8], random: &mut Rng) {
    while !bytes.is_empty() {
        let segment;
        (segment, bytes) = bytes.split_at(random.usize(1..=bytes.len()));
        to.write_all(segment).unwrap();
    }
}

/// A conversation of lines: some are sent, all of those that are awaited are answered rightly, and it ends somehow.
fn keep_alive(server: &Server, random: &mut Rng) -> usize {
    let mut client = server.connect();
    let mut answered = 0;
    for _ in 0..random.usize(..4) {
        let lines = (0..random.usize(1..20)).map(|_| any_line(random)).collect::<Vec<_>>();
        let sent = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect::<Vec<_>>();
        let expected =
            lines.iter().flat_map(|line| [&uppercase(trim(line)), &b"\n"[..]].concat()).collect::<Vec<_>>();
        write_in_segments(&client, &sent, random);
        let mut replies = vec![0; expected.len()];
        client.read_exact(&mut replies).unwrap();
        assert!(replies == expected, "lines {lines:?}");
        answered += lines.len();
    }
    let partial = any_line(random);
    match random.u8(..4) {
        0 => reset(client),
        1 => drop(client),
        2 => {
            write_in_segments(&client, &partial, random);
            reset(client);
        }
        _ => {
            write_in_segments(&client, &partial, random);
            client.shutdown(Shutdown::Write).unwrap();
            let expected =
                if partial.is_empty() { vec![] } else { [&uppercase(trim(&partial)), &b"\n"[..]].concat() };
            assert!(read_to_end(&mut client) == expected, "the rest {partial:?}");
            answered += usize::from(!partial.is_empty());
        }
    }
    answered
}

/// One message, ended by a newline or by a half-close.
fn one_message(server: &Server, random: &mut Rng) -> usize {
    let mut message = any_line(random);
    let mut client = server.connect();
    match random.u8(..4) {
        0 => reset(client),
        1 => {
            write_in_segments(&client, &message, random);
            reset(client);
        }
        ending => {
            let expected = uppercase(trim(&message));
            if ending == 2 {
                message.push(b'\n');
            }
            write_in_segments(&client, &message, random);
            if ending == 3 {
                client.shutdown(Shutdown::Write).unwrap();
            }
            assert!(read_to_end(&mut client) == expected, "the message {message:?}");
            return usize::from(!message.is_empty());
        }
    }
    0
}

fn soak(args: &[&str], conversation: fn(&Server, &mut Rng) -> usize) {
    let seed = seed();
    let server = Server::start(
        &[&["--idle-timeout", NEVER, "--pause", NEVER, "--max-connections", "5"], args].concat(),
    );
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (server, answered) = (&server, &answered);
            let mut random = Rng::with_seed(seed + thread);
            scope.spawn(move || {
                for _ in 0..conversations() / THREADS {
                    answered.fetch_add(conversation(server, &mut random), Ordering::Relaxed);
                }
            });
        }
    });
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("Aviso") && !ended.stderr.contains("panic"), "{}", ended.stderr);
    // What was cut off is in the log too, where a byte of it had come: the answered are the least.
    let shown = ended.stdout.lines().filter(|&line| line == "Recebido de 127.0.0.1:").count();
    assert!(shown >= answered.into_inner(), "{shown} records");
}

#[test]
fn at_random_with_one_message_to_a_connection() {
    soak(&[], one_message);
}

#[test]
fn at_random_with_keep_alive() {
    soak(&["--keep-alive"], keep_alive);
}
