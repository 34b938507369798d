//! The manual pages, as `upcase man` prints them and as `man/` holds them.

mod json;

use std::io;

use clap::{Command, ValueEnum as _};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::cli::{Page, command};
use crate::i18n::Language;
use crate::i18n::help::{CommandHelp, ENVIRONMENT};
use crate::i18n::man::{self, PageText};

/// Returns the source of a page, for `man -l`. The source does not depend on the environment.
#[must_use]
pub fn source(page: Page, lang: Language) -> String {
    let upcase = command(lang);
    let name = page.name();
    let is_ours = |command: &&Command| command.get_display_name() == Some(&name);
    let command = upcase.get_subcommands().find(is_ours).unwrap_or(&upcase);
    let help = CommandHelp::of(command.get_name());
    let PageText { wire, success, see_also } = match page {
        Page::Upcase => man::UPCASE,
        Page::UpcaseServe => man::SERVE,
        Page::UpcaseSend => man::SEND,
    };
    // The first paragraph is the name section's line.
    let mut about = help.map_or(&[][..], |help| help.about).iter().map(|&text| lang.of(text));
    let name_line = format!("{name} - {}", about.next().unwrap_or_default());
    let man = Man::new(command.clone())
        .title(name.to_uppercase())
        // No date, so that the pages stay the same. The quotes keep the empty argument: without it, those after it
        // would move up.
        .date("\"\"")
        .source(concat!("upcase ", env!("CARGO_PKG_VERSION")))
        .manual(lang.of(man::MANUAL));

    let mut source = preamble();
    source += &render(|out| man.render_title(out));
    // Without hyphenation and justification, options and commands look as they are typed.
    source += ".nh\n.ad l\n";
    source += &section(lang.of(man::NAME), &name_line);
    source += &render(|out| man.render_synopsis_section(out)).replace("SYNOPSIS", lang.of(man::SYNOPSIS));
    source += &section(lang.of(man::DESCRIPTION), &about.collect::<Vec<_>>().join("\n"));
    if page == Page::Upcase {
        source += &commands(&upcase, lang);
    }
    source += &options(&man, lang.of(man::OPTIONS));
    source += &section(lang.of(man::WIRE), lang.of(wire));
    if page == Page::UpcaseServe {
        source += &section(lang.fault_list_label().trim_end_matches(':'), &lang.fault_list());
    }
    source += &section(
        lang.of(man::EXIT_STATUS),
        &format!("  0  {}\n{}", lang.of(success), lang.of(man::ERROR_STATUS)),
    );
    if page != Page::Upcase {
        for (title, fields) in json::fields(command.get_name(), lang) {
            source += &match &title[..] {
                "" => section("JSON", &fields),
                _ => section(&title, &fields).replacen(".SH", ".SS", 1),
            };
        }
    }
    let variables = ENVIRONMENT.map(|(name, meaning)| format!("  {name}\n    {}\n", lang.of(meaning)));
    source += &section(lang.of(man::ENVIRONMENT), &variables.concat());
    let examples = help
        .map_or(&[][..], |help| help.examples)
        .iter()
        .map(|&(purpose, command)| format!("  {}\n    {command}\n", lang.of(purpose)));
    source += &section(lang.of(man::EXAMPLES), &examples.collect::<String>());
    source += &section(lang.of(man::SEE_ALSO), see_also);
    source
}

impl Page {
    /// Returns the name by which `man` finds the page.
    fn name(self) -> String {
        self.to_possible_value().expect("no page is hidden").get_name().to_owned()
    }
}

/// Renders the subcommands, and refers to their pages: not every command has one, as `clap_mangen` assumes.
fn commands(upcase: &Command, lang: Language) -> String {
    let entry = |command: &Command| {
        let usage = command.get_overridden_usage().map(ToString::to_string).unwrap_or_default();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = command.get_display_name().unwrap_or_default();
        let has_page = Page::value_variants().iter().any(|page| page.name() == name);
        let page = if has_page { format!(" ({} `{name}`(1))", lang.of(man::SEE)) } else { String::new() };
        format!("  `{usage}`\n    {about}{page}\n")
    };
    section(lang.of(man::COMMANDS), &upcase.get_subcommands().map(entry).collect::<String>())
}

/// Renders the options, with the headings of the help as subsections: `clap_mangen` makes them sections.
fn options(man: &Man, title: &str) -> String {
    let options = render(|out| man.render_options_section(out)).replace(".SH OPTIONS\n", "");
    format!(".SH {title}\n{}", options.replace(".SH ", ".SS "))
}

/// Renders a section of lines: a paragraph, or indented by two spaces a term, or indented by four spaces its meaning.
///
/// A term and a short meaning may share a line, with two spaces between them. The pages show `this` in bold.
fn section(title: &str, text: &str) -> String {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (index, line) in text.lines().filter(|line| !line.is_empty()).enumerate() {
        if let Some(meaning) = line.strip_prefix("    ") {
            roff.text(marked(meaning));
        } else if let Some(term) = line.strip_prefix("  ") {
            roff.control("TP", []);
            match term.split_once("  ") {
                Some((term, meaning)) => roff.text([bold(term)]).text(marked(meaning.trim_start())),
                None => roff.text(marked(term)),
            };
        } else {
            // A section begins a paragraph by itself.
            if index > 0 {
                roff.control("PP", []);
            }
            roff.text(marked(line));
        }
    }
    render(|out| roff.to_writer(out))
}

/// Returns text with `this` in bold.
fn marked(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { roman(part) } else { bold(part) }).collect()
}

/// Renders a section, without the preamble that the `roff` crate puts before each section.
fn render(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut section = Vec::new();
    write(&mut section).expect("writing to memory succeeds");
    let section = String::from_utf8(section).expect("a section is text");
    let section = section.trim_start_matches(&preamble());
    // clap_mangen writes empty lines, of which mandoc warns.
    section.replace("\n.br\n\n.br\n", "\n.sp\n").replace("\n\n", "\n.sp\n")
}

fn preamble() -> String {
    Roff::new().render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::environment;

    /// Returns a page without fonts and escapes.
    fn plain(page: Page) -> String {
        [(r"\fB", ""), (r"\fI", ""), (r"\fR", ""), (r"\-", "-"), (r"\*(Aq", "'")]
            .iter()
            .fold(source(page, Language::En), |text, (from, to)| text.replace(from, to))
    }

    fn built_command() -> Command {
        command(Language::En)
    }

    fn long_options(command: &Command) -> Vec<String> {
        command
            .get_arguments()
            .filter_map(|option| option.get_long())
            .map(|name| format!("--{name}"))
            .collect()
    }

    #[test]
    fn pages_describe_each_option_and_variable_of_their_command() {
        let upcase = built_command();
        for &page in Page::value_variants() {
            let name = page.name();
            let command =
                name.strip_prefix("upcase-").map_or(&upcase, |name| upcase.find_subcommand(name).unwrap());
            let text = plain(page);
            for option in long_options(command) {
                let is_term =
                    |line: &str| line.starts_with('-') && line.split([',', ' ']).any(|word| word == option);
                assert!(text.lines().any(is_term), "{name}: {option}");
            }
            for (variable, option) in environment::VARIABLES {
                let is_default = command.get_arguments().any(|arg| arg.get_id() == option);
                assert!(!is_default || text.lines().any(|line| line == variable), "{name}: {variable}");
            }
        }
    }

    #[test]
    fn json_fields_are_the_same_in_both_languages() {
        for command in ["serve", "send"] {
            let names = |lang| {
                let fields = json::fields(command, lang);
                let is_term = |line: &&str| line.starts_with("  `");
                fields
                    .iter()
                    .flat_map(|(title, text)| {
                        let terms = text
                            .lines()
                            .filter(is_term)
                            .map(|line| line.split(" (").next().unwrap().to_owned());
                        // Only the title of a command's section is the same.
                        let title = title.starts_with("upcase ").then(|| title.clone());
                        title.into_iter().chain(terms).collect::<Vec<_>>()
                    })
                    .collect::<Vec<_>>()
            };
            assert!(names(Language::En).len() > 5, "{command}");
            assert_eq!(names(Language::Pt), names(Language::En), "{command}");
        }
    }

    #[test]
    fn pages_name_no_unknown_option() {
        let upcase = built_command();
        let known: Vec<_> = upcase.get_subcommands().chain([&upcase]).flat_map(long_options).collect();
        for &page in Page::value_variants() {
            for word in plain(page).split(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric()) {
                let is_known = known.iter().any(|option| option == word);
                assert!(!word.starts_with("--") || is_known, "{}: {word}", page.name());
            }
        }
    }
}
