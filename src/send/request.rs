//! A message to send, and the conditions that complete its reply.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;

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
    /// The message and the newline that ends it.
    wire: Vec<u8>,
    pub(super) expected: Vec<u8>,
    /// The number of lines to send. A server that replies line by line sends as many lines back.
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
    /// Creates the request for a message of any bytes. The client sends the message and a newline.
    #[must_use]
    pub fn new(message: impl AsRef<[u8]>) -> Self {
        let message = message.as_ref();
        let wire = [message, b"\n"].concat();
        let line_count = count_lines(&wire);
        Self { wire, expected: uppercase(trim(message)), line_count }
    }

    /// Returns the message without the newline that is sent after it.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.wire[..self.wire.len() - 1]
    }

    /// Sends the message and reads its reply at the same time: a long reply begins before the message is sent.
    ///
    /// The client does not half-close: nginx's stream proxy and others drop a half-closed connection. `timeout`
    /// limits the wait for each read or write. With `newline_pending`, a newline at the beginning belongs to the
    /// previous reply.
    pub(super) async fn send_and_receive(
        &self,
        stream: &mut impl Stream,
        address: SocketAddr,
        timeout: Duration,
        mut newline_pending: bool,
    ) -> (Vec<u8>, Result<Completion>) {
        // One read takes the reply with its newline and the previous reply's.
        let mut body = Vec::with_capacity(self.expected.len() + 2 * b"\r\n".len());
        let (mut unsent, mut lines) = (&self.wire[..], 0);
        // A server may reply and close without reading all: its reply is read before the error counts.
        let mut write_error = None;
        let broken = |source, received| Error::ConnectionBroken { address, received, source };
        let completion = loop {
            let previous_len = body.len();
            let Ok(progress) = deadline::timeout(timeout, progress(stream, unsent, &mut body)).await else {
                stream.trace(Event::Timeout(Wait::Reply, timeout));
                break Err(Error::ReplyTimeout { address, timeout, received: body.len() });
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
                    lines = count_lines(&body);
                }
                Progress::Received(Ok(_)) => lines += count_lines(&body[previous_len..]),
                Progress::Received(Err(source)) => break Err(broken(source, body.len())),
            }
            if body.len() > 2 * self.expected.len() + EXCESS_MAX {
                break Err(Error::ReplyTooLong { address, received: body.len() });
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

fn count_lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}
