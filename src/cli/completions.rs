//! The completion scripts, as `upcase completions` prints them and as `completions/` holds them.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;

use super::command;
use crate::i18n::Language;
use crate::i18n::help::{COMMANDS, CommandHelp};

/// Returns the completion script of a shell, with descriptions in one language.
#[must_use]
pub fn completion_script(shell: Shell, lang: Language) -> String {
    let complete = |command: Command| with_values(command, shell, lang);
    let mut upcase = complete(command(lang)).mut_subcommands(complete);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut upcase, "upcase", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // Where there is nothing to complete, bash and fish would offer files.
        Shell::Bash => script.replace(" -o bashdefault -o default", ""),
        // After `--lang`, the helper of clap_complete fails, and would complete nothing.
        Shell::Fish => script.replace("    or return\n", "    or return 0\n") + "complete -c upcase -f\n",
        Shell::Elvish => script.replace("    $completions[$command]\n", &elvish_values(&upcase)),
        _ => script,
    }
}

/// Returns elvish code that completes the value after an option, or else what `clap_complete` has for the command.
fn elvish_values(upcase: &Command) -> String {
    let mut code = "    var values = [\n".to_owned();
    for command in upcase.get_subcommands().chain([upcase]) {
        let path = command.get_bin_name().unwrap_or_default().replace(' ', ";");
        for option in command.get_opts() {
            let candidates = match option.get_value_hint() {
                ValueHint::FilePath => "edit:complete-filename $words[-1]; ".to_owned(),
                _ => option.get_possible_values().iter().map(elvish_candidate).collect(),
            };
            let name = option.get_long().unwrap_or_default();
            code.extend(["        &'", &path, " --", name, "'= { ", &candidates, "}\n"]);
        }
    }
    code + "    ]
    var option = $command' '$words[-2]
    if (has-key $values $option) {
        $values[$option]
    } elif (has-key $completions $command) {
        $completions[$command]
    }
"
}

fn elvish_candidate(value: &PossibleValue) -> String {
    let help = value.get_help().map(ToString::to_string).unwrap_or_default();
    format!("cand {} '{}'; ", value.get_name(), help.replace('\'', "''"))
}

/// Describes the values of arguments, and says which are not files.
fn with_values(command: Command, shell: Shell, lang: Language) -> Command {
    let texts = ["upcase", command.get_name()].into_iter().filter_map(CommandHelp::of);
    let commands = COMMANDS.iter().map(|help| (help.name, help.about[0]));
    let texts: Vec<_> = texts.flat_map(|help| help.values).copied().chain(commands).collect();
    let describe = |value: PossibleValue| match texts.iter().find(|(name, _)| *name == value.get_name()) {
        Some((_, text)) => value.help(lang.of(*text)),
        None => value,
    };
    let command = command.mut_args(|arg| {
        let values = arg.get_possible_values();
        if !arg.get_action().takes_values() {
            arg
        } else if !values.is_empty() {
            arg.value_parser(PossibleValuesParser::new(values.into_iter().map(describe)))
        } else if arg.get_id() == "host" && shell != Shell::Bash {
            arg.value_hint(ValueHint::Hostname)
        } else if arg.get_value_hint() == ValueHint::Unknown {
            // bash takes all hints except this one for files.
            arg.value_hint(ValueHint::Other)
        } else {
            arg
        }
    });
    if let Shell::Bash | Shell::Zsh = shell {
        return command;
    }
    // clap_complete completes the values of arguments only for bash and zsh, but subcommands for all shells.
    let values: Vec<_> = command.get_positionals().flat_map(Arg::get_possible_values).collect();
    command.subcommands(values.into_iter().map(|value| {
        let text = value.get_help().cloned().unwrap_or_default();
        Command::new(value.get_name().to_owned()).about(text).disable_help_flag(true)
    }))
}
