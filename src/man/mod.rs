//! The manual pages, as `upcase man PAGE` prints them and as `man/` holds them.
//!
//! Names, synopses and options are the command line's own; all else that a page says is in `text`.

mod text;

use std::io;

use clap::{Command, CommandFactory as _, ValueEnum as _};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::cli::{Cli, Page};
use crate::error::Result;
use crate::terminal;
use text::{Part, Text};

/// Prints a page on standard output.
///
/// # Errors
/// When standard output can't be written.
pub fn print(page: Page) -> Result<()> {
    terminal::print(source(page).as_bytes())
}

/// A page's source, for `man -l` and its like: the same whatever the environment, the terminal and the day.
#[must_use]
pub fn source(page: Page) -> String {
    // The pages have no `upcase-help`.
    let mut whole = Cli::command().disable_help_subcommand(true);
    // Tells the subcommands their names as a whole, and the options that they share.
    whole.build();
    let Text { description, sections } = page.text();
    let man = page.man(&whole);

    let mut source = preamble();
    source += &rendered(|out| man.render_title(out));
    // No word is hyphenated, and no blank stretched: options and commands show as they are typed.
    source += ".nh\n.ad l\n";
    source += &rendered(|out| man.render_name_section(out));
    source += &rendered(|out| man.render_synopsis_section(out));
    source += &section("DESCRIPTION", description);
    if page == Page::Upcase {
        source += &commands(&whole);
    }
    source += &rendered(|out| man.render_options_section(out));
    for (title, parts) in *sections {
        source += &section(title, parts);
    }
    source
}

impl Page {
    fn text(self) -> &'static Text {
        match self {
            Self::Upcase => &text::UPCASE,
            Self::UpcaseServe => &text::SERVE,
            Self::UpcaseSend => &text::SEND,
        }
    }

    /// The name by which `man` finds it.
    fn name(self) -> String {
        self.to_possible_value().expect("none is left out").get_name().to_owned()
    }

    /// What `clap_mangen` makes of its command.
    fn man(self, whole: &Command) -> Man {
        let name = self.name();
        let mut command = whole
            .get_subcommands()
            .find(|command| command.get_display_name() == Some(&name))
            .unwrap_or(whole)
            .clone();
        // The help's own: clap_mangen's would name each option, without its value.
        let usage = usage(&mut command);
        Man::new(command.override_usage(usage))
            .title(name.to_uppercase())
            // No date, since it would age. In quotes of its own: the `roff` crate would leave it out, and what is
            // behind it would move up.
            .date("\"\"")
            .source(concat!("upcase ", env!("CARGO_PKG_VERSION")))
            .manual("User Commands")
    }
}

/// How a command is called.
fn usage(command: &mut Command) -> String {
    command.render_usage().to_string().trim_start_matches("Usage: ").to_owned()
}

/// The subcommands, and which of them have pages: `clap_mangen` would refer to one for each.
fn commands(whole: &Command) -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for mut command in whole.get_subcommands().cloned() {
        let usage = usage(&mut command);
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = command.get_display_name().unwrap_or_default();
        let has_page = Page::value_variants().iter().any(|page| page.name() == name);
        let text = if has_page { format!("{about} (see `{name}`(1))") } else { about };
        roff.control("TP", []).text([bold(usage)]).text(marked(&text));
    }
    rendered(|out| roff.to_writer(out))
}

fn section(title: &str, parts: &[Part]) -> String {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (index, part) in parts.iter().enumerate() {
        match part {
            // A section begins a paragraph by itself.
            Part::Paragraph(text) if index == 0 => roff.text(marked(text)),
            Part::Paragraph(text) => roff.control("PP", []).text(marked(text)),
            Part::Term(term, text) => roff.control("TP", []).text(marked(term)).text(marked(text)),
            Part::Example(text, lines) => roff
                .control("TP", [])
                .text(marked(text))
                .control("EX", [])
                .text([roman(*lines)])
                .control("EE", []),
        };
    }
    rendered(|out| roff.to_writer(out))
}

/// Text in which `this` stands in bold.
fn marked(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { roman(part) } else { bold(part) }).collect()
}

/// A section, without the preamble that the `roff` crate puts before each: once is enough.
fn rendered(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut section = Vec::new();
    render(&mut section).expect("memory takes it");
    let section = String::from_utf8(section).expect("it is made of text");
    let section = section.trim_start_matches(&preamble());
    // How clap_mangen asks for an empty line above an option's values; mandoc warns of it.
    section.replace("\n.br\n\n.br\n", "\n.sp\n")
}

fn preamble() -> String {
    Roff::new().render()
}
