//! What the project holds itself to, and whether it holds.

use std::fmt;

use Bound::{AtLeast, AtMost, Told};

use super::report::cell;
use super::results::Figure::{Cpu, IdleBytes, P999, Rate, Size, Start as ToListen};
use super::results::{Key, Results, Spread};
use super::section::Section::{BulkAscii, BulkPortuguese, Idle, Lines, LongLines, Messages, Start, Trips};
use super::server::Server::{Epoll, EpollLines, Tutorial, Upcase, UpcaseQuiet};
use super::table::{Table, number};

/// A bound, or none where the figure is only told.
enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Told,
}

/// The bounds are the project's own targets: what prototypes reached, and a little room for what they lacked.
fn criteria() -> [(&'static str, Key, Option<Key>, Bound); 14] {
    let quiet = |section| Key::of(section, UpcaseQuiet, Rate);
    let limit = |section| Some(Key::of(section, Epoll, Rate));
    let connection = Key::of(Messages, Upcase, Cpu);
    [
        ("CPU per one-message connection", connection, Some(Key::of(Messages, Epoll, Cpu)), AtMost(1.15)),
        ("CPU per one-message connection", connection, Some(Key::of(Messages, Tutorial, Cpu)), AtMost(0.85)),
        (
            "p99.9 of one-message connections",
            Key::of(Messages, Upcase, P999),
            Some(Key::of(Messages, Tutorial, P999)),
            AtMost(0.05),
        ),
        ("round trips", quiet(Trips), limit(Trips), AtLeast(0.95)),
        ("CPU per round trip", Key::of(Trips, Upcase, Cpu), Some(Key::of(Trips, Epoll, Cpu)), AtMost(1.25)),
        ("pipelined lines of 20 bytes", quiet(Lines), limit(Lines), AtLeast(0.85)),
        ("the same", quiet(Lines), Some(Key::of(Lines, EpollLines, Rate)), Told),
        ("pipelined lines of 1 KiB", quiet(LongLines), limit(LongLines), AtLeast(0.85)),
        ("bulk ASCII", quiet(BulkAscii), limit(BulkAscii), AtLeast(0.85)),
        ("bulk Portuguese", quiet(BulkPortuguese), limit(BulkPortuguese), AtLeast(0.85)),
        ("pipelined lines of 20 bytes", Key::of(Lines, Upcase, Rate), Some(quiet(Lines)), AtLeast(0.40)),
        ("bytes per idle connection", Key::of(Idle, Upcase, IdleBytes), None, AtMost(2048.0)),
        ("MB of the executable", Key::of(Start, Upcase, Size), None, AtMost(2.5)),
        ("ms from the start until it listens", Key::of(Start, Upcase, ToListen), None, Told),
    ]
}

/// Prints each of them for which there are figures.
pub(super) fn report(results: &Results) {
    let headings = ["what", "of", "over", "bound", "here", "holds"];
    let mut table = Table::new(headings.map(str::to_owned).to_vec());
    for (what, key, over, bound) in criteria() {
        let found = match over {
            Some(over) => results.ratio(key, over),
            None => results.spread(key),
        };
        let Some(found) = found else { continue };
        let over = over.map_or("", |over| over.server.name());
        table.row(vec![
            what.to_owned(),
            key.server.name().to_owned(),
            over.to_owned(),
            bound.to_string(),
            cell(Some(found)),
            bound.verdict(found).to_owned(),
        ]);
    }
    if !table.is_empty() {
        println!("\n## What is to hold\n");
        table.print();
    }
}

impl Bound {
    fn verdict(&self, found: Spread) -> &'static str {
        match *self {
            AtLeast(bound) if found.median >= bound => "yes",
            AtMost(bound) if found.median <= bound => "yes",
            Told => "",
            AtLeast(_) | AtMost(_) => "NO",
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            AtLeast(bound) => write!(formatter, "≥ {}", number(bound)),
            AtMost(bound) => write!(formatter, "≤ {}", number(bound)),
            Told => Ok(()),
        }
    }
}
