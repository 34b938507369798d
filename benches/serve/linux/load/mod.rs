//! The clients: they ask, wait for the reply, compare it with what they know it must be, and ask again.
//!
//! - `traffic`: what is sent, and what must come back
//! - `exchanges`: many clients with one short message at a time each
//! - `streams`: few clients that do not wait for a reply before they send more
//! - `meter`: what counts of all this, and what it took
//! - `connect`: connections that no one waits for
//! - `opened`: connections on which a first message has been answered
//! - `poller`: which sockets can go on

mod connect;
pub(super) mod exchanges;
pub(super) mod meter;
pub(super) mod opened;
mod poller;
pub(super) mod streams;
pub(super) mod traffic;
