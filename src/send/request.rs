//! A message to send, and the conditions that complete its reply.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::address::Ends;
use crate::error::{Error, Result};
use crate::net::deadline;
use crate::net::stream::Stream;
use crate::net::trace::{Event, Wait};
use crate::text::trim::trim;
use crate::text::uppercase::uppercase;

/// A reply may be this many bytes longer than twice the expected text. The limit bounds the memory for a reply
/// that does not end.
const EXCESS_MAX: usize = 1024 * 1024;

/// A message to send, and the reply that it should get.
#[derive(Debug)]
pub struct Request {
    /// The message and the newline that ends it, unless that is left out.
    wire: Vec<u8>,
    message_len: usize,
    half_close: bool,
    pub(super) expected: Vec<u8>,
    /// The number of lines of the message. A server that replies line by line sends as many lines back.
    pub(super) line_count: usize,
}

/// The reason why a reply is known to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completion {
    /// The server closed the connection.
    Closed,
    /// The reply has as many lines as the message.
    AllLines,
    /// The reply equals the expected text; its newline may follow.
    ExpectedText,
}

impl Request {
    /// Creates the request for a message of any bytes. By default the client sends the message and a newline, and does not
    /// half-close.
    #[must_use]
    pub fn new(message: impl AsRef<[u8]>) -> Self {
        let message = message.as_ref();
        let wire = [message, b"\n"].concat();
        let line_count = count_lines(&wire);
        let expected = uppercase(trim(message));
        Self { wire, message_len: message.len(), half_close: false, expected, line_count }
    }

    /// Sets whether a newline is sent after the message.
    ///
    /// Without a newline, a server that waits for the end of the line replies after a half-close or a pause.
    #[must_use]
    pub fn newline(mut self, is_sent: bool) -> Self {
        self.wire.truncate(self.message_len);
        if is_sent {
            self.wire.push(b'\n');
        }
        self.line_count = count_lines(&self.wire);
        self
    }

    /// Sets whether the client half-closes the connection after the message.
    #[must_use]
    pub const fn half_close(mut self, half_close: bool) -> Self {
        self.half_close = half_close;
        self
    }

    /// Returns the message without the newline that is sent after it.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.wire[..self.message_len]
    }

    /// Returns whether a message can follow on the same connection.
    pub(super) fn allows_another(&self) -> bool {
        !self.half_close && self.wire.ends_with(b"\n")
    }

    /// Sends the message and reads its reply at the same time: a long reply begins before the message is sent.
    ///
    /// By default the client does not half-close: nginx's stream proxy and others drop a half-closed connection. `timeout`
    /// limits the wait for each read or write, without the `gap` that the stream makes between two pieces. With
    /// `newline_pending`, a newline at the beginning belongs to the previous reply.
    pub(super) async fn send_and_receive(
        &self,
        stream: &mut impl Stream,
        ends: Ends,
        timeout: Duration,
        gap: Duration,
        mut newline_pending: bool,
    ) -> (Vec<u8>, Result<Completion>) {
        // One read takes the reply with its newline and the previous reply's.
        let mut body = Vec::with_capacity(self.expected.len() + 2 * b"\r\n".len());
        let (mut unsent, mut lines) = (&self.wire[..], 0);
        // A server may reply and close without reading all: its reply is read before the error counts.
        let mut write_error = None;
        let mut is_sent = false;
        let broken = |source, received| Error::ConnectionBroken { ends, received, source };
        let completion = loop {
            if unsent.is_empty() && !is_sent {
                is_sent = true;
                self.end_message(stream).await;
            }
            let previous_len = body.len();
            // The server is not late while this end pauses.
            let wait = if is_sent { timeout } else { timeout + gap };
            let Ok(progress) = deadline::timeout(wait, progress(stream, unsent, &mut body)).await else {
                stream.trace(Event::Timeout(Wait::Reply, timeout));
                break Err(Error::ReplyTimeout { ends, timeout, received: body.len() });
            };
            match progress {
                Progress::Sent(Ok(sent)) => unsent = &unsent[sent..],
                Progress::Sent(Err(error)) => {
                    write_error = Some(error);
                    unsent = &[];
                }
                Progress::Received(Ok(0)) => {
                    break match write_error {
                        None => Ok(Completion::Closed),
                        Some(source) => Err(broken(source, body.len())),
                    };
                }
                Progress::Received(Ok(_)) if newline_pending => {
                    newline_pending = remove_newline(&mut body);
                    lines = count_newlines(&body);
                }
                Progress::Received(Ok(_)) => lines += count_newlines(&body[previous_len..]),
                Progress::Received(Err(source)) => break Err(broken(source, body.len())),
            }
            if body.len() > 2 * self.expected.len() + EXCESS_MAX {
                break Err(Error::ReplyTooLong { ends, received: body.len() });
            }
            // Before the whole message is sent, no reply can be complete.
            if !unsent.is_empty() || newline_pending {
                continue;
            }
            if lines >= self.line_count {
                break Ok(Completion::AllLines);
            }
            if !body.is_empty() && body == self.expected {
                break Ok(Completion::ExpectedText);
            }
        };
        (body, completion)
    }

    /// Marks the end of the message, by a half-close if that is asked for.
    async fn end_message(&self, stream: &mut impl Stream) {
        // If the server has closed or reset the connection, its reply says more than these errors.
        let _ = stream.flush().await;
        if self.half_close {
            let _ = stream.shutdown().await;
        }
    }
}

/// A step of sending a message and receiving its reply.
enum Progress {
    Sent(io::Result<usize>),
    Received(io::Result<usize>),
}

/// Sends some of `unsent`, or receives some bytes into `body`: whatever is possible first.
async fn progress(stream: &mut impl Stream, unsent: &[u8], body: &mut Vec<u8>) -> Progress {
    poll_fn(|cx| {
        if !unsent.is_empty()
            && let Poll::Ready(sent) = Pin::new(&mut *stream).poll_write(cx, unsent)
        {
            return Poll::Ready(Progress::Sent(sent));
        }
        let mut read = pin!(stream.read_buf(body));
        read.as_mut().poll(cx).map(Progress::Received)
    })
    .await
}

/// Removes the previous reply's newline from the beginning of `body`. Returns whether the newline may still come.
fn remove_newline(body: &mut Vec<u8>) -> bool {
    let len = match &body[..] {
        b"\r" => return true,
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    };
    body.drain(..len);
    false
}

/// Returns the number of lines, also counting a last line without a newline. An empty message is a line, too.
fn count_lines(message: &[u8]) -> usize {
    count_newlines(message) + usize::from(!message.ends_with(b"\n"))
}

fn count_newlines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;
    use crate::net::shape::{Pieces, Shaped};

    /// Sends a message in pieces to a server that replies with `reply` after the message and `delay`.
    async fn send(reply: &'static [u8], delay: Duration) -> (Vec<u8>, Result<Completion>) {
        let (client, mut server) = duplex(64);
        let serve = async move {
            server.read_exact(&mut [0; 3]).await.unwrap();
            tokio::time::sleep(delay).await;
            server.write_all(reply).await.unwrap();
            // Keeps the connection open.
            server.read_u8().await
        };
        tokio::spawn(serve);
        let gap = Duration::from_secs(60);
        let mut stream = Shaped::new(client, Pieces { size: 1, gap });
        let address = ([127, 0, 0, 1], 9).into();
        let ends = Ends { local: address, peer: address };
        Request::new("oi").send_and_receive(&mut stream, ends, TIMEOUT, gap, false).await
    }

    const TIMEOUT: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn gap_between_pieces_does_not_count_as_silence_of_the_server() {
        let (body, completion) = send(b"OI", Duration::ZERO).await;
        assert_eq!((&body[..], completion.unwrap()), (&b"OI"[..], Completion::ExpectedText));
        // After the last piece there is no gap.
        let (_, completion) = send(b"OI", TIMEOUT + Duration::from_secs(1)).await;
        assert!(matches!(completion, Err(Error::ReplyTimeout { received: 0, .. })), "{completion:?}");
    }
}
