//! Where messages come from: the words of the command line, or the lines of standard input.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, IsTerminal as _};

use crate::config;
use crate::error::{Error, Result};
use crate::terminal::Terminal;

/// The messages, in turn: the words joined by a blank, or without any words each line of standard input.
#[must_use]
pub fn messages(words: &[OsString], terminal: Terminal) -> Box<dyn Iterator<Item = Result<Vec<u8>>>> {
    if words.is_empty() {
        if io::stdin().is_terminal() {
            terminal.print_status(terminal.lang.type_messages());
        }
        Box::new(std::iter::from_fn(|| read_line().transpose()))
    } else {
        Box::new(std::iter::once(Ok(joined(words))))
    }
}

/// The message that is to be sent many times: the words joined by a blank, or without any the tutorial's.
pub(super) fn message(words: &[OsString]) -> Vec<u8> {
    if words.is_empty() { config::MESSAGE.into() } else { joined(words) }
}

/// The words as they were written: a message need not be UTF-8.
fn joined(words: &[OsString]) -> Vec<u8> {
    words.join(OsStr::new(" ")).into_encoded_bytes()
}

/// The next line of standard input, without its end; none at the end of input.
fn read_line() -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut line).map_err(|source| Error::ReadInput { source })?;
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
