//! What `send` tells in figures: how far a file came, and how a message that was sent many times was answered.

use std::path::Path;
use std::time::Duration;

use super::count;
use crate::config::Language;
use crate::error::TransferProgress;

/// What is told of a file.
impl Language {
    /// How far it has come.
    #[must_use]
    pub fn transferred(self, progress: TransferProgress) -> String {
        let TransferProgress { sent, size, received } = progress;
        let sent = match (self, size) {
            (_, None) => count(sent, "byte", "bytes"),
            (Self::Pt, Some(size)) => format!("{sent} de {}", count(size, "byte", "bytes")),
            (Self::En, Some(size)) => format!("{sent} of {}", count(size, "byte", "bytes")),
        };
        match self {
            Self::Pt => {
                let plural = if progress.sent == 1 { "enviado" } else { "enviados" };
                format!("{sent} {plural}, {received} de resposta")
            }
            Self::En => format!("{sent} sent, {received} of a reply"),
        }
    }

    /// The file that was sent.
    #[must_use]
    pub fn file_sent(self, path: &Path, sent: u64) -> String {
        let sent = count(sent, "byte", "bytes");
        match self {
            _ if path != Path::new("-") => format!("{}, {sent}", path.display()),
            Self::Pt => format!("entrada padrão, {sent}"),
            Self::En => format!("standard input, {sent}"),
        }
    }

    /// The reply to a file.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a rate of three digits")]
    pub fn file_received(self, received: u64, took: Duration) -> String {
        let rate = self.megabytes(received as f64 / took.max(Duration::from_nanos(1)).as_secs_f64());
        let (received, took) = (count(received, "byte", "bytes"), self.time(took));
        match self {
            Self::Pt => format!("{received} em {took}, {rate}/s"),
            Self::En => format!("{received} in {took}, {rate}/s"),
        }
    }
}

/// What is told of a message that is sent many times.
impl Language {
    /// The reply's size and times, before what it was.
    #[must_use]
    pub fn reply_times(self, bytes: usize, took: Duration, connected_in: Option<Duration>) -> String {
        let (bytes, took) = (count(bytes as u64, "byte", "bytes"), self.time(took));
        let connected_in = connected_in.map(|took| self.time(took));
        match (self, connected_in) {
            (Self::Pt, None) => format!("{bytes} em {took}"),
            (Self::Pt, Some(connected_in)) => format!("{bytes} em {took}, conexão em {connected_in}"),
            (Self::En, None) => format!("{bytes} in {took}"),
            (Self::En, Some(connected_in)) => format!("{bytes} in {took}, connection in {connected_in}"),
        }
    }

    /// A reply is what it should be.
    #[must_use]
    pub const fn right(self) -> &'static str {
        match self {
            Self::Pt => "certa",
            Self::En => "right",
        }
    }

    /// A reply is not what it should be.
    #[must_use]
    pub const fn wrong(self) -> &'static str {
        match self {
            Self::Pt => "errada",
            Self::En => "wrong",
        }
    }

    /// Where a reply differs from what it should be.
    #[must_use]
    pub fn difference(self, at: usize, received: &str, expected: &str) -> String {
        let byte = at + 1;
        match self {
            Self::Pt => format!("no byte {byte} veio “{received}” em vez de “{expected}”"),
            Self::En => format!("at byte {byte} came “{received}” instead of “{expected}”"),
        }
    }

    /// No whole reply came.
    #[must_use]
    pub const fn lost(self) -> &'static str {
        match self {
            Self::Pt => "perdida",
            Self::En => "lost",
        }
    }

    /// How many messages there were, and what became of them.
    #[must_use]
    pub fn counts(self, sent: u64, answered: u64, wrong: u64, lost: u64, unfinished: u64) -> String {
        let unfinished = match self {
            _ if unfinished == 0 => String::new(),
            Self::Pt => format!(", {unfinished} em andamento"),
            Self::En => format!(", {unfinished} under way"),
        };
        match self {
            Self::Pt => {
                let answered = count(answered, "respondida", "respondidas");
                let (wrong, lost) = (count(wrong, "errada", "erradas"), count(lost, "perdida", "perdidas"));
                format!("{}, {answered}, {wrong}, {lost}{unfinished}", count(sent, "enviada", "enviadas"))
            }
            Self::En => format!("{sent} sent, {answered} answered, {wrong} wrong, {lost} lost{unfinished}"),
        }
    }

    /// How long all of it took, and how many replies that is in a second.
    #[must_use]
    pub fn rate(self, connections: u16, elapsed: Duration, per_second: f64) -> String {
        let (elapsed, rate) = (self.time(elapsed), self.decimal(per_second));
        match self {
            Self::Pt => {
                // The plural begins at two, of what is shown of it.
                let replies = if per_second < 1.995 { "resposta" } else { "respostas" };
                let connections = count(connections.into(), "conexão", "conexões");
                format!("{rate} {replies} por segundo em {elapsed}, {connections}")
            }
            Self::En => {
                let replies = if rate == "1" { "reply" } else { "replies" };
                let connections = count(connections.into(), "connection", "connections");
                format!("{rate} {replies} a second in {elapsed}, {connections}")
            }
        }
    }

    /// The columns of times: the least, the median, the 99th percentile, the most.
    #[must_use]
    pub const fn quantiles(self) -> [&'static str; 4] {
        match self {
            Self::Pt => ["mín", "mediana", "p99", "máx"],
            Self::En => ["min", "median", "p99", "max"],
        }
    }

    /// The row of the times that connections took.
    #[must_use]
    pub const fn connection_times(self) -> &'static str {
        match self {
            Self::Pt => "conexão",
            Self::En => "connection",
        }
    }

    /// The row of the times that replies took.
    #[must_use]
    pub const fn reply_times_label(self) -> &'static str {
        match self {
            Self::Pt => "resposta",
            Self::En => "reply",
        }
    }

    /// So many bytes in three digits: megabytes, or kilobytes where they are fewer.
    #[must_use]
    pub fn megabytes(self, bytes: f64) -> String {
        match bytes {
            ..999_500.0 => format!("{} kB", self.decimal(bytes / 1e3)),
            _ => format!("{} MB", self.decimal(bytes / 1e6)),
        }
    }

    /// A time in three digits.
    #[must_use]
    pub fn time(self, time: Duration) -> String {
        let seconds = time.as_secs_f64();
        let (number, unit) = match seconds {
            ..0.000_999_5 => (seconds * 1e6, "µs"),
            ..0.999_5 => (seconds * 1e3, "ms"),
            _ => (seconds, "s"),
        };
        format!("{} {unit}", self.decimal(number))
    }

    /// A number in three digits, or as many as its whole part has.
    fn decimal(self, number: f64) -> String {
        let decimals = match number {
            ..9.995 => 2,
            ..99.95 => 1,
            _ => 0,
        };
        let text = format!("{number:.decimals$}");
        let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        match self {
            Self::Pt => text.replace('.', ","),
            Self::En => text.to_owned(),
        }
    }
}
