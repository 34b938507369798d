//! TCP for all commands: listening, accepting, connecting, deadlines.

pub mod connect;
pub(crate) mod deadline;
pub(crate) mod errno;
pub(crate) mod resolve;
pub mod tcp;
