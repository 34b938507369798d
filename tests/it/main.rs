//! The integration tests, in one binary: the executable from end to end, with this project's peers and with others.

// The tests of the executable stop it by a signal.
#[cfg(unix)]
mod addresses;
#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod errors;
#[cfg(unix)]
mod file;
#[cfg(unix)]
mod json;
#[cfg(unix)]
mod languages;
#[cfg(unix)]
mod load;
#[cfg(unix)]
mod man;
#[cfg(unix)]
mod peers;
#[cfg(unix)]
mod portuguese;
#[cfg(target_os = "linux")]
mod prompt;
#[cfg(unix)]
mod resilience;
#[cfg(unix)]
mod screen;
#[cfg(unix)]
mod send;
#[cfg(unix)]
mod support;
#[cfg(unix)]
mod trace;
#[cfg(unix)]
mod wait;
#[cfg(unix)]
mod wire;
