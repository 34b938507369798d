//! The parts that the fuzz targets share: reading an input, and the expected results.
//!
//! - `reference`: upper case, white space and complete characters of bytes that are all there at once
//! - `scenario`: the actions of a client of the target `connection`
//! - `server`: the server's end of its connection
//! - `model`: the replies that `docs/wire.md` promises this client, and their times
//!
//! `reference` and `model` do not call the code that they check.

pub mod model;
pub mod reference;
pub mod scenario;
pub mod server;

/// A fuzzed input: its first bytes are choices, taken one by one, and the rest is text.
///
/// The text is one piece and not encoded, so that the fuzzer can put words of the dictionary into it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Creates an input from all bytes of a fuzzed input.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Takes the next byte, or returns 0 if there is none.
    pub fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        byte
    }

    /// Takes the next byte, and returns one of `choices` by it.
    pub fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// Returns the rest.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }
}
