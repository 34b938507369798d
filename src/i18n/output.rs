//! The lines that `serve` and `send` print, except errors.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use humantime::format_duration;

use super::{Language, bytes, count, text};
use crate::error::TransferProgress;
use crate::escape::escape_line;

/// Lines of `serve`.
impl Language {
    /// Formats the remark after a message that is printed in part.
    pub(crate) fn more_bytes(self, more: u64) -> String {
        let more = bytes(more);
        text!(self, "… (mais {more})", "… ({more} more)")
    }

    /// Announces that the server is ready on an address.
    pub(crate) fn listening(self, address: SocketAddr) -> String {
        text!(self, "Escutando em {address}", "Listening on {address}")
    }

    /// Warns that the server listens on the other addresses of a name, but not on this one.
    pub(crate) fn address_left_out(self, address: SocketAddr, cause: &io::Error) -> String {
        let cause = self.io_error(cause);
        text!(self, "não foi possível escutar em {address}: {cause}", "not listening on {address}: {cause}")
    }

    /// Warns that the server accepts no connections for now, because the system has run out of a resource.
    pub(crate) fn accept_paused(self, cause: &io::Error) -> String {
        let cause = self.io_error(cause);
        text!(self, "novas conexões esperam: {cause}", "new connections are waiting: {cause}")
    }

    /// Warns that clients wait because of `--max-connections`.
    pub(crate) fn limit_reached(self, connections: u32) -> String {
        let connections = self.connections(connections.into());
        text!(
            self,
            "novos clientes esperam: o limite é {connections} (veja --max-connections)",
            "new clients are waiting: the limit is {connections} (see --max-connections)"
        )
    }

    /// Warns that standard output can't be written any more.
    pub(crate) fn log_lost(self, cause: &io::Error) -> String {
        let cause = self.io_error(cause);
        text!(self, "as mensagens não são mais mostradas: {cause}", "messages are no longer shown: {cause}")
    }

    /// Announces that the server shuts down while clients are connected.
    pub(crate) fn stopping(self, connections: u64, grace: Duration) -> String {
        let (connections, grace) = (self.connections(connections), format_duration(grace));
        text!(self, "Encerrando: {connections} em até {grace}", "Stopping: {connections} within {grace}")
    }

    /// Formats the totals of a server that has shut down.
    pub(crate) fn summary(self, connections: u64, messages: u64, received: u64, uptime: Duration) -> String {
        let (connections, messages) = (self.connections(connections), self.messages(messages));
        let (received, uptime) = (bytes(received), format_duration(Duration::from_secs(uptime.as_secs())));
        text!(
            self,
            "Encerrado: {connections}, {messages}, {received} em {uptime}",
            "Stopped: {connections}, {messages}, {received} in {uptime}",
        )
    }
}

/// Lines of `send`.
impl Language {
    /// Announces that the server is not ready, and that `send` tries again.
    pub(crate) fn waiting(self, target: impl Display, wait: Duration, reason: &str) -> String {
        let wait = format_duration(wait);
        text!(
            self,
            "Esperando a resposta certa de {target} por até {wait}: {reason}",
            "Waiting for the right reply from {target} for up to {wait}: {reason}",
        )
    }

    /// Shows the same part of a reply and of the expected text, and names the first byte that differs; `offset` counts
    /// bytes from 0.
    pub(crate) fn difference(
        self,
        offset: usize,
        ends_early: bool,
        received: &str,
        expected: &str,
    ) -> String {
        if ends_early {
            let bytes = bytes(offset as u64);
            return text!(self, "termina depois de {bytes}", "it ends after {bytes}");
        }
        let byte = offset + 1;
        text!(
            self,
            "veio “{received}” em vez de “{expected}”; difere no byte {byte}",
            "“{received}” instead of “{expected}”; differs at byte {byte}",
        )
    }

    /// Formats the bytes of a file and of its reply that were transferred.
    pub(crate) fn transferred(self, progress: TransferProgress) -> String {
        let TransferProgress { sent, size, received } = progress;
        let plural = if sent == 1 { "enviado" } else { "enviados" };
        let sent = match size {
            None => bytes(sent),
            Some(size) => text!(self, "{sent} de {size}", "{sent} of {size}", size = bytes(size)),
        };
        text!(self, "{sent} {plural}, {received} de resposta", "{sent} sent, {received} received")
    }

    /// Names a file and the bytes of it that were sent.
    pub(crate) fn file_sent(self, path: &Path, sent: u64) -> String {
        let sent = bytes(sent);
        if path == Path::new("-") {
            text!(self, "entrada padrão, {sent}", "standard input, {sent}")
        } else {
            format!("{}, {sent}", escape_line(path.as_os_str().as_encoded_bytes()))
        }
    }

    /// Formats the size, the time and the rate of the reply to a file.
    #[allow(clippy::cast_precision_loss, reason = "a rate of three digits")]
    pub(crate) fn file_received(self, received: u64, took: Duration) -> String {
        let rate = self.megabytes(received as f64 / took.max(Duration::from_nanos(1)).as_secs_f64());
        let (received, took) = (bytes(received), self.time(took));
        text!(self, "{received} em {took}, {rate}/s", "{received} in {took}, {rate}/s")
    }

    /// Formats the size and the times of one of many replies.
    pub(crate) fn reply_times(self, size: usize, took: Duration, connected_in: Option<Duration>) -> String {
        let (size, took) = (bytes(size as u64), self.time(took));
        let times = text!(self, "{size} em {took}", "{size} in {took}");
        let Some(connected_in) = connected_in.map(|time| self.time(time)) else { return times };
        text!(self, "{times}, conexão em {connected_in}", "{times}, connection in {connected_in}")
    }

    /// Formats the numbers of messages by result.
    pub(crate) fn counts(self, sent: u64, answered: u64, wrong: u64, lost: u64, unfinished: u64) -> String {
        let counts = [
            (sent, "enviada", "enviadas", "sent"),
            (answered, "respondida", "respondidas", "answered"),
            (wrong, "errada", "erradas", "wrong"),
            (lost, "perdida", "perdidas", "lost"),
        ];
        let counts =
            counts.map(|(n, one, many, en)| count(n, self.pick(one, en), self.pick(many, en))).join(", ");
        match unfinished {
            0 => counts,
            _ => text!(self, "{counts}, {unfinished} em andamento", "{counts}, {unfinished} under way"),
        }
    }

    /// Formats the replies per second, the duration of the run and its connections.
    pub(crate) fn rate(self, per_second: f64, elapsed: Duration, opened: u64, concurrent: u16) -> String {
        let (elapsed, rate) = (self.time(elapsed), self.decimal(per_second));
        let connections = self.connections(opened);
        let connections = if opened > concurrent.into() {
            text!(self, "{connections}, {concurrent} por vez", "{connections}, {concurrent} at a time")
        } else {
            connections
        };
        // Portuguese has the plural from the printed number two on, English for every printed number except one.
        let respostas = if per_second < 1.995 { "resposta" } else { "respostas" };
        let replies = if rate == "1" { "reply" } else { "replies" };
        text!(
            self,
            "{rate} {respostas} por segundo, {elapsed} ao todo, {connections}",
            "{rate} {replies} a second, {elapsed} in all, {connections}",
        )
    }

    /// Formats the figures of a run so far: the part that is done, or else the time, the replies per second, the wrong and
    /// lost replies, and the 99th percentile.
    pub(crate) fn live_line(
        self,
        done: Option<f64>,
        elapsed: Duration,
        per_second: f64,
        errors: u64,
        p99: Option<Duration>,
    ) -> String {
        let done = match done {
            Some(done) => format!("{:.0} %", done.min(1.0) * 100.0),
            None => format_duration(Duration::from_secs(elapsed.as_secs())).to_string(),
        };
        let rate = self.decimal(per_second);
        let errors = count(errors, self.pick("erro", "error"), self.pick("erros", "errors"));
        let p99 = p99.map_or("–".into(), |time| self.time(time));
        format!("{done}  {rate}/s  {errors}  p99 {p99}")
    }

    /// Formats how far an open loop was behind its schedule.
    pub(crate) fn behind(self, behind: u64, latest: Duration, unsent: u64) -> String {
        let (late, latest) = (self.messages(behind), self.time(latest));
        let unsent = match unsent {
            0 => String::new(),
            _ => text!(self, ", mais {unsent} sem enviar", ", {unsent} more not sent"),
        };
        text!(self, "atraso: {late}, até {latest}{unsent}", "late: {late}, by up to {latest}{unsent}")
    }

    /// Formats the round-trip time of the network with its mean deviation, and the segments that were sent again.
    pub(crate) fn network(self, rtt: Duration, variance: Duration, retransmits: u64) -> String {
        // The system counts whole microseconds, and a median is exact to a thousandth: 9.007 µs are 9 µs.
        let time = |time: Duration| self.time(Duration::new(time.as_secs(), time.subsec_micros() * 1000));
        let (rtt, variance) = (time(rtt), time(variance));
        let segments = count(
            retransmits,
            self.pick("segmento reenviado", "segment resent"),
            self.pick("segmentos reenviados", "segments resent"),
        );
        text!(
            self,
            "RTT da rede {rtt} ± {variance}, {segments}",
            "network RTT {rtt} ± {variance}, {segments}"
        )
    }

    /// Formats the percentiles that are left out.
    pub(crate) fn too_few_replies(self, percentiles: &str) -> String {
        text!(self, "poucas respostas para {percentiles}", "too few replies for {percentiles}")
    }

    pub(super) fn connections(self, number: u64) -> String {
        count(number, self.pick("conexão", "connection"), self.pick("conexões", "connections"))
    }

    pub(super) fn messages(self, number: u64) -> String {
        count(number, self.pick("mensagem", "message"), self.pick("mensagens", "messages"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_has_the_plural_of_the_language() {
        let rate = |lang: Language, rate| lang.rate(rate, Duration::from_secs(60), 1, 1);
        assert_eq!(rate(Language::Pt, 0.9996), "1 resposta por segundo, 60 s ao todo, 1 conexão");
        assert_eq!(rate(Language::Pt, 1.99), "1,99 resposta por segundo, 60 s ao todo, 1 conexão");
        assert_eq!(rate(Language::Pt, 1.996), "2 respostas por segundo, 60 s ao todo, 1 conexão");
        assert_eq!(rate(Language::En, 1.004), "1 reply a second, 60 s in all, 1 connection");
        assert_eq!(rate(Language::En, 0.5), "0.5 replies a second, 60 s in all, 1 connection");
    }

    #[test]
    fn rate_shows_opened_and_concurrent_connections() {
        let rate = |lang: Language, opened, concurrent| {
            let text = lang.rate(5.0, Duration::from_secs(1), opened, concurrent);
            text.split_once("1 s ").unwrap().1.to_owned()
        };
        assert_eq!(rate(Language::En, 3, 1), "in all, 3 connections, 1 at a time");
        assert_eq!(rate(Language::Pt, 8, 4), "ao todo, 8 conexões, 4 por vez");
        // Some of the concurrent connections were refused.
        assert_eq!(rate(Language::En, 1, 4), "in all, 1 connection");
    }

    #[test]
    fn network_has_a_round_trip_time_and_resent_segments() {
        let network = |lang: Language, retransmits| {
            lang.network(Duration::from_micros(1500), Duration::from_nanos(20_007), retransmits)
        };
        assert_eq!(network(Language::En, 1), "network RTT 1.5 ms ± 20 µs, 1 segment resent");
        assert_eq!(network(Language::En, 0), "network RTT 1.5 ms ± 20 µs, 0 segments resent");
        assert_eq!(network(Language::Pt, 2), "RTT da rede 1,5 ms ± 20 µs, 2 segmentos reenviados");
    }

    #[test]
    fn transfer_counts_bytes_in_the_singular_and_the_plural() {
        let transferred =
            |lang: Language, sent, size| lang.transferred(TransferProgress { sent, size, received: 0 });
        assert_eq!(transferred(Language::Pt, 1, None), "1 byte enviado, 0 de resposta");
        assert_eq!(transferred(Language::Pt, 2, Some(3)), "2 de 3 bytes enviados, 0 de resposta");
        assert_eq!(transferred(Language::En, 1, Some(1)), "1 of 1 byte sent, 0 received");
    }
}
