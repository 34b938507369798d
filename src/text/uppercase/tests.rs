//! Upper-casing in blocks and in pieces gives the same bytes as the standard library's mapping of each character.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Uppercaser, uppercase};

/// The expected result: the standard library's mapping of each character, and every other byte unchanged.
fn expected(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().flat_map(char::to_uppercase).collect::<String>().into_bytes());
        out.extend(chunk.invalid());
    }
    out
}

fn uppercase_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut uppercaser, mut out) = (Uppercaser::default(), Vec::new());
    for piece in pieces {
        uppercaser.push(piece, &mut out);
    }
    uppercaser.finish(&mut out);
    out
}

/// Valid text, arbitrary bytes, and valid text from which one byte is missing.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let tricky = "[a-zçãé ßﬁŉǰΐÿµıſİ\u{10d0}\u{10428}ω語🦀]{0,40}";
    prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        vec(any::<u8>(), 0..64),
        (tricky, any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let mut bytes = text.into_bytes();
            if !bytes.is_empty() {
                bytes.remove(at.index(bytes.len()));
            }
            bytes
        }),
    ]
}

#[test]
fn every_character_equals_the_standard_mapping() {
    for c in '\0'..=char::MAX {
        let text = String::from(c);
        assert_eq!(uppercase(text.as_bytes()), expected(text.as_bytes()), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn mapping_is_the_full_one_of_the_root_locale() {
    for (text, upper) in [
        ("mensagem de teste", "MENSAGEM DE TESTE"),
        ("ação", "AÇÃO"),
        ("straße ﬁ ŉ", "STRASSE FI ʼN"),
        ("ΐ ǰ և", "\u{399}\u{308}\u{301} J\u{30c} ԵՒ"),
        ("ίσος", "ΊΣΟΣ"),
        ("ıi", "II"),
        ("ÿ µ ſ", "Ÿ Μ S"),
        ("ⅷ ⓐ 𐐨 🦀 語", "Ⅷ Ⓐ 𐐀 🦀 語"),
    ] {
        assert_eq!(String::from_utf8(uppercase(text.as_bytes())).unwrap(), upper);
    }
}

#[test]
fn invalid_bytes_pass_unchanged_beside_upper_case() {
    for (bytes, upper) in [
        (&b"a\xffb"[..], &b"A\xffB"[..]),
        (b"\xc3a", b"\xc3A"),                         // the first of two bytes
        (b"a\xa7b", b"A\xa7B"),                       // a continuation byte without a first byte
        (b"\xe2\x82a", b"\xe2\x82A"),                 // two of three bytes
        (b"\xf0\x9f\xa6", b"\xf0\x9f\xa6"),           // three of four bytes at the end
        (b"\xc0\xafa", b"\xc0\xafA"),                 // an overlong form
        (b"\xed\xa0\x80a", b"\xed\xa0\x80A"),         // a surrogate
        (b"\xf4\x90\x80\x80a", b"\xf4\x90\x80\x80A"), // above U+10FFFF
    ] {
        assert_eq!(uppercase(bytes), upper);
        assert_eq!(uppercase_pieces(bytes.chunks(1)), upper, "in single bytes");
    }
}

#[test]
fn finish_resets_the_uppercaser() {
    let (mut uppercaser, mut out) = (Uppercaser::default(), Vec::new());
    uppercaser.push(b"a\xc3", &mut out);
    uppercaser.finish(&mut out);
    uppercaser.push(b"\xa7b", &mut out);
    uppercaser.finish(&mut out);
    assert_eq!(out, b"A\xc3\xa7B", "bytes of two texts do not form a character");
}

/// Characters that a pass over blocks could confuse with others.
///
/// Their upper case has several characters, or is longer (2 bytes → 3) or shorter (3 → 2, 2 → 1); or they are the
/// first or last of a range: of characters of one, two, three and four bytes, of the table, of scripts without case.
const TRICKY: &str = "azAZ@[`{\0\u{7f}\u{80}ßÿµ÷×àþÀÞªºĀāıſİŉǰΐςωϋёяЀաև\u{587}ȿɐɫɽⱥⱦẞﬁﬃ\
    \u{7ff}\u{800}ა\u{10ff}ᏽᾳῷẖửⅷ…€ⓐⰰⴀ\u{2fff}\
    \u{3000}語ꙁꜣꞌꭓꭰ가\u{d7ff}\u{e000}，ａ\u{ffff}\u{10000}𐐨𞤢\u{1efff}🦀\u{20000}\u{10ffff}";

/// Bytes that are not valid UTF-8: single bytes of each kind, overlong forms of letters, incomplete characters,
/// a surrogate, and a character above U+10FFFF.
const INVALID: [&[u8]; 17] = [
    b"\x80",
    b"\xa7",
    b"\xbf",
    b"\xc0",
    b"\xc1\xa1",
    b"\xc2",
    b"\xc3",
    b"\xce",
    b"\xe0\x81\xa1",
    b"\xe0\x8e\xb1",
    b"\xe1\x83",
    b"\xed\xa0\x80",
    b"\xf0\x90\x90",
    b"\xf0\x83\x8e\xb1",
    b"\xf0\x9f",
    b"\xf4\x90\x80\x80",
    b"\xff",
];

/// Texts in characters of one to four bytes. Each suits another pass over blocks.
const TEXTS: [&str; 6] = ["a", "ação ", "ξ", "ოa", "語", "🦀"];

/// More bytes than a block has: text of this length before and after some bytes moves them over a block's border.
const AROUND: usize = 70;

fn check(bytes: &[u8]) {
    assert!(uppercase(bytes) == expected(bytes), "{}", bytes.escape_ascii());
}

/// Checks `bytes` within `text`, at each of `offsets`.
fn check_within(text: &str, bytes: &[u8], offsets: impl IntoIterator<Item = usize>) {
    let text = text.repeat(AROUND);
    for at in offsets.into_iter().filter(|&at| text.is_char_boundary(at)) {
        check(&[&text.as_bytes()[..at], bytes, &text.as_bytes()[..AROUND]].concat());
    }
}

#[test]
fn every_pair_of_tricky_characters_equals_the_standard_mapping() {
    for first in TRICKY.chars() {
        for second in TRICKY.chars() {
            let pair = format!("{first}{second}");
            check(pair.as_bytes());
            check(pair.repeat(AROUND / pair.len() + 1).as_bytes());
        }
    }
}

#[test]
fn tricky_characters_are_converted_at_every_offset_in_a_block() {
    for text in ["a", "ação é só "] {
        for c in TRICKY.chars() {
            check_within(text, c.to_string().as_bytes(), 0..2 * AROUND);
        }
    }
}

#[test]
fn every_cased_character_is_converted_within_every_script() {
    for c in ('\0'..=char::MAX).filter(|c| !c.to_uppercase().eq([*c])) {
        for text in TEXTS {
            check_within(text, c.to_string().as_bytes(), [0, 12, 60]);
        }
    }
}

#[test]
fn invalid_bytes_pass_unchanged_beside_tricky_characters() {
    for invalid in INVALID {
        for c in TRICKY.chars() {
            let both_sides = [invalid, c.to_string().as_bytes(), invalid].concat();
            assert_eq!(
                uppercase_pieces(both_sides.chunks(1)),
                expected(&both_sides),
                "{} in single bytes",
                both_sides.escape_ascii()
            );
            for text in TEXTS {
                check_within(text, &both_sides, [12, 60]);
            }
        }
    }
}

#[test]
fn long_text_in_pieces_of_any_size_equals_the_standard_mapping() {
    let text = [&TEXTS.map(|text| text.repeat(AROUND)).concat(), TRICKY].concat();
    let bytes = [text.as_bytes(), &INVALID.concat(), text.as_bytes()].concat();
    let whole = expected(&bytes);
    for size in 1..2 * AROUND {
        assert!(uppercase_pieces(bytes.chunks(size)) == whole, "in pieces of {size} bytes");
    }
}

#[test]
fn push_never_appends_a_part_of_a_character() {
    for text in TEXTS.map(|text| text.repeat(AROUND)) {
        for cut in 0..=AROUND {
            // The letters move a block's border to each byte of a character of four bytes.
            for before in 0..4 {
                let bytes = ["a".repeat(before).as_bytes(), text.as_bytes()].concat();
                let (mut uppercaser, mut out) = (Uppercaser::default(), Vec::new());
                uppercaser.push(&bytes[..cut.min(bytes.len())], &mut out);
                assert!(str::from_utf8(&out).is_ok(), "after {cut} bytes: {}", out.escape_ascii());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_equal_the_standard_mapping(bytes in any_bytes()) {
        prop_assert_eq!(uppercase(&bytes), expected(&bytes));
    }

    #[test]
    fn any_pieces_equal_the_whole(bytes in any_bytes(), sizes in vec(1..9_usize, 1..20)) {
        let mut rest = &bytes[..];
        let pieces = sizes.iter().cycle().map_while(|&size| {
            let piece;
            (piece, rest) = rest.split_at(size.min(rest.len()));
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(uppercase_pieces(pieces), expected(&bytes));
    }
}
