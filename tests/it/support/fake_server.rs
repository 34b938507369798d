//! Servers inside the test's process that behave as other servers do, also wrongly.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::{DEADLINE, read_to_end};

/// A server that hands its connections to a function of the test, one after the other.
pub(crate) struct FakeServer {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl FakeServer {
    /// Listens on a free port, and hands each connection to `handle`.
    pub(crate) fn new(handle: impl Fn(TcpStream) + Send + 'static) -> Self {
        Self::with_listener(TcpListener::bind("127.0.0.1:0").unwrap(), handle)
    }

    /// Hands each connection of `listener` to `handle`.
    pub(crate) fn with_listener(listener: TcpListener, handle: impl Fn(TcpStream) + Send + 'static) -> Self {
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        // The thread ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                stream.set_nodelay(true).unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                handle(stream);
            }
        });
        Self { address, accepted }
    }

    /// Starts a server that reads one line, replies with the result of the next of `replies`, and closes.
    ///
    /// The last of `replies` serves all further connections.
    pub(crate) fn replying_in_turn(replies: &'static [fn(&str) -> String]) -> Self {
        let next = AtomicUsize::new(0);
        Self::new(move |mut stream| {
            let line = read_line(&stream);
            let reply = replies[next.fetch_add(1, Ordering::SeqCst).min(replies.len() - 1)];
            stream.write_all(reply(&line).as_bytes()).unwrap();
        })
    }

    /// Starts a server that replies to each line with the result of `reply`, and keeps the connection open.
    pub(crate) fn replying_to_lines(reply: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::new(move |stream| {
            let mut writer = stream.try_clone().unwrap();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                writer.write_all(reply(&line).as_bytes()).unwrap();
            }
        })
    }

    /// Starts a server that waits for the half-close, replies in upper case of ASCII, and hands the stream to `end`.
    pub(crate) fn replying_to_half_close(end: fn(TcpStream)) -> Self {
        Self::new(move |mut stream| {
            let message = read_to_end(&mut stream);
            stream.write_all(&message.to_ascii_uppercase()).unwrap();
            end(stream);
        })
    }

    /// Starts a server that hands its connections to the test.
    pub(crate) fn with_connections() -> (Self, Receiver<TcpStream>) {
        let (sender, connections) = mpsc::channel();
        let server = Self::new(move |stream| {
            // A test that has ended needs no more connections.
            let _ = sender.send(stream);
        });
        (server, connections)
    }

    /// Starts a server that keeps its connections open, and neither reads nor writes.
    pub(crate) fn silent() -> Self {
        Self::new(std::mem::forget)
    }

    /// Starts a server that reads once, and closes without a reply.
    pub(crate) fn closing_without_reply() -> Self {
        Self::new(|mut stream| {
            let _ = stream.read(&mut [0; 1024]);
        })
    }

    /// Returns the port as an argument.
    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// Returns the number of connections so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// Reads a line, and returns it without its newline.
pub(crate) fn read_line(stream: &TcpStream) -> String {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}
