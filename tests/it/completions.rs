//! Completion scripts: the files in `completions/` are current, and real shells complete with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::peer::peer;
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

/// Typed text, and a completion that the shell must offer: a subcommand, an option, and an option's value.
const TYPED: [(&str, &str); 3] = [
    ("upcase comp", "completions"),
    ("upcase serve --keep", "--keep-alive"),
    ("upcase send --format js", "json"),
];

#[track_caller]
fn assert_offers(shell: &mut Command, expected: &str) {
    let finished = run(shell, b"");
    assert!(finished.stdout.split_whitespace().any(|word| word == expected), "{finished:?}");
}

#[test]
fn bash_completes() {
    for (typed, expected) in TYPED {
        let Some(mut bash) = peer("bash") else { return };
        let script = r#"
            source "$1"; read -ra COMP_WORDS <<< "$2"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _upcase upcase "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        bash.args(["--norc", "-c", script, "bash"]).arg(folder().join("upcase.bash")).arg(typed);
        assert_offers(&mut bash, expected);
    }
}

#[test]
fn zsh_completes() {
    for (typed, expected) in TYPED {
        let Some(mut zsh) = peer("zsh") else { return };
        // An interactive zsh at a pseudoterminal, in which this script types a tab.
        let script = r#"
            zmodload zsh/zpty; zpty inner zsh -f -i
            send() { zpty -w inner "$1"; }
            send "PS1=''; fpath=(${1:h} \$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' complete-word"
            send "echo rea''dy"; zpty -r inner out "*ready*"
            zpty -w -n inner "$2"$'\t'
            zpty -r inner out "*$3*" && print -r -- ${out//[^[:graph:]]/ }"#;
        zsh.args(["-f", "-c", script, "zsh"]).arg(folder().join("_upcase")).args([typed, expected]);
        assert_offers(&mut zsh, expected);
    }
}

#[test]
fn fish_completes() {
    for (typed, expected) in TYPED {
        let Some(mut fish) = peer("fish") else { return };
        let script = r"source $argv[1]; complete -C $argv[2]";
        // fish writes files of its own into HOME.
        fish.env("HOME", env!("CARGO_TARGET_TMPDIR"));
        fish.args(["--no-config", "-c", script]).arg(folder().join("upcase.fish")).arg(typed);
        assert_offers(&mut fish, expected);
    }
}
