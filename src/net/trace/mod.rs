//! Trace events (`-v`): what a connection sends and receives, one line each on standard error.
//!
//! [`Traced`] is the stream adapter directly around the socket, so that it sees what the socket does. The text of the
//! events is in `i18n`.

mod json;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::tcp_info::TcpInfo;
use crate::escape::escape_line;
use crate::stdio::OutputThread;
use crate::terminal::Terminal;

pub(crate) use stream::Traced;

/// Characters of the bytes that `-vv` shows: a line fits 80 columns.
const SHOWN_MAX: usize = 59;

/// Columns before the text of an event.
const INDENT: usize = 20;

/// The output of trace events, and their form. Clones write to the same output.
#[derive(Clone, Debug)]
pub(crate) struct Tracer {
    /// The bytes of each read and write are shown.
    pub(crate) shows_bytes: bool,
    pub(crate) terminal: Terminal,
    /// The thread that writes to standard error.
    pub(crate) output: OutputThread,
}

/// An event of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    /// The name has these addresses.
    Resolve(&'a str, &'a [SocketAddr]),
    /// The attempt to connect to an address failed.
    ConnectFailed(SocketAddr, &'a io::Error),
    /// The connection is open, from this end.
    Connect,
    /// The connection is open, from the peer's end.
    Accept,
    Read(&'a [u8]),
    Write(&'a [u8]),
    /// Bytes were read after the reply, and dropped.
    Discard(usize),
    FinSent,
    FinReceived,
    /// A reset was sent (by this end, which left so many bytes unread) or received (by the peer).
    Reset(Side, usize),
    /// The peer was silent for this long.
    Timeout(Wait, Duration),
    /// The fault with this name acts, because the user asked for it.
    Fault(&'static str),
    Close(Totals),
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Local,
    Peer,
}

/// The kind of a wait that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Wait {
    Idle,
    Pause,
    Reply,
    Connect,
}

/// The totals of a connection at its end.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Totals {
    pub(crate) read_bytes: u64,
    pub(crate) written_bytes: u64,
    /// The end that closed first, by a FIN or a reset. After a FIN, its system keeps the connection in `TIME_WAIT`.
    pub(crate) closed_first: Option<Side>,
    #[serde(flatten)]
    pub(crate) tcp_info: Option<TcpInfo>,
}

impl Tracer {
    /// Begins the trace of a connection to a server, with the next number.
    pub(crate) fn begin_next(&self) -> Trace {
        static LAST: AtomicU64 = AtomicU64::new(0);
        self.begin(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Begins the trace of the connection with this number.
    pub(crate) fn begin(&self, conn: u64) -> Trace {
        Trace {
            tracer: self.clone(),
            conn,
            began: Instant::now(),
            local: None,
            peer: None,
            totals: Totals::default(),
            fin_sent: false,
            fin_received: false,
            was_reset: false,
        }
    }
}

/// The trace of one connection, from the lookup of the name to the close.
#[derive(Debug)]
pub(crate) struct Trace {
    tracer: Tracer,
    conn: u64,
    began: Instant,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    totals: Totals,
    fin_sent: bool,
    fin_received: bool,
    was_reset: bool,
}

impl Trace {
    /// Reports an event.
    pub(crate) fn event(&mut self, event: Event<'_>) {
        let elapsed = self.began.elapsed();
        match event {
            Event::Read(bytes) => self.totals.read_bytes += bytes.len() as u64,
            Event::Discard(length) => self.totals.read_bytes += length as u64,
            Event::Write(bytes) => self.totals.written_bytes += bytes.len() as u64,
            Event::FinSent => {
                self.fin_sent = true;
                self.totals.closed_first.get_or_insert(Side::Local);
            }
            Event::FinReceived => {
                self.fin_received = true;
                self.totals.closed_first.get_or_insert(Side::Peer);
            }
            Event::Reset(side, _) => {
                self.was_reset = true;
                self.totals.closed_first.get_or_insert(side);
            }
            _ => {}
        }
        let line =
            if self.tracer.terminal.is_json { self.json(event, elapsed) } else { self.text(event, elapsed) };
        self.tracer.output.push_stderr(line.as_bytes());
    }

    fn text(&self, event: Event<'_>, elapsed: Duration) -> String {
        let Tracer { shows_bytes, terminal, .. } = &self.tracer;
        let lang = terminal.lang;
        let text = lang.trace_event(event, self.local, self.peer);
        let prefix = format!("#{:<4} {} ", self.conn, lang.trace_time(elapsed));
        let mut line = format!("{}{text}\n", prefix.style(terminal.err.remark));
        let details = match event {
            Event::Read(bytes) | Event::Write(bytes) if *shows_bytes => Some(shown(bytes)),
            Event::Close(Totals { tcp_info: Some(info), .. }) => Some(lang.tcp_info(&info)),
            _ => None,
        };
        if let Some(details) = details {
            line.extend([&" ".repeat(INDENT), &*details, "\n"]);
        }
        line
    }
}

/// Returns the beginning of `bytes`, escaped.
fn shown(bytes: &[u8]) -> String {
    // A character takes four bytes at most.
    let start = &bytes[..bytes.len().min(4 * SHOWN_MAX)];
    let escaped = escape_line(start).to_string();
    match escaped.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}
