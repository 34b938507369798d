//! All text that users see, in Portuguese and in English.
//!
//! Both languages of one text stand side by side, so that a change of one is a change of both. `errors` has the text of
//! errors, their causes and hints; `system_errors` that of errors of the operating system; `usage` that of errors in the
//! command line. `output` and `trace` have the lines that the commands print. `help` and `man` have the documentation.

mod errors;
pub(crate) mod fault;
pub(crate) mod help;
mod hints;
pub(crate) mod man;
mod output;
mod system_errors;
mod trace;
mod usage;

use std::time::Duration;

use clap::ValueEnum;

use self::help::Pair;
pub(crate) use self::usage::ValueError;

/// The language of all text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Portuguese
    Pt,
    /// English
    En,
}

/// Formats the Portuguese or the English text: `text!(lang, "{n} de {all}", "{n} of {all}", all = 3)`.
///
/// Of a `match`, each arm has both texts: `text!(lang, match error { pattern => "pt", "en"; … } else other)`.
macro_rules! text {
    ($lang:expr, match $value:ident {
        $($pattern:pat $(if $guard:expr)? => $pt:literal, $en:literal $(, $name:ident = $arg:expr)*;)+
    } $(else $other:expr)?) => {
        match $value {
            $($pattern $(if $guard)? => text!($lang, $pt, $en $(, $name = $arg)*),)+
            $(_ => $other)?
        }
    };
    ($lang:expr, $pt:literal, $en:literal $(, $name:ident = $arg:expr)* $(,)?) => {
        match $lang {
            $crate::i18n::Language::Pt => format!($pt $(, $name = $arg)*),
            $crate::i18n::Language::En => format!($en $(, $name = $arg)*),
        }
    };
}
use text;

/// Defines a method of `Language` for each fixed text: its name, the Portuguese text, the English text.
macro_rules! labels {
    ($($name:ident: $pt:literal, $en:literal;)+) => {
        impl Language {
            $(pub(crate) fn $name(self) -> &'static str {
                self.pick($pt, $en)
            })+
        }
    };
}

labels! {
    error_label: "Erro:", "Error:";
    warning_label: "Aviso:", "Warning:";
    cause_label: "Causa:", "Cause:";
    hint_label: "Dica:", "Hint:";
    usage_label: "Uso:", "Usage:";
    see_help: "Para mais informações, use '--help'.", "For more information, try '--help'.";
    environment_label: "Ambiente:", "Environment:";
    examples_label: "Exemplos:", "Examples:";
    fault_list_label: "Valores de --fault:", "Values of --fault:";
    default_label: "padrão:", "default:";
    options_placeholder: "[OPÇÕES]", "[OPTIONS]";
    received_from: "Recebido de", "Received from";
    // As wide as `received`, so that the texts line up.
    sent: "Enviado: ", "Sent:    ";
    send: "Enviar:  ", "Send:    ";
    received: "Recebido:", "Received:";

    new_connection:
        "Nova conexão: o servidor fechou a anterior depois da resposta.",
        "New connection: the server closed the previous one after its reply.";
    given_up: "Interrompido: a mensagem ficou sem resposta.", "Interrupted: the message has no reply.";
    no_local_address: "nenhum endereço ou porta local disponível", "no local address or port is free";
    no_reply_yet: "ainda sem resposta", "no reply yet";
    right: "certa", "right";
    wrong: "errada", "wrong";
    lost: "perdida", "lost";
    connection_times: "conexão", "connection";
    reply_times_label: "resposta", "reply";
    service_times: "serviço", "service";
    response_times: "resposta", "response";
    service_times_note: "serviço: desde o envio da mensagem", "service: since the message was sent";
    response_times_note: "resposta: desde a hora prevista", "response: since the message was due";
    least: "mín", "min";
    greatest: "máx", "max";
    client_limit:
        "os tempos incluem o limite deste cliente, veja --connections",
        "the times include this client's own limit, see --connections";
}

#[cfg(not(windows))]
labels! {
    type_messages: "Uma mensagem por linha; Ctrl-D encerra.", "One message a line; Ctrl-D ends.";
    type_text: "Digite o texto; Ctrl-D encerra.", "Type the text; Ctrl-D ends it.";
    way_out: "Para sair, tecle Ctrl-D.", "To leave, press Ctrl-D.";
}

// A console's own input ends at a line that begins with Ctrl-Z.
#[cfg(windows)]
labels! {
    type_messages: "Uma mensagem por linha; Ctrl-Z encerra.", "One message a line; Ctrl-Z ends.";
    type_text: "Digite o texto; Ctrl-Z e Enter encerram.", "Type the text; Ctrl-Z and Enter end it.";
    way_out: "Para sair, tecle Ctrl-Z.", "To leave, press Ctrl-Z.";
}

impl Language {
    /// Returns the language of a locale (`pt_BR.UTF-8`), if it is one of these.
    pub(crate) fn of_locale(locale: &str) -> Option<Self> {
        let code = locale.split(['_', '-', '.', '@']).next()?;
        [("pt", Self::Pt), ("en", Self::En)]
            .into_iter()
            .find_map(|(name, language)| name.eq_ignore_ascii_case(code).then_some(language))
    }

    /// Returns the value of `--lang` for this language.
    pub(crate) fn name(self) -> &'static str {
        self.pick("pt", "en")
    }

    /// Returns the text in this language.
    fn pick(self, pt: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Pt => pt,
            Self::En => en,
        }
    }

    /// Returns the text in this language.
    pub(crate) fn of(self, [pt, en]: Pair) -> &'static str {
        self.pick(pt, en)
    }

    /// Formats a number of bytes in three digits, as megabytes or, if fewer, as kilobytes.
    pub(crate) fn megabytes(self, bytes: f64) -> String {
        match bytes {
            ..999_500.0 => format!("{} kB", self.decimal(bytes / 1e3)),
            _ => format!("{} MB", self.decimal(bytes / 1e6)),
        }
    }

    /// Formats a time in three digits, with its unit.
    pub(crate) fn time(self, time: Duration) -> String {
        let seconds = time.as_secs_f64();
        let (number, unit) = match seconds {
            ..0.000_999_5 => (seconds * 1e6, "µs"),
            ..0.999_5 => (seconds * 1e3, "ms"),
            _ => (seconds, "s"),
        };
        format!("{} {unit}", self.decimal(number))
    }

    /// Formats a number in three significant digits, or in as many as its integer part has.
    fn decimal(self, number: f64) -> String {
        // Half of the last digit rounds up to a hundred, as formatting does.
        let has_three_digits = |decimals: &u8| number * 10_f64.powi((*decimals).into()) >= 99.95;
        // Without three digits up to there, the number is 0.
        let decimals = (0..16).find(has_three_digits).unwrap_or(0).into();
        let text = format!("{number:.decimals$}");
        let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        match self {
            Self::Pt => text.replace('.', ","),
            Self::En => text.to_owned(),
        }
    }
}

/// Formats a number with its noun in the singular or the plural.
fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Formats a number of bytes, which both languages write alike.
fn bytes(number: u64) -> String {
    count(number, "byte", "bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_have_three_digits_and_the_decimal_sign_of_the_language() {
        let decimal = |number| (Language::Pt.decimal(number), Language::En.decimal(number));
        for (number, pt, en) in [
            (0.0, "0", "0"),
            (0.003_816, "0,00382", "0.00382"),
            (0.000_999_6, "0,001", "0.001"),
            (0.5, "0,5", "0.5"),
            (1.0, "1", "1"),
            (1.5, "1,5", "1.5"),
            (9.994, "9,99", "9.99"),
            (9.996, "10", "10"),
            (71.24, "71,2", "71.2"),
            (99.96, "100", "100"),
            (12345.6, "12346", "12346"),
        ] {
            assert_eq!(decimal(number), (pt.to_owned(), en.to_owned()));
        }
    }

    #[test]
    fn times_and_sizes_change_their_unit_before_a_fourth_digit() {
        let time = |nanoseconds| Language::En.time(Duration::from_nanos(nanoseconds));
        assert_eq!(
            [time(999_400), time(999_600), time(999_600_000)],
            ["999 µs", "1 ms", "1 s"].map(str::to_owned)
        );
        let size = |bytes| Language::En.megabytes(bytes);
        assert_eq!([size(999_000.0), size(999_600.0)], ["999 kB", "1 MB"].map(str::to_owned));
    }

    #[test]
    fn labels_before_texts_are_equally_wide() {
        for lang in [Language::Pt, Language::En] {
            let widths = [lang.sent(), lang.send(), lang.received()].map(|label| label.chars().count());
            assert_eq!(widths, [9; 3]);
        }
    }
}
