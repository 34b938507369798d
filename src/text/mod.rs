//! Pure functions on the bytes of messages, without I/O.

pub mod trim;
pub mod uppercase;
