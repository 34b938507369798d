//! Servers of a test's own, that do what servers out there do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::DEADLINE;

/// A server that treats each connection as a test says, one after the other.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Fake {
    /// Listens on a free port, and hands each connection to `serve`.
    pub(crate) fn new(serve: impl Fn(TcpStream) + Send + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), serve)
    }

    /// Hands each connection of `listener` to `serve`.
    pub(crate) fn on(listener: TcpListener, serve: impl Fn(TcpStream) + Send + 'static) -> Self {
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                stream.set_nodelay(true).unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                serve(stream);
            }
        });
        Self { address, accepted }
    }

    /// A server that reads one line and answers it by what the next of `replies` makes of it, the last one for ever,
    /// and closes.
    pub(crate) fn in_turn(replies: &'static [fn(&str) -> String]) -> Self {
        let turn = AtomicUsize::new(0);
        Self::new(move |mut stream| {
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            let turn = turn.fetch_add(1, Ordering::SeqCst).min(replies.len() - 1);
            stream.write_all(replies[turn](line.trim_end()).as_bytes()).unwrap();
        })
    }

    /// A server that answers each line by what `reply` makes of it, and stays open.
    pub(crate) fn of_lines(reply: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::new(move |stream| {
            let mut writer = stream.try_clone().unwrap();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                writer.write_all(reply(&line).as_bytes()).unwrap();
            }
        })
    }

    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// How many connections it has had.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}
