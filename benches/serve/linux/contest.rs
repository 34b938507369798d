//! The sections in turn, and in each of them the servers in turn.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use color_eyre::eyre::{Result, WrapErr as _, ensure};

use super::machine::{Cores, Machine};
use super::options::Options;
use super::pace::Pace;
use super::results::{Key, Results};
use super::running::Running;
use super::section::Section;
use super::server::{Executables, Server};
use super::{criteria, plot, report};

/// Files besides a connection for each client: the standard streams, the poller, what is read of `/proc`.
const OTHER_FILES: usize = 64;

/// Measures what was asked for, and tells it.
pub(super) fn run(options: &Options) -> Result<()> {
    let pace = pace(options);
    let machine = Machine::look();
    let cores = Cores::share_out()?;
    raise_open_files(&pace)?;
    let executables = executables(options)?;
    let servers = take_part(options);

    report::begin(&machine, &pace, options.quick);
    let mut results = Results::default();
    for &section in Section::value_variants() {
        if !options.section.is_empty() && !options.section.contains(&section) {
            continue;
        }
        measure(section, &servers, &pace, &executables, cores, &mut results)?;
        report::section(section, &servers, &pace, &results);
        report::comparison(section, &pace, &results);
    }
    criteria::report(&results);

    let path = options.plot.clone().unwrap_or_else(|| default_plot(options));
    if plot::draw(&results, &pace, &path).wrap_err_with(|| format!("can't draw {}", path.display()))? {
        println!("\nThroughput and p99 over the number of clients: {}", path.display());
    }
    Ok(())
}

fn pace(options: &Options) -> Pace {
    let mut pace = if options.quick { Pace::QUICK } else { Pace::FULL };
    if let Some(rounds) = options.rounds {
        (pace.rounds, pace.growth_rounds) = (rounds.get(), rounds.get());
    }
    pace
}

/// The executables by their whole paths, since a bare name would be looked up in `PATH`.
fn executables(options: &Options) -> Result<Executables> {
    let find =
        |path: &Path| fs::canonicalize(path).wrap_err_with(|| format!("can't find {}", path.display()));
    Ok(Executables {
        upcase: find(options.executable.as_deref().unwrap_or(Path::new(super::UPCASE)))?,
        baseline: options.baseline.as_deref().map(find).transpose()?,
    })
}

/// Only a full run of the built executable draws the plot that the documents show.
fn default_plot(options: &Options) -> PathBuf {
    let is_full = !options.quick && options.executable.is_none() && options.baseline.is_none();
    let folder =
        if is_full { concat!(env!("CARGO_MANIFEST_DIR"), "/benches") } else { env!("CARGO_TARGET_TMPDIR") };
    PathBuf::from(folder).join("clients.svg")
}

/// For this process and, as they inherit it, for the servers.
fn raise_open_files(pace: &Pace) -> Result<()> {
    let wanted = pace.growth.iter().copied().max().unwrap_or(0).max(pace.idle) + OTHER_FILES;
    let files = rlimit::increase_nofile_limit(u64::MAX).wrap_err("can't raise the limit of open files")?;
    ensure!(
        files >= wanted as u64,
        "{wanted} open files are needed, and {files} are allowed (see `ulimit -Hn`)"
    );
    Ok(())
}

/// Of the servers that are asked for, those that are here.
fn take_part(options: &Options) -> Vec<Server> {
    let wanted = |server: &Server| options.server.is_empty() || options.server.contains(server);
    let given = |server: &Server| options.baseline.is_some() || !server.is_baseline();
    let servers = Server::value_variants().iter().copied().filter(wanted).filter(given);
    let (here, missing): (Vec<_>, Vec<_>) = servers.partition(|server| server.is_installed());
    for server in missing {
        let program = server.program().unwrap_or_default();
        println!("Skipped: {}, as {program} is not installed.", server.name());
    }
    here
}

fn measure(
    section: Section,
    servers: &[Server],
    pace: &Pace,
    executables: &Executables,
    cores: Cores,
    results: &mut Results,
) -> Result<()> {
    let servers: Vec<_> =
        section.servers().iter().copied().filter(|server| servers.contains(server)).collect();
    for round in 0..section.rounds(pace) {
        eprintln!("{}: round {} of {}", section.title(), round + 1, section.rounds(pace));
        for &clients in section.clients(pace) {
            for server in order(&servers, round) {
                let running = Running::start(server, section.mode(), executables, cores)?;
                let figures = section.measure(server, &running, clients, pace).wrap_err_with(|| {
                    format!("{}: {} with {clients} clients", section.title(), server.name())
                })?;
                for (figure, value) in figures {
                    results.add(Key { section, clients, server, figure }, value);
                }
            }
        }
    }
    Ok(())
}

/// The order of a round. Every other round goes backwards, so that of two neighbours each is first as often as the
/// other; and the rounds begin with another server in turn, so that none always follows the slowest.
fn order(servers: &[Server], round: usize) -> Vec<Server> {
    let mut servers = servers.to_vec();
    if !servers.is_empty() {
        let first = round / 2 % servers.len();
        servers.rotate_left(first);
    }
    if round % 2 == 1 {
        servers.reverse();
    }
    servers
}
