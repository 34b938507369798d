//! The text of errors in the command line.

use std::error::Error as _;
use std::fmt::{self, Display, Formatter};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::{Language, text};
use crate::config::{RATE_MAX, RATE_MIN};
use crate::escape::escape_line;
use crate::net::fault::SpecError;

/// The reason why the value of an argument is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueError {
    /// The value is a URL, where a host belongs.
    Url,
    OpenBracket,
    NoHost,
    HostCharacter(char),
    AfterBracket,
    NoPort,
    /// The value is not a whole number in this range.
    Number {
        min: u64,
        max: u64,
    },
    /// The port belongs in `--port`.
    PortInHost,
    /// The value is not an address of this end.
    Source,
    /// The value is a number, where a time needs a unit too.
    NoUnit,
    Duration,
    NoDuration,
    /// The value is not a rate of messages.
    Rate,
    Fault(SpecError),
}

impl Display for ValueError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&Language::En.value_error(self))
    }
}

impl std::error::Error for ValueError {}

impl Language {
    fn value_error(self, error: &ValueError) -> String {
        text!(self, match error {
            ValueError::Url =>
                "escreva o host ou HOST:PORTA, e não uma URL",
                "write the host or HOST:PORT, not a URL";
            ValueError::OpenBracket => "o colchete não foi fechado", "the bracket is not closed";
            ValueError::NoHost => "falta o host", "the host is missing";
            ValueError::HostCharacter(c) => "um host não pode conter {c:?}", "a host cannot contain {c:?}";
            ValueError::AfterBracket =>
                "depois do colchete só pode vir :PORTA",
                "only :PORT may follow the bracket";
            ValueError::NoPort => "falta a porta depois de ':'", "the port after ':' is missing";
            ValueError::Number { min, max: u64::MAX } =>
                "não é um número inteiro a partir de {min}",
                "not a whole number from {min} up";
            ValueError::Number { min, max } =>
                "não é um número inteiro de {min} a {max}",
                "not a whole number from {min} to {max}";
            ValueError::PortInHost => "escreva a porta em --port", "write the port in --port";
            ValueError::Rate =>
                "não é um número de mensagens por segundo, de {min} a {max}",
                "not a number of messages a second, from {min} to {max}",
                min = RATE_MIN, max = RATE_MAX;
            ValueError::Source =>
                "escreva um endereço IP desta máquina, ou ENDEREÇO:PORTA",
                "write an IP address of this machine, or ADDR:PORT";
            ValueError::NoUnit => "falta a unidade: 500ms, 5s ou 2m", "the unit is missing: 500ms, 5s or 2m";
            ValueError::Duration =>
                "não é um tempo: escreva 500ms, 5s ou 2m",
                "not a time: write 500ms, 5s or 2m";
            ValueError::NoDuration => "o tempo deve ser maior que zero", "the time must be longer than zero";
            ValueError::Fault(error) => "{reason}", "{reason}", reason = self.fault_error(*error);
        })
    }

    /// Returns what is wrong with the command line.
    pub(crate) fn usage_error(self, error: &Error) -> String {
        let context = |kind| strings(error, kind).join(", ");
        let (arg, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
        let kind = error.kind();
        text!(self, match kind {
            ErrorKind::UnknownArgument if arg.starts_with('-') =>
                "a opção '{arg}' não existe",
                "unknown option '{arg}'";
            ErrorKind::UnknownArgument => "argumento inesperado: '{arg}'", "unexpected argument '{arg}'";
            ErrorKind::InvalidSubcommand =>
                "o comando '{command}' não existe",
                "unknown command '{command}'",
                command = context(ContextKind::InvalidSubcommand);
            ErrorKind::MissingSubcommand => "falta o comando", "the command is missing";
            ErrorKind::MissingRequiredArgument => "falta o argumento {arg}", "the argument {arg} is missing";
            ErrorKind::ArgumentConflict =>
                "'{arg}' não pode ser usado com '{other}'",
                "'{arg}' cannot be used with '{other}'",
                other = context(ContextKind::PriorArg);
            ErrorKind::InvalidValue if value.is_empty() =>
                "falta o valor de '{arg}'",
                "the value of '{arg}' is missing";
            ErrorKind::InvalidValue =>
                "o valor '{value}' de '{arg}' não é válido",
                "invalid value '{value}' for '{arg}'";
            ErrorKind::ValueValidation =>
                "o valor '{value}' de '{arg}' não é válido: {reason}",
                "invalid value '{value}' for '{arg}': {reason}",
                reason = self.reason(error);
            ErrorKind::TooManyValues =>
                "o valor '{value}' de '{arg}' está sobrando",
                "unexpected value '{value}' for '{arg}'";
            ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues =>
                "'{arg}' tem um número errado de valores",
                "'{arg}' has the wrong number of values";
            ErrorKind::NoEquals =>
                "'{arg}' precisa de um sinal de igual antes do valor",
                "'{arg}' needs an equals sign before its value";
            ErrorKind::InvalidUtf8 => "um argumento não é UTF-8 válido", "an argument is not valid UTF-8";
        } else error.to_string())
    }

    fn reason(self, error: &Error) -> String {
        match error.source() {
            Some(source) => match source.downcast_ref() {
                Some(error) => self.value_error(error),
                None => source.to_string(),
            },
            None => String::new(),
        }
    }

    /// Returns what a user can do about an error in the command line, if there is something.
    pub(crate) fn usage_hint(self, error: &Error) -> Option<String> {
        let suggested =
            [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
                .map(|kind| strings(error, kind));
        if let Some(names) = suggested.into_iter().find(|names| !names.is_empty()) {
            let names = names.join(self.pick("' ou '", "' or '"));
            return Some(text!(self, "você quis dizer '{names}'?", "did you mean '{names}'?"));
        }
        let values = [ContextKind::ValidValue, ContextKind::ValidSubcommand].map(|kind| strings(error, kind));
        if let Some(values) = values.into_iter().find(|values| !values.is_empty()) {
            let values = values.join(", ");
            return Some(text!(
                self,
                "os valores possíveis são {values}",
                "the possible values are {values}"
            ));
        }
        let tip = strings(error, ContextKind::Suggested).pop()?;
        let arg = strings(error, ContextKind::InvalidArg).pop()?;
        // clap has these tips only as English sentences.
        Some(match tip.strip_suffix(" exists") {
            Some(option) => text!(self, "existe {option}", "there is {option}"),
            None if tip.starts_with("to pass ") => text!(
                self,
                "se '{arg}' é a mensagem, escreva '-- {arg}'",
                "if '{arg}' is the message, write '-- {arg}'",
            ),
            None => text!(self, "o comando vem sem '--': {arg}", "the command comes without '--': {arg}"),
        })
    }
}

/// Returns the texts of a piece of context, safe to print.
fn strings(error: &Error, kind: ContextKind) -> Vec<String> {
    let texts = match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    texts.iter().map(|text| escape_line(text.as_bytes()).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_error_has_its_text_in_both_languages() {
        use ErrorKind::{
            ArgumentConflict, InvalidSubcommand, InvalidUtf8, InvalidValue, MissingRequiredArgument,
            MissingSubcommand, NoEquals, TooFewValues, TooManyValues, UnknownArgument, ValueValidation,
            WrongNumberOfValues,
        };
        for kind in [
            ArgumentConflict,
            InvalidSubcommand,
            InvalidUtf8,
            InvalidValue,
            MissingRequiredArgument,
            MissingSubcommand,
            NoEquals,
            TooFewValues,
            TooManyValues,
            UnknownArgument,
            ValueValidation,
            WrongNumberOfValues,
        ] {
            let mut error = Error::new(kind);
            error.insert(ContextKind::InvalidArg, ContextValue::String("--x <X>".into()));
            let (pt, en) = (Language::Pt.usage_error(&error), Language::En.usage_error(&error));
            assert!(pt != en && ![&pt, &en].contains(&&error.to_string()), "{kind:?}: {pt}, {en}");
        }
    }

    #[test]
    fn arguments_cannot_control_the_terminal() {
        let mut error = Error::new(ErrorKind::UnknownArgument);
        error.insert(ContextKind::InvalidArg, ContextValue::String("--\u{1b}[2J".into()));
        assert_eq!(Language::En.usage_error(&error), "unknown option '--\\u{1b}[2J'");
    }
}
