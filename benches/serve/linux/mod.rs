//! The benchmark's main path: measures every server in each section, round by round, and prints the tables.

mod epoll_server;
mod measure;
mod options;
mod payload;
mod pipeline;
mod plan;
mod plot;
mod process;
mod report;
mod requests;
mod results;
mod sampler;
mod section;
mod server;
mod sockets;
mod table;
mod targets;

use std::env;
use std::process::ExitCode;

use clap::{Parser as _, ValueEnum as _};
use color_eyre::eyre::{Result, WrapErr as _, ensure};

use epoll_server::EPOLL_SERVER;
use options::Options;
use plan::Plan;
use process::Launcher;
use results::{Key, Results};
use section::Section;
use server::Server;

/// Open files besides one connection for each client: the standard streams, the poller and files of `/proc`.
const OTHER_FILES: usize = 64;

pub(super) fn main() -> ExitCode {
    // `cargo test --benches` starts the benchmark without `--bench`: there is nothing to test.
    let is_requested = |argument: String| argument == "--bench" || argument == EPOLL_SERVER;
    if !env::args().any(is_requested) {
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    let result = match options.epoll_server {
        Some(mode) => epoll_server::serve(mode),
        None => run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let plan = options.plan();
    raise_open_files_limit(&plan)?;
    // The machine is described first: later this thread may use one core only.
    report::header(&report::machine(), &plan, options.quick);
    let launcher = Launcher::new(options.executables()?)?;
    let selected = options.selected_servers();

    let mut results = Results::default();
    for &section in Section::value_variants() {
        if options.section.is_empty() || options.section.contains(&section) {
            let servers = section.participants(&selected);
            run_section(section, &servers, &plan, &launcher, &mut results)?;
            report::section(section, &servers, &plan, &results);
            report::comparison(section, &servers, &plan, &results);
        }
    }
    targets::report(&results);

    let path = options.plot_path();
    if plot::draw(&results, &plan, &path).wrap_err_with(|| format!("can't draw {}", path.display()))? {
        println!("\nPlot of throughput and p99 by the number of clients: {}", path.display());
    }
    Ok(())
}

/// Raises the limit of open files, which the servers inherit.
fn raise_open_files_limit(plan: &Plan) -> Result<()> {
    let needed = plan.max_connections() + OTHER_FILES;
    let limit = rlimit::increase_nofile_limit(u64::MAX).wrap_err("can't raise the limit of open files")?;
    ensure!(
        limit >= needed as u64,
        "{needed} open files are needed, but the limit is {limit} (see `ulimit -Hn`)"
    );
    Ok(())
}

fn run_section(
    section: Section,
    servers: &[Server],
    plan: &Plan,
    launcher: &Launcher,
    results: &mut Results,
) -> Result<()> {
    let section_plan = plan.section(section);
    for round in 0..section_plan.rounds {
        eprintln!("{}: round {} of {}", section.title(), round + 1, section_plan.rounds);
        for &clients in section_plan.clients {
            for server in order(servers, round) {
                let process = launcher.start(server, section.mode())?;
                let figures =
                    measure::measure(section, server, &process, clients, plan).wrap_err_with(|| {
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

/// Returns the order of the servers in a round.
///
/// Every other round runs in reverse, so that two neighbours take turns at being first. Every two rounds start with the
/// next server, so that no server always follows the slowest.
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
