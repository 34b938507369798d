//! What a client's bytes come to: messages, and of each of them its reply and its record. No I/O.

use std::net::SocketAddr;

use memchr::memchr;

use super::message::Message;
use super::record::Recorder;
use super::service::Service;
use crate::text::lines;
use crate::text::trim::{are_trimmed, trim};
use crate::text::uppercase::uppercase_into;

/// How many bytes of a reply are kept together while its message has no end yet. A client that reads once gets a
/// reply of this size whole, and one that only drips keeps no more of our memory.
const HELD_REPLY_MAX: usize = 16 * 1024;

/// How many bytes of records are made before they are to be passed on.
const RECORDS_MAX: usize = 64 * 1024;

/// One client's side of the conversation so far.
pub(super) struct Dialogue<'a> {
    service: &'a Service,
    recorder: Recorder<'a>,
    /// The message of which some bytes, but not the end, have come.
    message: Option<Message>,
    lines: Lines,
    has_answered: bool,
}

/// What has come of a connection's only message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// A line whose newline has not come.
    Open,
    /// One line, and its newline last: that is the message, if nothing more has come already.
    Ended,
    /// Text behind a newline: only the client's end, or a pause, says where the message ends.
    Several,
}

/// What is to come next of a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The first bytes of it.
    Beginning,
    /// More of it.
    More,
    /// Nothing, unless it is here already.
    Nothing,
}

/// What a dialogue came to, until it is passed on.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Records, for the log.
    pub(super) records: Vec<u8>,
    /// Replies, for the client: …
    replies: Vec<u8>,
    /// … this many bytes of them are written already, …
    sent: usize,
    /// … and up to here they are to be: the rest is kept until its message ends.
    due: usize,
}

impl Output {
    /// The replies that are to be written.
    pub(super) fn unsent(&self) -> &[u8] {
        &self.replies[self.sent..self.due]
    }

    /// Notes that so many bytes more of the replies are written.
    pub(super) fn advance(&mut self, written: usize) {
        self.sent += written;
        if self.sent == self.due {
            self.replies.drain(..self.due);
            (self.sent, self.due) = (0, 0);
        }
    }

    /// Whether there is nothing in it to pass on, now or later.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.replies.is_empty()
    }

    /// What is left of it, for later. The beginning of a reply takes no more memory then than it has bytes.
    pub(super) fn keep(&mut self) -> Self {
        if self.is_empty() {
            Self::default()
        } else if self.records.is_empty() && self.due == 0 {
            Self { replies: self.replies.clone(), ..Self::default() }
        } else {
            std::mem::take(self)
        }
    }

    /// Forgets what was not passed on, and keeps the memory for it, unless that is more than `max` bytes.
    pub(super) fn clear(&mut self, max: usize) {
        for bytes in [&mut self.records, &mut self.replies] {
            bytes.clear();
            if bytes.capacity() > max {
                *bytes = Vec::new();
            }
        }
        (self.sent, self.due) = (0, 0);
    }

    /// Says that all replies made so far are to be written.
    fn make_due(&mut self) {
        self.due = self.replies.len();
    }
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(service: &'a Service, peer: SocketAddr) -> Self {
        Self {
            service,
            recorder: Recorder::new(&service.log, peer),
            message: None,
            lines: Lines::Open,
            has_answered: false,
        }
    }

    /// Whether a message has ended, and its reply been made.
    pub(super) fn has_answered(&self) -> bool {
        self.has_answered
    }

    /// Whether the connection's only message has ended.
    pub(super) fn is_over(&self) -> bool {
        self.has_answered && !self.service.rules.keep_alive
    }

    pub(super) fn next(&self) -> Next {
        match (&self.message, self.lines) {
            (None, _) => Next::Beginning,
            (Some(_), Lines::Ended) => Next::Nothing,
            (Some(_), _) => Next::More,
        }
    }

    /// Takes what was read, behind which there may be `more` to read at once; no bytes are the client's end.
    ///
    /// It stops where enough records are made to be passed on, and gives the bytes that it did not take.
    pub(super) fn take<'b>(&mut self, input: &'b [u8], more: bool, output: &mut Output) -> &'b [u8] {
        if input.is_empty() {
            self.end(output);
        } else if self.service.rules.keep_alive {
            return self.take_lines(input, output);
        } else {
            self.take_text(input, more, output);
        }
        &[]
    }

    /// Takes bytes of the connection's only message.
    fn take_text(&mut self, input: &[u8], more: bool, output: &mut Output) {
        let newline = memchr(b'\n', input);
        self.lines = match (self.lines, newline) {
            (Lines::Open, None) => Lines::Open,
            (Lines::Open, Some(at)) if at + 1 == input.len() => Lines::Ended,
            _ => Lines::Several,
        };
        if self.lines == Lines::Ended && !more {
            self.end_message(input, output);
            return;
        }
        self.push(input, output);
        if self.lines == Lines::Several {
            output.make_due();
        }
    }

    /// Takes lines, each of them a message.
    fn take_lines<'b>(&mut self, mut input: &'b [u8], output: &mut Output) -> &'b [u8] {
        // The end of a line that began before, or the only one: most clients wait for each reply.
        if let Some(end) = memchr(b'\n', input)
            && (self.message.is_some() || end + 1 == input.len())
        {
            self.end_message(&input[..end], output);
            input = &input[end + 1..];
            if input.is_empty() {
                return input;
            }
        }
        let (whole, begun) = input.split_at(lines::whole_len(input));
        for batch in lines::batches(whole) {
            self.take_whole_lines(batch, output);
            input = &input[batch.len()..];
            if output.records.len() > RECORDS_MAX {
                return input;
            }
        }
        if !begun.is_empty() {
            self.push(begun, output);
        }
        &[]
    }

    /// Takes lines that are here whole, and the end of none that began before.
    fn take_whole_lines(&mut self, whole: &[u8], output: &mut Output) {
        self.has_answered = true;
        self.service.tally.messages.add(lines::count(whole) as u64);
        if are_trimmed(whole) {
            // Without white space to take off, they are upper-cased as one text.
            uppercase_into(whole, &mut output.replies);
            self.recorder.record_lines(whole, &mut output.records);
        } else {
            for line in lines::each(whole) {
                self.take_whole(line, output);
                output.replies.push(b'\n');
            }
        }
        output.make_due();
    }

    /// Takes a message that is here whole.
    fn take_whole(&mut self, message: &[u8], output: &mut Output) {
        let text = trim(message);
        uppercase_into(text, &mut output.replies);
        self.recorder.record_whole(text, &mut output.records);
    }

    /// Takes bytes of the message under way, or of a new one.
    fn push(&mut self, bytes: &[u8], output: &mut Output) {
        let message = self.message.get_or_insert_with(|| Message::new(self.recorder.preview()));
        message.push(bytes, &mut output.replies);
        if output.replies.len() - output.due > HELD_REPLY_MAX {
            output.make_due();
        }
    }

    /// Ends the message under way, if a part of one has come: no more of it does.
    pub(super) fn end(&mut self, output: &mut Output) {
        if self.message.is_some() {
            self.end_message(&[], output);
        }
    }

    /// Ends the message under way, or a new one, with `bytes`: its reply is due, and its record made.
    fn end_message(&mut self, bytes: &[u8], output: &mut Output) {
        if let Some(message) = self.message.take() {
            let preview = message.finish(bytes, &mut output.replies);
            self.recorder.record(&preview, &mut output.records);
        } else {
            self.take_whole(bytes, output);
        }
        if self.service.rules.keep_alive {
            output.replies.push(b'\n');
        }
        output.make_due();
        self.has_answered = true;
        self.service.tally.messages.add(1);
    }
}
