//! A table with the upper case of each character below U+3000.
//!
//! The table is filled on first use from [`char::to_uppercase`], in less than a millisecond, so that it always has
//! the Unicode version of the standard library.

use std::array::from_fn;
use std::sync::LazyLock;

/// U+3000: there the scripts of East Asia begin, which have no case. Above, only rare characters have an upper case.
///
/// The table takes 48 KiB, of which a text in one script uses a few hundred bytes.
const TABLE_LEN: usize = 0x3000;

/// For each character the bits in which its UTF-8 bytes differ from those of its upper case, or [`SPECIAL`] in the
/// first byte: `c ^ XOR_TABLE[c]` is the upper case.
///
/// All bits are 0 for ASCII, because the callers convert ASCII without the table.
pub(super) static XOR_TABLE: LazyLock<[[u8; 4]; TABLE_LEN]> = LazyLock::new(|| from_fn(xor_bits));

/// The upper case has several characters, or not the same length in UTF-8.
///
/// No other entry has this bit in its first byte: the first bytes of two characters that are not ASCII both have it,
/// so that it never differs.
pub(super) const SPECIAL: u8 = 0x80;

fn xor_bits(code_point: usize) -> [u8; 4] {
    let mut bits = [0; 4];
    let c = u32::try_from(code_point).ok().and_then(char::from_u32).unwrap_or_default();
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        _ if c.is_ascii() => {}
        (Some(upper), None) if upper.len_utf8() == c.len_utf8() => {
            c.encode_utf8(&mut bits);
            for (bits, byte) in bits.iter_mut().zip(upper.encode_utf8(&mut [0; 4]).bytes()) {
                *bits ^= byte;
            }
        }
        _ => bits[0] = SPECIAL,
    }
    bits
}
