//! Upper-casing of whole blocks of bytes, the fast path of [`super::uppercase_into`].
//!
//! A processor's vector (SIMD) instructions work on 16 or more bytes at once, but cannot branch for a single byte. So
//! the functions here do not look for one character after the other. For each byte of a block they compute, from the
//! byte and its neighbours alone, the byte of the upper case, and a flag that says that this pass does not know the
//! character. The flags of all bytes are combined and checked once, after the block: a pass converts a whole block or
//! nothing of it. The compiler turns such loops into vector instructions.
//!
//! No pass validates UTF-8. A byte is changed only if it and the byte before or after it have the form of a character
//! of two bytes. In valid UTF-8 only such characters have this form, and the two bytes are a character also between
//! bytes that are not valid.
//!
//! Measured speed on texts of 16 KiB, as a multiple of other ways:
//!
//! | text | of [`str::to_uppercase`] | of [`super::uppercase_chars`] alone |
//! | --- | --- | --- |
//! | Portuguese | 20 | 6 |
//! | Greek, Cyrillic | 11 | 3 |
//! | Chinese, Japanese | 9 | 15 |
//! | German | 7 | 2 |
//! | Armenian | 4 | 1.2 |
//! | Georgian, Vietnamese: no pass knows them | 2 | 0.75 |
//!
//! A message of 17 bytes is twice as fast as by [`super::uppercase_chars`] if it is ASCII.

#![expect(
    clippy::needless_bitwise_bool,
    reason = "`||` and `&&` branch, and a loop with branches is not turned into vector instructions"
)]

use std::array::from_fn;

use super::table::{SPECIAL, XOR_TABLE};

/// 64 bytes are four vectors of 16 bytes. The one byte before them is the left neighbour of the first.
pub(super) const BLOCK_LEN: usize = 1 + 64;

/// ASCII needs no neighbour. Blocks of 128 bytes were measured an eighth faster than 64, and 256 no faster.
const ASCII_BLOCK_LEN: usize = 128;

/// The largest byte in the UTF-8 form of ASCII and Latin-1: U+00FF is `C3 BF`.
const LATIN1_MAX: u8 = 0xC3;

/// The largest byte in the UTF-8 form of characters of one and two bytes: U+07FF is `DF BF`.
const TWO_BYTES_MAX: u8 = 0xDF;

type Block = [u8; BLOCK_LEN];

/// A block in upper case.
struct Uppercased {
    bytes: Block,
    /// The largest byte before the conversion.
    max: u8,
}

/// Converts bytes from the front of `bytes` by the first pass that can, appends their upper case to `out`, and
/// returns the rest. Returns `None` if no pass can.
pub(super) fn uppercase_blocks<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let passes = [pass_ascii, pass_latin1, pass_two_bytes, pass_without_case];
    passes.iter().map(|pass| pass(bytes, out)).find(|rest| rest.len() < bytes.len())
}

/// Converts ASCII, in blocks, or all of `bytes` if they are shorter than a block.
fn pass_ascii<'a>(mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while let Some((block, rest)) = bytes.split_first_chunk::<ASCII_BLOCK_LEN>()
        && block.is_ascii()
    {
        out.extend_from_slice(&block.map(|byte| byte.to_ascii_uppercase()));
        bytes = rest;
    }
    if bytes.len() < BLOCK_LEN && bytes.is_ascii() {
        let start = out.len();
        out.extend_from_slice(bytes);
        out[start..].make_ascii_uppercase();
        return &[];
    }
    bytes
}

/// Converts ASCII and Latin-1: the languages of western Europe.
fn pass_latin1<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    convert_blocks(bytes, out, 0x80, uppercase_latin1::<false>)
}

/// Converts all characters of one and two bytes: Greek, Cyrillic, Armenian, and the other Latin letters of Europe.
fn pass_two_bytes<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    convert_blocks(bytes, out, LATIN1_MAX + 1, uppercase_two_bytes)
}

/// Converts ASCII and Latin-1 beside characters that have no case: the scripts of East and South Asia, punctuation,
/// emoji.
fn pass_without_case<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    convert_blocks(bytes, out, LATIN1_MAX + 1, uppercase_latin1::<true>)
}

/// Converts blocks from the front of `bytes` as long as `convert` returns their upper case, and returns the rest.
///
/// A block without any byte of `min` or above is the last: what follows may suit a faster pass.
#[inline]
fn convert_blocks<'a>(
    mut bytes: &'a [u8],
    out: &mut Vec<u8>,
    min: u8,
    convert: impl Fn(&Block) -> Option<Uppercased>,
) -> &'a [u8] {
    while let Some(block) = bytes.first_chunk()
        && let Some(upper) = convert(block)
    {
        // The next block begins with the character that this block cuts.
        let len = BLOCK_LEN - incomplete_len(block);
        append(&upper.bytes, len, out);
        bytes = &bytes[len..];
        if upper.max < min {
            break;
        }
    }
    bytes
}

/// Returns the upper case of a block of ASCII and Latin-1 and, if `WITHOUT_CASE`, of characters that have no case.
/// Returns `None` if the block has other characters, or `ß`, `ÿ` or `µ`, whose upper case is not in Latin-1.
///
/// The upper case of an ASCII letter differs from the letter in one bit, 0x20. The same bit of the second byte
/// differs in a Latin-1 letter: `ç` is `C3 A7`, and `Ç` is `C3 87`.
#[inline]
fn uppercase_latin1<const WITHOUT_CASE: bool>(block: &Block) -> Option<Uppercased> {
    let mut upper = [0; BLOCK_LEN];
    upper[0] = block[0].to_ascii_uppercase();
    let mut max = block[0];
    let mut has_others = WITHOUT_CASE && may_have_case(0, block[0]);
    for at in 1..BLOCK_LEN {
        let (previous, byte) = (block[at - 1], block[at]);
        let is_letter = (previous == 0xC3) & (byte & 0xC0 == 0x80) & (byte != 0xB7); // `C3 B7` is ÷
        upper[at] = if is_letter | byte.is_ascii_lowercase() { byte & !0x20 } else { byte };
        max = max.max(byte);
        has_others |= (previous == 0xC3) & (byte | 0x20 == 0xBF); // `C3 9F` is ß, and `C3 BF` is ÿ
        has_others |= (previous == 0xC2) & (byte == 0xB5); // `C2 B5` is µ
        has_others |= WITHOUT_CASE & may_have_case(previous, byte);
    }
    has_others |= !WITHOUT_CASE & (max > LATIN1_MAX);
    (!has_others).then_some(Uppercased { bytes: upper, max })
}

/// Returns true if `byte`, or `previous` and `byte`, may begin a character above Latin-1 that has an upper case.
#[inline]
fn may_have_case(previous: u8, byte: u8) -> bool {
    (LATIN1_MAX + 1..=TWO_BYTES_MAX).contains(&byte) // U+0100–U+07FF
        | (byte == 0xE1) // U+1000–U+1FFF: Georgian, Cherokee, Vietnamese, ancient Greek …
        | (previous == 0xE2) & (byte >= 0x84) // U+2100–U+2FFF, above the punctuation: ⅷ ⓐ ⰰ ⲁ ⴀ
        | (previous == 0xEA) & (0x99..0xB0).contains(&byte) // U+A640–U+ABFF: ꙁ ꜣ ꭰ
        | (previous == 0xEF) & ((byte == 0xAC) | (byte == 0xBD)) // U+FB00–U+FB3F, U+FF40–U+FF7F: ﬁ ａ
        | (previous == 0xF0) & (byte < 0x9F) // U+10000–U+1EFFF, below the emoji: 𐐨 𞤢
        | (byte > 0xF0) // from U+40000 on: no script
}

/// Returns the upper case of a block of characters of one and two bytes.
/// Returns `None` if the block has longer characters, or one whose upper case is [`SPECIAL`].
///
/// The block is looked at as pairs of bytes. The even pairs begin at bytes 0, 2, 4 …, the odd pairs at 1, 3, 5 …. Of
/// an even pair and the odd pair one byte later, at most one is a character of two bytes, so that one look into the
/// table is enough for both.
#[inline]
fn uppercase_two_bytes(block: &Block) -> Option<Uppercased> {
    const PAIRS: usize = BLOCK_LEN / 2;
    let max = block.iter().fold(0, |max, &byte| byte.max(max));
    if max > TWO_BYTES_MAX {
        return None;
    }
    let even: [u16; PAIRS] = from_fn(|at| u16::from_le_bytes([block[2 * at], block[2 * at + 1]]));
    let odd: [u16; PAIRS] = from_fn(|at| u16::from_le_bytes([block[2 * at + 1], block[2 * at + 2]]));
    let code_points: [u16; PAIRS] = from_fn(|at| {
        let pair = if is_two_byte_char(even[at]) { even[at] } else { odd[at] };
        // Nothing differs in the upper case of U+0000.
        if is_two_byte_char(pair) { (pair & 0x1F) << 6 | pair >> 8 & 0x3F } else { 0 }
    });
    let table = &*XOR_TABLE;
    let bits = code_points.map(|code_point| {
        let [first, second, ..] = table[usize::from(code_point % 0x800)];
        u16::from_le_bytes([first, second])
    });

    // The second byte of an odd pair is the first byte of the next even pair.
    let bits_here: [u16; PAIRS] =
        from_fn(|at| if is_two_byte_char(even[at]) { bits[at] } else { bits[at] << 8 });
    let bits_next: [u16; PAIRS] = from_fn(|at| if is_two_byte_char(even[at]) { 0 } else { bits[at] >> 8 });
    let mut xor = [0; PAIRS + 1];
    xor[0] = bits_here[0];
    for at in 1..PAIRS {
        xor[at] = bits_here[at] | bits_next[at - 1];
    }
    xor[PAIRS] = bits_next[PAIRS - 1];
    let xor = xor.map(u16::to_le_bytes);
    let xor = xor.as_flattened();

    let (mut upper, mut all_bits) = ([0; BLOCK_LEN], 0);
    for at in 0..BLOCK_LEN {
        upper[at] = block[at].to_ascii_uppercase() ^ xor[at];
        all_bits |= xor[at];
    }
    (all_bits < SPECIAL).then_some(Uppercased { bytes: upper, max })
}

/// Returns true if two bytes, the first in the lower bits, have the form of a character of two bytes.
///
/// `C0` and `C1` have the form too, and begin no valid character. They would stand for ASCII, for which the table has
/// no bits, so that they stay unchanged.
#[inline]
fn is_two_byte_char(pair: u16) -> bool {
    pair & 0xC0E0 == 0x80C0
}

/// Returns how many bytes at the end of a block may belong to a character that the next block completes.
///
/// This is faster than [`super::incomplete_len`], because bytes that are not valid UTF-8 may be counted too: they are
/// only moved to the next block.
#[inline]
fn incomplete_len(block: &Block) -> usize {
    match *block {
        [.., 0xC0..=0xFF] => 1,
        [.., 0xE0..=0xFF, _] => 2,
        [.., 0xF0..=0xFF, _, _] => 3,
        _ => 0,
    }
}

/// Appends the first `len` bytes of a block to `out`.
///
/// To copy a whole block and to take back the last bytes is faster than to copy a number of bytes that is not known
/// at compile time.
#[inline]
fn append(block: &Block, len: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(block);
    out.truncate(out.len() - (BLOCK_LEN - len));
}
