//! Trace events as JSON.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::{Event, Side, Totals, Trace, Wait};
use crate::error::connection_code;
use crate::escape::{json_line, json_time};

impl Trace {
    /// Returns an event as one line of JSON.
    pub(super) fn json(&self, event: Event<'_>, elapsed: Duration) -> String {
        let (local, peer) = (self.local, self.peer);
        let mut record = Record {
            time: json_time(SystemTime::now()),
            level: "info",
            conn: self.conn,
            local,
            peer,
            microseconds: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            ..Record::default()
        };
        let data =
            |bytes: &[u8]| self.tracer.shows_bytes.then(|| String::from_utf8_lossy(bytes).into_owned());
        record.event = match event {
            Event::Resolve(host, addresses) => {
                (record.host, record.addresses) = (Some(host), Some(addresses));
                "resolve"
            }
            Event::ConnectFailed(address, error) => {
                (record.peer, record.code) = (Some(address), Some(connection_code(error)));
                "connect"
            }
            Event::Connect => "connect",
            Event::Accept => "accept",
            Event::Read(bytes) => {
                (record.bytes, record.data) = (Some(bytes.len()), data(bytes));
                "read"
            }
            Event::Write(bytes) => {
                (record.bytes, record.data) = (Some(bytes.len()), data(bytes));
                "write"
            }
            Event::Discard(length) => {
                record.bytes = Some(length);
                "discard"
            }
            Event::FinSent => "fin_sent",
            Event::FinReceived => "fin_received",
            Event::Reset(side, _) => {
                record.by = Some(side);
                "reset"
            }
            Event::Timeout(wait, _) => {
                record.which = Some(wait);
                "timeout"
            }
            Event::Fault(name) => {
                record.fault = Some(name);
                "fault"
            }
            Event::Close(totals) => {
                record.totals = Some(totals);
                "close"
            }
        };
        json_line(&record)
    }
}

/// The JSON of an event.
#[derive(Default, Serialize)]
struct Record<'a> {
    time: String,
    level: &'static str,
    event: &'static str,
    conn: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<SocketAddr>,
    microseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<&'a [SocketAddr]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    which: Option<Wait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    #[serde(flatten)]
    totals: Option<Totals>,
}
