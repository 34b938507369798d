//! The stream adapter that misbehaves.

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{End, Faults, Limit, NoReply, ReplyFaults};
use crate::net::stream::Stream;
use crate::net::tcp::set_reset_on_close;
use crate::net::trace::{Event, Wait};

/// Time that a limit waits for the client's end between the FIN and the close. A close with unread input would send a
/// reset instead.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// A stream with faults. Each fault that acts is an event, once.
pub(crate) struct Faulty<S: Stream> {
    stream: S,
    faults: Faults,
    /// The longest wait for a client that has no reply.
    idle_timeout: Duration,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The wait under way: before the reply, between two slices, or for the client's end.
    wait: Option<Pin<Box<Sleep>>>,
    /// Bytes of replies that were written; of `mute`, that were not written.
    replied: u64,
    is_delayed: bool,
    is_corrupted: bool,
    /// The faults that were reported.
    reported: Vec<&'static str>,
}

impl<S: Stream> Faulty<S> {
    /// Adds faults to a stream. At the `shutdown`, a client that waits for a reply in vain is let go.
    pub(crate) fn new(
        stream: S,
        faults: Faults,
        idle_timeout: Duration,
        shutdown: CancellationToken,
    ) -> Self {
        if let Some(socket) = stream.socket() {
            // A connection inherits the option from its listener on Linux and the BSDs, but not on Windows. Without it,
            // slices would be gathered.
            let _ = socket.set_tcp_nodelay(true);
        }
        Self {
            stream,
            faults,
            idle_timeout,
            shutdown: Box::pin(shutdown.cancelled_owned()),
            wait: None,
            replied: 0,
            is_delayed: false,
            is_corrupted: false,
            reported: Vec::new(),
        }
    }

    fn report(&mut self, fault: &'static str) {
        if !self.reported.contains(&fault) {
            self.reported.push(fault);
            self.stream.trace(Event::Fault(fault));
        }
    }

    /// Returns the limit if the replies have reached it.
    fn reached_limit(&self) -> Option<Limit> {
        match self.faults {
            Faults::Reply(ReplyFaults { limit, .. }) => limit.filter(|limit| self.replied >= limit.bytes),
            Faults::NoReply(_) => None,
        }
    }

    /// Ends the connection at its limit, and then fails.
    fn poll_end(&mut self, end: End, cx: &mut Context<'_>) -> Poll<io::Error> {
        self.report("limit");
        match end {
            End::Close => {
                if let Err(error) = ready!(Pin::new(&mut self.stream).poll_shutdown(cx)) {
                    return Poll::Ready(error);
                }
                self.stream.set_discarding();
                ready!(self.poll_end_of_client(CLOSE_WAIT, cx));
            }
            // The close of the socket, which follows, resets the connection.
            End::Reset => {
                if let Some(socket) = self.stream.socket() {
                    set_reset_on_close(&socket, true);
                }
            }
        }
        Poll::Ready(ended())
    }

    /// Reads and drops input until the client ends or the server shuts down, for `time` at most. Returns whether the
    /// time has passed.
    fn poll_end_of_client(&mut self, time: Duration, cx: &mut Context<'_>) -> Poll<bool> {
        let mut buffer = [0; 4096];
        loop {
            let mut input = ReadBuf::new(&mut buffer);
            match Pin::new(&mut self.stream).poll_read(cx, &mut input) {
                Poll::Ready(Ok(())) if !input.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(false),
                Poll::Pending => break,
            }
        }
        if self.shutdown.as_mut().poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        self.poll_wait(Some(time), cx).map(|()| true)
    }

    /// Waits for `time`, or for the end of the wait under way.
    fn poll_wait(&mut self, time: Option<Duration>, cx: &mut Context<'_>) -> Poll<()> {
        if let (None, Some(time)) = (&self.wait, time) {
            self.wait = Some(Box::pin(sleep(time)));
        }
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        Poll::Ready(())
    }

    /// Writes a part of the replies, with the faults of replies.
    fn poll_reply(&mut self, bytes: &[u8], is_last: bool, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let faults = match self.faults {
            Faults::Reply(faults) => faults,
            Faults::NoReply(_) => {
                // Only `mute` lets a message get as far as its reply.
                self.report("mute");
                self.replied += bytes.len() as u64;
                return Poll::Ready(Ok(bytes.len()));
            }
        };
        if let Some(Limit { end, .. }) = self.reached_limit() {
            return self.poll_end(end, cx).map(Err);
        }
        if faults.ascii {
            self.report("ascii");
        }
        if self.wait.is_some() && self.is_begun() {
            self.report("drip");
        }
        let delay = faults.delay.filter(|_| !self.is_delayed);
        if delay.is_some() {
            self.is_delayed = true;
            self.report("delay");
        }
        ready!(self.poll_wait(delay, cx));

        let left = faults.limit.map_or(u64::MAX, |limit| limit.bytes - self.replied);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let size = faults.segment_size().map_or(usize::MAX, Into::into);
        let part = &bytes[..bytes.len().min(left).min(size)];
        if size < bytes.len() && faults.slice.is_some() {
            self.report("slice");
        }
        let (part, wrong_at) =
            if faults.wrong && !self.is_corrupted { corrupt(part) } else { (part.into(), None) };
        if wrong_at.is_some() {
            self.report("wrong");
        }
        let write = match faults.segment_size() {
            Some(_) => S::poll_write_segment,
            // The half-close follows only the end of the replies.
            None if is_last && part.len() == bytes.len() => S::poll_write_last,
            None => S::poll_write,
        };
        let written = ready!(write(Pin::new(&mut self.stream), cx, &part))?;
        self.replied += written as u64;
        self.is_corrupted |= wrong_at.is_some_and(|at| at < written);
        self.wait = faults.drip.map(|time| Box::pin(sleep(time)));
        Poll::Ready(Ok(written))
    }

    /// Returns whether a reply has begun.
    fn is_begun(&self) -> bool {
        self.replied > 0
    }
}

/// Changes the first byte that is not white space: a client may ignore white space, or wait for a newline.
fn corrupt(bytes: &[u8]) -> (Cow<'_, [u8]>, Option<usize>) {
    let Some(at) = bytes.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return (bytes.into(), None);
    };
    let mut changed = bytes.to_vec();
    changed[at] = if changed[at] == b'?' { b'!' } else { b'?' };
    (changed.into(), Some(at))
}

/// Returns the error of a connection that a fault has ended.
fn ended() -> io::Error {
    io::Error::new(ErrorKind::ConnectionAborted, "a fault ended the connection")
}

impl<S: Stream> AsyncRead for Faulty<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.faults {
            Faults::NoReply(NoReply::NoRead) => {
                self.report("no-read");
                // Timeouts and the shutdown of the server end the connection.
                return Poll::Pending;
            }
            Faults::NoReply(NoReply::CloseUnread) => {
                // The system resets the connection, because input is unread when the socket is closed.
                if ready!(Pin::new(&mut self.stream).poll_has_input(cx))? {
                    self.report("close-unread");
                    return Poll::Ready(Err(ended()));
                }
            }
            _ => {
                if let Some(Limit { end, .. }) = self.reached_limit().filter(|_| self.is_begun()) {
                    return self.poll_end(end, cx).map(Err);
                }
            }
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: Stream> AsyncWrite for Faulty<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_reply(bytes, false, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(Limit { end, .. }) = self.reached_limit() {
            return self.poll_end(end, cx).map(Err);
        }
        if matches!(self.faults, Faults::NoReply(_)) && self.is_begun() {
            // A FIN would be a reply too. The idle timeout ends the wait of a client that never leaves.
            let idle_timeout = self.idle_timeout;
            if ready!(self.poll_end_of_client(idle_timeout, cx)) {
                self.stream.trace(Event::Timeout(Wait::Idle, idle_timeout));
            }
            self.replied = 0;
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Stream> Stream for Faulty<S> {
    fn poll_write_last(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_reply(bytes, true, cx)
    }

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
mod tests;
