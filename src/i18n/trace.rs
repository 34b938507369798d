//! The text of trace events.

use std::net::SocketAddr;
use std::time::Duration;

use humantime::format_duration;

use super::{Language, bytes, text};
use crate::net::tcp_info::TcpInfo;
use crate::net::trace::{Event, Side, Totals, Wait};

impl Language {
    /// Returns the text of an event of the connection between `local` and `peer`.
    pub(crate) fn trace_event(
        self,
        event: Event<'_>,
        local: Option<SocketAddr>,
        peer: Option<SocketAddr>,
    ) -> String {
        let ends = |from: Option<SocketAddr>, to: Option<SocketAddr>| match (from, to) {
            (Some(from), Some(to)) => format!("{from} → {to}"),
            _ => String::new(),
        };
        text!(self, match event {
            Event::Resolve(host, addresses) =>
                "{host} tem {addresses}",
                "{host} has {addresses}",
                addresses = addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
            Event::ConnectFailed(address, error) =>
                "sem conexão com {address}: {cause}",
                "no connection to {address}: {cause}",
                cause = self.io_error(error);
            Event::Connect => "conectada {ends}", "connected {ends}", ends = ends(local, peer);
            Event::Accept => "aceita {ends}", "accepted {ends}", ends = ends(peer, local);
            Event::Read(data) => "leu {n}", "read {n}", n = bytes(data.len() as u64);
            Event::Write(data) => "escreveu {n}", "wrote {n}", n = bytes(data.len() as u64);
            Event::Discard(len) =>
                "descartou {n} depois da resposta",
                "discarded {n} after the reply",
                n = bytes(len as u64);
            Event::FinSent => "enviou FIN", "sent FIN";
            Event::FinReceived => "recebeu FIN", "received FIN";
            Event::Reset(Side::Peer, _) => "recebeu RST", "received RST";
            Event::Reset(Side::Local, 0) => "enviou RST", "sent RST";
            Event::Reset(Side::Local, unread) =>
                "enviou RST: {n} sem ler",
                "sent RST: {n} unread",
                n = bytes(unread as u64);
            Event::Timeout(wait, time) =>
                "tempo esgotado ({wait}): nada em {time}",
                "timeout ({wait}): nothing within {time}",
                wait = match wait {
                    Wait::Idle => self.pick("inatividade", "idle"),
                    Wait::Pause => self.pick("pausa", "pause"),
                    Wait::Reply => self.pick("resposta", "reply"),
                    Wait::Connect => self.pick("conexão", "connect"),
                },
                time = format_duration(time);
            Event::Fault(name) => "falha provocada: {name}", "fault: {name}";
            Event::Close(Totals { read_bytes, written_bytes, closed_first, .. }) =>
                "fechada{first}: leu {read}, escreveu {written}",
                "closed{first}: read {read}, wrote {written}",
                read = bytes(read_bytes),
                written = bytes(written_bytes),
                first = match closed_first {
                    Some(Side::Local) => self.pick(" (este lado antes)", " (this end first)"),
                    Some(Side::Peer) => self.pick(" (o outro lado antes)", " (the peer first)"),
                    None => "",
                };
        })
    }

    /// Returns the system's figures about a connection.
    pub(crate) fn tcp_info(self, info: &TcpInfo) -> String {
        let TcpInfo { retransmits, mss, unacknowledged, .. } = info;
        let time = |microseconds: u32| self.time(Duration::from_micros(microseconds.into()));
        text!(
            self,
            "RTT {rtt} ± {variance}, MSS {mss}, reenvios {retransmits}, a confirmar {unacknowledged}",
            "RTT {rtt} ± {variance}, MSS {mss}, resent {retransmits}, unacknowledged {unacknowledged}",
            rtt = time(info.rtt_microseconds),
            variance = time(info.rtt_variance_microseconds)
        )
    }

    /// Returns the time since a connection began, in a column of milliseconds.
    pub(crate) fn trace_time(self, elapsed: Duration) -> String {
        let milliseconds = format!("{:>10.3} ms", elapsed.as_secs_f64() * 1e3);
        match self {
            Self::Pt => milliseconds.replace('.', ","),
            Self::En => milliseconds,
        }
    }
}
