//! Help, usage errors, manual pages and completions: each option, command and kind of error in both languages, without a
//! word of the other one.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::{run, upcase_in_default_language};

const COMMANDS: [&str; 6] = ["", "serve", "send", "completions", "man", "help"];

/// Words of each language that the other does not have, and that no option, value, field or example is named.
const PORTUGUESE: &[&str] = &[
    "ao",
    "aos",
    "até",
    "cada",
    "com",
    "comando",
    "conexão",
    "da",
    "das",
    "de",
    "depois",
    "dica",
    "dos",
    "e",
    "em",
    "endereço",
    "erro",
    "exemplos",
    "existe",
    "falta",
    "geral",
    "mensagem",
    "mostra",
    "na",
    "não",
    "opção",
    "opções",
    "os",
    "ou",
    "padrão",
    "para",
    "pode",
    "pela",
    "pelo",
    "por",
    "que",
    "quando",
    "resposta",
    "saída",
    "se",
    "sem",
    "servidor",
    "são",
    "tempo",
    "um",
    "uma",
    "uso",
    "valor",
    "valores",
    "válido",
    "é",
];
const ENGLISH: &[&str] = &[
    "after",
    "and",
    "are",
    "argument",
    "arguments",
    "by",
    "cannot",
    "commands",
    "connection",
    "each",
    "environment",
    "error",
    "examples",
    "from",
    "global",
    "hint",
    "if",
    "invalid",
    "is",
    "it",
    "language",
    "missing",
    "must",
    "not",
    "of",
    "option",
    "options",
    "or",
    "page",
    "possible",
    "print",
    "prints",
    "reply",
    "that",
    "the",
    "this",
    "timeout",
    "to",
    "unknown",
    "usage",
    "value",
    "values",
    "when",
    "which",
    "with",
    "without",
    "write",
];

/// Returns the words of the other language in a text. Command lines are in neither.
fn foreign_words(text: &str, lang: &str) -> BTreeSet<String> {
    let foreign = if lang == "pt" { ENGLISH } else { PORTUGUESE };
    let text = text.replace("mensagem de teste", "");
    let prose = text
        .lines()
        .filter(|line| !["    upcase ", "upcase ", "    eval "].iter().any(|start| line.starts_with(start)));
    let words = prose.flat_map(|line| line.split(|c: char| c.is_whitespace() || ".,;:()[]'\"`".contains(c)));
    // Options, variables and fields have other characters than letters.
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(char::is_alphabetic);
    words.filter(is_word).map(str::to_lowercase).filter(|word| foreign.contains(&&word[..])).collect()
}

#[track_caller]
fn assert_in(lang: &str, text: &str, context: &str) {
    let foreign = foreign_words(text, lang);
    assert!(foreign.is_empty(), "{context} in {lang} has {foreign:?}:\n{text}");
}

/// Runs the program, and returns all that it prints.
fn output(lang: &str, args: &[&str]) -> String {
    let mut command: Command = upcase_in_default_language(args);
    let ended = run(command.env("UPCASE_LANG", lang).env("COLUMNS", "80"), b"");
    ended.stdout + &ended.stderr
}

/// Checks the output in both languages, and that the languages differ.
#[track_caller]
fn assert_localized(args: &[&str]) {
    let texts = ["pt", "en"].map(|lang| output(lang, args));
    for (lang, text) in ["pt", "en"].iter().zip(&texts) {
        assert_in(lang, text, &format!("{args:?}"));
    }
    let [pt, en] = texts;
    // Each line except a command line is translated.
    let same: Vec<_> = pt
        .lines()
        .filter(|line| {
            line.contains(": ") && !line.starts_with("    upcase ") && en.lines().any(|other| other == *line)
        })
        .collect();
    assert!(pt != en && same.is_empty(), "{args:?}: {same:?}");
}

/// Returns the options of a command, each with the name of its value if it takes one.
fn options(command: &str) -> Vec<(String, bool)> {
    let help = output("en", &[&[command][usize::from(command.is_empty())..], &["--help"]].concat());
    let terms = help.lines().filter_map(|line| line.trim_start().split_once("--"));
    let terms =
        terms.filter(|(before, _)| before.is_empty() || before.starts_with('-')).map(|(_, term)| term);
    terms.map(|term| (format!("--{}", term.split(' ').next().unwrap()), term.contains('<'))).collect()
}

#[test]
fn words_of_the_other_language_are_found() {
    assert_eq!(foreign_words("a opção --of não existe: error", "pt"), BTreeSet::from(["error".to_owned()]));
    assert_eq!(foreign_words("the value “--de” is padrão", "en"), BTreeSet::from(["padrão".to_owned()]));
}

#[test]
fn help_is_in_one_language() {
    for command in COMMANDS {
        let command = &[command][usize::from(command.is_empty())..];
        for args in [&["-h"][..], &["--help"]] {
            assert_localized(&[command, args].concat());
        }
        assert_localized(&[&["help"], command].concat());
    }
}

#[test]
fn each_option_has_its_errors_in_one_language() {
    for command in COMMANDS.into_iter().filter(|command| !command.is_empty()) {
        let options = options(command);
        assert!(options.len() >= 3, "{command}: {options:?}");
        for (option, takes_value) in options.iter().filter(|(option, _)| option != "--help") {
            // Neither a number, a time, a host nor the name of a file.
            let invalid = format!("{option}= §");
            assert_localized(&[command, &invalid]);
            if *takes_value {
                // `--lang` without a value, and one that is wrong, leave the language of the environment.
                assert_localized(&[command, option]);
            }
            // One letter too many.
            assert_localized(&[command, &format!("{option}x")]);
        }
    }
}

#[test]
fn each_kind_of_usage_error_is_in_one_language() {
    for args in [
        &["send", "--nothing-like-it"][..],
        &["serve", "extra"],
        &["--count", "3", "send", "oi"],
        &["--", "serve"],
        &["sned"],
        &["xyz"],
        &["--color", "never"],
        &["completions"],
        &["man", "xyz"],
        &["send", "--interval", "1s", "oi"],
        &["send", "--file", "x", "oi"],
        &["send", "--host", "a:1", "--port", "2"],
        &["serve", "--host", "a:1"],
        &["send", "--host", "http://x/"],
        &["send", "--host", "[::1"],
        &["send", "--host", ":80"],
        &["send", "--host", "a b"],
        &["send", "--host", "[::1]80"],
        &["send", "--host", "a:"],
        &["send", "--host", "a:0"],
        &["send", "--timeout", "5"],
        &["send", "--timeout", "0s"],
        &["send", "--timeout", "soon"],
        &["send", "--count", "x"],
    ] {
        assert_localized(args);
    }
}

#[cfg(unix)]
#[test]
fn argument_that_is_not_utf8_is_reported_in_one_language() {
    use std::os::unix::ffi::OsStrExt as _;

    for lang in ["pt", "en"] {
        let mut command = upcase_in_default_language(&["--lang", lang, "send", "--host"]);
        let ended = run(command.arg(std::ffi::OsStr::from_bytes(b"\xff")), b"");
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert_in(lang, &ended.stderr, "an argument that is not valid UTF-8");
    }
}

#[test]
fn manual_pages_are_in_one_language() {
    for page in ["upcase", "upcase-serve", "upcase-send"] {
        for lang in ["pt", "en"] {
            let source = output(lang, &["man", page]);
            // Names are in bold, in both languages.
            let (before, bold) = source.split_once(r"\fB").unwrap();
            let after_bold = bold.split(r"\fB").filter_map(|text| text.split_once(r"\fR"));
            let plain = after_bold.fold(before.to_owned(), |plain, (_, text)| plain + " " + text);
            let plain = plain.replace(r"\*(Aq", " ");
            assert_in(lang, &plain, page);
        }
    }
}

#[test]
fn descriptions_of_completions_are_in_one_language() {
    for lang in ["pt", "en"] {
        let script = output(lang, &["completions", "fish"]);
        let described: Vec<_> = script.lines().filter_map(|line| line.split_once(" -d '")).collect();
        assert!(described.len() > 30, "{script}");
        for (_, description) in described {
            assert_in(lang, description.split("' -").next().unwrap(), "a completion");
        }
    }
}
