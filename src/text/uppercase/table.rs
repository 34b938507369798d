//! What changes in the bytes of a character when it becomes upper case, looked up by the character's number.
//!
//! Filled on first use from [`char::to_uppercase`], which takes a fraction of a millisecond, so that it is of the Unicode
//! version that the standard library has, whichever that is.

use std::array::from_fn;
use std::sync::LazyLock;

/// The first characters beyond the table: with U+3000 begin the scripts of East Asia, which have no case.
///
/// Behind them come few letters with case, and rare ones. The table takes 48 KiB, of which a text in one script
/// uses a few hundred bytes.
const END: usize = 0x3000;

/// For each byte of a character the bits that differ in its upper case, or [`OTHERWISE`] in the first.
///
/// Nothing differs in ASCII: those who look here have dealt with it.
pub(super) static FLIPS: LazyLock<[[u8; 4]; END]> = LazyLock::new(|| from_fn(flips));

/// The upper case has more characters or another length. No flip, as it would make ASCII of a lead byte.
pub(super) const OTHERWISE: u8 = 0x80;

fn flips(number: usize) -> [u8; 4] {
    let mut flips = [0; 4];
    let c = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or_default();
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        _ if c.is_ascii() => {}
        (Some(upper), None) if upper.len_utf8() == c.len_utf8() => {
            c.encode_utf8(&mut flips);
            for (flip, byte) in flips.iter_mut().zip(upper.encode_utf8(&mut [0; 4]).bytes()) {
                *flip ^= byte;
            }
        }
        _ => flips[0] = OTHERWISE,
    }
    flips
}
