//! Messages that are typed at a terminal: a prompt with line editing and a history, and each reply below its message.

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
use super::output::Printer;
use super::request::Request;
use super::unless_tolerated;
use super::wait::until_right;
use crate::cli::{self, ReplyFormat};
use crate::error::{Error, Result};
use crate::report;
use crate::terminal::{Terminal, print};

/// Whether a person types at a terminal, and sees there what comes of it.
#[must_use]
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Sends what is typed, line by line, until the end of input. What fails is told, and ends nothing.
///
/// # Errors
/// When the terminal can't be read or written.
pub async fn converse(args: &cli::SendArgs, printer: Printer, terminal: Terminal) -> Result<()> {
    let mut client = Client::new(args.target.clone(), args.timeout);
    let mut wait = args.wait;
    let mut lines = Lines::new(terminal)?;
    terminal.print_status(terminal.lang.type_messages());
    // While a line is typed nothing else is to be done, so waiting for it may block.
    while let Some(typed) = lines.next()? {
        let pasted = typed.contains('\n');
        for message in typed.split('\n').filter(|message| !message.is_empty()).map(str::as_bytes) {
            // A line that was typed is on terminal, right above.
            if pasted {
                printer.sent(message)?;
            }
            let Some(outcome) = exchange(message, &mut client, wait.take(), terminal).await else {
                terminal.print_status(terminal.lang.given_up());
                break;
            };
            printer.received(message, &outcome)?;
            if args.format == ReplyFormat::Raw && !matches!(outcome.reply[..], [] | [.., b'\n']) {
                // The reply is shown as it is. This newline is the prompt's, which would be written over it.
                print(b"\n")?;
            }
            let failed =
                outcome.failure.map_or(Ok(()), |failure| unless_tolerated(failure, args.check, terminal));
            if let Err(failure) = failed {
                report::error(&failure, terminal);
                // The rest of a paste would fare no better, and the history has it.
                break;
            }
        }
    }
    Ok(())
}

/// Sends one message and reads its reply, or tries to for as long as `wait`; none where Ctrl-C gives it up.
async fn exchange(
    message: &[u8],
    client: &mut Client,
    wait: Option<Duration>,
    terminal: Terminal,
) -> Option<Reply> {
    // The runtime stood still: only now it hears of a Ctrl-C that came before, and is not about this message.
    yield_now().await;
    let exchange = Request::new(message);
    let outcome = async {
        match wait {
            Some(wait) => until_right(client, &exchange, wait, terminal).await,
            None => client.exchange(&exchange).await,
        }
    };
    tokio::select! {
        biased;
        // The connection goes with the exchange: a reply that comes late is none to the next message.
        Ok(()) = ctrl_c() => None,
        outcome = outcome => Some(outcome),
    }
}

/// The lines that are typed, with a history that lasts as long as they do.
struct Lines {
    editor: Editor<Keys, MemHistory>,
    /// The prompt without its style, of which the editor takes the width, and with it.
    prompt: (String, String),
    terminal: Terminal,
}

impl Lines {
    fn new(terminal: Terminal) -> Result<Self> {
        let config = Config::builder()
            .auto_add_history(true)
            // The terminal has decided on colour: without it a style adds nothing.
            .color_mode(ColorMode::Forced)
            .completion_type(CompletionType::List)
            .build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(unreadable)?;
        editor.set_helper(Some(Keys));
        let label = terminal.lang.send();
        let prompt = (format!("{label} "), format!("{} ", label.style(terminal.out.label)));
        Ok(Self { editor, prompt, terminal })
    }

    /// What was typed until Enter: one line, or the several of a paste; none at the end of input.
    fn next(&mut self) -> Result<Option<String>> {
        loop {
            match self.editor.readline(&self.prompt) {
                Ok(typed) => return Ok(Some(typed)),
                Err(ReadlineError::Eof) => return Ok(None),
                // Ctrl-C drops the line, and so does what comes amidst a key: a window that is resized.
                Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => {}
                // A key of a terminal that is set to another encoding.
                Err(ReadlineError::Io(source)) if source.kind() == ErrorKind::InvalidData => {
                    report::error(&Error::ReadInput { source }, self.terminal);
                }
                Err(error) => return Err(unreadable(error)),
            }
        }
    }
}

fn unreadable(error: ReadlineError) -> Error {
    let source = match error {
        ReadlineError::Io(error) => error,
        #[cfg(unix)]
        ReadlineError::Errno(error) => error.into(),
        error => io::Error::other(error),
    };
    Error::ReadInput { source }
}

/// The keys' own meaning: there is nothing to complete, so Tab is a tab.
struct Keys;

impl Completer for Keys {
    type Candidate = &'static str;

    fn complete(
        &self,
        _: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Self::Candidate>)> {
        Ok((at, vec!["\t"]))
    }
}

impl Helper for Keys {}
impl Highlighter for Keys {}
impl Validator for Keys {}
impl Hinter for Keys {
    type Hint = String;
}
