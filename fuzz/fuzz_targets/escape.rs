//! Fuzzes the escaping with any bytes, and compares the result with Unicode's own tables (ICU's, which the program
//! does not use).
//!
//! Every harmless character shows unchanged, and every other one as its escape, in the same order. The exceptions are
//! the layout of several lines, and the joiners and selectors of emoji.

#![no_main]

use icu_properties::props::{
    BidiControl, DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use libfuzzer_sys::fuzz_target;
use upcase::internals::{escape_line, escape_lines, json_line};

const EMOJI_SELECTOR: char = '\u{fe0f}';
const JOINER: char = '\u{200d}';

fuzz_target!(|bytes: &[u8]| {
    check(bytes, &escape_line(bytes).to_string(), |_, _| false);
    check(bytes, &escape_lines(bytes).to_string(), |c, next| match c {
        '\n' | '\t' => true,
        '\r' => next == Some('\n'),
        _ => false,
    });
    check_json(&String::from_utf8_lossy(bytes));
});

/// Compares `shown` with `bytes`, character by character.
fn check(bytes: &[u8], shown: &str, is_layout: fn(char, Option<char>) -> bool) {
    let mut rest = shown;
    for chunk in bytes.utf8_chunks() {
        let mut chars = chunk.valid().chars().peekable();
        // The character before, unless it was escaped.
        let mut previous = None;
        while let Some(c) = chars.next() {
            let unchanged = rest.strip_prefix(c);
            let escaped = rest.strip_prefix(&escape(c));
            let is_allowed = !is_harmful(c) || is_layout(c, chars.peek().copied());
            let expected = if is_allowed || continues_emoji(previous, c, is_pictograph) {
                unchanged
            } else if continues_emoji(previous, c, is_symbol) {
                // The program allows whole blocks, which hold other symbols beside the pictographs.
                unchanged.or(escaped)
            } else {
                escaped
            };
            previous = unchanged.and(Some(c));
            rest = expected.unwrap_or_else(|| {
                panic!("U+{:04X} of {bytes:x?} is shown wrongly in {shown:?}", u32::from(c))
            });
        }
        for byte in chunk.invalid() {
            rest = rest
                .strip_prefix(&format!("\\x{byte:02x}"))
                .expect("an invalid byte is shown in hexadecimal");
        }
    }
    assert_eq!(rest, "", "more is shown than was given");
}

fn check_json(text: &str) {
    let line = json_line(&text);
    let json = line.strip_suffix('\n').expect("the JSON is a line");
    let harmful = json.chars().find(|&c| is_harmful(c));
    assert_eq!(harmful, None, "{json:?} contains it unescaped");
    assert_eq!(serde_json::from_str::<String>(json).expect("the line is JSON"), text);
}

fn escape(c: char) -> String {
    match c {
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        c => format!("\\u{{{:x}}}", u32::from(c)),
    }
}

/// Returns true if `c` acts on a terminal or on the text around it, or is not visible.
fn is_harmful(c: char) -> bool {
    match category(c) {
        GeneralCategory::Control | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
            true
        }
        GeneralCategory::Format => !is_visible_format(c),
        _ => {
            CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
                || CodePointSetData::new::<BidiControl>().contains(c)
        }
    }
}

/// Returns true for the visible format characters: Unicode's `Prepended_Concatenation_Mark`, and the similar Syriac
/// abbreviation mark.
fn is_visible_format(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{110bd}'
        | '\u{110cd}')
}

/// Returns true if `c` is a selector or a joiner after a pictograph, or a joiner after the selector of a pictograph.
fn continues_emoji(previous: Option<char>, c: char, is_pictograph: fn(char) -> bool) -> bool {
    let is_after_pictograph = previous.is_some_and(is_pictograph);
    match c {
        EMOJI_SELECTOR => is_after_pictograph,
        JOINER => is_after_pictograph || previous == Some(EMOJI_SELECTOR),
        _ => false,
    }
}

fn is_pictograph(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Returns true if `c` is neither ASCII nor part of a word nor white space: emoji, and the characters that surround
/// them in Unicode.
fn is_symbol(c: char) -> bool {
    let group = GeneralCategoryGroup::Symbol
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Unassigned);
    !c.is_ascii() && !is_harmful(c) && (group.contains(category(c)) || is_pictograph(c))
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}
