//! The records of one connection: what of a message is shown, and how.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::log::Log;
use crate::cli::LogFormat;
use crate::escape::{are_printable_ascii, json_line, push_escaped_line};
use crate::terminal::Terminal;
use crate::text::lines;
use crate::text::uppercase::is_cut_short;

/// How much of a message is shown, in bytes: what the tutorial's server reads.
const SHOWN_MAX: usize = 1024;

/// What makes one connection's records.
pub(super) struct Recorder<'a> {
    log: &'a Log,
    form: Form,
}

/// What all records as text have in common, but for the peer. To put it together takes longer than to show a message.
#[derive(Debug)]
pub(super) struct Framing {
    before_peer: String,
    behind_peer: String,
    tail_len: usize,
    /// What it was last put together for: one client that connects often, or one proxy for many.
    last: Mutex<Option<(IpAddr, Arc<[u8]>)>>,
}

impl Framing {
    pub(super) fn new(Terminal { lang, out, .. }: Terminal) -> Self {
        let tail = format!("{}\n", out.text.suffix_formatter());
        let (label, peer, text) = (lang.received_from(), out.peer, out.text);
        Self {
            before_peer: format!("{tail}{} {}", label.style(out.label), peer.prefix_formatter()),
            behind_peer: format!("{}:\n{}", peer.suffix_formatter(), text.prefix_formatter()),
            tail_len: tail.len(),
            last: Mutex::default(),
        }
    }

    fn around(&self, peer: IpAddr) -> Form {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let between = match &*last {
            Some((ip, between)) if *ip == peer => Arc::clone(between),
            _ => {
                let between =
                    Arc::from(format!("{}{peer}{}", self.before_peer, self.behind_peer).into_bytes());
                *last = Some((peer, Arc::clone(&between)));
                between
            }
        };
        Form::Text { between, tail_len: self.tail_len }
    }
}

/// What all records of a connection have in common.
enum Form {
    None,
    /// What stands between two messages, and how much of it belongs to the one that comes first.
    Text {
        between: Arc<[u8]>,
        tail_len: usize,
    },
    Json(SocketAddr),
}

impl<'a> Recorder<'a> {
    /// For the connection with `peer`, whose records `log` shows.
    pub(super) fn new(log: &'a Log, peer: SocketAddr) -> Self {
        let form = match log.format {
            _ if !log.is_shown() => Form::None,
            LogFormat::Json => Form::Json(peer),
            LogFormat::Text => log.framing.around(peer.ip()),
        };
        Self { log, form }
    }

    /// The preview of a message that comes in pieces.
    pub(super) fn preview(&self) -> Preview {
        let room = if matches!(self.form, Form::None) { 0 } else { SHOWN_MAX };
        Preview { shown: Vec::new(), room, bytes: 0 }
    }

    /// Makes the record of a message that came in pieces.
    pub(super) fn record(&self, message: &Preview, records: &mut Vec<u8>) {
        self.record_beginning(&message.shown, message.bytes, records);
    }

    /// Makes the record of a message that is here whole.
    pub(super) fn record_whole(&self, message: &[u8], records: &mut Vec<u8>) {
        self.record_beginning(&message[..message.len().min(SHOWN_MAX)], message.len() as u64, records);
    }

    /// Makes the records of lines that are here whole, each of them a message without white space at its ends.
    pub(super) fn record_lines(&self, lines: &[u8], records: &mut Vec<u8>) {
        match &self.form {
            Form::None => {}
            Form::Text { between, tail_len } if are_printable_ascii(lines) => {
                let head = &between[*tail_len..];
                records.extend_from_slice(head);
                for line in lines::each(lines) {
                    if line.len() <= SHOWN_MAX {
                        records.extend_from_slice(line);
                    } else {
                        push_text(&line[..SHOWN_MAX], line.len() as u64, &self.log.terminal, records);
                    }
                    records.extend_from_slice(between);
                }
                records.truncate(records.len() - head.len());
            }
            Form::Text { .. } | Form::Json(_) => {
                lines::each(lines).for_each(|line| self.record_whole(line, records));
            }
        }
    }

    fn record_beginning(&self, shown: &[u8], bytes: u64, records: &mut Vec<u8>) {
        match &self.form {
            Form::None => {}
            Form::Text { between, tail_len } => {
                let (tail, head) = between.split_at(*tail_len);
                records.extend_from_slice(head);
                push_text(shown, bytes, &self.log.terminal, records);
                records.extend_from_slice(tail);
            }
            Form::Json(peer) => json_record(*peer, shown, bytes, records),
        }
    }
}

/// The beginning of a message, and its length.
#[derive(Debug)]
pub(super) struct Preview {
    shown: Vec<u8>,
    room: usize,
    bytes: u64,
}

impl Preview {
    /// Takes the next bytes of the message, as far as they are shown.
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        let room = self.room - self.shown.len();
        self.shown.extend_from_slice(&text[..text.len().min(room)]);
    }
}

/// Appends what is shown of a message, of which there are so many bytes in all.
fn push_text(shown: &[u8], bytes: u64, terminal: &Terminal, to: &mut Vec<u8>) {
    let shown = if bytes > shown.len() as u64 { whole_characters(shown) } else { shown };
    push_escaped_line(shown, to);
    let more = bytes - shown.len() as u64;
    if more > 0 {
        let _ = write!(to, "{}", terminal.lang.more_bytes(more).style(terminal.out.remark));
    }
}

/// `bytes` without a character at their end that is cut.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let cut = (1..=3.min(bytes.len())).find(|cut| is_cut_short(&bytes[bytes.len() - cut..]));
    &bytes[..bytes.len() - cut.unwrap_or(0)]
}

fn json_record(peer: SocketAddr, shown: &[u8], bytes: u64, records: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Record<'a> {
        time: String,
        peer: SocketAddr,
        message: &'a str,
        bytes: u64,
        truncated: bool,
    }

    let truncated = bytes > shown.len() as u64;
    let shown = if truncated { whole_characters(shown) } else { shown };
    let line = json_line(&Record {
        time: humantime::format_rfc3339_micros(SystemTime::now()).to_string(),
        peer,
        message: &String::from_utf8_lossy(shown),
        bytes,
        truncated,
    });
    records.extend_from_slice(line.as_bytes());
}
