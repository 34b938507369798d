//! The manual pages: those checked in are those that the program prints, they tell what is true of the command line,
//! and others' programs show them.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _, Parser as _, ValueEnum as _};
use upcase::cli::{Cli, Page};
use upcase::man::source;

use crate::support::peer::peer;
use crate::support::{assert_current, run, upcase};

/// Each page with its name.
fn pages() -> impl Iterator<Item = (Page, String)> {
    Page::value_variants().iter().map(|page| (*page, page.to_possible_value().unwrap().get_name().to_owned()))
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(format!("{name}.1"))
}

/// A page's lines without fonts and escapes.
fn plain(page: Page) -> String {
    [(r"\fB", ""), (r"\fI", ""), (r"\fR", ""), (r"\-", "-"), (r"\*(Aq", "'")]
        .iter()
        .fold(source(page), |text, (from, to)| text.replace(from, to))
}

/// The command line with all of its options, those that commands share too.
fn command() -> Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// The long options of a command.
fn options(command: &Command) -> Vec<String> {
    command.get_arguments().filter_map(|option| option.get_long()).map(|name| format!("--{name}")).collect()
}

#[test]
fn the_files_are_current() {
    for (page, name) in pages() {
        assert_current(&file(&name), &source(page));
    }
}

#[test]
fn the_program_prints_them_whatever_the_environment() {
    for (page, name) in pages() {
        let mut upcase = upcase(&["man", &name]);
        upcase.envs([("UPCASE_HOST", "elsewhere"), ("UPCASE_PORT", "1"), ("UPCASE_LANG", "en")]);
        upcase.envs([("COLUMNS", "40"), ("CLICOLOR_FORCE", "1"), ("LANG", "pt_BR.UTF-8")]);
        let ended = run(&mut upcase, b"");
        assert_eq!((ended.code, ended.stdout), (Some(0), source(page)));
    }
}

#[test]
fn a_commands_name_is_its_pages_and_none_the_wholes() {
    for (args, page) in [
        (&["man"][..], Page::Upcase),
        (&["man", "serve"], Page::UpcaseServe),
        (&["man", "send"], Page::UpcaseSend),
    ] {
        assert_eq!(run(&mut upcase(args), b"").stdout, source(page));
    }
}

#[test]
fn each_page_tells_of_each_option_and_variable_of_its_command() {
    let whole = command();
    for (page, name) in pages() {
        let command =
            name.strip_prefix("upcase-").map_or(&whole, |name| whole.find_subcommand(name).unwrap());
        let text = plain(page);
        for option in options(command) {
            let told =
                |line: &str| line.split([',', ' ']).any(|word| word == option) && line.starts_with('-');
            assert!(text.lines().any(told), "{name}: {option}");
        }
        for variable in command.get_arguments().filter_map(|option| option.get_env()) {
            assert!(text.lines().any(|line| line == variable), "{name}: {}", variable.display());
        }
    }
}

#[test]
fn no_page_tells_of_an_option_that_is_not_there() {
    let whole = command();
    let known: Vec<_> = whole.get_subcommands().chain([&whole]).flat_map(options).collect();
    for (page, name) in pages() {
        for word in plain(page).split(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric()) {
            let is_known =
                known.iter().any(|option| option == word) || ["--help", "--version"].contains(&word);
            assert!(!word.starts_with("--") || is_known, "{name}: {word}");
        }
    }
}

#[test]
fn each_example_is_a_command_line_that_is_taken() {
    for (page, name) in pages() {
        let text = plain(page);
        let (_, examples) = text.split_once(".SH EXAMPLES\n").unwrap();
        let mut seen = 0;
        for line in examples.lines().filter(|line| line.starts_with("upcase ")) {
            // As far as it is for the program; what is quoted is one word.
            let ours = line.split(['|', '<', '>']).next().unwrap();
            let words = ours.split('"').enumerate().flat_map(|(index, part)| {
                if index % 2 == 0 { part.split_whitespace().collect() } else { vec![part] }
            });
            assert!(Cli::try_parse_from(words).is_ok(), "{name}: {line}");
            seen += 1;
        }
        assert!(seen > 1, "{name}");
    }
}

#[test]
fn groff_shows_them_without_a_warning() {
    for (page, _) in pages() {
        let Some(mut groff) = peer("groff") else { return };
        let ended = run(groff.args(["-K", "utf8", "-T", "utf8", "-man", "-ww"]), source(page).as_bytes());
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), ""));
        assert!(ended.stdout.contains("User Commands"), "{}", ended.stdout);
    }
}

#[test]
fn mandoc_warns_of_no_more_than_a_date_that_is_not_there() {
    for (page, _) in pages() {
        let Some(mut mandoc) = peer("mandoc") else { return };
        let ended = run(mandoc.args(["-T", "lint", "-W", "warning"]), source(page).as_bytes());
        let warnings: Vec<_> = ended.stdout.lines().filter(|line| !line.contains("missing date")).collect();
        assert_eq!((warnings, &ended.stderr[..]), (vec![], ""));
    }
}
