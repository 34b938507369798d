//! Faults in-process, on a paused clock.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{Instant, timeout};

use super::*;
use crate::net::fault::Fault;

const IDLE: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

/// A stream that keeps what the faults do to it.
struct Probe {
    stream: DuplexStream,
    calls: Calls,
}

/// The events and the writes, in their order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn push(&self, call: impl Into<String>) {
        self.0.lock().unwrap().push(call.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl AsyncRead for Probe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Probe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.calls.push(format!("write {}", String::from_utf8_lossy(bytes)));
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.push("shutdown");
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Stream for Probe {
    fn poll_write_last(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.calls.push(format!("last {}", String::from_utf8_lossy(bytes)));
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_segment(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.calls.push(format!("segment {}", String::from_utf8_lossy(bytes)));
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn trace(&mut self, event: Event<'_>) {
        match event {
            Event::Fault(name) => self.calls.push(name),
            Event::Timeout(_, time) => self.calls.push(format!("timeout after {time:?}")),
            _ => {}
        }
    }
}

/// A server's stream with faults, and the client at its other end.
struct Pair {
    server: Faulty<Probe>,
    client: DuplexStream,
    calls: Calls,
    shutdown: CancellationToken,
}

impl Pair {
    fn new(specs: &[&str]) -> Self {
        let specs: Vec<Fault> = specs.iter().map(|spec| spec.parse().unwrap()).collect();
        let (client, stream) = duplex(1024);
        let (calls, shutdown) = (Calls::default(), CancellationToken::new());
        let probe = Probe { stream, calls: calls.clone() };
        let server = Faulty::new(probe, Faults::new(&specs).unwrap(), IDLE, shutdown.clone());
        Self { server, client, calls, shutdown }
    }

    /// Writes a reply as a connection does that ends with it.
    async fn write_last(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written =
                std::future::poll_fn(|cx| Pin::new(&mut self.server).poll_write_last(cx, bytes)).await?;
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn delay_is_before_the_first_byte_only() {
    let mut pair = Pair::new(&["delay=5s"]);
    let start = Instant::now();
    pair.server.write_all(b"A\n").await.unwrap();
    assert_eq!(start.elapsed(), 5 * SECOND);
    pair.server.write_all(b"B\n").await.unwrap();
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert_eq!(pair.calls.take(), ["delay", "write A\n", "write B\n"]);
}

#[tokio::test(start_paused = true)]
async fn slices_are_segments_also_at_the_end() {
    let mut pair = Pair::new(&["slice=2"]);
    pair.write_last(b"ABCDE").await.unwrap();
    assert_eq!(pair.calls.take(), ["slice", "segment AB", "segment CD", "segment E"]);
}

#[tokio::test(start_paused = true)]
async fn drip_pauses_between_slices_also_of_two_replies() {
    let mut pair = Pair::new(&["drip=1s", "slice=2"]);
    let start = Instant::now();
    pair.server.write_all(b"ABC").await.unwrap();
    assert_eq!(start.elapsed(), SECOND);
    pair.server.write_all(b"D").await.unwrap();
    assert_eq!(start.elapsed(), 2 * SECOND);
    let calls = pair.calls.take();
    assert_eq!(calls, ["slice", "segment AB", "drip", "segment C", "segment D"]);
}

#[tokio::test(start_paused = true)]
async fn limit_closes_after_the_client_or_two_seconds() {
    for client_leaves in [true, false] {
        let mut pair = Pair::new(&["limit=3,close"]);
        pair.client.write_all(b"unread").await.unwrap();
        if client_leaves {
            pair.client.shutdown().await.unwrap();
        }
        let start = Instant::now();
        let error = pair.write_last(b"ABCDE").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        assert_eq!(start.elapsed(), if client_leaves { Duration::ZERO } else { CLOSE_WAIT });
        assert_eq!(pair.calls.take()[..3], ["write ABC", "limit", "shutdown"]);
    }
}

#[tokio::test(start_paused = true)]
async fn limit_ends_the_connection_also_at_its_exact_end() {
    let mut pair = Pair::new(&["limit=3,reset"]);
    pair.write_last(b"ABC").await.unwrap();
    assert!(pair.server.shutdown().await.is_err());
    assert_eq!(pair.calls.take(), ["last ABC", "limit"]);

    let mut pair = Pair::new(&["limit=2,reset"]);
    pair.server.write_all(b"A\n").await.unwrap();
    assert!(pair.server.read_u8().await.is_err(), "there is no next message");
}

#[tokio::test(start_paused = true)]
async fn limit_of_no_byte_lets_the_message_arrive() {
    let mut pair = Pair::new(&["limit=0,reset"]);
    pair.client.write_all(b"a").await.unwrap();
    assert_eq!(pair.server.read_u8().await.unwrap(), b'a');
    assert!(pair.server.write_all(b"A").await.is_err());
    assert_eq!(pair.calls.take(), ["limit"]);
}

#[tokio::test(start_paused = true)]
async fn one_byte_is_wrong_and_no_white_space() {
    let mut pair = Pair::new(&["wrong"]);
    pair.server.write_all(b"\n").await.unwrap();
    pair.server.write_all(b"AB\n").await.unwrap();
    pair.write_last(b"CD").await.unwrap();
    assert_eq!(pair.calls.take(), ["write \n", "wrong", "write ?B\n", "last CD"]);
    assert_eq!(corrupt(b"?"), (b"!".into(), Some(0)));
}

#[tokio::test(start_paused = true)]
async fn mute_holds_the_fin_until_the_idle_timeout_the_clients_end_or_the_shutdown() {
    for (index, expected) in [IDLE, Duration::ZERO, Duration::ZERO].into_iter().enumerate() {
        let mut pair = Pair::new(&["mute"]);
        pair.server.write_all(b"A").await.unwrap();
        match index {
            0 => pair.client.write_all(b"are you there?").await.unwrap(),
            1 => pair.client.shutdown().await.unwrap(),
            _ => pair.shutdown.cancel(),
        }
        let start = Instant::now();
        pair.server.shutdown().await.unwrap();
        assert_eq!(start.elapsed(), expected);
        let calls = pair.calls.take();
        match index {
            0 => assert_eq!(calls, ["mute", "timeout after 30s", "shutdown"]),
            _ => assert_eq!(calls, ["mute", "shutdown"]),
        }
        assert_eq!(pair.client.read(&mut [0]).await.unwrap(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn mute_does_not_hold_a_connection_without_a_message() {
    let mut pair = Pair::new(&["mute"]);
    let start = Instant::now();
    pair.server.shutdown().await.unwrap();
    assert_eq!((start.elapsed(), pair.calls.take()), (Duration::ZERO, vec!["shutdown".into()]));
}

#[tokio::test(start_paused = true)]
async fn no_read_never_reads() {
    let mut pair = Pair::new(&["no-read"]);
    pair.client.write_all(b"a\n").await.unwrap();
    assert!(timeout(IDLE, pair.server.read_u8()).await.is_err());
    assert_eq!(pair.calls.take(), ["no-read"]);
}

#[tokio::test(start_paused = true)]
async fn all_faults_of_a_reply_act_together() {
    let mut pair = Pair::new(&["delay=1s", "slice=2", "drip=1s", "limit=5,reset", "wrong", "ascii"]);
    let start = Instant::now();
    assert!(pair.write_last(b"ABCDEF").await.is_err());
    assert_eq!(start.elapsed(), 3 * SECOND);
    let calls = pair.calls.take();
    let expected =
        ["ascii", "delay", "slice", "wrong", "segment ?B", "drip", "segment CD", "segment E", "limit"];
    assert_eq!(calls, expected);
}
