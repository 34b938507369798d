//! The words of the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::FalseyValueParser;

use super::epoll_server::Answer;
use super::section::Section;
use super::server::Server;

/// The option by which the benchmark's own executable becomes the bare epoll server.
pub(super) const EPOLL_SERVER: &str = "--epoll-server";

/// Measure the server beside others
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench serve --")]
pub(super) struct Options {
    /// Run a little of everything, to see that it works: the figures are worth nothing
    #[arg(long, env = "UPCASE_BENCH_QUICK", value_parser = FalseyValueParser::new())]
    pub(super) quick: bool,

    /// Only these sections
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) section: Vec<Section>,

    /// Only these servers
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) server: Vec<Server>,

    /// The executable to measure as `upcase`, in place of the built one
    #[arg(long, value_name = "PATH")]
    pub(super) executable: Option<PathBuf>,

    /// Another `upcase` executable to compare with, such as that of an earlier commit
    #[arg(long, value_name = "EXECUTABLE")]
    pub(super) baseline: Option<PathBuf>,

    /// How many rounds, in each section
    #[arg(long, value_name = "N")]
    pub(super) rounds: Option<NonZeroUsize>,

    /// Where to draw throughput and p99 over the number of clients
    /// [default: benches/clients.svg; among the build's files with --quick, --executable and --baseline]
    #[arg(long, value_name = "PATH", verbatim_doc_comment)]
    pub(super) plot: Option<PathBuf>,

    /// What `cargo bench` says to each benchmark
    #[arg(long, hide = true)]
    bench: bool,

    /// Be the bare epoll server
    #[arg(long, hide = true)]
    pub(super) epoll_server: Option<Answer>,
}
