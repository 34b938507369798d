//! One message over one connection, and when its reply is complete.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::error::Error;
use crate::escape::escape_line;
use crate::text::trim::trim;
use crate::text::uppercase::uppercase;

/// What is sent for a message, and how its whole reply is known.
#[derive(Debug)]
pub struct Request {
    wire: Vec<u8>,
    expected: Vec<u8>,
    /// How many lines were sent: a server that answers line by line sends as many back.
    lines: usize,
}

/// How an exchange ended.
#[derive(Debug)]
pub struct Received {
    /// What came of the reply.
    pub reply: Vec<u8>,
    /// Whether it is complete, and how that is known; or why not.
    pub end: Result<Completion, Incomplete>,
}

/// How a reply is known to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// The server closed.
    Closed,
    /// As many lines came back as were sent.
    Lines,
    /// It equals the message in upper case, whatever the server does next.
    Whole,
}

/// Why there is no more of a reply.
#[derive(Debug)]
pub enum Incomplete {
    /// Nothing moved, in or out, for as long as was to be waited.
    Silence,
    /// The connection broke.
    Broken(io::Error),
    /// It is far longer than it should be, and still comes.
    Excess,
}

/// How many bytes a reply may be longer than twice what it should be: one that has no end must not fill the memory.
const EXCESS_MAX: usize = 1024 * 1024;

impl Request {
    /// The exchange for `message`, which is sent with a newline behind it.
    #[must_use]
    pub fn new(message: &[u8]) -> Self {
        let wire = [message, b"\n"].concat();
        let lines = count_lines(&wire);
        Self { wire, expected: uppercase(trim(message)), lines }
    }

    /// Whether the message has one line: then nothing more of its reply comes after the text.
    #[must_use]
    pub const fn is_one_line(&self) -> bool {
        self.lines == 1
    }

    /// What is wrong with a reply that is whole: nothing, where it is the message in upper case, but for white space
    /// around it, or around each line: a server that answers line by line takes that off too.
    #[must_use]
    pub fn fault(&self, address: SocketAddr, reply: &[u8]) -> Option<Error> {
        let (reply, expected) = (trim(reply), &self.expected[..]);
        let lines = |text| <[u8]>::split(text, |&byte| byte == b'\n').map(trim);
        if reply == expected || lines(reply).eq(lines(expected)) {
            return None;
        }
        let at = reply.iter().zip(expected).take_while(|(came, due)| came == due).count();
        let is_between = |at: &usize| is_boundary(expected, *at) && is_boundary(reply, *at);
        let at = (at.saturating_sub(CHARACTER_MAX - 1)..=at).rev().find(is_between).unwrap_or(at);
        let (received, expected) = (excerpt(&reply[at..]), excerpt(&expected[at..]));
        Some(Error::WrongReply { address, offset: at, received, expected })
    }

    /// Sends the message and reads its reply, both at once: a long reply comes while the message is still sent.
    ///
    /// Our side stays open: nginx's stream proxy and others cut a connection that is half-closed. Waits
    /// `timeout` for each bit of progress. Where the reply before this one was complete without its newline,
    /// that is `newline_owed`, and no part of this one.
    pub async fn over<S>(&self, stream: &mut S, timeout: Duration, mut newline_owed: bool) -> Received
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        // With room for the line's end, and for one that is owed: they are then read together with the line.
        let mut reply = Vec::with_capacity(self.expected.len() + 2 * b"\r\n".len());
        let (mut unsent, mut lines) = (&self.wire[..], 0);
        // Why the message could not be sent. The reply may have come all the same: it is read first.
        let mut unsendable = None;
        let end = loop {
            let seen = reply.len();
            let progress = async {
                tokio::select! {
                    biased;
                    written = writer.write(unsent), if !unsent.is_empty() => Progress::Written(written),
                    read = reader.read_buf(&mut reply) => Progress::Read(read),
                }
            };
            match tokio::time::timeout(timeout, progress).await {
                Err(_) => break Err(Incomplete::Silence),
                Ok(Progress::Written(Ok(written))) => unsent = &unsent[written..],
                Ok(Progress::Written(Err(error))) => {
                    unsendable = Some(error);
                    unsent = &[];
                }
                Ok(Progress::Read(Ok(0))) => {
                    break unsendable.map_or(Ok(Completion::Closed), |error| Err(Incomplete::Broken(error)));
                }
                Ok(Progress::Read(Ok(_))) if newline_owed => {
                    newline_owed = take_newline(&mut reply);
                    lines = count_lines(&reply);
                }
                Ok(Progress::Read(Ok(_))) => lines += count_lines(&reply[seen..]),
                Ok(Progress::Read(Err(error))) => break Err(Incomplete::Broken(error)),
            }
            if reply.len() > 2 * self.expected.len() + EXCESS_MAX {
                break Err(Incomplete::Excess);
            }
            // What comes before the message is sent may be a reply to anything.
            if !unsent.is_empty() || newline_owed {
                continue;
            }
            if lines >= self.lines {
                break Ok(Completion::Lines);
            }
            if !reply.is_empty() && reply == self.expected {
                break Ok(Completion::Whole);
            }
        };
        Received { reply, end }
    }
}

enum Progress {
    Read(io::Result<usize>),
    Written(io::Result<usize>),
}

/// Takes the newline that is owed off the beginning of `reply`; true where more must come before it is known whether
/// it is there.
fn take_newline(reply: &mut Vec<u8>) -> bool {
    let end = match &reply[..] {
        b"\r" => return true,
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    };
    reply.drain(..end);
    false
}

/// How many bytes a character has at most (RFC 3629). Where none begins within so many, the text is no UTF-8.
const CHARACTER_MAX: usize = 4;

/// The beginning of `text`, on one line.
fn excerpt(text: &[u8]) -> String {
    const LEN: usize = 16;
    let end = text.len().min(LEN);
    let end = (end..end + CHARACTER_MAX).find(|&end| is_boundary(text, end)).unwrap_or(end);
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", escape_line(&text[..end]))
}

/// Whether no character goes over `at`, as far as `text` is UTF-8.
fn is_boundary(text: &[u8], at: usize) -> bool {
    at == 0 || text.get(at).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000)
}

fn count_lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}
