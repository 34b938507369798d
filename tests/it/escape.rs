//! What a peer sends can't act on the terminal that shows it: each attack has a test of its name.

use upcase::escape::{escape_line, escape_lines, json_line};

#[track_caller]
fn shows(text: &str, expected: &str) {
    assert_eq!(escape_line(text.as_bytes()).to_string(), expected);
}

#[test]
fn plain_text_accents_ideographs_and_emoji_show_as_they_are() {
    for text in [
        "mensagem de teste",
        "ação \\ \"aspas\"",
        "e\u{301} combining",
        "語 \u{3000} 한국어",
        "🦀 👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}\u{200d}🔥 👍🏽 🇧🇷 1\u{fe0f}\u{20e3}",
        "葛\u{e0100}",
    ] {
        shows(text, text);
    }
}

#[test]
fn an_escape_sequence_does_not_move_the_cursor() {
    shows("\x1b[2J\x1b[H", "\\u{1b}[2J\\u{1b}[H");
}

#[test]
fn a_control_sequence_in_one_character_does_nothing() {
    shows("\u{9b}2J", "\\u{9b}2J");
}

#[test]
fn the_windows_title_stays() {
    shows("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}");
}

#[test]
fn a_line_break_does_not_forge_a_record() {
    shows("a\nRecebido de 10.0.0.1:\nb", "a\\nRecebido de 10.0.0.1:\\nb");
    shows("a\u{2028}b\u{2029}c\u{85}d\x0be\x0cf", "a\\u{2028}b\\u{2029}c\\u{85}d\\u{b}e\\u{c}f");
}

#[test]
fn a_carriage_return_does_not_overwrite_the_line() {
    shows("good\rbad", "good\\rbad");
    assert_eq!(escape_lines(b"good\rbad").to_string(), "good\\rbad");
}

#[test]
fn a_backspace_or_a_delete_does_not_take_back_what_is_shown() {
    shows("a\x08\x7f", "a\\u{8}\\u{7f}");
}

#[test]
fn a_bidi_control_does_not_turn_the_text_round() {
    shows("a\u{202e}b\u{2066}c\u{200f}d\u{61c}", "a\\u{202e}b\\u{2066}c\\u{200f}d\\u{61c}");
}

#[test]
fn what_has_no_width_is_seen() {
    shows(
        "a\u{200b}b\u{200c}c\u{200d}d\u{feff}e\u{ad}f",
        "a\\u{200b}b\\u{200c}c\\u{200d}d\\u{feff}e\\u{ad}f",
    );
    shows("a\u{3164}\u{115f}", "a\\u{3164}\\u{115f}");
    shows("a\u{fff9}b\u{fffb}\u{13430}", "a\\u{fff9}b\\u{fffb}\\u{13430}");
    shows("a\u{e0041}\u{fe0f}", "a\\u{e0041}\\u{fe0f}");
}

#[test]
fn a_joiner_stays_only_between_two_pictographs() {
    shows("🦀\u{200d}", "🦀\\u{200d}");
    shows("\u{200d}🦀", "\\u{200d}🦀");
    shows("🦀\u{200d}a", "🦀\\u{200d}a");
    shows("a\u{fe0f}\u{200d}🦀", "a\\u{fe0f}\\u{200d}🦀");
    shows("1\u{fe0f}\u{200d}🦀", "1\u{fe0f}\\u{200d}🦀");
}

#[test]
fn bytes_that_are_no_utf8_show_as_hexadecimal() {
    assert_eq!(escape_line(b"a\xff\xc3\xe2\x82b").to_string(), "a\\xff\\xc3\\xe2\\x82b");
}

#[test]
fn line_breaks_and_tabs_of_a_reply_stay() {
    assert_eq!(escape_lines(b"a\tb\nc\r\nd\x1b\r").to_string(), "a\tb\nc\r\nd\\u{1b}\\r");
}

#[test]
fn every_character_is_harmless_in_json_and_means_the_same() {
    for c in '\0'..=char::MAX {
        let text = String::from(c);
        let line = json_line(&text);
        let json = line.strip_suffix('\n').expect("one line");
        assert!(!json.contains('\n'), "U+{:04X}", u32::from(c));
        assert_eq!(serde_json::from_str::<String>(json).unwrap(), text);
        // What is not escaped in JSON is what needs no escape on a line of text; both know the same attacks.
        if json.contains(c) && !"\"\\".contains(c) {
            assert_eq!(escape_line(text.as_bytes()).to_string(), text, "U+{:04X}", u32::from(c));
        }
    }
}
