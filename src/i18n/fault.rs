//! The text about faults (`serve --fault`).

use super::help::Pair;
use super::{Language, text};
use crate::net::fault::{Choice, FaultPlan, SpecError};

/// The faults as `--fault` takes them, each with its effect in Portuguese and in English.
pub(crate) const FAULTS: [(&str, Pair); 11] = [
    ("delay=TIME", ["Espera antes do primeiro byte da resposta", "Wait before the first byte of the reply"]),
    (
        "slice=BYTES",
        [
            "Envia a resposta em segmentos de no máximo BYTES bytes",
            "Send the reply in segments of BYTES bytes at most",
        ],
    ),
    (
        "drip=TIME",
        [
            "Pausa entre os segmentos; sem slice, são de 1 byte",
            "Pause between segments; without slice, of 1 byte",
        ],
    ),
    (
        "limit=BYTES,close",
        ["Fecha (FIN) depois de BYTES bytes de resposta", "Close (FIN) after BYTES bytes of the replies"],
    ),
    (
        "limit=BYTES,reset",
        ["Derruba (RST) depois de BYTES bytes de resposta", "Reset (RST) after BYTES bytes of the replies"],
    ),
    ("wrong", ["Troca um byte da resposta", "Change one byte of the reply"]),
    (
        "ascii",
        ["Deixa como estão as letras acentuadas: olá, OLá", "Leave accented letters as they are: olá, OLá"],
    ),
    ("mute", ["Lê, e nunca responde", "Read, and never reply"]),
    ("no-read", ["Aceita, e nunca lê", "Accept, and never read"]),
    ("no-accept", ["Nunca aceita: a fila de conexões enche", "Never accept: the backlog fills up"]),
    (
        "close-unread",
        ["Fecha com dados não lidos, o que causa um RST", "Close with data unread, which causes a reset"],
    ),
];

impl Language {
    /// Lists the faults, each on a line with its effect.
    pub(crate) fn fault_list(self) -> String {
        let localized = |spec: &str| spec.replace("TIME", self.term("TIME").unwrap_or("TIME"));
        let width = FAULTS.iter().map(|(spec, _)| localized(spec).len()).max().unwrap_or_default();
        FAULTS.map(|(spec, effect)| format!("  {:width$}  {}\n", localized(spec), self.of(effect))).concat()
    }

    /// Returns the reason why a fault or a rate is invalid. A fault's has the list of the faults.
    pub(crate) fn fault_error(self, error: SpecError) -> String {
        let reason = text!(self, match error {
            SpecError::Unknown => "não é uma das falhas", "it is not one of the faults";
            SpecError::Time =>
                "o tempo deve ser maior que zero e ter unidade: 500ms, 5s ou 2m",
                "the time must be longer than zero and have a unit: 500ms, 5s or 2m";
            SpecError::Bytes =>
                "BYTES deve ser um número inteiro a partir de 1",
                "BYTES must be a whole number from 1 up";
            SpecError::Limit =>
                "escreva o número de bytes e o fim: limit=10,close ou limit=10,reset",
                "write the number of bytes and the end: limit=10,close or limit=10,reset";
            SpecError::Rate =>
                "escreva uma porcentagem acima de 0% e até 100%",
                "write a percentage above 0% and up to 100%";
        });
        if error == SpecError::Rate {
            return reason;
        }
        let list = self.fault_list();
        text!(self, "{reason}\n\nFalhas:\n{list}", "{reason}\n\nFaults:\n{list}").trim_end().to_owned()
    }

    /// Announces the faults of a server, in the form in which they can be repeated.
    pub(crate) fn faults(self, plan: &FaultPlan) -> String {
        let specs = plan.specs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        match plan.choice {
            None => text!(self, "Falhas em todas as conexões: {specs}", "Faults on all connections: {specs}"),
            Some(Choice { rate, seed }) => text!(
                self,
                "Falhas em {rate} das conexões (--seed {seed}): {specs}",
                "Faults on {rate} of the connections (--seed {seed}): {specs}"
            ),
        }
    }
}
