//! The integration tests, in one binary: the executable from end to end, with this project's peers and with others.
//!
//! Windows has no signals, and most of the peers are Unix programs: what needs either is left out there.

mod addresses;
mod completions;
#[cfg(target_os = "linux")]
mod docs;
mod errors;
#[cfg(unix)]
mod fault;
mod file;
#[cfg(unix)]
mod json;
#[cfg(unix)]
mod languages;
mod load;
mod man;
#[cfg(unix)]
mod peers;
mod portuguese;
#[cfg(target_os = "linux")]
mod prompt;
#[cfg(unix)]
mod rate;
#[cfg(unix)]
mod resilience;
mod screen;
mod send;
#[cfg(unix)]
mod shape;
mod support;
#[cfg(unix)]
mod trace;
mod wait;
mod wire;
