//! The escaping, for any bytes, against Unicode's own tables (ICU's, which the program does not use).
//!
//! Everything harmless is shown as it is, everything else as its escape, in order and whole; the only exceptions
//! are the layout of several lines, and what makes an emoji or an ideograph out of several characters.

#![no_main]

use icu_properties::props::{
    BidiControl, DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
    VariationSelector,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use libfuzzer_sys::fuzz_target;
use upcase::escape::{escape_line, escape_lines, json_line};

fuzz_target!(|bytes: &[u8]| {
    check(bytes, &escape_line(bytes).to_string(), |_, _| false);
    check(bytes, &escape_lines(bytes).to_string(), |c, after| match c {
        '\n' | '\t' => true,
        '\r' => after == Some('\n'),
        _ => false,
    });
    check_json(&String::from_utf8_lossy(bytes));
});

/// Reads `shown` along with the text that it shows.
fn check(bytes: &[u8], shown: &str, is_layout: fn(char, Option<char>) -> bool) {
    let mut rest = shown;
    for chunk in bytes.utf8_chunks() {
        let text: Vec<char> = chunk.valid().chars().collect();
        for (at, &c) in text.iter().enumerate() {
            let after = text.get(at + 1).copied();
            let as_it_is = rest.strip_prefix(c);
            let escaped = rest.strip_prefix(&escape(c));
            rest = if !is_harmful(c) || is_layout(c, after) {
                as_it_is
            } else if may_belong_to_symbol(&text[..at], c, after) {
                as_it_is.or(escaped)
            } else {
                escaped
            }
            .unwrap_or_else(|| panic!("U+{:04X} of {bytes:x?} shows wrong in {shown:?}", u32::from(c)));
        }
        for byte in chunk.invalid() {
            rest = rest.strip_prefix(&format!("\\x{byte:02x}")).expect("a byte shows in hexadecimal");
        }
    }
    assert_eq!(rest, "", "more is shown than there is");
}

fn check_json(text: &str) {
    let line = json_line(&text);
    let json = line.strip_suffix('\n').expect("it is a line");
    let harmful = json.chars().find(|&c| is_harmful(c));
    assert_eq!(harmful, None, "{json:?} holds it raw");
    assert_eq!(serde_json::from_str::<String>(json).expect("it is JSON"), text);
}

fn escape(c: char) -> String {
    match c {
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        c => format!("\\u{{{:x}}}", u32::from(c)),
    }
}

/// Whether `c` acts on a terminal or on the text around it, or is not seen.
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

/// The format characters that are seen: Unicode's `Prepended_Concatenation_Mark`, and the Syriac one that is like
/// them.
fn is_visible_format(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{110bd}'
        | '\u{110cd}')
}

/// Whether a harmful `c` may show as it is: a variation selector behind what can vary, or a joiner between two
/// symbols.
fn may_belong_to_symbol(before: &[char], c: char, after: Option<char>) -> bool {
    let Some((&last, earlier)) = before.split_last() else { return false };
    if CodePointSetData::new::<VariationSelector>().contains(c) {
        return can_vary(last);
    }
    // A selector belongs to the symbol before it.
    let symbol = if last == '\u{fe0f}' { earlier.last().copied() } else { Some(last) };
    c == '\u{200d}' && symbol.is_some_and(is_symbol) && after.is_some_and(is_symbol)
}

fn can_vary(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() || "#*".contains(c) } else { !is_harmful(c) }
}

/// Whether `c` is not part of a word, nor white space: emoji, and what surrounds them in Unicode.
fn is_symbol(c: char) -> bool {
    let group = GeneralCategoryGroup::Symbol
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Unassigned);
    !c.is_ascii()
        && !is_harmful(c)
        && (group.contains(category(c)) || CodePointSetData::new::<ExtendedPictographic>().contains(c))
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}
