//! Where `send` sends to: a host and a port, which may come together as people write them.

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::config;

/// A server's host, without brackets, and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// An address or a name.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The options as they are written.
#[derive(Args, Debug)]
struct Written {
    /// The server, also as HOST:PORT
    #[arg(long, value_name = "HOST", env = "UPCASE_HOST", hide_env = true, default_value = config::HOST,
        value_parser = NonEmptyStringValueParser::new())]
    host: String,

    /// Its port
    #[arg(long, env = "UPCASE_PORT", hide_env = true, default_value_t = config::PORT,
        value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl Args for Target {
    fn augment_args(command: Command) -> Command {
        Written::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Written::augment_args_for_update(command)
    }
}

impl FromArgMatches for Target {
    /// Of a port in `--host` and one in `--port`, the flag's beats the environment's, and that the default. Two
    /// of equal rank have to agree: neither must win without a word.
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Written { host, port } = Written::from_arg_matches(matches)?;
        let wrong = |why: String| clap::Error::raw(ErrorKind::ValueValidation, why);
        let (name, own_port) = split(&host)
            .map_err(|why| wrong(format!("invalid value '{host}' for '--host <HOST>': {why}\n")))?;
        let (of_host, of_port) = (rank(matches, "host"), rank(matches, "port"));
        let port = match own_port {
            Some(own) if own != port && of_host == of_port => {
                return Err(wrong(format!("the port is {own} in '--host {host}', but {port} in '--port'\n")));
            }
            Some(own) if of_host >= of_port => own,
            _ => port,
        };
        Ok(Self { host: name.to_owned(), port })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn rank(matches: &ArgMatches, id: &str) -> u8 {
    match matches.value_source(id) {
        Some(ValueSource::CommandLine) => 2,
        Some(ValueSource::EnvVariable) => 1,
        _ => 0,
    }
}

/// The host, and its port where it has one: `name`, `name:port`, `1.2.3.4:port`, `::1`, `[::1]`, `[::1]:port`.
///
/// # Errors
/// When a bracket is not closed, or nothing is inside, or the port is no number from 1 to 65535.
fn split(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(inside) => inside.split_once(']').ok_or("the bracket is not closed")?,
        None => match text.split_once(':') {
            // Several colons, and no brackets: an IPv6 address.
            Some((_, rest)) if rest.contains(':') => (text, ""),
            Some((host, _)) => text.split_at(host.len()),
            None => (text, ""),
        },
    };
    if host.is_empty() {
        return Err("it names no host");
    }
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok((host, None)),
        None => Err("only :PORT can be behind the bracket"),
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => Ok((host, Some(port))),
            _ => Err("the port is no number from 1 to 65535"),
        },
    }
}

/// A host to listen on, without the brackets that an IPv6 address may be written in.
///
/// # Errors
/// As [`split`]; and when there is a port, which all hosts have in common.
pub(super) fn listening_host(text: &str) -> Result<String, &'static str> {
    match split(text)? {
        (host, None) => Ok(host.to_owned()),
        (_, Some(_)) => Err("the port goes to --port"),
    }
}
