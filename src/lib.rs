//! A TCP server that replies in upper case, and its client.
//!
//! The executable `upcase` is made of this library. To embed or test parts of it, use
//!
//! - [`Server`]: serves on bound listeners until it is shut down;
//! - [`Client`]: sends messages to a server, and checks the replies;
//! - [`uppercase`] and [`Uppercaser`]: Unicode's full upper case of bytes, at once or as a stream.
//!
//! # Modules
//!
//! A module uses only modules below it.
//!
//! | module | contents |
//! | --- | --- |
//! | `cli` | the command line: arguments, help, defaults from the environment |
//! | `man` | the manual pages |
//! | `serve` | the command and the server: accept → connection → protocol → log |
//! | `send` | the command and the client: client → request → reply → output |
//! | `runtime` | the tokio runtime and the shutdown signals |
//! | `report` | printing of errors and warnings, the exit code |
//! | `net` | TCP for both commands: listening, resolving, connecting, deadlines, traces, faults, shaped sending |
//! | `terminal` | language, colour and printing |
//! | `stdio` | threads that write the standard streams |
//! | `i18n` | all text for users, in Portuguese and English |
//! | `error` | errors that a user can act on, and their stable codes |
//! | `address` | the two ends of a connection, IP versions |
//! | `errno` | kinds of system errors that the standard library does not name |
//! | `escape` | makes untrusted text safe to print |
//! | `text` | trimming and upper-casing, without I/O |
//! | `config` | the defaults that all commands share |

mod address;
mod cli;
mod config;
mod errno;
mod error;
mod escape;
mod i18n;
#[doc(hidden)]
pub mod internals;
mod man;
mod report;
mod runtime;
mod send;
mod serve;
mod stdio;
mod terminal;

mod net {
    //! TCP for all commands.

    pub(crate) mod connect;
    pub(crate) mod deadline;
    pub(crate) mod fault;
    pub(crate) mod resolve;
    pub(crate) mod shape;
    pub(crate) mod stream;
    pub(crate) mod tcp;
    pub(crate) mod tcp_info;
    pub(crate) mod trace;
}

mod text {
    //! Pure functions on the bytes of messages, without I/O.

    pub(crate) mod trim;
    pub(crate) mod uppercase;
}

pub use address::{Ends, IpVersion};
pub use error::{Error, Result, TransferFailure, TransferProgress};
pub use send::{Client, Reply, Request};
pub use serve::config::{ConnectionConfig, ServerConfig};
pub use serve::server::{Server, ServerEvent, Summary};
pub use text::uppercase::{Uppercaser, uppercase};
