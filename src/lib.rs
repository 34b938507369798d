//! `upcase`: a TCP service that answers in upper case, and its client.
//!
//! The executable parses, and calls one of the two halves; this library
//! is where they live, so that tests can hold a conversation without a process.
//!
//! | module | what it is | imports of ours |
//! | --- | --- | --- |
//! | [`cli`] | the words of the command line | `config` |
//! | [`serve`] | the server: listener, conversations, log | `cli` and all from `report` down |
//! | [`send`] | the client: messages, exchanges, what is printed | `cli` and all from `report` down |
//! | [`completions`] | the shells' completion scripts | `cli`, `console`, `failure` |
//! | [`man`] | the manual pages | `cli`, `console`, `failure` |
//! | [`report`] | an error as a person sees it, and the exit code | `console`, `failure`, `words` |
//! | [`runtime`] | where both halves run | none |
//! | [`signals`] | what tells us to stop | none |
//! | [`console`] | the only place that chooses styles, and that escapes a peer's text | `config`, `failure` |
//! | [`words`] | all that is said to a person, in both languages | `config`, `failure` |
//! | [`failure`] | what can fail because of the world | none |
//! | [`case`] | upper-casing bytes that come in pieces | none |
//! | [`strip`] | taking white space off a message that comes in pieces | none |
//! | [`config`] | the defaults and choices that both halves share | none |
//!
//! `serve` and `send` never meet, but on the wire.

pub mod case;
pub mod cli;
pub mod completions;
pub mod config;
pub mod console;
pub mod failure;
pub mod man;
pub mod report;
pub mod runtime;
pub mod send;
pub mod serve;
pub mod signals;
pub mod strip;
pub mod words;
