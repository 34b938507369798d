//! Connections in-process, over a pipe of eight bytes that forces partial reads and writes, on a paused clock.

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
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::cli::LogFormat;
use crate::i18n::Language;
use crate::net::stream::Stream;
use crate::serve::adapters::{handle_connection, serve_client};
use crate::serve::config::ConnectionConfig;
use crate::serve::log::Log;
use crate::serve::shared::{Metrics, Shared};
use crate::stdio::OutputThread;
use crate::terminal::Terminal;
use crate::text::trim::trim;
use crate::text::uppercase::uppercase;

const PAUSE: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(30);
const ONE_MESSAGE: ConnectionConfig =
    ConnectionConfig { keep_alive: false, pause: PAUSE, idle_timeout: IDLE };
const KEEP_ALIVE: ConnectionConfig = ConnectionConfig { keep_alive: true, ..ONE_MESSAGE };

/// An output whose content can be read.
#[derive(Clone, Default)]
struct SharedOutput(Arc<Mutex<Vec<u8>>>);

impl Write for SharedOutput {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The client's end of a connection, and the server task at the other end.
struct Client {
    stream: DuplexStream,
    shutdown: CancellationToken,
    server: tokio::task::JoinHandle<(std::io::Result<()>, Arc<Shared>)>,
    log: SharedOutput,
}

/// The result of a connection that has ended.
struct Ended {
    result: std::io::Result<()>,
    messages: u64,
    log: String,
}

fn shared(config: ConnectionConfig, log: Log) -> Arc<Shared> {
    Arc::new(Shared { config, log, metrics: Metrics::default(), tracer: None, faults: None })
}

fn text_log(output: SharedOutput) -> Log {
    let output = OutputThread::start(output, |error| panic!("{error}")).unwrap();
    Log::new(output, LogFormat::Text, Terminal::plain(Language::En))
}

fn peer() -> SocketAddr {
    "127.0.0.1:1".parse().unwrap()
}

/// Serves one client without a log.
async fn serve(stream: impl Stream + 'static, config: ConnectionConfig) -> std::io::Result<()> {
    serve_client(stream, peer(), &shared(config, Log::disabled()), &CancellationToken::new()).await
}

impl Client {
    fn connect(config: ConnectionConfig) -> Self {
        let log = SharedOutput::default();
        let shared = shared(config, text_log(log.clone()));
        let shutdown = CancellationToken::new();
        let (stream, server) = duplex(8);
        let token = shutdown.clone();
        let server = tokio::spawn(async move {
            let result = serve_client(server, peer(), &shared, &token).await;
            (result, shared)
        });
        Self { stream, shutdown, server, log }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Reads as many bytes as `expected` has, and compares them.
    async fn expect(&mut self, expected: &[u8]) {
        let mut bytes = vec![0; expected.len()];
        self.stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(expected));
    }

    /// Asserts that no byte arrives for `time`.
    async fn expect_silence(&mut self, time: Duration) {
        let read = timeout(time, self.stream.read_u8()).await;
        assert!(read.is_err(), "{read:?} arrived");
    }

    async fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    /// Sends `bytes` and half-closes, while it reads to the end.
    async fn send_and_read_to_end(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (mut reader, mut writer) = tokio::io::split(&mut self.stream);
        let mut reply = Vec::new();
        let (sent, read) = tokio::join!(
            async {
                writer.write_all(bytes).await?;
                writer.shutdown().await
            },
            reader.read_to_end(&mut reply)
        );
        sent.and(read).unwrap();
        reply
    }

    /// Closes the client's end, and waits for the server's.
    async fn close(self) -> Ended {
        let Self { stream, server, log, .. } = self;
        drop(stream);
        let (result, shared) = server.await.unwrap();
        shared.log.flush().await;
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        Ended { result, messages: shared.metrics.messages.get(), log }
    }
}

#[tokio::test(start_paused = true)]
async fn one_line_gets_the_reply_without_a_newline_and_a_close() {
    let mut client = Client::connect(ONE_MESSAGE);
    let start = Instant::now();
    client.send(b"mensagem de teste\n").await;
    assert_eq!(client.read_to_end().await, b"MENSAGEM DE TESTE");
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(client.close().await.log, "Received from 127.0.0.1:\nmensagem de teste\n");
}

#[tokio::test(start_paused = true)]
async fn half_close_gets_the_reply() {
    let mut client = Client::connect(ONE_MESSAGE);
    let start = Instant::now();
    assert_eq!(client.send_and_read_to_end(b"mensagem de teste").await, b"MENSAGEM DE TESTE");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn several_lines_stream_until_a_pause() {
    let mut client = Client::connect(ONE_MESSAGE);
    client.send(b"um\ndois").await;
    client.expect(b"UM\nDOIS").await;
    client.send(b"\ntr").await;
    client.expect(b"\nTR").await;
    client.send("\u{ea}s\n".as_bytes()).await;
    let start = Instant::now();
    assert_eq!(client.read_to_end().await, "\u{ca}S".as_bytes());
    assert_eq!(start.elapsed(), PAUSE);
    assert_eq!(client.close().await.log, "Received from 127.0.0.1:\num\\ndois\\ntr\u{ea}s\n");
}

#[tokio::test(start_paused = true)]
async fn half_close_ends_several_lines() {
    let mut client = Client::connect(ONE_MESSAGE);
    let start = Instant::now();
    assert_eq!(
        client.send_and_read_to_end(b"um\ndois\n\n tr\xc3\xaas \n").await,
        "UM\nDOIS\n\n TR\u{ca}S".as_bytes()
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(client.close().await.messages, 1);
}

#[tokio::test(start_paused = true)]
async fn text_without_a_newline_gets_one_reply_after_the_pause() {
    let mut client = Client::connect(ONE_MESSAGE);
    client.send(b"um ").await;
    client.expect_silence(PAUSE / 2).await;
    client.send(b"dois ").await;
    client.expect_silence(PAUSE / 2).await;
    let start = Instant::now();
    assert_eq!(client.read_to_end().await, b"UM DOIS");
    assert_eq!(start.elapsed(), PAUSE / 2);
}

#[tokio::test(start_paused = true)]
async fn character_split_over_segments_is_one_character() {
    let mut client = Client::connect(ONE_MESSAGE);
    for byte in "a\u{e7}\u{e3}o 🦀\r\n".bytes() {
        client.send(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.read_to_end().await, "A\u{c7}\u{c3}O 🦀".as_bytes());
}

#[tokio::test(start_paused = true)]
async fn newline_at_the_end_of_a_full_read_does_not_end_the_message() {
    let mut first_line = vec![b'a'; 256 * 1024]; // as much as is read at once
    *first_line.last_mut().unwrap() = b'\n';
    let message = [&first_line[..], b"b"].concat();
    let (mut client, server) = duplex(2 * message.len());
    client.write_all(&message).await.unwrap();
    let server = tokio::spawn(serve(server, ONE_MESSAGE));
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).await.unwrap();
    assert!(reply == message.to_ascii_uppercase(), "{} bytes came back", reply.len());
    drop(client);
    server.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn empty_line_is_an_empty_message() {
    let mut client = Client::connect(ONE_MESSAGE);
    client.send(b"\n").await;
    assert_eq!(client.read_to_end().await, b"");
    let ended = client.close().await;
    assert_eq!((ended.messages, &ended.log[..]), (1, "Received from 127.0.0.1:\n\n"));
}

#[tokio::test(start_paused = true)]
async fn close_before_data_is_not_logged() {
    for config in [ONE_MESSAGE, KEEP_ALIVE] {
        let ended = Client::connect(config).close().await;
        assert!(ended.result.is_ok());
        assert_eq!((ended.messages, &ended.log[..]), (0, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn silent_client_is_closed_at_the_idle_timeout() {
    for config in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut client = Client::connect(config);
        let start = Instant::now();
        assert_eq!(client.read_to_end().await, b"");
        assert_eq!(start.elapsed(), IDLE);
        assert_eq!(client.close().await.messages, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_does_not_read_is_not_read_from_and_closed_at_the_idle_timeout() {
    for config in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut client = Client::connect(config);
        // A line that has no end: the reply streams, and nobody takes it.
        let sent = timeout(IDLE * 2, async {
            let mut sent = 0;
            while client.stream.write_all(b"12345678").await.is_ok() {
                sent += 8;
            }
            sent
        });
        let start = Instant::now();
        let sent = sent.await.expect("the server gives up");
        assert_eq!(start.elapsed(), IDLE);
        assert!(sent < 64 * 1024, "{sent} bytes were read from a client that reads nothing");
        assert_eq!(client.close().await.result.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    }
}

#[tokio::test(start_paused = true)]
async fn long_reply_streams_while_the_message_arrives() {
    for config in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut client = Client::connect(config);
        client.send(&[b'a'; 16 * 1024]).await;
        client.expect_silence(PAUSE / 2).await; // so far it is kept together
        client.send(b"b").await;
        client.expect(&[b'A'; 16 * 1024]).await;
        client.expect(b"B").await;
    }
}

#[tokio::test(start_paused = true)]
async fn lingering_close_reads_until_the_client_is_silent() {
    let mut client = Client::connect(ONE_MESSAGE);
    client.send(b"um\n").await;
    assert_eq!(client.read_to_end().await, b"UM");
    let start = Instant::now();
    for _ in 0..10 {
        // Were the server gone, the pipe would break.
        client.send(b"and more after the line").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(client.server.await.unwrap().0.is_ok());
    assert_eq!(start.elapsed().as_secs(), 9 + 2);
}

#[tokio::test(start_paused = true)]
async fn lingering_close_is_bounded_in_time_and_bytes() {
    let mut client = Client::connect(ONE_MESSAGE);
    client.send(b"um\n").await;
    assert_eq!(client.read_to_end().await, b"UM");
    let start = Instant::now();
    while client.stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(start.elapsed() < IDLE * 10, "the server reads on");
    }
    // The first write that fails is the one after the end.
    assert!((30..=31).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());

    let (mut client, server) = duplex(1024 * 1024);
    let server = tokio::spawn(serve(server, ONE_MESSAGE));
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
async fn keep_alive_replies_to_each_line() {
    let mut client = Client::connect(KEEP_ALIVE);
    client.send(b"um\n").await;
    client.expect(b"UM\n").await;
    client.expect_silence(IDLE / 2).await;
    client.send(b" dois \r\n\ntr").await;
    client.expect(b"DOIS\n\n").await;
    client.expect_silence(IDLE / 2).await;
    client.send("\u{ea}s".as_bytes()).await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.read_to_end().await, "TR\u{ca}S\n".as_bytes());
    let ended = client.close().await;
    assert_eq!(ended.messages, 4);
    assert_eq!(
        ended.log,
        ["um", "dois", "", "tr\u{ea}s"].map(|text| format!("Received from 127.0.0.1:\n{text}\n")).concat()
    );
}

#[tokio::test(start_paused = true)]
async fn keep_alive_silence_ends_the_last_line() {
    let mut client = Client::connect(KEEP_ALIVE);
    client.send(b"um\ndois").await;
    client.expect(b"UM\n").await;
    let start = Instant::now();
    assert_eq!(client.read_to_end().await, b"DOIS\n");
    assert_eq!(start.elapsed(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn keep_alive_line_restarts_the_idle_timeout() {
    let mut client = Client::connect(KEEP_ALIVE);
    for _ in 0..3 {
        client.send(b"a\n").await;
        client.expect(b"A\n").await;
        client.expect_silence(IDLE / 3 * 2).await;
    }
    let start = Instant::now();
    client.send(b"a\n").await;
    assert_eq!(client.read_to_end().await, b"A\n");
    assert_eq!(start.elapsed(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn interrupted_message_is_logged() {
    let mut client = Client::connect(ONE_MESSAGE);
    client.send(b"um do").await;
    client.expect_silence(PAUSE / 2).await;
    // The client is gone altogether: its half-close ends the message, and the reply finds nobody.
    let ended = client.close().await;
    assert!(ended.result.is_err());
    assert_eq!(ended.log, "Received from 127.0.0.1:\num do\n");
}

#[tokio::test]
async fn message_is_logged_with_its_own_peer() {
    let shown = SharedOutput::default();
    let log = text_log(shown.clone());
    let shared = shared(ONE_MESSAGE, log);
    let clients = ["127.0.0.1", "127.0.0.2", "127.0.0.2", "::1", "127.0.0.1"];
    for client in clients {
        let (mut stream, server) = duplex(64);
        stream.write_all(client.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        serve_client(server, SocketAddr::new(client.parse().unwrap(), 1), &shared, &CancellationToken::new())
            .await
            .unwrap();
    }
    shared.log.flush().await;
    let records = clients.map(|client| format!("Received from {client}:\n{client}\n")).concat();
    assert_eq!(String::from_utf8_lossy(&shown.0.lock().unwrap()), records);
}

#[tokio::test(start_paused = true)]
async fn shutdown_closes_idle_connections_at_once() {
    for config in [ONE_MESSAGE, KEEP_ALIVE] {
        let mut client = Client::connect(config);
        let start = Instant::now();
        client.expect_silence(PAUSE).await;
        client.shutdown.cancel();
        assert_eq!(client.read_to_end().await, b"");
        assert_eq!(start.elapsed(), PAUSE);
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_closes_an_idle_keep_alive_connection_without_lingering() {
    let mut client = Client::connect(KEEP_ALIVE);
    client.send(b"um\n").await;
    client.expect(b"UM\n").await;
    client.expect_silence(PAUSE).await;
    client.shutdown.cancel();
    let start = Instant::now();
    assert_eq!(client.read_to_end().await, b"");
    // The client keeps its end open: only the server's task shows whether the connection is over.
    let (result, _) = (&mut client.server).await.unwrap();
    result.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn shutdown_replies_to_what_has_arrived() {
    for (config, reply) in [(ONE_MESSAGE, &b"UM"[..]), (KEEP_ALIVE, b"UM\n")] {
        let mut client = Client::connect(config);
        client.send(b"um\n").await; // still unread: the server has not run since
        client.shutdown.cancel();
        assert_eq!(client.read_to_end().await, reply);
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_a_pause_for_the_rest_of_a_message() {
    for (config, reply) in [(ONE_MESSAGE, &b"UM DOIS"[..]), (KEEP_ALIVE, b"UM DOIS\n")] {
        let mut client = Client::connect(config);
        client.send(b"um ").await;
        client.expect_silence(PAUSE / 2).await;
        client.shutdown.cancel();
        client.send(b"dois").await;
        let start = Instant::now();
        assert_eq!(client.read_to_end().await, reply);
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

fn on_a_paused_clock<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

proptest! {
    #[test]
    fn keep_alive_replies_to_any_lines(bytes in any_bytes()) {
        let mut expected = Vec::new();
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            expected.extend(uppercase(trim(line)));
            expected.push(b'\n');
        }
        let (heard, messages) = on_a_paused_clock(async {
            let mut client = Client::connect(KEEP_ALIVE);
            (client.send_and_read_to_end(&bytes).await, client.close().await.messages)
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
        let heard = on_a_paused_clock(async { Client::connect(ONE_MESSAGE).send_and_read_to_end(&bytes).await });
        prop_assert_eq!(String::from_utf8_lossy(&heard), String::from_utf8_lossy(&expected));
    }
}

/// A client that always has more to send, and reads every reply. It counts the reads of the server.
struct Busy {
    reads: Arc<AtomicUsize>,
    /// The bytes that one read returns.
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
async fn busy_client_yields_to_other_clients() {
    for (config, bytes, reads_a_turn) in [
        (ONE_MESSAGE, 256 * 1024, 1),
        (KEEP_ALIVE, 256 * 1024, 1),
        (ONE_MESSAGE, 64 * 1024, 4),
        (KEEP_ALIVE, 1, 64),
    ] {
        let reads = Arc::new(AtomicUsize::new(0));
        let busy = Busy { reads: Arc::clone(&reads), bytes };
        let busy = tokio::spawn(serve(busy, config));
        let (mut client, server) = duplex(64);
        let other = tokio::spawn(serve(server, config));
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

/// A stream that panics.
struct Faulty;

impl AsyncRead for Faulty {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        panic!("a bug in the connection, simulated by a test");
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<std::io::Result<usize>> {
        unreachable!("nothing is read");
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Stream for Faulty {}

#[tokio::test]
async fn panic_ends_one_connection_and_releases_its_permit() {
    const DEADLINE: Duration = Duration::from_secs(180);
    let shared = shared(ONE_MESSAGE, Log::disabled());
    let permits = Arc::new(Semaphore::new(2));
    let permit = || Arc::clone(&permits).try_acquire_owned().unwrap();
    let (mut client, server) = duplex(64);
    let shutdown = CancellationToken::new();

    tokio::spawn(handle_connection(server, peer(), Arc::clone(&shared), shutdown.clone(), permit()));
    tokio::spawn(handle_connection(Faulty, peer(), Arc::clone(&shared), shutdown, permit()));
    let released = timeout(DEADLINE, permits.acquire()).await.expect("the permit is released").unwrap();
    client.write_all(b"oi\n").await.unwrap();
    let mut reply = String::new();
    timeout(DEADLINE, client.read_to_string(&mut reply))
        .await
        .expect("the other connection goes on")
        .unwrap();
    assert_eq!(reply, "OI");
    drop(released);
}
