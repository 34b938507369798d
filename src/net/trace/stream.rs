//! The stream adapter that reports what passes.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Event, Side, Trace};
use crate::errno::is_reset;
use crate::net::stream::Stream;
use crate::net::tcp_info::TcpInfo;

/// A stream whose events are reported.
pub(crate) struct Traced<S: Stream> {
    stream: S,
    trace: Trace,
    /// Input is dropped.
    is_discarding: bool,
    /// The wait for an output that is read slowly.
    room: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
}

impl<S: Stream> Traced<S> {
    /// Traces a stream from now on. `opened` is the event that opened the connection.
    pub(crate) fn new(stream: S, mut trace: Trace, opened: Event<'_>) -> Self {
        let address =
            |address: io::Result<socket2::SockAddr>| address.ok().and_then(|address| address.as_socket());
        if let Some(socket) = stream.socket() {
            (trace.local, trace.peer) = (address(socket.local_addr()), address(socket.peer_addr()));
        }
        trace.event(opened);
        Self { stream, trace, is_discarding: false, room: None }
    }

    /// Waits until the output has room. Until then nothing is read: a trace that is not read slows the peer down, and
    /// loses no event.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let output = &self.trace.tracer.output;
        if self.room.is_none() && !output.has_room() {
            let output = output.clone();
            self.room = Some(Box::pin(async move { output.room().await }));
        }
        if let Some(room) = &mut self.room {
            ready!(room.as_mut().poll(cx));
            self.room = None;
        }
        Poll::Ready(())
    }

    fn on_error(&mut self, error: &io::Error) {
        if is_reset(error) && !self.trace.was_reset {
            self.trace.event(Event::Reset(Side::Peer, 0));
        }
    }

    fn on_write(&mut self, bytes: &[u8], written: &io::Result<usize>) {
        match written {
            Ok(written) => self.trace.event(Event::Write(&bytes[..*written])),
            Err(error) => self.on_error(error),
        }
    }
}

impl<S: Stream> AsyncRead for Traced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_room(cx));
        let (filled, has_capacity) = (buffer.filled().len(), buffer.remaining() > 0);
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        match (&read, &buffer.filled()[filled..]) {
            (Err(error), _) => self.on_error(error),
            (Ok(()), []) if has_capacity && !self.trace.fin_received => self.trace.event(Event::FinReceived),
            (Ok(()), []) => {}
            (Ok(()), bytes) if self.is_discarding => self.trace.event(Event::Discard(bytes.len())),
            (Ok(()), bytes) => self.trace.event(Event::Read(bytes)),
        }
        Poll::Ready(read)
    }
}

impl<S: Stream> AsyncWrite for Traced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        self.on_write(bytes, &written);
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shutdown = ready!(Pin::new(&mut self.stream).poll_shutdown(cx));
        match &shutdown {
            Ok(()) if !self.trace.fin_sent => self.trace.event(Event::FinSent),
            Ok(()) => {}
            Err(error) => self.on_error(error),
        }
        Poll::Ready(shutdown)
    }
}

impl<S: Stream> Stream for Traced<S> {
    fn poll_write_last(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_last(cx, bytes));
        self.on_write(bytes, &written);
        Poll::Ready(written)
    }

    fn poll_write_segment(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_segment(cx, bytes));
        self.on_write(bytes, &written);
        Poll::Ready(written)
    }

    fn poll_has_input(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let has_input = ready!(Pin::new(&mut self.stream).poll_has_input(cx));
        if let Err(error) = &has_input {
            self.on_error(error);
        }
        Poll::Ready(has_input)
    }

    fn socket(&self) -> Option<SockRef<'_>> {
        self.stream.socket()
    }

    fn trace(&mut self, event: Event<'_>) {
        self.trace.event(event);
    }

    fn set_discarding(&mut self) {
        self.is_discarding = true;
    }
}

impl<S: Stream> Drop for Traced<S> {
    /// Reports the FIN or the reset that the system sends when it closes the socket, and the totals.
    fn drop(&mut self) {
        let Self { stream, trace, .. } = self;
        if let Some(socket) = stream.socket() {
            trace.before_close(&socket);
            trace.totals.tcp_info = TcpInfo::of(&socket);
        }
        trace.event(Event::Close(trace.totals));
    }
}

impl Trace {
    /// Reports what the system knows and does at the close of the socket.
    fn before_close(&mut self, socket: &SockRef<'_>) {
        if self.was_reset {
            return;
        }
        let unread = unread(socket);
        let has_fin = || matches!(socket.peek(&mut [MaybeUninit::uninit()]), Ok(0));
        if unread == 0 && !self.fin_received && has_fin() {
            self.event(Event::FinReceived);
        }
        let aborts = socket.linger().is_ok_and(|linger| linger == Some(Duration::ZERO));
        // After both FINs there is nothing to reset.
        let is_over = self.fin_sent && self.fin_received;
        if unread > 0 || (aborts && !is_over) {
            self.event(Event::Reset(Side::Local, unread));
        } else if !self.fin_sent {
            self.event(Event::FinSent);
        }
    }
}

/// Returns the number of bytes that have arrived and were not read. Their close sends a reset.
#[cfg(unix)]
fn unread(socket: &SockRef<'_>) -> usize {
    rustix::io::ioctl_fionread(&**socket).map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
const fn unread(_: &SockRef<'_>) -> usize {
    0
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Write};
    use std::sync::mpsc::{Receiver, Sender, channel};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;
    use crate::i18n::Language;
    use crate::net::trace::Tracer;
    use crate::stdio::OutputThread;
    use crate::terminal::Terminal;

    const DEADLINE: Duration = Duration::from_secs(180);

    /// An output that reports each write and waits for a permit to it.
    struct Stalled(Sender<()>, Receiver<()>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(());
            self.1.recv().map_err(|_| ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn nothing_is_read_while_the_output_is_stalled() {
        let (permit, permits) = channel();
        let (write, writes) = channel();
        let output = OutputThread::start(Stalled(write, permits), |_| {}).unwrap();
        let terminal = Terminal::plain(Language::En);
        let tracer = Tracer { shows_bytes: false, terminal, output: output.clone() };
        let (mut client, stream) = duplex(64);
        let mut stream = Traced::new(stream, tracer.begin(1), Event::Accept);
        // The writer has taken all that it takes, and stalls. Then the queue fills for good.
        output.try_append(&mut vec![b'x'; 64 * 1024]);
        writes.recv_timeout(DEADLINE).expect("the writer writes");
        while output.try_append(&mut vec![b'x'; 64 * 1024]) {}

        client.write_all(b"oi").await.unwrap();
        let mut input = [0; 2];
        let mut read = std::pin::pin!(stream.read_exact(&mut input));
        // The bytes are there, and the first poll returns them unless the output holds them up.
        assert!(std::future::poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx).is_pending())).await);
        for _ in 0..8 {
            permit.send(()).unwrap();
        }
        timeout(DEADLINE, read).await.expect("the output has room again").unwrap();
        assert_eq!(input, *b"oi");
    }
}
