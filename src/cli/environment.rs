//! Defaults from the environment: `UPCASE_HOST`, `UPCASE_PORT`, `UPCASE_LANG`.
//!
//! clap's own `env` is not used: a variable can be set without the user's knowledge, so an error must name the variable,
//! and some values mean that the variable is not set.

use std::ffi::{OsStr, OsString};

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error};

/// The variables, each with the option of which it is the default.
pub(crate) const VARIABLES: [(&str, &str); 3] =
    [("UPCASE_HOST", "host"), ("UPCASE_PORT", "port"), ("UPCASE_LANG", "lang")];

/// Makes the variables that are set the defaults of their options.
pub(super) fn with_defaults(mut command: Command) -> Command {
    for (variable, option) in VARIABLES {
        if let Some(value) = value(variable) {
            command = with_default(command, option, &value);
        }
    }
    command
}

fn with_default(command: Command, option: &str, value: &OsStr) -> Command {
    let has_option = command.get_arguments().any(|arg| arg.get_id() == option);
    let command = command.mut_subcommands(|subcommand| with_default(subcommand, option, value));
    if has_option { command.mut_arg(option, |arg| arg.default_value(value.to_owned())) } else { command }
}

/// Returns the value of a variable that is set.
///
/// An empty value means that the variable is not set. So does a value like `tcp://10.0.0.1:8080`, which Kubernetes gives
/// to `UPCASE_PORT` for a Service named `upcase`.
fn value(variable: &str) -> Option<OsString> {
    let value = std::env::var_os(variable)?;
    let is_service = value.as_encoded_bytes().starts_with(b"tcp://");
    (!value.is_empty() && !is_service).then_some(value)
}

/// Lets an error about a value from the environment name the variable instead of the option.
pub(super) fn name_variable(mut error: Error, args: &[OsString]) -> Error {
    let (Some(ContextValue::String(arg)), Some(ContextValue::String(invalid))) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    else {
        return error;
    };
    for (variable, option) in VARIABLES {
        let option = format!("--{option}");
        let is_typed = |typed: &OsString| {
            typed
                .to_string_lossy()
                .strip_prefix(&option)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        let is_value = value(variable).is_some_and(|value| value.to_string_lossy() == *invalid);
        if arg.starts_with(&format!("{option} ")) && is_value && !args.iter().any(is_typed) {
            error.insert(ContextKind::InvalidArg, ContextValue::String(variable.into()));
            return error;
        }
    }
    error
}
