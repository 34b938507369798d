//! Uppercaser-casing, against the plain definition.

use proptest::collection::vec;
use proptest::prelude::*;
use upcase::text::uppercase::{Uppercaser, uppercase};

/// The definition: every character by the standard library's full mapping, every other byte as it is.
fn plain(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().flat_map(char::to_uppercase).collect::<String>().into_bytes());
        out.extend(chunk.invalid());
    }
    out
}

fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut upper, mut out) = (Uppercaser::default(), Vec::new());
    for piece in pieces {
        upper.push(piece, &mut out);
    }
    upper.finish(&mut out);
    out
}

/// Text, bytes that are no text, and text with single bytes of it lost, as a network path that damages might make it.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let awkward = "[a-zçãé ßﬁŉǰΐÿµıſİ\u{10d0}\u{10428}ω語🦀]{0,40}";
    prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        vec(any::<u8>(), 0..64),
        (awkward, any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let mut bytes = text.into_bytes();
            if !bytes.is_empty() {
                bytes.remove(at.index(bytes.len()));
            }
            bytes
        }),
    ]
}

#[test]
fn every_character_becomes_what_unicode_says() {
    for c in '\0'..=char::MAX {
        let text = String::from(c);
        assert_eq!(uppercase(text.as_bytes()), plain(text.as_bytes()), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn the_mapping_is_the_full_one_of_the_root_locale() {
    for (text, expected) in [
        ("mensagem de teste", "MENSAGEM DE TESTE"),
        ("ação", "AÇÃO"),
        ("straße ﬁ ŉ", "STRASSE FI ʼN"),
        ("ΐ ǰ և", "\u{399}\u{308}\u{301} J\u{30c} ԵՒ"),
        ("ίσος", "ΊΣΟΣ"),
        ("ıi", "II"),
        ("ÿ µ ſ", "Ÿ Μ S"),
        ("ⅷ ⓐ 𐐨 🦀 語", "Ⅷ Ⓐ 𐐀 🦀 語"),
    ] {
        assert_eq!(String::from_utf8(uppercase(text.as_bytes())).unwrap(), expected);
    }
}

#[test]
fn bytes_that_are_no_utf8_pass_and_leave_their_neighbours_alone() {
    for (bytes, expected) in [
        (&b"a\xffb"[..], &b"A\xffB"[..]),
        (b"\xc3a", b"\xc3A"),                 // a lead byte without its continuation
        (b"a\xa7b", b"A\xa7B"),               // a continuation byte alone
        (b"\xe2\x82a", b"\xe2\x82A"),         // two of three bytes
        (b"\xf0\x9f\xa6", b"\xf0\x9f\xa6"),   // three of four, and the end
        (b"\xc0\xafa", b"\xc0\xafA"),         // overlong
        (b"\xed\xa0\x80a", b"\xed\xa0\x80A"), // a surrogate
        (b"\xf4\x90\x80\x80a", b"\xf4\x90\x80\x80A"), // beyond U+10FFFF
    ] {
        assert_eq!(uppercase(bytes), expected);
        assert_eq!(in_pieces(bytes.chunks(1)), expected, "in single bytes");
    }
}

#[test]
fn a_finished_state_is_as_new() {
    let (mut upper, mut out) = (Uppercaser::default(), Vec::new());
    upper.push(b"a\xc3", &mut out);
    upper.finish(&mut out);
    upper.push(b"\xa7b", &mut out);
    upper.finish(&mut out);
    assert_eq!(out, b"A\xc3\xa7B", "the two halves are of two texts, and no ç");
}

/// Characters that a quick way might take for their neighbours, or for one of the same length.
///
/// More than one upper case; a longer one (2 bytes → 3) and a shorter one (3 → 2, 2 → 1); the ends of the ranges of
/// one, two, three and four bytes, and of the ranges that are looked up or taken for scripts without case.
const AWKWARD: &str = "azAZ@[`{\0\u{7f}\u{80}ßÿµ÷×àþÀÞªºĀāıſİŉǰΐςωϋёяЀաև\u{587}ȿɐɫɽⱥⱦẞﬁﬃ\
    \u{7ff}\u{800}ა\u{10ff}ᏽᾳῷẖửⅷ…€ⓐⰰⴀ\u{2fff}\
    \u{3000}語ꙁꜣꞌꭓꭰ가\u{d7ff}\u{e000}，ａ\u{ffff}\u{10000}𐐨𞤢\u{1efff}🦀\u{20000}\u{10ffff}";

/// Bytes that are no UTF-8: single ones of each kind, overlong forms of letters, characters that break off,
/// a surrogate, and what is beyond U+10FFFF.
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

/// Texts of one to four bytes a letter, each of which suits another of the quick ways.
const TEXTS: [&str; 6] = ["a", "ação ", "ξ", "ოa", "語", "🦀"];

/// More than the 65 bytes of a block: a text that is this long before and behind has any block's border in it.
const AROUND: usize = 70;

fn check(bytes: &[u8]) {
    let expected = plain(bytes);
    assert!(uppercase(bytes) == expected, "{}", bytes.escape_ascii());
}

/// Checks `what` amid `text`, behind as many bytes as each of `offsets` says.
fn check_amid(text: &str, what: &[u8], offsets: impl IntoIterator<Item = usize>) {
    let text = text.repeat(AROUND);
    for at in offsets.into_iter().filter(|&at| text.is_char_boundary(at)) {
        check(&[&text.as_bytes()[..at], what, &text.as_bytes()[..AROUND]].concat());
    }
}

#[test]
fn every_pair_of_awkward_characters_becomes_what_the_definition_says() {
    for first in AWKWARD.chars() {
        for second in AWKWARD.chars() {
            let pair = format!("{first}{second}");
            check(pair.as_bytes());
            check(pair.repeat(AROUND / pair.len() + 1).as_bytes());
        }
    }
}

#[test]
fn an_awkward_character_is_right_at_each_offset_across_the_borders_of_blocks() {
    for text in ["a", "ação é só "] {
        for c in AWKWARD.chars() {
            check_amid(text, c.to_string().as_bytes(), 0..2 * AROUND);
        }
    }
}

#[test]
fn each_character_that_has_an_upper_case_gets_it_amid_each_text() {
    for c in ('\0'..=char::MAX).filter(|c| !c.to_uppercase().eq([*c])) {
        for text in TEXTS {
            check_amid(text, c.to_string().as_bytes(), [0, 12, 60]);
        }
    }
}

#[test]
fn invalid_bytes_beside_an_awkward_character_pass_and_leave_it_alone() {
    for invalid in INVALID {
        for c in AWKWARD.chars() {
            let both_sides = [invalid, c.to_string().as_bytes(), invalid].concat();
            assert_eq!(
                in_pieces(both_sides.chunks(1)),
                plain(&both_sides),
                "{} in single bytes",
                both_sides.escape_ascii()
            );
            for text in TEXTS {
                check_amid(text, &both_sides, [12, 60]);
            }
        }
    }
}

#[test]
fn a_long_text_in_pieces_of_any_size_becomes_what_the_definition_says() {
    let text = [&TEXTS.map(|text| text.repeat(AROUND)).concat(), AWKWARD].concat();
    let bytes = [text.as_bytes(), &INVALID.concat(), text.as_bytes()].concat();
    let expected = plain(&bytes);
    for size in 1..2 * AROUND {
        assert!(in_pieces(bytes.chunks(size)) == expected, "in pieces of {size} bytes");
    }
}

#[test]
fn a_push_never_gives_a_part_of_a_character() {
    for text in TEXTS.map(|text| text.repeat(AROUND)) {
        for cut in 0..=AROUND {
            // Behind none to three letters, as a border of blocks can be at any byte of a character of four.
            for before in 0..4 {
                let bytes = ["a".repeat(before).as_bytes(), text.as_bytes()].concat();
                let (mut upper, mut out) = (Uppercaser::default(), Vec::new());
                upper.push(&bytes[..cut.min(bytes.len())], &mut out);
                assert!(str::from_utf8(&out).is_ok(), "after {cut} bytes: {}", out.escape_ascii());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_become_what_the_definition_says(bytes in any_bytes()) {
        prop_assert_eq!(uppercase(&bytes), plain(&bytes));
    }

    #[test]
    fn any_split_into_pieces_gives_the_same(bytes in any_bytes(), sizes in vec(1..9_usize, 1..20)) {
        let mut rest = &bytes[..];
        let pieces = sizes.iter().cycle().map_while(|&size| {
            let piece;
            (piece, rest) = rest.split_at(size.min(rest.len()));
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(in_pieces(pieces), plain(&bytes));
    }
}
