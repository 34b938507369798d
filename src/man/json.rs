//! The JSON fields of a command, from the file in `docs/` that describes them.

use crate::i18n::Language;

/// Returns the fields of a command: its subsections' titles and texts, in the format of [`section`](super::section).
pub(super) fn fields(command: &str, lang: Language) -> Vec<(String, String)> {
    let document = match lang {
        Language::Pt => include_str!("../../docs/json.pt.md"),
        Language::En => include_str!("../../docs/json.md"),
    };
    // Windows may check the file out with its own line endings.
    let document = document.replace("\r\n", "\n");
    let mut parts = document.split("\n## ").map(|part| part.split_once('\n').unwrap_or_default());
    let introduction = parts.next().map(|(_, text)| (String::new(), text));
    let prefix = format!("`upcase {command} ");
    let ours = parts
        // Sections without a command are about all of them.
        .filter(|(title, _)| title.starts_with(&prefix) || !title.starts_with("`upcase "))
        .map(|(title, text)| (title.replace('`', ""), text));
    introduction.into_iter().chain(ours).map(|(title, text)| (title, paragraphs(text))).collect()
}

/// Turns Markdown into lines: a paragraph or an item becomes a line, and a row of a table a term and its meaning.
fn paragraphs(markdown: &str) -> String {
    let mut text = String::new();
    let blocks: Vec<_> = markdown.split("\n\n").map(str::trim).collect();
    for (index, block) in blocks.iter().enumerate() {
        let starts = |index, with| blocks.get(index).is_some_and(|block: &&str| block.starts_with(with));
        // Examples are too wide for a page. A sentence that introduces only an example goes with it.
        if starts(index, "```") || starts(index + 1, "```") && !starts(index + 2, "|") {
            continue;
        }
        let is_table = block.starts_with('|');
        // The first two rows of a table are its head.
        for (number, line) in block.lines().enumerate().skip(if is_table { 2 } else { 0 }) {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            match (cells.as_slice(), line.strip_prefix("- ")) {
                ([name, kind, meaning], _) => text.extend(["\n  ", name, " (", kind, ")\n    ", meaning]),
                (_, Some(item)) => text.extend(["\n", item]),
                // A paragraph or an item is one line.
                _ => text.extend([if number == 0 { "\n" } else { " " }, line.trim_start()]),
            }
        }
    }
    text.replace("**", "")
}
