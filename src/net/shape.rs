//! Shaped sending: a stream adapter that writes in pieces.
//!
//! TCP has no messages: a reader may get one write in several reads. The pieces make this visible.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::stream::Stream;
use super::trace::Event;

/// The pieces in which a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pieces {
    /// The bytes of a piece, at least 1. The last piece may have fewer.
    pub(crate) size: usize,
    /// The pause between two pieces.
    pub(crate) gap: Duration,
}

/// A stream that writes in pieces, each by a write of its own. A flush ends the message, and so its last piece.
///
/// Without Nagle's algorithm, the system sends each write at once, as a segment of its own if the piece is not longer
/// than a segment.
pub(crate) struct Shaped<S> {
    stream: S,
    pieces: Pieces,
    /// The bytes that belong to the current piece and are not written yet.
    left: usize,
    /// The pause before the next piece.
    gap: Option<Pin<Box<Sleep>>>,
}

impl<S: Stream> Shaped<S> {
    pub(crate) const fn new(stream: S, pieces: Pieces) -> Self {
        Self { stream, pieces, left: pieces.size, gap: None }
    }
}

impl<S: Stream> AsyncRead for Shaped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: Stream> AsyncWrite for Shaped<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(gap) = &mut self.gap {
            ready!(gap.as_mut().poll(cx));
            self.gap = None;
        }
        let piece = &bytes[..bytes.len().min(self.left)];
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, piece))?;
        self.left -= written;
        if self.left == 0 {
            let Pieces { size, gap } = self.pieces;
            self.left = size;
            self.gap = (!gap.is_zero()).then(|| Box::pin(sleep(gap)));
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (self.left, self.gap) = (self.pieces.size, None);
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Stream> Stream for Shaped<S> {
    fn socket(&self) -> Option<SockRef<'_>> {
        self.stream.socket()
    }

    fn trace(&mut self, event: Event<'_>) {
        self.stream.trace(event);
    }

    fn set_discarding(&mut self) {
        self.stream.set_discarding();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    use super::*;

    const GAP: Duration = Duration::from_secs(7);
    const START: Duration = Duration::ZERO;

    /// Reads until the end of the stream; returns each read with the time since the start.
    async fn reads(mut stream: impl AsyncRead + Unpin) -> Vec<(String, Duration)> {
        let start = Instant::now();
        let mut reads = Vec::new();
        let mut buffer = [0; 64];
        while let read @ 1.. = stream.read(&mut buffer).await.unwrap() {
            reads.push((String::from_utf8(buffer[..read].to_vec()).unwrap(), start.elapsed()));
        }
        reads
    }

    #[tokio::test(start_paused = true)]
    async fn gap_separates_the_pieces_of_a_message_and_not_two_messages() {
        let (client, server) = duplex(64);
        let mut client = Shaped::new(client, Pieces { size: 3, gap: GAP });
        let send = async move {
            for message in [&b"abcdefgh"[..], b"ijklmn", b"op"] {
                client.write_all(message).await.unwrap();
                client.flush().await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            client.shutdown().await.unwrap();
        };
        let (reads, ()) = tokio::join!(reads(server), send);
        let (third, last) = (2 * GAP + Duration::from_secs(1), 3 * GAP + Duration::from_secs(2));
        let due = [
            ("abc", START),
            ("def", GAP),
            ("gh", 2 * GAP),
            ("ijk", third),
            ("lmn", third + GAP),
            ("op", last),
        ];
        assert_eq!(reads, due.map(|(piece, at)| (piece.to_owned(), at)));
    }

    #[tokio::test(start_paused = true)]
    async fn piece_that_the_system_takes_in_parts_has_no_gap_inside() {
        // The pipe has room for two bytes.
        let (client, server) = duplex(2);
        let mut client = Shaped::new(client, Pieces { size: 5, gap: GAP });
        let send = async move {
            client.write_all(b"abcdefg").await.unwrap();
            client.shutdown().await.unwrap();
        };
        let (reads, ()) = tokio::join!(reads(server), send);
        let due = [("ab", START), ("cd", START), ("e", START), ("fg", GAP)];
        assert_eq!(reads, due.map(|(piece, at)| (piece.to_owned(), at)));
    }

    #[tokio::test(start_paused = true)]
    async fn reply_is_read_during_a_gap() {
        let (client, mut server) = duplex(64);
        let mut client = Shaped::new(client, Pieces { size: 1, gap: GAP });
        client.write_all(b"a").await.unwrap();
        server.write_all(b"A").await.unwrap();
        let start = Instant::now();
        assert_eq!((client.read_u8().await.unwrap(), start.elapsed()), (b'A', Duration::ZERO));
    }
}
