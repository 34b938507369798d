//! The help in one language: the texts of [`i18n::help`](crate::i18n::help) replace those of clap and of the doc comments.

use std::fmt::Write as _;

use clap::{Arg, Command};

use crate::i18n::Language;
use crate::i18n::help::{CommandHelp, ENVIRONMENT, Pair};

/// Returns the command line with all texts in one language.
pub(super) fn localized(upcase: Command, lang: Language) -> Command {
    let mut upcase =
        localized_command(upcase.name("upcase"), lang).mut_subcommands(|sub| localized_command(sub, lang));
    // Gives the subcommands their full names and the options that all commands share, for the usage.
    upcase.build();
    with_usage(upcase, lang).mut_subcommands(|subcommand| with_usage(subcommand, lang))
}

fn localized_command(command: Command, lang: Language) -> Command {
    let Some(help) = CommandHelp::of(command.get_name()) else { return command };
    let header = *command.get_styles().get_header();
    let usage = lang.usage_label();
    let (about, long_about) = short_and_long(help.about, lang);
    command
        .about(about)
        .long_about(long_about)
        .help_template(format!(
            "{{about-with-newline}}\n{header}{usage}{header:#} {{usage}}\n\n{{all-args}}{{after-help}}"
        ))
        .after_long_help(after_options(help, lang))
        .subcommand_help_heading(lang.term("Commands"))
        .subcommand_value_name(lang.term("COMMAND").unwrap_or("COMMAND"))
        .mut_args(|arg| localized_argument(arg, help, lang))
}

fn localized_argument(arg: Arg, help: &CommandHelp, lang: Language) -> Arg {
    let heading = arg.get_help_heading().unwrap_or("Arguments");
    let heading = lang.term(heading).unwrap_or(heading).to_owned();
    let takes_value = arg.get_action().takes_values();
    let value_name = arg.get_value_names().and_then(|names| lang.term(&names[0]));
    let defaults = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>();
    let shows_default = takes_value && !defaults.is_empty() && !arg.is_hide_default_value_set();
    let default = shows_default.then(|| format!("[{} {}]", lang.default_label(), defaults.join(" ")));
    // clap's own remarks are in English.
    let mut arg = arg.help_heading(heading).hide_default_value(takes_value).hide_possible_values(takes_value);
    if let Some(value_name) = value_name {
        arg = arg.value_name(value_name);
    }
    let Some((_, text)) = help.arguments.iter().find(|(id, _)| arg.get_id() == id) else { return arg };
    let (mut line, mut paragraphs) = short_and_long(text, lang);
    if let Some(default) = default {
        line = format!("{line} {default}");
        paragraphs = format!("{paragraphs}\n\n{default}");
    }
    arg.help(line).long_help(paragraphs)
}

/// Sets the usage, in which clap has an English word.
fn with_usage(mut command: Command, lang: Language) -> Command {
    let usage =
        usage(&command.render_usage().ansi().to_string()).replace("[OPTIONS]", lang.options_placeholder());
    command.override_usage(usage)
}

/// Returns clap's usage without its English title.
pub(super) fn usage(titled: &str) -> String {
    titled.split_once(' ').map_or_else(String::new, |(_, usage)| usage.to_owned())
}

/// Returns the first paragraph, and all of them.
fn short_and_long(paragraphs: &[Pair], lang: Language) -> (String, String) {
    let paragraphs = paragraphs.iter().map(|&text| lang.of(text)).collect::<Vec<_>>();
    (paragraphs[0].to_owned(), paragraphs.join("\n\n"))
}

/// Returns the long help after the options: environment variables and examples.
fn after_options(help: &CommandHelp, lang: Language) -> String {
    let mut text = String::new();
    if help.name == "serve" {
        let _ = writeln!(text, "{}\n{}", lang.fault_list_label(), lang.fault_list());
    }
    let _ = writeln!(text, "{}", lang.environment_label());
    for (name, meaning) in ENVIRONMENT {
        let _ = writeln!(text, "  {name:14}  {}", lang.of(meaning));
    }
    let _ = writeln!(text, "\n{}", lang.examples_label());
    for (purpose, command) in help.examples {
        let _ = writeln!(text, "  {}\n    {command}", lang.of(*purpose));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::builder::{PossibleValue, Str};

    use super::*;
    use crate::cli;
    use crate::i18n::help::COMMANDS;

    const LANGUAGES: [Language; 2] = [Language::Pt, Language::En];

    /// Returns `upcase` and its commands, as they are before a language is chosen.
    fn commands() -> Vec<Command> {
        let upcase = cli::upcase();
        [vec![upcase.clone()], upcase.get_subcommands().cloned().collect()].concat()
    }

    fn help(command: &Command) -> &'static CommandHelp {
        CommandHelp::of(command.get_name())
            .unwrap_or_else(|| panic!("i18n::help lacks the command {}", command.get_name()))
    }

    #[test]
    fn each_argument_and_value_has_its_texts_and_no_text_is_left_over() {
        for command in commands() {
            let (help, name) = (help(&command), command.get_name());
            let arguments: BTreeSet<_> = command.get_arguments().map(|arg| arg.get_id().as_str()).collect();
            let known: BTreeSet<_> = help.arguments.iter().map(|&(id, _)| id).collect();
            assert_eq!(arguments, known, "the arguments of {name}, and those in i18n::help");

            // The names of shells and of commands say enough.
            let with_texts = command.get_arguments().filter(|arg| {
                arg.get_action().takes_values() && !["shell", "command"].contains(&arg.get_id().as_str())
            });
            let possible_values: Vec<_> = with_texts.flat_map(Arg::get_possible_values).collect();
            let values: BTreeSet<_> = possible_values.iter().map(PossibleValue::get_name).collect();
            let known: BTreeSet<_> = help.values.iter().map(|&(value, _)| value).collect();
            assert_eq!(values, known, "the values of arguments of {name}, and those in i18n::help");
        }
    }

    #[test]
    fn each_heading_and_name_of_a_value_has_both_languages() {
        for command in commands() {
            for arg in command.get_arguments() {
                let takes_value = arg.get_action().takes_values();
                let names = arg.get_value_names().filter(|_| takes_value).unwrap_or_default();
                let names = names.iter().map(Str::as_str);
                for term in arg.get_help_heading().into_iter().chain(names) {
                    assert!(
                        Language::Pt.term(term).is_some(),
                        "i18n::help lacks {term:?} of {}",
                        arg.get_id()
                    );
                }
            }
        }
    }

    #[test]
    fn texts_of_the_two_languages_differ() {
        for help in COMMANDS {
            let arguments = help.arguments.iter().flat_map(|(_, text)| text.iter());
            let values = help.values.iter().map(|(_, text)| text);
            let examples = help.examples.iter().map(|(purpose, _)| purpose);
            for [pt, en] in help.about.iter().chain(arguments).chain(values).chain(examples) {
                assert!(pt != en && !pt.is_empty() && !en.is_empty(), "{}: {en:?}", help.name);
            }
        }
    }

    #[test]
    fn examples_are_valid_command_lines() {
        for help in COMMANDS {
            let ours = help.examples.iter().filter(|(_, command)| command.starts_with("upcase "));
            assert!(ours.clone().count() > 0, "{}", help.name);
            for (_, command) in ours {
                // Up to a pipe or a redirection, the words are this program's. Quoted text is one word.
                let ours = command.split(['|', '<', '>']).next().unwrap();
                let words = ours.split('"').enumerate().flat_map(|(index, part)| {
                    if index % 2 == 0 { part.split_whitespace().collect() } else { vec![part] }
                });
                let parsed = cli::command(Language::En).try_get_matches_from(words);
                assert!(parsed.is_ok(), "{command}");
            }
        }
    }

    #[test]
    fn text_after_the_options_needs_no_wrapping_at_80_columns() {
        for lang in LANGUAGES {
            for line in COMMANDS.map(|help| after_options(help, lang)).iter().flat_map(|text| text.lines()) {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }
}
