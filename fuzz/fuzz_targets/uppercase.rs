//! The streaming upper-casing, for any bytes in any pieces, against the plain definition.
//!
//! After each piece there is all that is certain, and nothing else; a state that has finished is as new.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upcase::text::uppercase::{self, Uppercaser};
use upcase_fuzz::Input;
use upcase_fuzz::definition::{upper, whole_characters};

/// More pieces find nothing more: what is remembered is three bytes long.
const PIECES_MAX: u8 = 16;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let mut sizes = Vec::new();
    for _ in 0..input.byte() % PIECES_MAX {
        sizes.push(usize::from(input.byte()));
    }
    let text = input.rest();
    let whole = upper(text);

    let (mut state, mut out) = (Uppercaser::default(), Vec::new());
    for _ in 0..2 {
        out.clear();
        let mut pushed = 0;
        for size in &sizes {
            let end = text.len().min(pushed + size);
            state.push(&text[pushed..end], &mut out);
            pushed = end;
            assert_eq!(out, upper(whole_characters(&text[..pushed])), "after {pushed} bytes of {text:?}");
        }
        state.push(&text[pushed..], &mut out);
        state.finish(&mut out);
        assert_eq!(out, whole, "{text:?} in pieces of {sizes:?}");
    }
    assert_eq!(uppercase::uppercase(text), whole, "{text:?} in one piece");
});
