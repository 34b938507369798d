//! Manual pages: the files in `man/` are current, and groff and mandoc accept them.

use std::path::Path;

use crate::support::peer::peer;
use crate::support::{assert_current, run, upcase, upcase_in_default_language};

const PAGES: [&str; 3] = ["upcase", "upcase-serve", "upcase-send"];

/// Each language, its folder, and a text of its pages.
const LANGUAGES: [(&str, &str, &str); 2] =
    [("en", "man", "User Commands"), ("pt", "man/pt", "Comandos de usuário")];

/// Prints a page by `upcase man` with these arguments.
#[track_caller]
fn print(args: &[&str]) -> String {
    let printed = run(upcase(&["man"]).args(args), b"");
    assert_eq!((printed.code, &printed.stderr[..]), (Some(0), ""));
    printed.stdout
}

#[test]
fn files_are_current() {
    for page in PAGES {
        for (lang, folder, _) in LANGUAGES {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(format!("{page}.1"));
            assert_current(&file, &print(&[page, "--lang", lang]));
        }
    }
}

#[test]
fn environment_does_not_change_the_pages() {
    for page in PAGES {
        let mut upcase = upcase_in_default_language(&["man", page, "--lang", "en"]);
        upcase.envs([("UPCASE_HOST", "elsewhere"), ("UPCASE_PORT", "1"), ("UPCASE_LANG", "pt")]);
        upcase.envs([("COLUMNS", "40"), ("CLICOLOR_FORCE", "1"), ("LANG", "pt_BR.UTF-8")]);
        assert_eq!(run(&mut upcase, b"").stdout, print(&[page]));
    }
}

#[test]
fn command_name_selects_its_page_and_no_name_the_main_page() {
    for (args, page) in [(&[][..], "upcase"), (&["serve"], "upcase-serve"), (&["send"], "upcase-send")] {
        assert_eq!(print(args), print(&[page]));
    }
}

#[test]
fn groff_shows_the_pages_without_warnings() {
    for page in PAGES {
        for (lang, _, manual) in LANGUAGES {
            let Some(mut groff) = peer("groff") else { return };
            let source = print(&[page, "--lang", lang]);
            let shown = run(groff.args(["-K", "utf8", "-T", "utf8", "-man", "-ww"]), source.as_bytes());
            assert_eq!((shown.code, &shown.stderr[..]), (Some(0), ""));
            assert!(shown.stdout.contains(manual), "{}", shown.stdout);
        }
    }
}

#[test]
fn mandoc_warns_only_of_the_missing_date() {
    for page in PAGES {
        for (lang, ..) in LANGUAGES {
            let Some(mut mandoc) = peer("mandoc") else { return };
            let source = print(&[page, "--lang", lang]);
            let linted = run(mandoc.args(["-K", "utf-8", "-T", "lint", "-W", "warning"]), source.as_bytes());
            let warnings: Vec<_> =
                linted.stdout.lines().filter(|line| !line.contains("missing date")).collect();
            assert_eq!((warnings, &linted.stderr[..]), (vec![], ""));
        }
    }
}
