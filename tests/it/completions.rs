//! Completion scripts: the files in `completions/` are current, and real shells complete with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::peer::peer;
#[cfg(target_os = "linux")]
use crate::support::terminal::Terminal;
use crate::support::{assert_current, run, upcase};

/// Each shell, and the name of its file.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "upcase.bash"),
    ("elvish", "upcase.elv"),
    ("fish", "upcase.fish"),
    ("powershell", "_upcase.ps1"),
    ("zsh", "_upcase"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

#[test]
fn files_are_current() {
    for (shell, file) in SCRIPTS {
        let printed = run(&mut upcase(&["completions", shell]), b"");
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert_current(&folder().join(file), &printed.stdout);
    }
}

#[test]
fn each_shell_has_a_file() {
    let error = run(&mut upcase(&["completions", "none"]), b"").stderr;
    let shells = SCRIPTS.map(|(shell, _)| shell).join(", ");
    assert!(error.contains(&format!("the possible values are {shells}\n")), "{error}");
}

/// Typed text, and a completion that the shell must offer.
const TYPED: [(&str, &str); 10] = [
    ("upcase comp", "completions"),
    ("upcase serve --keep", "--keep-alive"),
    ("upcase send --format js", "json"),
    ("upcase serve --format te", "text"),
    ("upcase --lang p", "pt"),
    ("upcase send --color al", "always"),
    ("upcase completions po", "powershell"),
    ("upcase man upcase-se", "upcase-serve"),
    ("upcase help ser", "serve"),
    ("upcase send --file Cargo.t", "Cargo.toml"),
];

/// Typed text before the name of a file, where no file is meant.
const NO_FILES: [&str; 7] = [
    "upcase serve ",
    "upcase serve --host ",
    "upcase send ",
    "upcase send --timeout ",
    "upcase man ",
    "upcase completions ",
    "upcase help ",
];

/// A file in the folder in which the shells run.
const FILE: &str = "Cargo.toml";

/// Returns the words that a shell offers.
#[track_caller]
fn offers(shell: &mut Command) -> Vec<String> {
    let finished = run(shell.current_dir(env!("CARGO_MANIFEST_DIR")), b"");
    finished.stdout.split_whitespace().map(str::to_owned).collect()
}

/// Checks what a shell offers. `complete` returns the command that completes a text, and may wait for a word.
#[track_caller]
fn assert_completes(complete: impl Fn(&str, &str) -> Option<Command>) {
    for (typed, expected) in TYPED {
        let Some(mut shell) = complete(typed, expected) else { return };
        let words = offers(&mut shell);
        assert!(words.iter().any(|word| word == expected), "{typed}: {words:?}");
    }
    for before in NO_FILES {
        let Some(mut shell) = complete(&format!("{before}Cargo.t"), "") else { return };
        let words = offers(&mut shell);
        assert!(!words.iter().any(|word| word.ends_with(FILE)), "{before}: {words:?}");
    }
}

#[test]
fn bash_completes() {
    assert_completes(|typed, _| {
        let mut bash = peer("bash")?;
        // As the shell does, this script offers files where the function offers nothing, if the options say so.
        let script = r#"
            source "$1"; read -ra COMP_WORDS <<< "$2"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _upcase upcase "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2> /dev/null
            if [[ ${#COMPREPLY[@]} == 0 && $(complete -p upcase) == *default* ]]; then
                COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
            fi
            printf '%s\n' "${COMPREPLY[@]}""#;
        bash.args(["--norc", "-c", script, "bash"]).arg(folder().join("upcase.bash")).arg(typed);
        Some(bash)
    });
}

#[test]
fn zsh_completes() {
    assert_completes(|typed, expected| {
        let mut zsh = peer("zsh")?;
        // An interactive zsh at a pseudoterminal, in which this script types a tab, and after it a mark.
        let script = r#"
            zmodload zsh/zpty; zpty inner zsh -f -i
            send() { zpty -w inner "$1"; }
            send "PS1=''; fpath=(${1:h} \$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' complete-word"
            send "echo rea''dy"; zpty -r inner out "*ready*"
            zpty -w -n inner "$2"$'\t'"$4"
            zpty -r inner out "*$3$4*" && print -r -- ${out//[^[:graph:]]/ }"#;
        let mark = if expected.is_empty() { "%%" } else { "" };
        zsh.args(["-f", "-c", script, "zsh"]).arg(folder().join("_upcase")).args([typed, expected, mark]);
        Some(zsh)
    });
}

#[test]
fn fish_completes() {
    assert_completes(|typed, _| {
        let mut fish = peer("fish")?;
        let script = r"source $argv[1]; complete -C $argv[2]";
        // fish writes files of its own into HOME.
        fish.env("HOME", env!("CARGO_TARGET_TMPDIR"));
        fish.args(["--no-config", "-c", script]).arg(folder().join("upcase.fish")).arg(typed);
        Some(fish)
    });
}

#[cfg(target_os = "linux")]
#[test]
fn elvish_completes() {
    // elvish completes only in a terminal. There, a function shows all candidates, of any beginning.
    let start = || {
        let mut elvish = peer("elvish")?;
        // It keeps its history and a daemon's socket there.
        let home = crate::support::temporary_path("elvish");
        std::fs::create_dir_all(&home).unwrap();
        elvish.arg("-norc").env("HOME", &home).current_dir(env!("CARGO_MANIFEST_DIR"));
        let mut terminal = Terminal::run(&elvish)?;
        terminal.type_keys(format!("eval (slurp < {})\r", folder().join("upcase.elv").display()));
        Some(terminal)
    };
    // At the prompt Ctrl-D is a key that a busy elvish may miss.
    let leave = |mut terminal: Terminal| {
        terminal.type_keys("exit\r");
        terminal.end()
    };
    let Some(mut terminal) = start() else { return };
    for (typed, expected) in TYPED {
        terminal.type_keys(format!("$edit:completion:arg-completer[upcase] {typed}\r"));
        terminal.until_shown(&format!("complex-candidate {expected}"));
    }
    leave(terminal);
    let Some(mut terminal) = start() else { return };
    for before in NO_FILES {
        terminal.type_keys(format!("$edit:completion:arg-completer[upcase] {before}''; echo do''ne\r"));
        terminal.until_shown("done\r\n");
    }
    let screen = leave(terminal);
    assert!(!screen.contains(FILE), "{screen}");
}
