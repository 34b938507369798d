//! The options that name the server: a host and a port, which may be written together.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::CONNECTION;
use crate::config;
pub(crate) use crate::net::connect::Target;

/// The options that name the server.
#[derive(Args, Debug)]
struct TargetArgs {
    /// Server, also as HOST:PORT
    ///
    /// A name or an address. An IPv6 address needs brackets if a port follows, as in URLs. If a name has several
    /// addresses, send tries them as RFC 8305 ("happy eyeballs") describes.
    #[arg(long, help_heading = CONNECTION, value_name = "HOST",
        default_value = config::HOST, value_parser = host_and_port)]
    host: (String, Option<u16>),

    /// Port of the server
    ///
    /// A port in --host takes precedence over the default and over the environment. If --host and --port name different
    /// ports, that is an error.
    #[arg(long, help_heading = CONNECTION, default_value_t = config::PORT,
        value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
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
        let TargetArgs { host: (host, port_in_host), port } = TargetArgs::from_arg_matches(matches)?;
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let port = match port_in_host {
            Some(other) if is_typed("port") && is_typed("host") && other != port => {
                let host = Self { host, port: other };
                let message =
                    format!("conflicting ports: {other} in '--host {host}', {port} in '--port {port}'");
                return Err(clap::Error::raw(ErrorKind::ValueValidation, message));
            }
            // A port that is typed overrides the environment.
            Some(_) if is_typed("port") => port,
            Some(other) => other,
            None => port,
        };
        Ok(Self { host, port })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Parses a host with or without a port: `name`, `name:port`, `1.2.3.4:port`, `::1`, `[::1]`, `[::1]:port`.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), String> {
    if text.contains("://") {
        return Err("write the host or HOST:PORT, not a URL".into());
    }
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
        return Err("the host is missing".into());
    }
    if let Some(c) = host.chars().find(|&c| c.is_whitespace() || c.is_control() || "/?#@[]\"\\".contains(c)) {
        return Err(format!("a host cannot contain {c:?}"));
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return Err("only :PORT may follow the bracket".into()),
        Some("") => return Err("the port after ':' is missing".into()),
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => Some(port),
            _ => return Err("the port is not a number from 1 to 65535".into()),
        },
    };
    Ok((host.to_owned(), port))
}

/// Parses a host to listen on, without a port: the port is the same for all hosts.
pub(super) fn listening_host(text: &str) -> Result<String, String> {
    match host_and_port(text)? {
        (host, None) => Ok(host),
        (_, Some(_)) => Err("write the port in --port".into()),
    }
}
