//! Prints messages and replies to standard output: as text, as the replies' bytes, or as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::client::Reply;
use super::request::Request;
use super::summary::Summary;
use crate::cli::ReplyFormat;
use crate::error::{Error, Result, TransferProgress, connection_code};
use crate::escape::{escape_lines, json_line, json_time};
use crate::report;
use crate::terminal::{Styles, Terminal, print};

/// Prints to standard output in one format. Each `print_` function fails when standard output can't be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    pub(super) format: ReplyFormat,
    /// A wrong reply is an error.
    pub(super) check: bool,
    pub(super) terminal: Terminal,
}

impl Printer {
    /// Prints a message, when there is a connection to send it over.
    pub(super) fn print_sent(&self, request: &Request) -> Result<()> {
        match self.format {
            ReplyFormat::Text => print(&self.labelled(self.terminal.lang.sent(), request.message())),
            ReplyFormat::Raw | ReplyFormat::Json => Ok(()),
        }
    }

    /// Prints a reply. Of a reply without any byte, text prints nothing: the error says enough.
    pub(super) fn print_reply(&self, request: &Request, reply: &Reply) -> Result<()> {
        match self.format {
            ReplyFormat::Text if !reply.is_complete() && reply.body.is_empty() => Ok(()),
            ReplyFormat::Text => print(&self.reply_text(&reply.body)),
            ReplyFormat::Raw => print(&reply.body),
            ReplyFormat::Json => print_json(&Record {
                sent: Some(String::from_utf8_lossy(request.message())),
                received: Some(String::from_utf8_lossy(&reply.body)),
                bytes: reply.body.len() as u64,
                ..self.record(reply)
            }),
        }
    }

    /// Prints the reply to one of many messages, on one line.
    pub(super) fn print_numbered(&self, number: u64, request: &Request, reply: &Reply) -> Result<()> {
        if self.format != ReplyFormat::Text {
            return self.print_reply(request, reply);
        }
        let Terminal { lang, out, .. } = self.terminal;
        let result = match &reply.error {
            None => lang.right().style(out.text).to_string(),
            Some(error) => self.describe(error, &lang.error_reason(error), out),
        };
        let line = if reply.is_complete() {
            let times = lang.reply_times(reply.body.len(), reply.reply_time, reply.connect_time);
            format!("{number:>4}  {times}: {result}\n")
        } else {
            format!("{number:>4}  {result}\n")
        };
        print(line.as_bytes())
    }

    /// Describes the error of one of many messages in the same words for each connection to a server.
    pub(super) fn describe_common(&self, error: &Error) -> String {
        self.describe(error, &self.terminal.lang.common_reason(error), Styles::new(false))
    }

    /// Describes the error of one of many messages: a wrong reply, or for this `reason` none.
    fn describe(&self, error: &Error, reason: &str, styles: Styles) -> String {
        let lang = self.terminal.lang;
        match error {
            Error::WrongReply { offset, ends_early, received, expected, .. } => {
                format!(
                    "{}, {}",
                    lang.wrong().style(styles.error),
                    lang.difference(*offset, *ends_early, received, expected)
                )
            }
            _ => format!("{}: {reason}", lang.lost().style(styles.error)),
        }
    }

    /// Prints the summary of many messages.
    pub(super) fn print_summary(&self, summary: &Summary<'_>, after_lines: bool) -> Result<()> {
        let gap = if after_lines && self.format == ReplyFormat::Text { "\n" } else { "" };
        let text =
            |styles, width| gap.to_owned() + summary.text(self.terminal.lang, styles, width).trim_end();
        self.print_result(text, &BTreeMap::from([("summary", summary)]))
    }

    /// Prints the result of sending a file. Next to a raw reply, only a terminal gets it.
    pub(super) fn print_file(&self, path: &Path, progress: TransferProgress, reply: &Reply) -> Result<()> {
        let Terminal { lang, err_is_terminal, .. } = self.terminal;
        if self.format == ReplyFormat::Raw && !err_is_terminal {
            return Ok(());
        }
        let TransferProgress { sent, received, .. } = progress;
        let text = |styles: Styles, _| {
            format!(
                "{} {}\n{} {}",
                lang.sent().style(styles.label),
                lang.file_sent(path, sent),
                lang.received().style(styles.label),
                lang.file_received(received, reply.reply_time)
            )
        };
        let record = Record {
            file: Some(path.to_string_lossy()),
            sent_bytes: Some(sent),
            bytes: received,
            ..self.record(reply)
        };
        self.print_result(text, &record)
    }

    /// Prints a result as JSON, or as text for the stream's styles and width. Next to raw replies, the text goes to
    /// standard error.
    fn print_result(&self, text: impl Fn(Styles, usize) -> String, json: &impl Serialize) -> Result<()> {
        let terminal = self.terminal;
        match self.format {
            ReplyFormat::Text => print((text(terminal.out, Terminal::out_width()) + "\n").as_bytes()),
            ReplyFormat::Json => print_json(json),
            ReplyFormat::Raw => {
                Terminal::print_err(text(terminal.err, Terminal::err_width()));
                Ok(())
            }
        }
    }

    /// Returns the error of a reply. Without `--check`, a wrong reply is a warning, which this function prints.
    ///
    /// The tutorial's server is expected to differ: it leaves accented letters as they are.
    pub(super) fn check_reply(&self, error: Option<Error>) -> Result<()> {
        match error {
            None => Ok(()),
            Some(error @ (Error::WrongReply { .. } | Error::WrongFileReply { .. })) if !self.check => {
                report::tolerated_error(&error, self.terminal);
                Ok(())
            }
            Some(error) => Err(error),
        }
    }

    fn record<'a>(&self, reply: &Reply) -> Record<'a> {
        let of_error = reply.error.as_ref().map_or(&[][..], Error::failed_attempts);
        let failed_attempts = reply.failed_attempts.iter().chain(of_error);
        Record {
            time: json_time(reply.sent_at),
            address: reply.ends.map(|ends| ends.peer),
            local: reply.ends.map(|ends| ends.local),
            failed_attempts: failed_attempts
                .map(|(address, error)| Attempt { address: *address, code: connection_code(error) })
                .collect(),
            connect_microseconds: reply.connect_time.map(|time| time.as_micros()),
            microseconds: reply.reply_time.as_micros(),
            ok: reply.error.is_none(),
            error: reply.error.as_ref().map(|error| self.terminal.lang.error_with_causes(error)),
            code: reply.error.as_ref().map(Error::code),
            ..Record::default()
        }
    }

    /// Returns the reply as one labelled text, without the newline of a server that replies line by line.
    fn reply_text(&self, body: &[u8]) -> Vec<u8> {
        let text = body.strip_suffix(b"\n").unwrap_or(body);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        self.labelled(self.terminal.lang.received(), text)
    }

    /// Returns the label and the text as a line. A terminal gets the text escaped; a pipe gets its bytes.
    fn labelled(&self, label: &str, text: &[u8]) -> Vec<u8> {
        let styles = self.terminal.out;
        let escaped = self.terminal.out_needs_escaping.then(|| escape_lines(text).to_string());
        let text = escaped.as_ref().map_or(text, String::as_bytes);
        let label = label.style(styles.label).to_string();
        let (start, end) =
            (styles.text.prefix_formatter().to_string(), styles.text.suffix_formatter().to_string());
        [label.as_bytes(), b" ", start.as_bytes(), text, end.as_bytes(), b"\n"].concat()
    }
}

/// The JSON of a message or a file, and of its reply.
#[derive(Default, Serialize)]
struct Record<'a> {
    time: String,
    address: Option<SocketAddr>,
    local: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed_attempts: Vec<Attempt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<Cow<'a, str>>,
    bytes: u64,
    connect_microseconds: Option<u128>,
    microseconds: u128,
    ok: bool,
    error: Option<String>,
    code: Option<&'static str>,
}

/// The JSON of an address that did not accept a connection.
#[derive(Serialize)]
struct Attempt {
    address: SocketAddr,
    code: &'static str,
}

fn print_json(value: &impl Serialize) -> Result<()> {
    print(json_line(value).as_bytes())
}
