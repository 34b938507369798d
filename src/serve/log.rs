//! The log of messages: records from many connections to one output.
//!
//! A connection appends whole records in one call. An output that stalls makes the connections wait, and they stop
//! reading from their clients. So memory is bounded, and the log loses only what its output refuses, and what is still
//! queued when the server is ended.

use owo_colors::OwoColorize as _;

use crate::cli::LogFormat;
use crate::i18n::Language;
use crate::stdio::OutputThread;
use crate::terminal::Terminal;

/// The log that all connections of a server share.
#[derive(Debug)]
pub(crate) struct Log {
    /// None where the log is disabled.
    output: Option<OutputThread>,
    pub(super) format: LogFormat,
    pub(super) terminal: Terminal,
    pub(super) text: TextParts,
}

impl Log {
    pub(crate) fn new(output: OutputThread, format: LogFormat, terminal: Terminal) -> Self {
        Self { output: Some(output), format, terminal, text: TextParts::new(&terminal) }
    }

    /// Creates a log without an output; no records are made for it.
    pub(crate) fn disabled() -> Self {
        let terminal = Terminal::plain(Language::En);
        Self { output: None, format: LogFormat::Text, terminal, text: TextParts::new(&terminal) }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.output.is_some()
    }

    /// Appends `records`, and waits while the output is stalled.
    pub(super) async fn append(&self, records: &mut Vec<u8>) {
        if let Some(output) = &self.output {
            output.append(records).await;
        }
    }

    /// Moves `records` to the output and returns true. If the output is stalled, leaves them and returns false.
    pub(super) fn try_append(&self, records: &mut Vec<u8>) -> bool {
        self.output.as_ref().is_none_or(|output| output.try_append(records))
    }

    /// Waits until every record is written.
    pub(super) async fn flush(&self) {
        if let Some(output) = &self.output {
            // The output has reported its errors.
            let _ = output.flush().await;
        }
    }
}

/// The parts of all text records, with their styles.
#[derive(Debug)]
pub(super) struct TextParts {
    pub(super) before_peer: String,
    pub(super) after_peer: String,
    pub(super) after_message: String,
}

impl TextParts {
    fn new(terminal: &Terminal) -> Self {
        let (lang, styles) = (terminal.lang, &terminal.out);
        let label = lang.received_from();
        Self {
            before_peer: format!("{} {}", label.style(styles.label), styles.peer.prefix_formatter()),
            after_peer: format!("{}:\n{}", styles.peer.suffix_formatter(), styles.text.prefix_formatter()),
            after_message: format!("{}\n", styles.text.suffix_formatter()),
        }
    }
}
