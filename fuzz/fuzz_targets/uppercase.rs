//! Fuzzes the streaming upper-casing with any bytes in any pieces, and compares it with the reference.
//!
//! After each piece, the result has all bytes that are certain, and no other. A finished `Uppercaser` can be used
//! again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upcase::{Uppercaser, uppercase};
use upcase_fuzz::Input;
use upcase_fuzz::reference::{self, complete_chars};

/// The largest number of pieces. More pieces find nothing else, because an `Uppercaser` keeps only three bytes.
const PIECES_MAX: u8 = 16;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let mut sizes = Vec::new();
    for _ in 0..input.byte() % PIECES_MAX {
        sizes.push(usize::from(input.byte()));
    }
    let text = input.rest();
    let expected = reference::uppercase(text);

    let (mut uppercaser, mut out) = (Uppercaser::default(), Vec::new());
    for _ in 0..2 {
        out.clear();
        let mut pushed = 0;
        for size in &sizes {
            let end = text.len().min(pushed + size);
            uppercaser.push(&text[pushed..end], &mut out);
            pushed = end;
            let certain = reference::uppercase(complete_chars(&text[..pushed]));
            assert_eq!(out, certain, "after {pushed} bytes of {text:?}");
        }
        uppercaser.push(&text[pushed..], &mut out);
        uppercaser.finish(&mut out);
        assert_eq!(out, expected, "{text:?} in pieces of {sizes:?}");
    }
    assert_eq!(uppercase(text), expected, "{text:?} in one piece");
});
