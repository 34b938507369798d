//! A fault of ours, in a task or in the log's thread, ends one connection or the log, and nothing else.

use std::io::{self, Write};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf, duplex};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::timeout;
use upcase::cli::LogFormat;
use upcase::config::Language;
use upcase::net::tcp::Stream;
use upcase::serve::connection;
use upcase::serve::log::Log;
use upcase::serve::service::{Rules, Service, Tally};
use upcase::serve::{Options, run};
use upcase::terminal::Terminal;

use crate::support::DEADLINE;

const RULES: Rules =
    Rules { keep_alive: false, pause: Duration::from_secs(1), idle_timeout: Duration::from_secs(30) };

/// A stream, or an output, with a fault.
struct Faulty;

impl AsyncRead for Faulty {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        panic!("a fault in the conversation, by a test");
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        unreachable!("nothing is read");
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Stream for Faulty {}

impl Write for Faulty {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("a fault in the log, by a test");
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_ends_one_conversation_and_gives_its_place_back() {
    let (_stop, stopping) = watch::channel(false);
    let service = Arc::new(Service { rules: RULES, log: Log::none(), tally: Tally::default(), stopping });
    let slots = Arc::new(Semaphore::new(2));
    let slot = || Arc::clone(&slots).try_acquire_owned().unwrap();
    let peer = "127.0.0.1:1".parse().unwrap();
    let (mut client, server) = duplex(64);

    tokio::spawn(connection::hold(server, peer, Arc::clone(&service), slot()));
    tokio::spawn(connection::hold(Faulty, peer, Arc::clone(&service), slot()));
    let free = timeout(DEADLINE, slots.acquire()).await.expect("the place is given back").unwrap();
    client.write_all(b"oi\n").await.unwrap();
    let mut reply = String::new();
    timeout(DEADLINE, client.read_to_string(&mut reply)).await.expect("the other goes on").unwrap();
    assert_eq!(reply, "OI");
    drop(free);
}

#[tokio::test]
async fn a_panic_in_the_log_holds_no_client_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let screen = Terminal::plain(Language::Pt);
    let log = Log::new(Faulty, LogFormat::Text, screen);
    let options = Options { rules: RULES, max_connections: 10, grace: Duration::from_secs(5) };
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(run(vec![listener], options, log, screen, async move {
        let _ = stopped.await;
    }));
    // More than the log's queue holds, so that connections would wait for it.
    for _ in 0..1200 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(&[&[b'x'; 1023], &b"\n"[..]].concat()).await.unwrap();
        let mut reply = Vec::new();
        timeout(DEADLINE, client.read_to_end(&mut reply)).await.expect("it is answered").unwrap();
        assert_eq!(reply, [b'X'; 1023]);
    }
    stop.send(()).unwrap();
    timeout(DEADLINE, served).await.expect("it ends").unwrap().unwrap();
}
