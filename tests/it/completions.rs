//! The completion scripts: those checked in are those that the program prints, and real shells complete with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum as _;
use clap_complete::{Generator as _, Shell};
use upcase::completions::script;

use crate::support::peer::peer;
use crate::support::{assert_current, run, upcase};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

#[test]
fn the_files_are_current() {
    for &shell in Shell::value_variants() {
        let current = String::from_utf8(script(shell)).unwrap();
        assert_current(&folder().join(shell.file_name("upcase")), &current);
    }
}

#[test]
fn the_program_prints_them() {
    for &shell in Shell::value_variants() {
        let ended = run(&mut upcase(&["completions", &shell.to_string()]), b"");
        assert_eq!((ended.code, ended.stdout.as_bytes()), (Some(0), &script(shell)[..]));
    }
}

/// What is typed, and what completing it must offer: a subcommand, an option, and an option's value.
const TYPED: [(&str, &str); 3] = [
    ("upcase comp", "completions"),
    ("upcase serve --keep", "--keep-alive"),
    ("upcase send --format js", "json"),
];

#[track_caller]
fn offers(shell: &mut Command, expected: &str) {
    let ended = run(shell, b"");
    assert!(ended.stdout.split_whitespace().any(|word| word == expected), "{ended:?}");
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
        offers(&mut bash, expected);
    }
}

#[test]
fn zsh_completes() {
    for (typed, expected) in TYPED {
        let Some(mut zsh) = peer("zsh") else { return };
        // An interactive zsh at the far end of a pseudoterminal, in which a tab is typed.
        let script = r#"
            zmodload zsh/zpty; zpty inner zsh -f -i
            send() { zpty -w inner "$1"; }
            send "PS1=''; fpath=(${1:h} \$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' complete-word"
            send "echo rea''dy"; zpty -r inner out "*ready*"
            zpty -w -n inner "$2"$'\t'
            zpty -r inner out "*$3*" && print -r -- ${out//[^[:graph:]]/ }"#;
        zsh.args(["-f", "-c", script, "zsh"]).arg(folder().join("_upcase")).args([typed, expected]);
        offers(&mut zsh, expected);
    }
}

#[test]
fn fish_completes() {
    for (typed, expected) in TYPED {
        let Some(mut fish) = peer("fish") else { return };
        let script = r"source $argv[1]; complete -C $argv[2]";
        // HOME: fish writes its own files there.
        fish.env("HOME", env!("CARGO_TARGET_TMPDIR"));
        fish.args(["--no-config", "-c", script]).arg(folder().join("upcase.fish")).arg(typed);
        offers(&mut fish, expected);
    }
}
