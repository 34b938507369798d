//! The protocol without I/O: a client's bytes in, replies and log records out.
//!
//! By default a connection carries one message; with `keep_alive` each line is one. `docs/wire.md` lists what each
//! kind of client gets.

use memchr::{memchr, memchr_iter, memrchr};

use super::config::ConnectionConfig;
use super::letters::Letters;
use super::record::{MessageEnd, Preview, Recorder};
use super::shared::Metrics;
use crate::text::trim::{Trimmer, are_trimmed, trim};
use crate::text::uppercase::Uppercaser;

/// Bytes of an unfinished message whose reply is held back. A client that reads once gets the reply to a message of this
/// size as a whole, and a client that sends slowly takes little memory.
const HELD_REPLY_MAX: usize = 16 * 1024;

/// One client's messages so far.
pub(super) struct Protocol<'a> {
    config: ConnectionConfig,
    letters: Letters,
    metrics: &'a Metrics,
    recorder: Recorder<'a>,
    /// The message that has begun and not ended.
    message: Option<PartialMessage>,
    has_produced_reply: bool,
}

/// A message of which the end has not arrived.
struct PartialMessage {
    newlines: Newlines,
    trimmer: Trimmer,
    letters: Letters,
    uppercaser: Uppercaser,
    preview: Preview,
    /// The beginning of the reply, until the message ends or the reply streams.
    held: Vec<u8>,
    is_streaming: bool,
}

/// Newlines in a connection's only message so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Newlines {
    None,
    /// The last byte is the only newline. The message ends here, unless more has arrived already.
    AtEnd,
    /// Text follows a newline. Only the client's half-close or a pause ends the message.
    Inside,
}

/// The part of a message that can arrive next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaiting {
    /// The first bytes of a message.
    Message,
    /// More bytes of the message that has begun.
    Rest,
    /// Only bytes that have arrived already: the message is complete otherwise.
    ArrivedBytes,
}

/// Replies and log records that have not been handed over.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Records for the log.
    pub(super) records: Vec<u8>,
    replies: Vec<u8>,
    /// Bytes at the beginning of `replies` that have been written.
    written: usize,
}

impl Output {
    /// Returns the replies that have not been written.
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.replies[self.written..]
    }

    /// Marks `count` more bytes as written.
    pub(super) fn advance(&mut self, count: usize) {
        self.written += count;
        if self.written == self.replies.len() {
            self.replies.clear();
            self.written = 0;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.replies.is_empty()
    }

    /// Drops all content. Buffers larger than `capacity_max` bytes are freed.
    pub(super) fn clear(&mut self, capacity_max: usize) {
        for bytes in [&mut self.records, &mut self.replies] {
            bytes.clear();
            bytes.shrink_to(capacity_max);
        }
        self.written = 0;
    }
}

impl<'a> Protocol<'a> {
    pub(super) fn new(
        config: ConnectionConfig,
        letters: Letters,
        recorder: Recorder<'a>,
        metrics: &'a Metrics,
    ) -> Self {
        Self { config, letters, metrics, recorder, message: None, has_produced_reply: false }
    }

    /// Returns whether the reply to at least one message has been produced.
    pub(super) fn has_produced_reply(&self) -> bool {
        self.has_produced_reply
    }

    /// Returns whether the connection's only message has ended.
    pub(super) fn is_finished(&self) -> bool {
        self.has_produced_reply && !self.config.keep_alive
    }

    pub(super) fn awaiting(&self) -> Awaiting {
        match &self.message {
            None => Awaiting::Message,
            Some(message) if message.newlines == Newlines::AtEnd => Awaiting::ArrivedBytes,
            Some(_) => Awaiting::Rest,
        }
    }

    /// Processes the client's next bytes. `input_drained` reports that no further bytes
    /// have arrived yet.
    pub(super) fn feed(&mut self, input: &[u8], input_drained: bool, output: &mut Output) {
        if self.config.keep_alive {
            self.feed_lines(input, output);
        } else {
            self.feed_message(input, input_drained, output);
        }
    }

    /// Ends the message that has begun, if any: the client half-closed, or stayed silent for too long.
    pub(super) fn end_of_input(&mut self, end: MessageEnd, output: &mut Output) {
        if let Some(message) = self.message.take() {
            self.end_message(message, &[], end, output);
        }
    }

    /// Processes bytes of the connection's only message.
    fn feed_message(&mut self, input: &[u8], input_drained: bool, output: &mut Output) {
        let newlines =
            match (self.message.as_ref().map_or(Newlines::None, |m| m.newlines), memchr(b'\n', input)) {
                (Newlines::None, None) => Newlines::None,
                (Newlines::None, Some(at)) if at + 1 == input.len() => Newlines::AtEnd,
                _ => Newlines::Inside,
            };
        if newlines == Newlines::AtEnd && input_drained {
            match self.message.take() {
                Some(message) => self.end_message(message, input, MessageEnd::Newline, output),
                None => self.reply(input, output),
            }
        } else {
            let message =
                self.message.get_or_insert_with(|| PartialMessage::new(self.letters, &self.recorder));
            message.newlines = newlines;
            message.push(input, output);
        }
    }

    /// Processes lines; each is a message.
    fn feed_lines(&mut self, mut input: &[u8], output: &mut Output) {
        if let Some(message) = &mut self.message {
            let Some(end) = memchr(b'\n', input) else { return message.push(input, output) };
            let message = self.message.take().expect("a message has begun");
            self.end_message(message, &input[..end], MessageEnd::Newline, output);
            input = &input[end + 1..];
        }
        let (lines, rest) = input.split_at(memrchr(b'\n', input).map_or(0, |last| last + 1));
        if !lines.is_empty() {
            self.reply_to_lines(lines, output);
        }
        if !rest.is_empty() {
            self.message.insert(PartialMessage::new(self.letters, &self.recorder)).push(rest, output);
        }
    }

    /// Replies to whole lines at once.
    fn reply_to_lines(&mut self, lines: &[u8], output: &mut Output) {
        if are_trimmed(lines) {
            // Fast path: with nothing to trim, the lines are upper-cased as one text.
            self.letters.uppercase_into(lines, &mut output.replies);
            self.recorder.record_lines(lines, &mut output.records);
            self.metrics.messages.add(memchr_iter(b'\n', lines).count() as u64);
            self.has_produced_reply = true;
        } else {
            for line in lines.split_inclusive(|&byte| byte == b'\n') {
                self.reply(line, output);
            }
        }
    }

    /// Replies to a message that has arrived as a whole.
    fn reply(&mut self, message: &[u8], output: &mut Output) {
        let text = trim(message);
        self.letters.uppercase_into(text, &mut output.replies);
        self.recorder.record(text, &mut output.records);
        self.finish_reply(output);
    }

    /// Ends a message with `bytes` as its last.
    fn end_message(
        &mut self,
        mut message: PartialMessage,
        bytes: &[u8],
        end: MessageEnd,
        output: &mut Output,
    ) {
        message.finish(bytes, output);
        self.recorder.record_preview(&message.preview, end, &mut output.records);
        self.finish_reply(output);
    }

    fn finish_reply(&mut self, output: &mut Output) {
        if self.config.keep_alive {
            output.replies.push(b'\n');
        }
        self.metrics.messages.add(1);
        self.has_produced_reply = true;
    }
}

impl PartialMessage {
    fn new(letters: Letters, recorder: &Recorder<'_>) -> Self {
        Self {
            newlines: Newlines::None,
            trimmer: Trimmer::default(),
            letters,
            uppercaser: Uppercaser::default(),
            preview: recorder.preview(),
            held: Vec::new(),
            is_streaming: false,
        }
    }

    /// Processes the next bytes.
    fn push(&mut self, bytes: &[u8], output: &mut Output) {
        if self.newlines == Newlines::Inside || self.held.len() + bytes.len() > HELD_REPLY_MAX {
            self.release_held(output);
        }
        let Self { trimmer, letters, uppercaser, preview, held, is_streaming, .. } = self;
        let reply = if *is_streaming { &mut output.replies } else { held };
        trimmer.push(bytes, |text| {
            preview.push(text);
            letters.uppercase_part(text, uppercaser, reply);
        });
        // White space that the trimmer kept back may have come with these bytes.
        if self.held.len() > HELD_REPLY_MAX {
            self.release_held(output);
        }
    }

    /// Processes the last bytes.
    fn finish(&mut self, bytes: &[u8], output: &mut Output) {
        self.release_held(output);
        let Self { trimmer, letters, uppercaser, preview, .. } = self;
        trimmer.finish(bytes, |text| {
            preview.push(text);
            letters.uppercase_part(text, uppercaser, &mut output.replies);
        });
        uppercaser.finish(&mut output.replies);
    }

    /// Releases the held part of the reply; further parts follow at once.
    fn release_held(&mut self, output: &mut Output) {
        self.is_streaming = true;
        output.replies.append(&mut self.held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::log::Log;

    /// Feeds a protocol whose log is disabled with the parts of a client's input, and returns its output.
    fn feed(keep_alive: bool, parts: &[&str]) -> (Output, Awaiting, bool) {
        feed_and_more(keep_alive, parts, false)
    }

    /// Feeds a protocol, after whose parts more bytes may have arrived.
    fn feed_and_more(keep_alive: bool, parts: &[&str], more: bool) -> (Output, Awaiting, bool) {
        let (log, metrics) = (Log::disabled(), Metrics::default());
        let config = ConnectionConfig { keep_alive, ..ConnectionConfig::default() };
        let recorder = Recorder::new(&log, 1, ([127, 0, 0, 1], 9).into(), None);
        let mut protocol = Protocol::new(config, Letters::Unicode, recorder, &metrics);
        let mut output = Output::default();
        for part in parts {
            protocol.feed(part.as_bytes(), !more, &mut output);
        }
        (output, protocol.awaiting(), protocol.has_produced_reply())
    }

    #[test]
    fn reply_is_produced_at_the_end_of_the_message() {
        let begun = feed(false, &["one", " two"]);
        assert_eq!((begun.0.unwritten(), begun.1, begun.2), (&b""[..], Awaiting::Rest, false));
        let ended = feed(false, &["one", " two\n"]);
        assert_eq!((ended.0.unwritten(), ended.1, ended.2), (&b"ONE TWO"[..], Awaiting::Message, true));
        // More text may have arrived, which would make the message longer.
        let line = feed_and_more(false, &["one\n"], true);
        assert_eq!((line.0.unwritten(), line.1, line.2), (&b""[..], Awaiting::ArrivedBytes, false));
        let lines = feed(true, &["one\ntw"]);
        assert_eq!((lines.0.unwritten(), lines.1, lines.2), (&b"ONE\n"[..], Awaiting::Rest, true));
    }

    #[test]
    fn output_is_empty_when_all_of_it_is_handed_over() {
        let mut output = feed(true, &["one\n"]).0;
        output.advance(1);
        assert_eq!((output.unwritten(), output.is_empty()), (&b"NE\n"[..], false));
        output.advance(2);
        assert_eq!((output.unwritten(), output.is_empty()), (&b"\n"[..], false));
        output.advance(1);
        assert_eq!((output.unwritten(), output.is_empty()), (&b""[..], true));
        output.records.push(b'x');
        assert!(!output.is_empty());
    }

    #[test]
    fn cleared_output_keeps_no_content_and_no_large_buffer() {
        let mut output = feed(true, &["one\n"]).0;
        output.advance(1);
        output.records = vec![b'x'; 1000];
        output.clear(100);
        assert!(output.is_empty() && output.records.capacity() < 1000);
        output.replies.extend(b"TWO\n");
        assert_eq!(output.unwritten(), b"TWO\n");
    }
}
