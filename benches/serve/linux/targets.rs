//! The project's performance targets, and their verdicts.

use std::fmt;

use Bound::{AtLeast, AtMost};

use super::results::{Key, Results, Summary};
use super::section::Figure::{Cpu, IdleBytes, P999, Rate, Size};
use super::section::Section::{
    BulkAscii, BulkPortuguese, Connections, IdleMemory, LongLines, RoundTrips, ShortLines, Startup,
};
use super::server::Server::{Epoll, Tutorial, Upcase, UpcaseQuiet};
use super::table::{Table, median_and_range};

enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// Returns each target: the name, the figure, the figure that it is divided by, and the bound. The bounds are the figures
/// of prototypes, with some room for the features that the prototypes lacked.
fn targets() -> [(&'static str, Key, Option<Key>, Bound); 12] {
    let connection_cpu = Key::new(Connections, Upcase, Cpu);
    let connection_p999 = Key::new(Connections, Upcase, P999);
    let round_trip_cpu = Key::new(RoundTrips, Upcase, Cpu);
    let quiet_rate = |section| Key::new(section, UpcaseQuiet, Rate);
    let epoll_rate = |section| Some(Key::new(section, Epoll, Rate));
    [
        ("CPU per connection", connection_cpu, Some(connection_cpu.with_server(Epoll)), AtMost(1.15)),
        ("CPU per connection", connection_cpu, Some(connection_cpu.with_server(Tutorial)), AtMost(0.85)),
        ("p99.9 of connections", connection_p999, Some(connection_p999.with_server(Tutorial)), AtMost(0.05)),
        ("round trips/s", quiet_rate(RoundTrips), epoll_rate(RoundTrips), AtLeast(0.95)),
        ("CPU per round trip", round_trip_cpu, Some(round_trip_cpu.with_server(Epoll)), AtMost(1.25)),
        ("lines of 20 bytes/s", quiet_rate(ShortLines), epoll_rate(ShortLines), AtLeast(0.85)),
        ("lines of 1 KiB/s", quiet_rate(LongLines), epoll_rate(LongLines), AtLeast(0.85)),
        ("bulk ASCII, MB/s", quiet_rate(BulkAscii), epoll_rate(BulkAscii), AtLeast(0.85)),
        ("bulk Portuguese, MB/s", quiet_rate(BulkPortuguese), epoll_rate(BulkPortuguese), AtLeast(0.85)),
        (
            "lines of 20 bytes/s",
            Key::new(ShortLines, Upcase, Rate),
            Some(quiet_rate(ShortLines)),
            AtLeast(0.40),
        ),
        ("bytes per idle connection", Key::new(IdleMemory, Upcase, IdleBytes), None, AtMost(2048.0)),
        ("MB of the executable", Key::new(Startup, Upcase, Size), None, AtMost(2.5)),
    ]
}

/// Prints each target whose figures were measured.
pub(super) fn report(results: &Results) {
    let headings = ["figure", "server", "relative to", "target", "measured", "met"];
    let mut table = Table::new(headings.map(str::to_owned).to_vec());
    for (name, key, relative_to, bound) in targets() {
        let measured = match relative_to {
            Some(relative_to) => results.ratio(key, relative_to),
            None => results.summary(key),
        };
        let Some(measured) = measured else { continue };
        table.row(vec![
            name.to_owned(),
            key.server.name().to_owned(),
            relative_to.map_or("", |key| key.server.name()).to_owned(),
            bound.to_string(),
            median_and_range(measured),
            if bound.is_met(measured) { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    if !table.is_empty() {
        println!("\n## Targets\n");
        table.print();
    }
}

impl Bound {
    fn is_met(&self, measured: Summary) -> bool {
        match *self {
            AtLeast(bound) => measured.median >= bound,
            AtMost(bound) => measured.median <= bound,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            AtLeast(bound) => write!(formatter, "≥ {bound}"),
            AtMost(bound) => write!(formatter, "≤ {bound}"),
        }
    }
}
