//! The choice of letters that are upper-cased.

use crate::text::uppercase::{Uppercaser, uppercase_into};

/// The letters that are upper-cased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    Unicode,
    /// Accented letters stay as they are (a fault): the tutorial's server calls Python's `bytes.upper`.
    Ascii,
}

impl Letters {
    /// Appends the upper case of a complete text to `out`.
    pub(super) fn uppercase_into(self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Unicode => uppercase_into(text, out),
            Self::Ascii => out.extend(text.iter().map(u8::to_ascii_uppercase)),
        }
    }

    /// Appends the upper case of a part of a text to `out`.
    pub(super) fn uppercase_part(self, part: &[u8], uppercaser: &mut Uppercaser, out: &mut Vec<u8>) {
        match self {
            Self::Unicode => uppercaser.push(part, out),
            Self::Ascii => self.uppercase_into(part, out),
        }
    }
}
