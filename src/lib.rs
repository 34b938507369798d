//! `upcase`: a TCP service that answers in upper case, and its client.

pub mod cli;
pub mod config;
pub mod error;
pub mod escape;
pub mod i18n;
#[doc(hidden)]
pub mod internals;
pub mod man;
pub mod net;
pub mod report;
pub mod runtime;
pub mod send;
pub mod serve;
pub(crate) mod stdio;
pub mod terminal;
pub mod text;
