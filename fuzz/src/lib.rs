//! What the targets share: how an input is read, and the plain definitions that the program is held to.
//!
//! - `definition`: upper case, white space and whole characters, of bytes that are there at once
//! - `model`: what the design's tables say about a conversation
//!
//! Nothing here calls what it is to judge.

pub mod definition;
pub mod model;

/// A fuzzed input: choices from its first bytes, one by one, and what is left as the text.
///
/// The text stays in one piece, and is not encoded, so that words of a dictionary fall into it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// An input of which nothing is taken.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte; zero where there is none.
    pub fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        byte
    }

    /// One of `choices`.
    pub fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// What is left.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }
}
