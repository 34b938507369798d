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

use super::exchange::Exchange;
use super::print::Printer;
use super::session::{Outcome, Session};
use super::unless_tolerated;
use super::wait::until_right;
use crate::cli::{self, ReplyFormat};
use crate::console::{Screen, print};
use crate::failure::{Failure, Result};
use crate::report;

/// Whether a person types at a terminal, and sees there what comes of it.
#[must_use]
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Sends what is typed, line by line, until the end of input. What fails is told, and ends nothing.
///
/// # Errors
/// When the terminal can't be read or written.
pub async fn converse(args: &cli::Send, printer: Printer, screen: Screen) -> Result<()> {
    let mut session = Session::new(args.target.clone(), args.timeout);
    let mut wait = args.wait;
    let mut lines = Lines::new(screen)?;
    screen.say(screen.lang.type_messages());
    // While a line is typed nothing else is to be done, so waiting for it may block.
    while let Some(typed) = lines.next()? {
        let pasted = typed.contains('\n');
        for message in typed.split('\n').filter(|message| !message.is_empty()).map(str::as_bytes) {
            // A line that was typed is on screen, right above.
            if pasted {
                printer.sent(message)?;
            }
            let Some(outcome) = exchange(message, &mut session, wait.take(), screen).await else {
                screen.say(screen.lang.given_up());
                break;
            };
            printer.received(message, &outcome)?;
            if args.format == ReplyFormat::Raw && !matches!(outcome.reply[..], [] | [.., b'\n']) {
                // The reply is shown as it is. This newline is the prompt's, which would be written over it.
                print(b"\n")?;
            }
            let failed =
                outcome.failure.map_or(Ok(()), |failure| unless_tolerated(failure, args.check, screen));
            if let Err(failure) = failed {
                report::tell(&failure, screen);
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
    session: &mut Session,
    wait: Option<Duration>,
    screen: Screen,
) -> Option<Outcome> {
    // The runtime stood still: only now it hears of a Ctrl-C that came before, and is not about this message.
    yield_now().await;
    let exchange = Exchange::new(message);
    let outcome = async {
        match wait {
            Some(wait) => until_right(session, &exchange, wait, screen).await,
            None => session.exchange(&exchange).await,
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
    screen: Screen,
}

impl Lines {
    fn new(screen: Screen) -> Result<Self> {
        let config = Config::builder()
            .auto_add_history(true)
            // The screen has decided on colour: without it a style adds nothing.
            .color_mode(ColorMode::Forced)
            .completion_type(CompletionType::List)
            .build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(unreadable)?;
        editor.set_helper(Some(Keys));
        let label = screen.lang.send();
        let prompt = (format!("{label} "), format!("{} ", label.style(screen.out.label)));
        Ok(Self { editor, prompt, screen })
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
                    report::tell(&Failure::Input { source }, self.screen);
                }
                Err(error) => return Err(unreadable(error)),
            }
        }
    }
}

fn unreadable(error: ReadlineError) -> Failure {
    let source = match error {
        ReadlineError::Io(error) => error,
        #[cfg(unix)]
        ReadlineError::Errno(error) => error.into(),
        error => io::Error::other(error),
    };
    Failure::Input { source }
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
