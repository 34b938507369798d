//! TCP for all commands: listening, accepting, connecting.

pub mod connect;
pub mod tcp;
