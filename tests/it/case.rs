//! Upper-casing, against the plain definition.

use proptest::collection::vec;
use proptest::prelude::*;
use upcase::case::{Upper, upper};

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
    let (mut upper, mut out) = (Upper::default(), Vec::new());
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
        assert_eq!(upper(text.as_bytes()), plain(text.as_bytes()), "U+{:04X}", u32::from(c));
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
        assert_eq!(String::from_utf8(upper(text.as_bytes())).unwrap(), expected);
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
        assert_eq!(upper(bytes), expected);
        assert_eq!(in_pieces(bytes.chunks(1)), expected, "in single bytes");
    }
}

#[test]
fn a_finished_state_is_as_new() {
    let (mut upper, mut out) = (Upper::default(), Vec::new());
    upper.push(b"a\xc3", &mut out);
    upper.finish(&mut out);
    upper.push(b"\xa7b", &mut out);
    upper.finish(&mut out);
    assert_eq!(out, b"A\xc3\xa7B", "the two halves are of two texts, and no ç");
}

proptest! {
    #[test]
    fn any_bytes_become_what_the_definition_says(bytes in any_bytes()) {
        prop_assert_eq!(upper(&bytes), plain(&bytes));
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
