//! The messages to send: the arguments, or the lines of standard input.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, ErrorKind, IsTerminal as _};
use std::thread;

use crate::config;
use crate::error::{Error, Result};
use crate::report;
use crate::stdio::NOT_READY_BACKOFF;
use crate::terminal::Terminal;

/// Returns the arguments as one message, or each line of standard input if there are none.
pub(super) fn messages(
    arguments: &[OsString],
    terminal: Terminal,
) -> Box<dyn Iterator<Item = Result<Vec<u8>>>> {
    if !arguments.is_empty() {
        return Box::new(std::iter::once(Ok(join(arguments))));
    }
    if io::stdin().is_terminal() {
        report::status("input", terminal.lang.type_messages(), terminal);
    }
    Box::new(std::iter::from_fn(|| read_line().transpose()))
}

/// Returns the arguments as one message, or the default message if there are none.
pub(super) fn message_or_default(arguments: &[OsString]) -> Vec<u8> {
    if arguments.is_empty() { config::MESSAGE.into() } else { join(arguments) }
}

/// Joins the arguments with spaces. They may be not valid UTF-8.
fn join(arguments: &[OsString]) -> Vec<u8> {
    arguments.join(OsStr::new(" ")).into_encoded_bytes()
}

/// Reads a line of standard input, without its line ending; `None` at the end of input.
fn read_line() -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        match io::stdin().lock().read_until(b'\n', &mut line) {
            Ok(_) => break,
            // Another process made standard input non-blocking.
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_READY_BACKOFF),
            Err(error) => return Err(Error::ReadInput(error)),
        }
    }
    if line.is_empty() {
        return Ok(None);
    }
    for end in [b"\n", b"\r"] {
        if line.ends_with(end) {
            line.pop();
        }
    }
    Ok(Some(line))
}
