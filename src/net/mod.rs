//! TCP for all commands: listening, accepting, connecting, deadlines.

pub mod connect;
pub(crate) mod deadline;
pub mod tcp;
