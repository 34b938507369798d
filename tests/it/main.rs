//! The whole suite in one binary: the pure parts by properties, the conversation in-process, and the executable
//! end to end, with our own and with others' peers.

mod case;
mod strip;
