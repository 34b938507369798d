//! What is shown of an exchange on standard output.

use std::net::SocketAddr;

use owo_colors::{OwoColorize as _, Style};
use serde::Serialize;

use super::client::Reply;
use super::file;
use super::stats::Stats;
use super::summary::{self, LoadSummary};
use crate::cli::ReplyFormat;
use crate::error::{Error, Result, TransferProgress};
use crate::escape::{escape_lines, json_line};
use crate::i18n::Language;
use crate::terminal::{Styles, Terminal, print};

/// Shows exchanges in the format that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    format: ReplyFormat,
    terminal: Terminal,
}

impl Printer {
    /// A printer for the standard output that `terminal` describes.
    #[must_use]
    pub const fn new(format: ReplyFormat, terminal: Terminal) -> Self {
        Self { format, terminal }
    }

    /// Shows a message that is about to be sent, as it was written.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub fn sent(&self, message: &[u8]) -> Result<()> {
        match self.format {
            ReplyFormat::Text => print(&self.line(self.terminal.lang.sent(), message)),
            ReplyFormat::Raw | ReplyFormat::Json => Ok(()),
        }
    }

    /// Shows what came of it. Of a reply that did not come at all only the failure speaks.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub fn received(&self, message: &[u8], outcome: &Reply) -> Result<()> {
        match self.format {
            ReplyFormat::Text if !outcome.is_answered() && outcome.reply.is_empty() => Ok(()),
            ReplyFormat::Text => print(&self.text_reply(&outcome.reply)),
            ReplyFormat::Raw => print(&outcome.reply),
            ReplyFormat::Json => print(json(message, outcome, self.terminal.lang).as_bytes()),
        }
    }

    /// Shows what came of one of many messages, on one line.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(super) fn numbered(&self, number: u64, message: &[u8], outcome: &Reply) -> Result<()> {
        match self.format {
            ReplyFormat::Text => print(self.numbered_line(number, outcome).as_bytes()),
            ReplyFormat::Raw | ReplyFormat::Json => self.received(message, outcome),
        }
    }

    fn numbered_line(&self, number: u64, outcome: &Reply) -> String {
        let Terminal { lang, out, .. } = self.terminal;
        let times = lang.reply_times(outcome.reply.len(), outcome.took, outcome.connected_in);
        match &outcome.failure {
            None => format!("{number:>4}  {times}: {}\n", lang.right().style(out.text)),
            Some(lost) if !outcome.is_answered() => format!("{number:>4}  {}\n", self.fault(lost, out)),
            Some(wrong) => format!("{number:>4}  {times}: {}\n", self.fault(wrong, out)),
        }
    }

    /// What went wrong with one of many messages.
    pub(super) fn fault(&self, failure: &Error, palette: Styles) -> String {
        let lang = self.terminal.lang;
        match failure {
            Error::WrongReply { offset, received, expected, .. } => {
                format!(
                    "{}, {}",
                    lang.wrong().style(palette.error),
                    lang.difference(*offset, received, expected)
                )
            }
            _ => format!("{}: {}", lang.lost().style(palette.error), lang.error_reason(failure)),
        }
    }

    /// Shows what many messages have come to. Beside raw replies it goes to standard error.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(super) fn summary(&self, course: LoadSummary<'_>, stats: &Stats, is_below_lines: bool) -> Result<()> {
        let Terminal { lang, out, err, .. } = self.terminal;
        match self.format {
            ReplyFormat::Text => {
                let gap = if is_below_lines { "\n" } else { "" };
                print(format!("{gap}{}", summary::text(course, stats, lang, out)).as_bytes())
            }
            ReplyFormat::Json => print(summary::json(course, stats).as_bytes()),
            ReplyFormat::Raw => {
                self.terminal.print_status(summary::text(course, stats, lang, err).trim_end());
                Ok(())
            }
        }
    }

    /// Shows what came of a file. Beside a raw reply only a terminal is told.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(super) fn file(&self, outcome: &file::FileReply<'_>) -> Result<()> {
        let Terminal { lang, out, err, err_is_terminal, .. } = self.terminal;
        match self.format {
            ReplyFormat::Text => print(file_lines(outcome, lang, out).as_bytes()),
            ReplyFormat::Raw if err_is_terminal => {
                self.terminal.print_status(file_lines(outcome, lang, err).trim_end());
                Ok(())
            }
            ReplyFormat::Raw => Ok(()),
            ReplyFormat::Json => print(file_json(outcome, lang).as_bytes()),
        }
    }

    /// Whether a reply is shown byte for byte, and nothing else.
    pub(super) const fn is_raw(&self) -> bool {
        matches!(self.format, ReplyFormat::Raw)
    }

    /// Whether each exchange is shown as JSON.
    pub(super) const fn is_json(&self) -> bool {
        matches!(self.format, ReplyFormat::Json)
    }

    /// The reply, without the newline of a server that answers line by line.
    fn text_reply(&self, reply: &[u8]) -> Vec<u8> {
        let text = reply.strip_suffix(b"\n").unwrap_or(reply);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let label = self.terminal.lang.received();
        if self.terminal.out_is_terminal {
            self.line(label, escape_lines(text).to_string().as_bytes())
        } else {
            self.line(label, text)
        }
    }

    fn line(&self, label: &str, text: &[u8]) -> Vec<u8> {
        let Terminal { out, .. } = self.terminal;
        let mut line = format!("{} {}", label.style(out.label), prefix(out.text)).into_bytes();
        line.extend_from_slice(text);
        line.extend_from_slice(suffix(out.text).as_bytes());
        line.push(b'\n');
        line
    }
}

/// What begins a style: text that need not be UTF-8 can't be styled as a whole.
fn prefix(style: Style) -> String {
    style.prefix_formatter().to_string()
}

fn suffix(style: Style) -> String {
    style.suffix_formatter().to_string()
}

fn json(message: &[u8], outcome: &Reply, lang: Language) -> String {
    #[derive(Serialize)]
    struct Record<'a> {
        time: String,
        address: Option<SocketAddr>,
        sent: &'a str,
        received: &'a str,
        bytes: usize,
        connect_microseconds: Option<u128>,
        microseconds: u128,
        ok: bool,
        error: Option<String>,
    }

    json_line(&Record {
        time: humantime::format_rfc3339_micros(outcome.at).to_string(),
        address: outcome.address,
        sent: &String::from_utf8_lossy(message),
        received: &String::from_utf8_lossy(&outcome.reply),
        bytes: outcome.reply.len(),
        connect_microseconds: outcome.connected_in.map(|took| took.as_micros()),
        microseconds: outcome.took.as_micros(),
        ok: outcome.failure.is_none(),
        error: outcome.failure.as_ref().map(|failure| lang.error_with_causes(failure)),
    })
}

fn file_lines(outcome: &file::FileReply<'_>, lang: Language, palette: Styles) -> String {
    let TransferProgress { sent, received, .. } = outcome.progress;
    let label = |label: &str| label.style(palette.label).to_string();
    format!(
        "{} {}\n{} {}\n",
        label(lang.sent()),
        lang.file_sent(outcome.path, sent),
        label(lang.received()),
        lang.file_received(received, outcome.took)
    )
}

fn file_json(outcome: &file::FileReply<'_>, lang: Language) -> String {
    #[derive(Serialize)]
    struct Record<'a> {
        time: String,
        address: SocketAddr,
        file: &'a str,
        sent_bytes: u64,
        bytes: u64,
        connect_microseconds: u128,
        microseconds: u128,
        ok: bool,
        error: Option<String>,
    }

    json_line(&Record {
        time: humantime::format_rfc3339_micros(outcome.at).to_string(),
        address: outcome.address,
        file: &outcome.path.to_string_lossy(),
        sent_bytes: outcome.progress.sent,
        bytes: outcome.progress.received,
        connect_microseconds: outcome.connected_in.as_micros(),
        microseconds: outcome.took.as_micros(),
        ok: outcome.failure.is_none(),
        error: outcome.failure.as_ref().map(|failure| lang.error_with_causes(failure)),
    })
}
