//! The passes over blocks of bytes, which the compiler turns into vector instructions.
//!
//! A pass takes blocks off the front of the bytes for as long as it can do them right, appends their upper case,
//! and returns what is left. Inside a block no branch depends on a byte.
//!
//! No pass validates. The bytes begin where a character may begin, so a lead byte begins a character or none at
//! all, whatever stands before it; and bytes that are in no character are only ever copied. A character that is
//! cut by the end of a block is left for the next one.

#![expect(
    clippy::needless_bitwise_bool,
    reason = "a branch would keep the loop around it from being vectorised"
)]

use std::array::from_fn;

use super::table::{FLIPS, OTHERWISE};
use super::uppercase_char;

/// Four vectors of 16 bytes, and one byte before them, so that each byte in them has one to look back at.
pub(super) const BLOCK: usize = 64 + 1;

/// The last lead byte, and the last byte at all, of a block of ASCII and Latin-1 (U+00FF is `C3 BF`).
const LATIN1_TOP: u8 = 0xC3;

/// Measured: an eighth quicker than 64, and 256 is no quicker.
const ASCII_BLOCK: usize = 128;

/// ASCII, in whole blocks, or as the end of a piece.
pub(super) fn ascii<'a>(mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while let Some((block, rest)) = bytes.split_first_chunk::<ASCII_BLOCK>()
        && block.is_ascii()
    {
        out.extend_from_slice(&block.map(|byte| byte.to_ascii_uppercase()));
        bytes = rest;
    }
    if bytes.len() < BLOCK && bytes.is_ascii() {
        let start = out.len();
        out.extend_from_slice(bytes);
        out[start..].make_ascii_uppercase();
        return &[];
    }
    bytes
}

/// ASCII and Latin-1 letters; if `WIDE`, beside scripts without case, punctuation and emoji.
///
/// Lower case differs from upper in bit 5 of the last byte in ASCII as in Latin-1.
pub(super) fn latin1<'a, const WIDE: bool>(mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while let Some(block) = bytes.first_chunk::<BLOCK>() {
        let mut upper = [0; BLOCK];
        upper[0] = block[0].to_ascii_uppercase();
        let mut refused = WIDE && may_have_case(0, block[0]);
        let mut top = block[0];
        for at in 1..BLOCK {
            let (before, byte) = (block[at - 1], block[at]);
            let letter = (before == 0xC3) & (byte & 0xC0 == 0x80) & (byte != 0xB7); // but ÷
            upper[at] = if letter | byte.is_ascii_lowercase() { byte & !0x20 } else { byte };
            refused |= (before == 0xC3) & (byte | 0x20 == 0xBF); // ß and ÿ
            refused |= (before == 0xC2) & (byte == 0xB5); // µ
            refused |= WIDE & may_have_case(before, byte);
            top = top.max(byte);
        }
        if refused || (!WIDE && top > LATIN1_TOP) {
            break;
        }
        let good = BLOCK - cut_len(block);
        append(&upper, good, out);
        bytes = &bytes[good..];
        // What needs less than this pass is for one that is quicker.
        if top < if WIDE { LATIN1_TOP } else { 0x80 } {
            break;
        }
    }
    bytes
}

/// Whether `byte`, or `before` and `byte`, may begin a character beyond Latin-1 that has an upper case.
#[inline]
fn may_have_case(before: u8, byte: u8) -> bool {
    (LATIN1_TOP + 1..0xE0).contains(&byte) // U+0100–U+07FF
        | (byte == 0xE1) // U+1000–U+1FFF: Georgian, Cherokee, Vietnamese, old Greek …
        | (before == 0xE2) & (byte >= 0x84) // from U+2100 on, behind the punctuation: ⅷ ⓐ ⰰ ⲁ ⴀ
        | (before == 0xEA) & (0x99..0xB0).contains(&byte) // U+A640–U+ABFF: ꙁ ꜣ ꭰ
        | (before == 0xEF) & ((byte == 0xAC) | (byte == 0xBD)) // U+FB00–U+FB3F, U+FF40–U+FF7F: ﬁ ａ
        | (before == 0xF0) & (byte < 0x9F) // U+10000–U+1EFFF, before the emoji: 𐐨 𞤢
        | (byte > 0xF0) // no script, and not worth a look
}

/// Characters of one and two bytes: the other alphabets of Europe and of the Near East, and what Latin-1 refused.
///
/// Of two bytes side by side at most one begins a character of two bytes, so there is one look into the table for
/// both.
pub(super) fn two_bytes<'a>(mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    const PAIRS: usize = BLOCK / 2;
    let table = &*FLIPS;
    while let Some(block) = bytes.first_chunk::<BLOCK>() {
        let top = block.iter().fold(0, |top, &byte| byte.max(top));
        if top >= 0xE0 {
            break;
        }
        let even: [u16; PAIRS] = from_fn(|at| u16::from_le_bytes([block[2 * at], block[2 * at + 1]]));
        let odd: [u16; PAIRS] = from_fn(|at| u16::from_le_bytes([block[2 * at + 1], block[2 * at + 2]]));
        let numbers: [u16; PAIRS] = from_fn(|at| {
            let pair = if is_character(even[at]) { even[at] } else { odd[at] };
            if is_character(pair) { (pair & 0x1F) << 6 | pair >> 8 & 0x3F } else { 0 }
        });
        let found = numbers.map(|number| {
            let [first, second, ..] = table[usize::from(number % 0x800)];
            u16::from_le_bytes([first, second])
        });
        // A character at an odd place has its second byte in the next pair.
        let early: [u16; PAIRS] =
            from_fn(|at| if is_character(even[at]) { found[at] } else { found[at] << 8 });
        let late: [u16; PAIRS] = from_fn(|at| if is_character(even[at]) { 0 } else { found[at] >> 8 });
        let mut flips = [0; PAIRS + 1];
        flips[0] = early[0];
        for at in 1..PAIRS {
            flips[at] = early[at] | late[at - 1];
        }
        flips[PAIRS] = late[PAIRS - 1];
        let flips = flips.map(u16::to_le_bytes);
        let flips = flips.as_flattened();

        let (mut upper, mut all) = ([0; BLOCK], 0);
        for at in 0..BLOCK {
            upper[at] = block[at].to_ascii_uppercase() ^ flips[at];
            all |= flips[at];
        }
        let good = BLOCK - cut_len(block);
        if all < OTHERWISE {
            append(&upper, good, out);
        } else {
            let mut done = 0;
            for (at, character) in
                block[..good].windows(2).enumerate().filter(|&(at, _)| flips[at] >= OTHERWISE)
            {
                out.extend_from_slice(&upper[done..at]);
                str::from_utf8(character)
                    .into_iter()
                    .flat_map(str::chars)
                    .for_each(|c| uppercase_char(c, out));
                done = at + character.len();
            }
            out.extend_from_slice(&upper[done..good]);
        }
        bytes = &bytes[good..];
        if top <= LATIN1_TOP {
            break;
        }
    }
    bytes
}

/// Whether two bytes, the first in the lower bits, are of the form that a character of two bytes has.
///
/// `C0` and `C1` begin none, but would stand for ASCII, where the table has no flips.
#[inline]
fn is_character(pair: u16) -> bool {
    pair & 0xC0E0 == 0x80C0
}

/// How many bytes at the end of the block may be of a character that goes on behind it.
#[inline]
fn cut_len(block: &[u8; BLOCK]) -> usize {
    match *block {
        [.., 0xC0..=0xFF] => 1,
        [.., 0xE0..=0xFF, _] => 2,
        [.., 0xF0..=0xFF, _, _] => 3,
        _ => 0,
    }
}

/// Appends the first `good` bytes of a block: all of them, which takes no call since their number is known, and
/// then takes back what is too much.
#[inline]
fn append(block: &[u8; BLOCK], good: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(block);
    out.truncate(out.len() - (BLOCK - good));
}
