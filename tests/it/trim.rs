//! Taking white space off a message, in one piece and in many.

use proptest::collection::vec;
use proptest::prelude::*;
use upcase::text::trim::{HELD_MAX, Trimmer, are_trimmed, trim};

fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, last: &[u8]) -> Vec<u8> {
    let (mut strip, mut out) = (Trimmer::default(), Vec::new());
    for piece in pieces {
        strip.push(piece, |text| out.extend_from_slice(text));
    }
    strip.finish(last, |text| out.extend_from_slice(text));
    out
}

#[test]
fn white_space_is_what_pythons_strip_takes_off() {
    assert_eq!(trim(b" \t\n\r\x0b\x0ca b\x0c\x0b\r\n\t "), b"a b");
    assert_eq!(trim(b" \x0b "), b"");
    for other in [b'\0', 0x1c, 0x1f, 0x85, 0xa0] {
        assert_eq!(trim(&[other]), [other], "{other:#x}");
    }
}

#[test]
fn white_space_inside_a_message_stays_however_it_is_split() {
    assert_eq!(in_pieces([&b"a"[..], b" ", b"\n", b"b ", b" "], b" "), b"a \nb");
}

#[test]
fn a_run_that_is_too_long_to_hold_is_passed_on() {
    let held = vec![b' '; HELD_MAX];
    assert_eq!(in_pieces([&b"a"[..], &held], b""), b"a");
    assert_eq!(in_pieces([&b"a"[..], &held, b" "], b" ").len(), 1 + HELD_MAX + 1);
}

#[test]
fn white_space_before_a_message_is_never_held() {
    let blanks = vec![b' '; 2 * HELD_MAX];
    assert_eq!(in_pieces([&blanks[..], b"a"], b""), b"a");
}

proptest! {
    #[test]
    fn lines_are_stripped_where_nothing_would_be_taken_off(lines in "([a \r\x0b]{0,3}(a{200}[a ]{0,2})?\n){0,5}") {
        let each = lines.split_terminator('\n').all(|line| trim(line.as_bytes()) == line.as_bytes());
        prop_assert_eq!(are_trimmed(lines.as_bytes()), each);
    }

    #[test]
    fn any_split_into_pieces_gives_the_same(pieces in vec("[a \n\r\x0b]{0,4}", 1..12)) {
        let whole = pieces.concat();
        let (last, first) = pieces.split_last().unwrap();
        let stripped = in_pieces(first.iter().map(String::as_bytes), last.as_bytes());
        prop_assert_eq!(stripped, trim(whole.as_bytes()));
    }
}
