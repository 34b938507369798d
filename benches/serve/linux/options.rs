//! The command line of the benchmark.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum as _};
use color_eyre::eyre::{Result, WrapErr as _};

use super::epoll_server::ReplyMode;
use super::plan::Plan;
use super::section::Section;
use super::server::{Executables, Server};

/// The executable that Cargo built for this benchmark.
const BUILT_EXECUTABLE: &str = env!("CARGO_BIN_EXE_upcase");

/// Measure `upcase serve` next to other servers
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench serve --")]
pub(super) struct Options {
    /// Run a little of each section, to test the benchmark; the figures mean nothing
    #[arg(long)]
    pub(super) quick: bool,

    /// Run only these sections
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) section: Vec<Section>,

    /// Measure only these servers
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    server: Vec<Server>,

    /// Executable to measure as `upcase` [default: the one that Cargo built]
    #[arg(long, value_name = "PATH")]
    executable: Option<PathBuf>,

    /// Another executable of upcase to compare with, for example that of an earlier commit
    #[arg(long, value_name = "EXECUTABLE")]
    baseline: Option<PathBuf>,

    /// Rounds of each section
    #[arg(long, value_name = "N")]
    rounds: Option<NonZeroUsize>,

    /// File for the plot of throughput and p99 by the number of clients
    /// [default: benches/clients.svg, but Cargo's target folder with --quick, --executable, --baseline or --server]
    #[arg(long, value_name = "PATH", verbatim_doc_comment)]
    plot: Option<PathBuf>,

    /// Argument that `cargo bench` passes to each benchmark
    #[arg(long, hide = true)]
    bench: bool,

    /// Run as the bare epoll server
    #[arg(long, hide = true)]
    pub(super) epoll_server: Option<ReplyMode>,
}

impl Options {
    pub(super) fn plan(&self) -> Plan {
        let plan = if self.quick { Plan::QUICK } else { Plan::FULL };
        match self.rounds {
            Some(rounds) => plan.with_rounds(rounds.get()),
            None => plan,
        }
    }

    /// Returns the executables by their absolute paths, because a bare name would be looked up in `PATH`.
    pub(super) fn executables(&self) -> Result<Executables> {
        let absolute =
            |path: &Path| fs::canonicalize(path).wrap_err_with(|| format!("can't find {}", path.display()));
        Ok(Executables {
            upcase: absolute(self.executable.as_deref().unwrap_or(Path::new(BUILT_EXECUTABLE)))?,
            baseline: self.baseline.as_deref().map(absolute).transpose()?,
        })
    }

    /// Returns the servers to measure, and prints which of them are not installed.
    pub(super) fn selected_servers(&self) -> Vec<Server> {
        let is_selected = |server: &Server| {
            (self.server.is_empty() || self.server.contains(server))
                && (self.baseline.is_some() || !server.is_baseline())
        };
        let selected = Server::value_variants().iter().copied().filter(is_selected);
        let (installed, missing): (Vec<_>, Vec<_>) = selected.partition(|server| server.is_installed());
        for server in missing {
            let program = server.program().unwrap_or_default();
            println!("Skipped: {}, because {program} is not installed.", server.name());
        }
        installed
    }

    /// Returns the path of the plot. Only a full run of the built executable replaces the plot that the documents show.
    pub(super) fn plot_path(&self) -> PathBuf {
        if let Some(path) = &self.plot {
            return path.clone();
        }
        let is_full_run =
            !self.quick && self.executable.is_none() && self.baseline.is_none() && self.server.is_empty();
        let folder = if is_full_run {
            concat!(env!("CARGO_MANIFEST_DIR"), "/benches")
        } else {
            env!("CARGO_TARGET_TMPDIR")
        };
        Path::new(folder).join("clients.svg")
    }
}
