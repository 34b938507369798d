//! The benchmark itself.
//!
//! - `options`: the words of its command line
//! - `pace`: how often, how long and how many
//! - `contest`: the sections in turn, and in each of them the servers in turn
//! - `section`: what is measured in each section, and of which servers
//! - `server`: the servers, and how each is started; `epoll_server` and `peers/` are three of them
//! - `running`: a server that runs, and what the system says about it
//! - `load`: the clients, and the traffic whose replies they know beforehand
//! - `idle`: what an idle connection takes
//! - `machine`: what it runs on, and which core is whose
//! - `results`: what was measured, and its medians
//! - `table`, `report`, `criteria`, `plot`: what is told of it

mod contest;
mod criteria;
mod epoll_server;
mod idle;
mod load;
mod machine;
mod options;
mod pace;
mod plot;
mod report;
mod results;
mod running;
mod section;
mod server;
mod table;

use std::env;
use std::process::ExitCode;

use clap::Parser as _;
use options::{EPOLL_SERVER, Options};

/// The executable that is measured.
const UPCASE: &str = env!("CARGO_BIN_EXE_upcase");

pub(super) fn main() -> ExitCode {
    // `cargo test --benches` starts this too, without `--bench`: there is nothing to test.
    let is_wanted = |argument: String| argument == "--bench" || argument == EPOLL_SERVER;
    if !env::args().any(is_wanted) {
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    let outcome = match options.epoll_server {
        Some(answer) => epoll_server::serve(answer),
        None => contest::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
