//! The options that name the server: a host and a port, which may be written together.

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::CONNECTION;
use crate::config;

/// A server's host, without brackets, and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// An address or a name.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The options that name the server.
#[derive(Args, Debug)]
struct TargetArgs {
    /// Server, also as HOST:PORT
    ///
    /// A name or an address. An IPv6 address needs brackets if a port follows, as in URLs. If a name has several
    /// addresses, send tries them as RFC 8305 ("happy eyeballs") describes.
    #[arg(long, help_heading = CONNECTION, value_name = "HOST", env = "UPCASE_HOST", hide_env = true,
        default_value = config::HOST, value_parser = NonEmptyStringValueParser::new())]
    host: String,

    /// Port of the server
    ///
    /// A port in --host takes precedence over the default and over the environment. If --host and --port name different
    /// ports, that is an error.
    #[arg(long, help_heading = CONNECTION, env = "UPCASE_PORT", hide_env = true, default_value_t = config::PORT,
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
        TargetArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        TargetArgs::augment_args_for_update(command)
    }
}

impl FromArgMatches for Target {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let TargetArgs { host, port } = TargetArgs::from_arg_matches(matches)?;
        let invalid = |reason: String| clap::Error::raw(ErrorKind::ValueValidation, reason);
        let (name, port_in_host) = split(&host)
            .map_err(|reason| invalid(format!("invalid value '{host}' for '--host <HOST>': {reason}")))?;
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let port = match port_in_host {
            Some(other) if is_typed("port") && is_typed("host") && other != port => {
                return Err(invalid(format!(
                    "conflicting ports: {other} in '--host {host}', {port} in '--port {port}'"
                )));
            }
            // A port that is typed overrides the environment.
            Some(_) if is_typed("port") => port,
            Some(other) => other,
            None => port,
        };
        Ok(Self { host: name.to_owned(), port })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Splits a host from its port: `name`, `name:port`, `1.2.3.4:port`, `::1`, `[::1]`, `[::1]:port`.
///
/// # Errors
/// Returns why the text is neither a host nor a host with a port.
fn split(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(inside) => inside.split_once(']').ok_or("the bracket is not closed")?,
        None => match text.split_once(':') {
            // Several colons without brackets are an IPv6 address.
            Some((_, rest)) if rest.contains(':') => (text, ""),
            Some((host, _)) => text.split_at(host.len()),
            None => (text, ""),
        },
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok((host, None)),
        None => Err("only :PORT may follow the bracket"),
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => Ok((host, Some(port))),
            _ => Err("the port is not a number from 1 to 65535"),
        },
    }
}

/// Parses a host to listen on, and removes the brackets of an IPv6 address.
///
/// # Errors
/// Returns the errors of [`split`], and an error if there is a port: the port is the same for all hosts.
pub(super) fn listening_host(text: &str) -> Result<String, &'static str> {
    match split(text)? {
        (host, None) => Ok(host.to_owned()),
        (_, Some(_)) => Err("write the port in --port"),
    }
}
