//! Log records: the part of a message that is shown, and its form.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::SystemTime;

use memchr::memchr_iter;
use owo_colors::OwoColorize as _;
use serde::Serialize;
use socket2::SockRef;

use super::log::{Log, TextParts};
use crate::cli::LogFormat;
use crate::escape::{are_printable_ascii, json_line, json_time, push_escaped_line};
use crate::net::trace::Wait;
use crate::terminal::Terminal;
use crate::text::uppercase::incomplete_len;

/// Bytes of a message that are shown: as many as the tutorial's server reads.
const SHOWN_MAX: usize = 1024;

/// Makes the records of one connection.
pub(super) struct Recorder<'a> {
    terminal: &'a Terminal,
    form: Form<'a>,
}

enum Form<'a> {
    /// The log is disabled.
    None,
    /// The parts of a text record around the message, with their styles.
    Text {
        before: Vec<u8>,
        after: &'a [u8],
    },
    Json(Origin),
}

/// The connection that a message came over.
#[derive(Clone, Copy, Debug)]
struct Origin {
    /// The number of the connection, from 1.
    conn: u64,
    peer: SocketAddr,
    local: Option<SocketAddr>,
}

/// The reason why a message was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MessageEnd {
    Newline,
    HalfClose,
    /// The client was silent for `--pause`.
    Pause,
    /// The client was silent for `--idle-timeout`.
    Idle,
    /// The client broke the connection.
    Reset,
    /// The server shut down.
    Shutdown,
}

impl MessageEnd {
    /// Returns the wait that timed out, if a timeout ended the message.
    pub(super) fn timed_out_wait(self) -> Option<Wait> {
        match self {
            Self::Pause => Some(Wait::Pause),
            Self::Idle => Some(Wait::Idle),
            _ => None,
        }
    }
}

impl<'a> Recorder<'a> {
    /// Creates the recorder of a connection. `socket` is `None` for a connection in-process.
    pub(super) fn new(log: &'a Log, conn: u64, peer: SocketAddr, socket: Option<SockRef<'_>>) -> Self {
        let terminal = &log.terminal;
        let form = match log.format {
            _ if !log.is_enabled() => Form::None,
            LogFormat::Json => {
                let local = socket.and_then(|socket| socket.local_addr().ok()?.as_socket());
                Form::Json(Origin { conn, peer, local })
            }
            LogFormat::Text => {
                let TextParts { before_peer, after_peer, after_message } = &log.text;
                let before =
                    [before_peer.as_bytes(), peer.ip().to_string().as_bytes(), after_peer.as_bytes()]
                        .concat();
                Form::Text { before, after: after_message.as_bytes() }
            }
        };
        Self { terminal, form }
    }

    /// Returns an empty preview of a message that arrives in parts.
    pub(super) fn preview(&self) -> Preview {
        let room = if matches!(self.form, Form::None) { 0 } else { SHOWN_MAX };
        Preview { shown: Vec::new(), room, bytes: 0 }
    }

    /// Appends the record of a trimmed message that arrived in parts.
    pub(super) fn record_preview(&self, message: &Preview, end: MessageEnd, records: &mut Vec<u8>) {
        self.push(&message.shown, message.bytes, end, records);
    }

    /// Appends the record of a trimmed message that ended in a newline.
    pub(super) fn record(&self, message: &[u8], records: &mut Vec<u8>) {
        let shown = &message[..message.len().min(SHOWN_MAX)];
        self.push(shown, message.len() as u64, MessageEnd::Newline, records);
    }

    /// Appends the records of trimmed lines; each is a message.
    pub(super) fn record_lines(&self, lines: &[u8], records: &mut Vec<u8>) {
        match &self.form {
            Form::None => {}
            Form::Text { before, after } if are_printable_ascii(lines) => {
                for line in each_line(lines) {
                    records.extend_from_slice(before);
                    if line.len() <= SHOWN_MAX {
                        records.extend_from_slice(line);
                    } else {
                        push_text(&line[..SHOWN_MAX], line.len() as u64, self.terminal, records);
                    }
                    records.extend_from_slice(after);
                }
            }
            _ => each_line(lines).for_each(|line| self.record(line, records)),
        }
    }

    /// Appends the record of a message of `bytes` bytes, of which `shown` is the beginning.
    fn push(&self, shown: &[u8], bytes: u64, end: MessageEnd, records: &mut Vec<u8>) {
        match &self.form {
            Form::None => {}
            Form::Text { before, after } => {
                records.extend_from_slice(before);
                push_text(shown, bytes, self.terminal, records);
                records.extend_from_slice(after);
            }
            Form::Json(origin) => push_json(*origin, shown, bytes, end, records),
        }
    }
}

/// The beginning of a message, and the length of the whole message.
#[derive(Debug)]
pub(super) struct Preview {
    shown: Vec<u8>,
    room: usize,
    bytes: u64,
}

impl Preview {
    /// Adds the next bytes of the message, as far as they are shown.
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        let room = self.room - self.shown.len();
        self.shown.extend_from_slice(&text[..text.len().min(room)]);
    }
}

/// Returns the lines without their newlines.
fn each_line(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', lines).map(move |end| {
        let line = &lines[start..end];
        start = end + 1;
        line
    })
}

/// Appends the shown part of a message, and the number of bytes that are not shown.
fn push_text(shown: &[u8], bytes: u64, terminal: &Terminal, to: &mut Vec<u8>) {
    let shown = if bytes > shown.len() as u64 { whole_characters(shown) } else { shown };
    push_escaped_line(shown, to);
    let more = bytes - shown.len() as u64;
    if more > 0 {
        let _ = write!(to, "{}", terminal.lang.more_bytes(more).style(terminal.out.remark));
    }
}

/// Returns `bytes` without an incomplete character at their end.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - incomplete_len(bytes)]
}

fn push_json(origin: Origin, shown: &[u8], bytes: u64, end: MessageEnd, records: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Record<'a> {
        time: String,
        level: &'static str,
        event: &'static str,
        conn: u64,
        peer: SocketAddr,
        local: Option<SocketAddr>,
        message: &'a str,
        bytes: u64,
        truncated: bool,
        end: MessageEnd,
    }

    let Origin { conn, peer, local } = origin;
    let truncated = bytes > shown.len() as u64;
    let shown = if truncated { whole_characters(shown) } else { shown };
    let line = json_line(&Record {
        time: json_time(SystemTime::now()),
        level: "info",
        event: "message",
        conn,
        peer,
        local,
        message: &String::from_utf8_lossy(shown),
        bytes,
        truncated,
        end,
    });
    records.extend_from_slice(line.as_bytes());
}
