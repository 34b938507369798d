//! What is told of each section.

use super::machine::Machine;
use super::pace::Pace;
use super::results::{Figure, Key, Results, Spread};
use super::section::Section;
use super::server::Server;
use super::table::{Table, number};

/// Who the others are compared with.
const BASES: [Server; 2] = [Server::Epoll, Server::Tutorial];

/// Tells what it runs on, and how the tables are read.
pub(super) fn begin(machine: &Machine, pace: &Pace, quick: bool) {
    println!("{machine}; the servers on one core, the load on another.");
    if quick {
        println!("A quick run: it shows that everything works, and its figures are worth nothing.");
        return;
    }
    println!(
        "Medians of {} rounds ({} where the number of clients varies) of {:?} ({:?}), with the least and the greatest \
         beside them.\nRatios are medians of the rounds' ratios. `busy` is the part of its core that a server used.",
        pace.rounds, pace.growth_rounds, pace.window.length, pace.growth_window.length
    );
}

/// Prints a section's table.
pub(super) fn section(section: Section, servers: &[Server], pace: &Pace, results: &Results) {
    println!("\n## {}\n", section.title());
    let takes_part = |server: &Server| servers.contains(server) && section.servers().contains(server);
    let bases: Vec<_> = BASES.into_iter().filter(takes_part).collect();

    let mut headings = vec!["server".to_owned()];
    if section.is_growth() {
        headings.push("clients".into());
    }
    for figure in section.figures() {
        headings.push(figure.heading(section.unit()));
        if figure.is_compared() {
            headings.extend(bases.iter().map(|base| format!("over {}", base.name())));
        }
    }
    let mut table = Table::new(headings);
    for &clients in section.clients(pace) {
        for &server in section.servers().iter().filter(|server| takes_part(server)) {
            let mut cells = vec![server.name().to_owned()];
            if section.is_growth() {
                cells.push(clients.to_string());
            }
            for &figure in section.figures() {
                let key = Key { section, clients, server, figure };
                cells.push(cell(results.spread(key)));
                if figure.is_compared() {
                    cells.extend(bases.iter().map(|&base| ratio(results, key, base)));
                }
            }
            table.row(cells);
        }
    }
    table.print();
}

/// Prints each figure of a section as a ratio of `upcase` and of the executable of `--baseline`, where both took part.
pub(super) fn comparison(section: Section, pace: &Pace, results: &Results) {
    let headings = ["upcase / baseline", "figure", "ratio", "95 % interval", "range", "rounds"];
    let mut table = Table::new(headings.map(str::to_owned).to_vec());
    for &clients in section.clients(pace) {
        for &server in section.servers() {
            let Some(baseline) = server.baseline() else { continue };
            // Mostly zero on both sides, which has no ratio.
            for &figure in section.figures().iter().filter(|&&figure| figure != Figure::Unanswered) {
                let key = Key { section, clients, server, figure };
                let Some(ratio) = results.ratio(key, Key { server: baseline, ..key }) else { continue };
                let interval = |(low, high)| format!("{low:.3}–{high:.3}");
                let name = server.name();
                table.row(vec![
                    if section.is_growth() { format!("{name}, clients: {clients}") } else { name.to_owned() },
                    figure.heading(section.unit()),
                    format!("{:.3}", ratio.median),
                    ratio.confidence.map_or_else(String::new, interval),
                    interval((ratio.min, ratio.max)),
                    results.rounds(key).to_string(),
                ]);
            }
        }
    }
    if !table.is_empty() {
        println!();
        table.print();
    }
}

fn ratio(results: &Results, key: Key, base: Server) -> String {
    results
        .ratio(key, Key { server: base, ..key })
        .map_or_else(String::new, |ratio| format!("{:.2}", ratio.median))
}

/// A median, and its spread where there is one.
pub(super) fn cell(spread: Option<Spread>) -> String {
    spread.map_or_else(String::new, |Spread { median, min, max, .. }| {
        let (median, min, max) = (number(median), number(min), number(max));
        if min == max { median } else { format!("{median} ({min}–{max})") }
    })
}
