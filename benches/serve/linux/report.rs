//! The printed report of each section.

use std::fs;
use std::thread;

use super::plan::Plan;
use super::results::{Key, Results};
use super::section::{Figure, Section};
use super::server::Server;
use super::table::{Table, median_and_range};

/// The servers with which the others are compared.
const REFERENCES: [Server; 2] = [Server::Epoll, Server::Tutorial];

/// The figures that are compared: they have the least noise.
const COMPARED: [Figure; 2] = [Figure::Rate, Figure::Cpu];

/// Returns the machine's processor, cores and kernel.
pub(super) fn machine() -> String {
    let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    // On Arm there is no model name.
    let model = cpu_info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unnamed CPU", |(_, model)| model);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {cores} cores, Linux {}", kernel.trim())
}

/// Prints the machine, and how to read the tables.
pub(super) fn header(machine: &str, plan: &Plan, is_quick: bool) {
    println!("{machine}; each server on one core, the load on another.");
    if is_quick {
        println!("A quick run, which only tests the benchmark: the figures mean nothing.");
        return;
    }
    let (fixed, scaling) = (plan.section(Section::Connections), plan.section(Section::ConnectionsScaling));
    println!(
        "Medians of {} rounds of {:?} ({} of {:?} where the number of clients varies), with the minimum and the \
         maximum.\nRatios are medians of the rounds' ratios. `busy` is the server's use of its core.",
        fixed.rounds, fixed.window.measured, scaling.rounds, scaling.window.measured
    );
}

/// Prints a section's table.
pub(super) fn section(section: Section, servers: &[Server], plan: &Plan, results: &Results) {
    println!("\n## {}\n", section.title());
    let references: Vec<_> = REFERENCES.into_iter().filter(|server| servers.contains(server)).collect();

    let mut headings = vec!["server".to_owned()];
    if section.is_scaling() {
        headings.push("clients".to_owned());
    }
    for &figure in section.figures() {
        headings.push(section.heading(figure).to_owned());
        if COMPARED.contains(&figure) {
            headings.extend(references.iter().map(|reference| format!("/ {}", reference.name())));
        }
    }
    let mut table = Table::new(headings);
    for &clients in plan.section(section).clients {
        for &server in servers {
            let mut cells = vec![server.name().to_owned()];
            if section.is_scaling() {
                cells.push(clients.to_string());
            }
            for &figure in section.figures() {
                let key = Key { section, clients, server, figure };
                cells.push(results.summary(key).map_or_else(String::new, median_and_range));
                if COMPARED.contains(&figure) {
                    let ratio = |&reference: &Server| results.ratio(key, key.with_server(reference));
                    let cell = |reference| {
                        ratio(reference).map_or_else(String::new, |ratio| format!("{:.2}", ratio.median))
                    };
                    cells.extend(references.iter().map(cell));
                }
            }
            table.row(cells);
        }
    }
    table.print();
}

/// Prints the ratio of each figure to that of the executable of `--baseline`, if both were measured.
pub(super) fn comparison(section: Section, servers: &[Server], plan: &Plan, results: &Results) {
    let headings = ["upcase / baseline", "figure", "ratio", "95 % interval", "range", "rounds"];
    let mut table = Table::new(headings.map(str::to_owned).to_vec());
    for &clients in plan.section(section).clients {
        for &server in servers {
            let Some(baseline) = server.baseline() else { continue };
            let name = server.name();
            let name =
                if section.is_scaling() { format!("{name}, clients: {clients}") } else { name.to_owned() };
            // The number of unanswered requests is mostly zero for both, which has no ratio.
            for &figure in section.figures().iter().filter(|&&figure| figure != Figure::Unanswered) {
                let key = Key { section, clients, server, figure };
                let Some(ratio) = results.ratio(key, key.with_server(baseline)) else { continue };
                let interval = |(low, high)| format!("{low:.3}–{high:.3}");
                table.row(vec![
                    name.clone(),
                    section.heading(figure).to_owned(),
                    format!("{:.3}", ratio.median),
                    ratio.confidence.map_or_else(String::new, interval),
                    interval((ratio.min, ratio.max)),
                    ratio.rounds.to_string(),
                ]);
            }
        }
    }
    if !table.is_empty() {
        println!();
        table.print();
    }
}
