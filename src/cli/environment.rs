//! Defaults from the environment: `UPCASE_HOST`, `UPCASE_PORT`, `UPCASE_LANG`, and the locale.
//!
//! clap's own `env` is not used: a variable can be set without the user's knowledge, so an error must name the variable,
//! and some values mean that the variable is not set.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, Error};
use clap::{Command, ValueEnum as _};

use crate::i18n::Language;

/// The variables, each with the option of which it is the default.
pub(crate) const VARIABLES: [(&str, &str); 3] =
    [("UPCASE_HOST", "host"), ("UPCASE_PORT", "port"), ("UPCASE_LANG", "lang")];

/// Makes the variables that are set the defaults of their options.
pub(super) fn with_defaults(command: Command) -> Command {
    command.mut_subcommands(with_defaults).mut_args(|arg| {
        let variable = VARIABLES.iter().find(|(_, option)| arg.get_id() == option);
        let default = variable.and_then(|(variable, option)| {
            value(variable)
                .or_else(|| (*option == "lang").then(locale_language)?.map(|lang| lang.name().into()))
        });
        match default {
            Some(value) => arg.default_value(value),
            None => arg,
        }
    })
}

/// Returns the language that the environment chooses, if it does.
pub(super) fn language() -> Option<Language> {
    let chosen = value("UPCASE_LANG").and_then(|value| Language::from_str(value.to_str()?, false).ok());
    chosen.or_else(locale_language)
}

/// Returns the language of the locale, if it is one of this program's.
fn locale_language() -> Option<Language> {
    // The first that is set decides (locale(7)): `LC_ALL=C` hides `LANG`.
    let variables = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(std::env::var_os);
    let locale = variables.into_iter().find(|value| !value.is_empty());
    #[cfg(windows)]
    let locale = locale.or_else(|| sys_locale::get_locale().map(Into::into));
    Language::of_locale(locale?.to_str()?)
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
    let Some(ContextValue::String(arg)) = error.get(ContextKind::InvalidArg) else { return error };
    // Without its value, as in `--host <HOST>`.
    let option = arg.split(' ').next().unwrap_or_default();
    let is_typed = args.iter().any(|typed| typed.to_string_lossy().split('=').next() == Some(option));
    // The built-in defaults are valid, so an invalid value that is not typed comes from the environment.
    let variable = VARIABLES.iter().find(|(_, name)| !is_typed && option.strip_prefix("--") == Some(name));
    if let Some((variable, _)) = variable {
        error.insert(ContextKind::InvalidArg, ContextValue::String((*variable).into()));
    }
    error
}
