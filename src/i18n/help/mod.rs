//! The help of each command and argument, which the manual pages and the completions have too.
//!
//! An argument that is added to `cli` gets its entry here, under its command and its id. A test of `cli::help` fails
//! for an argument without an entry, and for an entry without an argument.

mod send;
mod serve;
mod upcase;

use super::Language;

/// A text in Portuguese, and the same text in English.
pub(crate) type Pair = [&'static str; 2];

/// The help of one command. Values and commands in texts are written 'so', and in the texts of manual pages `so`.
pub(crate) struct CommandHelp {
    /// The subcommand; `upcase` for the options of all commands.
    pub(crate) name: &'static str,
    /// The line of the list of commands, and the paragraphs of the long help.
    pub(crate) about: &'static [Pair],
    /// The id of each argument, its line in the short help, and further paragraphs of the long help.
    pub(crate) arguments: &'static [(&'static str, &'static [Pair])],
    /// The values of the arguments, for the completions.
    pub(crate) values: &'static [(&'static str, Pair)],
    /// The purpose of each example, and its command line.
    pub(crate) examples: &'static [(Pair, &'static str)],
}

impl CommandHelp {
    /// Returns the help of a command, or of `upcase` itself.
    pub(crate) fn of(name: &str) -> Option<&'static Self> {
        COMMANDS.into_iter().find(|help| help.name == name)
    }
}

/// The help of all commands.
pub(crate) const COMMANDS: [&CommandHelp; 6] =
    [&upcase::UPCASE, &serve::SERVE, &send::SEND, &upcase::COMPLETIONS, &upcase::MAN, &upcase::HELP];

/// The environment variables.
pub(crate) const ENVIRONMENT: [(&str, Pair); 8] = [
    ("UPCASE_HOST", ["Padrão de --host, para serve e send", "Default of --host, for serve and send"]),
    ("UPCASE_PORT", ["Padrão de --port, para serve e send", "Default of --port, for serve and send"]),
    ("UPCASE_LANG", ["Padrão de --lang", "Default of --lang"]),
    ("LC_ALL", ["Idioma, se UPCASE_LANG faltar", "Language, without UPCASE_LANG"]),
    ("LC_MESSAGES", ["Idioma, se LC_ALL também faltar", "Language, without LC_ALL too"]),
    ("LANG", ["Idioma, se LC_MESSAGES também faltar", "Language, without LC_MESSAGES too"]),
    (
        "NO_COLOR",
        ["Se não for vazia, sem cores; --color prevalece", "If not empty, no colour; --color overrides it"],
    ),
    (
        "CLICOLOR_FORCE",
        [
            "Se não for vazia, cores também em pipes; NO_COLOR prevalece",
            "If not empty, colour also in pipes; NO_COLOR overrides it",
        ],
    ),
];

/// The help of `--verbose`, which several commands have.
const VERBOSE: &[Pair] = &[
    ["Rastreia as conexões; -vv: também os bytes", "Trace connections; -vv: also bytes"],
    [
        "Escreve na saída de erros uma linha para cada evento de uma conexão: conectada ou aceita, cada leitura e cada \
         escrita com o seu tamanho, FIN, reset, tempo esgotado e os totais no fim. Uma linha começa com o número da conexão \
         e o tempo desde o início dela. -vv mostra também o começo dos bytes. Com --format json, cada evento é um objeto \
         JSON.",
        "Prints one line on standard error for each event of a connection: connected or accepted, each read and each write \
         with its size, FIN, reset, timeout, and the totals at the close. A line begins with the number of the connection \
         and the time since the connection began. -vv also prints the beginning of the bytes. With --format json, each \
         event is a JSON object.",
    ],
];

/// Headings, and names of values. `cli` has the English ones.
const TERMS: [Pair; 28] = [
    ["Comandos", "Commands"],
    ["Argumentos", "Arguments"],
    ["Conexão", "Connection"],
    ["Limites", "Limits"],
    ["Repetição", "Repeating"],
    ["Forma do envio", "Shaping"],
    ["Entrada e saída", "Input and output"],
    ["Falhas", "Faults"],
    ["Geral", "Global"],
    ["ARQUIVO", "FILE"],
    ["ARQUIVO", "PATH"],
    ["BYTES", "BYTES"],
    ["C", "C"],
    ["COMANDO", "COMMAND"],
    ["ENDEREÇO", "ADDR"],
    ["FALHA", "SPEC"],
    ["FORMATO", "FORMAT"],
    ["HOST", "HOST"],
    ["IDIOMA", "LANG"],
    ["MENSAGEM", "MESSAGE"],
    ["N", "N"],
    ["PORTA", "PORT"],
    ["PORCENTAGEM", "PERCENT"],
    ["PÁGINA", "PAGE"],
    ["QUANDO", "WHEN"],
    ["R", "R"],
    ["SHELL", "SHELL"],
    ["TEMPO", "TIME"],
];

impl Language {
    /// Returns a heading or the name of a value in this language, if its English text is known.
    pub(crate) fn term(self, english: &str) -> Option<&'static str> {
        TERMS.iter().find(|[_, en]| *en == english).map(|&pair| self.of(pair))
    }
}
