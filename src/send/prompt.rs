//! Messages typed at a terminal: a prompt with line editing and a history, and each reply below its message.

use std::io::{self, ErrorKind, IsTerminal as _};
use std::time::Duration;

use owo_colors::OwoColorize as _;
use rustyline::completion::Completer;
use rustyline::config::{ColorMode, CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};
use tokio::signal::ctrl_c;
use tokio::task::yield_now;

use super::client::{Client, Reply};
use super::new_request;
use super::output::Printer;
use super::request::Request;
use super::wait::send_until_right;
use crate::cli::{ReplyFormat, SendArgs};
use crate::error::{Error, Result};
use crate::report;
use crate::terminal::{STATUS_WAIT, Terminal, print, remember_mode, wait_for_status_lines};

/// Returns whether a person types at a terminal and sees the replies there.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Sends each typed or pasted line until the end of input. An error is printed, and the next line is a new attempt.
///
/// # Errors
/// Fails if the terminal can't be read or written.
pub(super) async fn run(args: &SendArgs, mut client: Client, printer: Printer) -> Result<()> {
    let (mut wait, terminal) = (args.wait, printer.terminal);
    remember_mode();
    let mut editor = editor().map_err(read_error)?;
    report::status("input", terminal.lang.type_messages(), terminal);
    let mut connections = ConnectionNote::default();
    // Reading blocks the runtime, which has nothing else to do meanwhile.
    while let Some(message) = read(&mut editor, terminal)? {
        let request = new_request(message, args);
        let Some(reply) = send(&request, &mut client, wait.take(), terminal).await else {
            report::status("interrupted", terminal.lang.given_up(), terminal);
            continue;
        };
        if connections.is_due(&reply) {
            report::status("new-connection", terminal.lang.new_connection(), terminal);
        }
        printer.print_reply(&request, &reply)?;
        if printer.format == ReplyFormat::Raw && !matches!(reply.body[..], [] | [.., b'\n']) {
            // Otherwise the prompt would overwrite the reply.
            print(b"\n")?;
        }
        if let Err(error) = printer.check_reply(reply.error) {
            report::error(&error, terminal);
        }
    }
    Ok(())
}

/// Decides when to note, once, that the server does not keep a connection for the next message.
#[derive(Default)]
struct ConnectionNote {
    is_printed: bool,
    /// The last message had a complete reply.
    was_answered: bool,
}

impl ConnectionNote {
    /// Returns whether a message after an answered one needed a connection of its own, for the first time.
    fn is_due(&mut self, reply: &Reply) -> bool {
        let is_due = self.was_answered && reply.connect_time.is_some() && !self.is_printed;
        self.is_printed |= is_due;
        self.was_answered = reply.is_complete();
        is_due
    }
}

/// Sends one message, with `wait` until its reply is right. Returns `None` after Ctrl-C.
async fn send(
    request: &Request,
    client: &mut Client,
    wait: Option<Duration>,
    terminal: Terminal,
) -> Option<Reply> {
    // A Ctrl-C from before this message is not about it: this poll delivers the signal before `ctrl_c` listens.
    yield_now().await;
    let reply = async {
        match wait {
            Some(wait) => send_until_right(client, request, wait, terminal).await,
            None => client.send(request).await,
        }
    };
    tokio::select! {
        biased;
        Ok(()) = ctrl_c() => None,
        reply = reply => Some(reply),
    }
}

/// Returns an editor of typed lines. The history lasts as long as the editor.
fn editor() -> rustyline::Result<Editor<LiteralTab, MemHistory>> {
    let config = Config::builder()
        .auto_add_history(true)
        // So each line of a paste is a message, as if it were typed.
        .bracketed_paste(false)
        // The terminal's styles decide about colour: without it, they add nothing.
        .color_mode(ColorMode::Forced)
        .completion_type(CompletionType::List)
        .build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history)?;
    editor.set_helper(Some(LiteralTab));
    // On Windows, Ctrl-Z ends an input. Ctrl-D ends the prompt there too.
    #[cfg(windows)]
    editor.bind_sequence(rustyline::KeyEvent::ctrl('z'), rustyline::Cmd::EndOfFile);
    Ok(editor)
}

/// Reads a line; `None` at the end of input.
fn read(editor: &mut Editor<LiteralTab, MemHistory>, terminal: Terminal) -> Result<Option<String>> {
    let label = terminal.lang.send();
    // The prompt without its style, for its width, and with it.
    let prompt = (format!("{label} "), format!("{} ", label.style(terminal.out.label)));
    loop {
        wait_for_status_lines(STATUS_WAIT);
        match editor.readline(&prompt) {
            Ok(typed) => return Ok(Some(typed)),
            Err(ReadlineError::Eof) => return Ok(None),
            // Ctrl-C drops the line.
            Err(ReadlineError::Interrupted) => report::status("input", terminal.lang.way_out(), terminal),
            // A window was resized in the middle of a key. That drops the line too.
            Err(ReadlineError::Signal(_)) => {}
            // The terminal has an encoding other than UTF-8.
            Err(ReadlineError::Io(source)) if source.kind() == ErrorKind::InvalidData => {
                report::error(&Error::ReadInput(source), terminal);
            }
            Err(error) => return Err(read_error(error)),
        }
    }
}

fn read_error(error: ReadlineError) -> Error {
    let source = match error {
        ReadlineError::Io(error) => error,
        #[cfg(unix)]
        ReadlineError::Errno(error) => error.into(),
        error => io::Error::other(error),
    };
    Error::ReadInput(source)
}

/// Makes the Tab key insert a tab: there is nothing to complete.
struct LiteralTab;

impl Completer for LiteralTab {
    type Candidate = &'static str;

    fn complete(
        &self,
        _: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Self::Candidate>)> {
        Ok((position, vec!["\t"]))
    }
}

impl Helper for LiteralTab {}
impl Highlighter for LiteralTab {}
impl Validator for LiteralTab {}
impl Hinter for LiteralTab {
    type Hint = String;
}
