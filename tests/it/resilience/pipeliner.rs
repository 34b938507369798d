//! A client that sends lines without waiting for their replies.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

use crate::support::{DEADLINE, Server, read_to_end};

/// A connection, the lines that are sent over it, and the replies so far.
pub(super) struct Pipeliner {
    stream: TcpStream,
    lines: String,
    /// The number of bytes of `lines` that have been sent.
    sent: usize,
    reads_replies: bool,
    replies: Vec<u8>,
}

impl Pipeliner {
    /// Connects, and sends nothing yet.
    pub(super) fn new(server: &Server, lines: String) -> Self {
        Self { stream: server.connect(), lines, sent: 0, reads_replies: true, replies: Vec::new() }
    }

    /// Connects a client that leaves its replies unread.
    pub(super) fn without_reading(server: &Server, lines: String) -> Self {
        Self { reads_replies: false, ..Self::new(server, lines) }
    }

    /// Reports whether there are more lines to send.
    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.lines.len()
    }

    /// Returns the number of replies so far.
    pub(super) fn replies(&self) -> usize {
        memchr::memchr_iter(b'\n', &self.replies).count()
    }

    /// Sends and receives what the connection takes and gives at once, and reports whether that is anything.
    fn advance(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let sent = or_zero(self.stream.write(&self.lines.as_bytes()[self.sent..]));
        self.sent += sent;
        let mut buffer = [0; 16 * 1024];
        let received = if self.reads_replies { or_zero(self.stream.read(&mut buffer)) } else { 0 };
        self.replies.extend_from_slice(&buffer[..received]);
        sent + received > 0
    }

    /// Sends the rest of the lines, half-closes, and returns all replies.
    pub(super) fn finish(self) -> Vec<u8> {
        let Self { mut stream, lines, sent, mut replies, .. } = self;
        stream.set_nonblocking(false).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let sending = thread::spawn(move || {
            writer.write_all(&lines.as_bytes()[sent..]).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        replies.extend(read_to_end(&mut stream));
        sending.join().unwrap();
        replies
    }
}

/// Returns the number of bytes that were read or written, which is zero where that would block.
fn or_zero(result: std::io::Result<usize>) -> usize {
    result.unwrap_or_else(|error| {
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        0
    })
}

/// Lets the clients send and receive until they cannot go on, because the server waits for something else.
pub(super) fn advance_until_stalled(server: &Server, clients: &mut [Pipeliner]) {
    let end = Instant::now() + DEADLINE;
    let mut has_advanced = || clients.iter_mut().any(Pipeliner::advance);
    loop {
        while has_advanced() {
            assert!(Instant::now() < end, "the server never stalls");
        }
        // An idle server changes nothing: a client that cannot go on now never can.
        server.until_idle();
        if !has_advanced() {
            return;
        }
    }
}
