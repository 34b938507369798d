//! The conversation in-process, over a pipe of eight bytes that forces partial reads and writes, on a clock that
//! stands still but for waits.

use std::io::Write;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex,
};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use upcase::cli::LogFormat;
use upcase::config::Language;
use upcase::net::tcp::Stream;
use upcase::serve::connection::converse;
use upcase::serve::log::Log;
use upcase::serve::service::{Rules, Service, Tally};
use upcase::terminal::Terminal;
use upcase::text::trim::trim;
use upcase::text::uppercase::uppercase;

const PAUSE: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(30);
const ONE_MESSAGE: Rules = Rules { keep_alive: false, pause: PAUSE, idle_timeout: IDLE };
const KEEP_ALIVE: Rules = Rules { keep_alive: true, ..ONE_MESSAGE };

/// A log that can be read.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Vec<u8>>>);

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Talk {
    client: DuplexStream,
    stop: watch::Sender<bool>,
    server: tokio::task::JoinHandle<(std::io::Result<()>, Arc<Service>)>,
    shown: Shown,
}

/// What is left when a conversation is over.
struct Over {
    result: std::io::Result<()>,
    messages: u64,
    shown: String,
}

impl Talk {
    fn new(rules: Rules) -> Self {
        let (stop, stopping) = watch::channel(false);
        let shown = Shown::default();
        let log = Log::new(shown.clone(), LogFormat::Text, Terminal::plain(Language::Pt));
        let service = Arc::new(Service { rules, log, tally: Tally::default(), stopping });
        let (client, server) = duplex(8);
        let server = tokio::spawn(async move {
            let result = converse(server, "127.0.0.1:1".parse().unwrap(), &service).await;
            (result, service)
        });
        Self { client, stop, server, shown }
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.client.write_all(bytes).await.unwrap();
    }

    async fn hear(&mut self, expected: &[u8]) {
        let mut bytes = vec![0; expected.len()];
        self.client.read_exact(&mut bytes).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(expected));
    }

    /// Nothing more comes for as long as this.
    async fn hear_nothing_for(&mut self, time: Duration) {
        let heard = timeout(time, self.client.read_u8()).await;
        assert!(heard.is_err(), "{heard:?} came");
    }

    /// Reads to the end of what the server says.
    async fn hear_all(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.client.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    /// Sends all of `bytes` while reading, half-closes, and reads to the end.
    async fn say_and_hear_all(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (mut reader, mut writer) = tokio::io::split(&mut self.client);
        let mut heard = Vec::new();
        let (said, read) = tokio::join!(
            async {
                writer.write_all(bytes).await?;
                writer.shutdown().await
            },
            reader.read_to_end(&mut heard)
        );
        said.and(read).unwrap();
        heard
    }

    async fn over(self) -> Over {
        let Self { client, server, shown, .. } = self;
        drop(client);
        let (result, service) = server.await.unwrap();
        service.log.close().await;
        let shown = String::from_utf8(shown.0.lock().unwrap().clone()).unwrap();
        Over { result, messages: service.tally.messages.get(), shown }
    }
}

#[tokio::test(start_paused = true)]
async fn one_line_is_answered_at_once_without_a_newline_and_closed() {
    let mut talk = Talk::new(ONE_MESSAGE);
    let start = Instant::now();
    talk.say(b"mensagem de teste\n").await;
    assert_eq!(talk.hear_all().await, b"MENSAGEM DE TESTE");
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(talk.over().await.shown, "Recebido de 127.0.0.1:\nmensagem de teste\n");
}

#[tokio::test(start_paused = true)]
async fn a_half_close_ends_the_message_at_once() {
    let mut talk = Talk::new(ONE_MESSAGE);
    let start = Instant::now();
    assert_eq!(talk.say_and_hear_all(b"mensagem de teste").await, b"MENSAGEM DE TESTE");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn several_lines_are_answered_as_they_come_until_a_pause() {
    let mut talk = Talk::new(ONE_MESSAGE);
    talk.say(b"um\ndois").await;
    talk.hear(b"UM\nDOIS").await;
    talk.say(b"\ntr").await;
    talk.hear(b"\nTR").await;
    talk.say("\u{ea}s\n".as_bytes()).await;
    let start = Instant::now();
    assert_eq!(talk.hear_all().await, "\u{ca}S".as_bytes());
    assert_eq!(start.elapsed(), PAUSE);
    assert_eq!(talk.over().await.shown, "Recebido de 127.0.0.1:\num\\ndois\\ntr\u{ea}s\n");
}

#[tokio::test(start_paused = true)]
async fn several_lines_end_at_a_half_close() {
    let mut talk = Talk::new(ONE_MESSAGE);
    let start = Instant::now();
    assert_eq!(
        talk.say_and_hear_all(b"um\ndois\n\n tr\xc3\xaas \n").await,
        "UM\nDOIS\n\n TR\u{ca}S".as_bytes()
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(talk.over().await.messages, 1);
}

#[tokio::test(start_paused = true)]
async fn text_without_a_newline_is_answered_in_one_after_the_pause() {
    let mut talk = Talk::new(ONE_MESSAGE);
    talk.say(b"um ").await;
    talk.hear_nothing_for(PAUSE / 2).await;
    talk.say(b"dois ").await;
    talk.hear_nothing_for(PAUSE / 2).await;
    let start = Instant::now();
    assert_eq!(talk.hear_all().await, b"UM DOIS");
    assert_eq!(start.elapsed(), PAUSE / 2);
}

#[tokio::test(start_paused = true)]
async fn a_character_and_a_line_split_over_segments_are_whole() {
    let mut talk = Talk::new(ONE_MESSAGE);
    for byte in "a\u{e7}\u{e3}o 🦀\r\n".bytes() {
        talk.say(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(talk.hear_all().await, "A\u{c7}\u{c3}O 🦀".as_bytes());
}

#[tokio::test(start_paused = true)]
async fn a_newline_at_the_end_of_a_full_read_does_not_hide_what_is_behind_it() {
    let mut first_line = vec![b'a'; 256 * 1024]; // as much as is read at once
    *first_line.last_mut().unwrap() = b'\n';
    let message = [&first_line[..], b"b"].concat();
    let (mut client, server) = duplex(2 * message.len());
    let (_stop, stopping) = watch::channel(false);
    let service = Service { rules: ONE_MESSAGE, log: Log::none(), tally: Tally::default(), stopping };
    client.write_all(&message).await.unwrap();
    let server =
        tokio::spawn(async move { converse(server, "127.0.0.1:1".parse().unwrap(), &service).await });
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).await.unwrap();
    assert!(reply == message.to_ascii_uppercase(), "{} bytes came back", reply.len());
    drop(client);
    server.await.unwrap().unwrap();
}

/// An output that has no room at first.
struct FullAtFirst(Shown, bool);

impl Write for FullAtFirst {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if std::mem::replace(&mut self.1, false) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_log_that_had_no_room_goes_on_when_there_is_some() {
    let shown = Shown::default();
    let log = Log::new(FullAtFirst(shown.clone(), true), LogFormat::Text, Terminal::plain(Language::Pt));
    let end = Instant::now() + Duration::from_secs(30);
    while shown.0.lock().unwrap().is_empty() {
        assert!(Instant::now() < end, "nothing is written any more");
        log.append(&mut b"registro\n".to_vec()).await;
        tokio::task::yield_now().await;
    }
    log.close().await;
    assert!(shown.0.lock().unwrap().starts_with(b"registro\n"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_line_is_an_empty_message() {
    let mut talk = Talk::new(ONE_MESSAGE);
    talk.say(b"\n").await;
    assert_eq!(talk.hear_all().await, b"");
    let over = talk.over().await;
    assert_eq!((over.messages, &over.shown[..]), (1, "Recebido de 127.0.0.1:\n\n"));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_without_a_byte_has_sent_no_message() {
    for rules in [ONE_MESSAGE, KEEP_ALIVE] {
        let over = Talk::new(rules).over().await;
        assert!(over.result.is_ok());
        assert_eq!((over.messages, &over.shown[..]), (0, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_nothing_is_closed_at_the_idle_timeout() {
    for rules in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut talk = Talk::new(rules);
        let start = Instant::now();
        assert_eq!(talk.hear_all().await, b"");
        assert_eq!(start.elapsed(), IDLE);
        assert_eq!(talk.over().await.messages, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_not_read_from_and_closed_at_the_idle_timeout() {
    for rules in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut talk = Talk::new(rules);
        // A line that has no end: the reply streams, and nobody takes it.
        let sent = timeout(IDLE * 2, async {
            let mut sent = 0;
            while talk.client.write_all(b"12345678").await.is_ok() {
                sent += 8;
            }
            sent
        });
        let start = Instant::now();
        let sent = sent.await.expect("the server gives up");
        assert_eq!(start.elapsed(), IDLE);
        assert!(sent < 64 * 1024, "{sent} bytes were read from a client that reads nothing");
        assert_eq!(talk.over().await.result.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_reply_comes_while_the_message_is_still_sent() {
    for rules in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut talk = Talk::new(rules);
        talk.say(&[b'a'; 16 * 1024]).await;
        talk.hear_nothing_for(PAUSE / 2).await; // so far it is kept together
        talk.say(b"b").await;
        talk.hear(&[b'A'; 16 * 1024]).await;
        talk.hear(b"B").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_still_comes_after_the_reply_is_read_until_the_client_is_silent() {
    let mut talk = Talk::new(ONE_MESSAGE);
    talk.say(b"um\n").await;
    assert_eq!(talk.hear_all().await, b"UM");
    let start = Instant::now();
    for _ in 0..10 {
        // Were the server gone, the pipe would break.
        talk.say(b"and more after the line").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(talk.server.await.unwrap().0.is_ok());
    assert_eq!(start.elapsed().as_secs(), 9 + 2);
}

#[tokio::test(start_paused = true)]
async fn what_still_comes_after_the_reply_is_bounded_in_time_and_in_bytes() {
    let mut talk = Talk::new(ONE_MESSAGE);
    talk.say(b"um\n").await;
    assert_eq!(talk.hear_all().await, b"UM");
    let start = Instant::now();
    while talk.client.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(start.elapsed() < IDLE * 10, "the server reads on");
    }
    // The first write that fails is the one after the end.
    assert!((30..=31).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());

    let (mut client, server) = duplex(1024 * 1024);
    let (_stop, stopping) = watch::channel(false);
    let service = Service { rules: ONE_MESSAGE, log: Log::none(), tally: Tally::default(), stopping };
    let server =
        tokio::spawn(async move { converse(server, "127.0.0.1:1".parse().unwrap(), &service).await });
    client.write_all(b"um\n").await.unwrap();
    client.read_to_end(&mut Vec::new()).await.unwrap();
    let megabyte = vec![b'x'; 1024 * 1024];
    let mut megabytes = 0;
    while client.write_all(&megabyte).await.is_ok() {
        megabytes += 1;
        assert!(megabytes < 100, "the server reads on");
    }
    assert!(megabytes >= 64, "the server read only {megabytes} MiB");
    server.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn with_keep_alive_each_line_gets_a_line() {
    let mut talk = Talk::new(KEEP_ALIVE);
    talk.say(b"um\n").await;
    talk.hear(b"UM\n").await;
    talk.hear_nothing_for(IDLE / 2).await;
    talk.say(b" dois \r\n\ntr").await;
    talk.hear(b"DOIS\n\n").await;
    talk.hear_nothing_for(IDLE / 2).await;
    talk.say("\u{ea}s".as_bytes()).await;
    talk.client.shutdown().await.unwrap();
    assert_eq!(talk.hear_all().await, "TR\u{ca}S\n".as_bytes());
    let over = talk.over().await;
    assert_eq!(over.messages, 4);
    assert_eq!(
        over.shown,
        ["um", "dois", "", "tr\u{ea}s"].map(|text| format!("Recebido de 127.0.0.1:\n{text}\n")).concat()
    );
}

#[tokio::test(start_paused = true)]
async fn with_keep_alive_silence_ends_the_last_line() {
    let mut talk = Talk::new(KEEP_ALIVE);
    talk.say(b"um\ndois").await;
    talk.hear(b"UM\n").await;
    let start = Instant::now();
    assert_eq!(talk.hear_all().await, b"DOIS\n");
    assert_eq!(start.elapsed(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn with_keep_alive_each_line_gives_the_client_the_whole_idle_timeout_again() {
    let mut talk = Talk::new(KEEP_ALIVE);
    for _ in 0..3 {
        talk.say(b"a\n").await;
        talk.hear(b"A\n").await;
        talk.hear_nothing_for(IDLE / 3 * 2).await;
    }
    let start = Instant::now();
    talk.say(b"a\n").await;
    assert_eq!(talk.hear_all().await, b"A\n");
    assert_eq!(start.elapsed(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_breaks_off_is_shown() {
    let mut talk = Talk::new(ONE_MESSAGE);
    talk.say(b"um do").await;
    talk.hear_nothing_for(PAUSE / 2).await;
    // The client is gone altogether: its half-close ends the message, and the reply finds nobody.
    let over = talk.over().await;
    assert!(over.result.is_err());
    assert_eq!(over.shown, "Recebido de 127.0.0.1:\num do\n");
}

#[tokio::test]
async fn each_message_is_shown_with_its_own_clients_address() {
    let shown = Shown::default();
    let log = Log::new(shown.clone(), LogFormat::Text, Terminal::plain(Language::Pt));
    let (_stop, stopping) = watch::channel(false);
    let service = Service { rules: ONE_MESSAGE, log, tally: Tally::default(), stopping };
    let clients = ["127.0.0.1", "127.0.0.2", "127.0.0.2", "::1", "127.0.0.1"];
    for client in clients {
        let (mut stream, server) = duplex(64);
        stream.write_all(client.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        converse(server, SocketAddr::new(client.parse().unwrap(), 1), &service).await.unwrap();
    }
    service.log.close().await;
    let records = clients.map(|client| format!("Recebido de {client}:\n{client}\n")).concat();
    assert_eq!(String::from_utf8_lossy(&shown.0.lock().unwrap()), records);
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_closes_who_has_begun_nothing_at_once() {
    for rules in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut talk = Talk::new(rules);
        let start = Instant::now();
        talk.hear_nothing_for(PAUSE).await;
        talk.stop.send(true).unwrap();
        assert_eq!(talk.hear_all().await, b"");
        assert_eq!(start.elapsed(), PAUSE);
    }
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_answers_what_has_come() {
    for (rules, reply) in [(ONE_MESSAGE, &b"UM"[..]), (KEEP_ALIVE, b"UM\n")] {
        let mut talk = Talk::new(rules);
        talk.say(b"um\n").await; // still unread: the server has not run since
        talk.stop.send(true).unwrap();
        assert_eq!(talk.hear_all().await, reply);
    }
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_waits_a_pause_for_the_rest_of_a_message() {
    for (rules, reply) in [(ONE_MESSAGE, &b"UM DOIS"[..]), (KEEP_ALIVE, b"UM DOIS\n")] {
        let mut talk = Talk::new(rules);
        talk.say(b"um ").await;
        talk.hear_nothing_for(PAUSE / 2).await;
        talk.stop.send(true).unwrap();
        talk.say(b"dois").await;
        let start = Instant::now();
        assert_eq!(talk.hear_all().await, reply);
        assert_eq!(start.elapsed(), PAUSE);
    }
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..80),
        "[a-zç \r\n]{0,40}".prop_map(String::into_bytes),
        "([a-zßé\u{10428}]{0,12}[ \t\r]{0,2}\n){0,6}".prop_map(String::into_bytes),
    ]
}

fn in_its_own_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

proptest! {
    #[test]
    fn with_keep_alive_any_lines_get_their_lines(bytes in any_bytes()) {
        let mut expected = Vec::new();
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            expected.extend(uppercase(trim(line)));
            expected.push(b'\n');
        }
        let (heard, messages) = in_its_own_time(async {
            let mut talk = Talk::new(KEEP_ALIVE);
            (talk.say_and_hear_all(&bytes).await, talk.over().await.messages)
        });
        prop_assert_eq!(String::from_utf8_lossy(&heard), String::from_utf8_lossy(&expected));
        prop_assert_eq!(messages, memchr::memchr_iter(b'\n', &expected).count() as u64);
    }

    /// The pipe's segments are of eight bytes: where one of them ends with the first newline, that line is the
    /// message, else all that comes is.
    #[test]
    fn any_message_gets_its_reply(bytes in any_bytes()) {
        let line = bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1).filter(|end| end % 8 == 0);
        let expected = uppercase(trim(&bytes[..line.unwrap_or(bytes.len())]));
        let heard = in_its_own_time(async { Talk::new(ONE_MESSAGE).say_and_hear_all(&bytes).await });
        prop_assert_eq!(String::from_utf8_lossy(&heard), String::from_utf8_lossy(&expected));
    }
}

/// A client that always has more to say, and takes every reply: it counts how often it is read from.
struct Busy {
    reads: Arc<AtomicUsize>,
    /// How much it says at once.
    bytes: usize,
}

impl AsyncRead for Busy {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        buffer.initialize_unfilled_to(self.bytes).fill(b'x');
        buffer.advance(self.bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Busy {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Stream for Busy {}

#[tokio::test]
async fn a_client_that_never_stops_takes_turns_with_the_others() {
    for (rules, bytes, reads_a_turn) in [
        (ONE_MESSAGE, 256 * 1024, 1),
        (KEEP_ALIVE, 256 * 1024, 1),
        (ONE_MESSAGE, 64 * 1024, 4),
        (KEEP_ALIVE, 1, 64),
    ] {
        let (_stop, stopping) = watch::channel(false);
        let service = Arc::new(Service { rules, log: Log::none(), tally: Tally::default(), stopping });
        let reads = Arc::new(AtomicUsize::new(0));
        let busy = Busy { reads: Arc::clone(&reads), bytes };
        let peer = "127.0.0.1:1".parse().unwrap();
        let busy = tokio::spawn({
            let service = Arc::clone(&service);
            async move { converse(busy, peer, &service).await }
        });
        let (mut client, server) = duplex(64);
        let other = tokio::spawn(async move { converse(server, peer, &service).await });
        while reads.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let before = reads.load(Ordering::SeqCst);
        client.write_all(b"oi\n").await.unwrap();
        let mut reply = [0; 2];
        client.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"OI");
        let meanwhile = reads.load(Ordering::SeqCst) - before;
        // The other has a few turns too: to be begun, to read, to write.
        assert!(meanwhile <= 8 * reads_a_turn, "the busy one was read from {meanwhile} times meanwhile");
        busy.abort();
        other.abort();
    }
}
