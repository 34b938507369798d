//! The whole suite in one binary: the pure parts by properties, the conversation in-process, and the executable
//! end to end, with our own and with others' peers.

mod escape;
mod trim;
mod uppercase;

// The tests of the executable stop it by a signal.
#[cfg(unix)]
mod addresses;
#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod errors;
#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod file;
#[cfg(unix)]
mod man;
#[cfg(unix)]
mod peers;
#[cfg(target_os = "linux")]
mod prompt;
#[cfg(unix)]
mod repeat;
#[cfg(unix)]
mod screen;
#[cfg(unix)]
mod send;
#[cfg(unix)]
mod support;
#[cfg(unix)]
mod wait;
#[cfg(unix)]
mod wire;
