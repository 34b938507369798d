//! The options that name the server: a host and a port, which may be written together.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::CONNECTION;
use super::values::number;
use crate::config;
use crate::i18n::ValueError;
pub(crate) use crate::net::connect::Target;

/// The options that name the server.
#[derive(Args, Debug)]
struct TargetArgs {
    /// Server, also as HOST:PORT.
    #[arg(long, help_heading = CONNECTION, value_name = "HOST",
        default_value = config::HOST, value_parser = host_and_port)]
    host: (String, Option<u16>),

    /// Port of the server.
    #[arg(long, help_heading = CONNECTION, default_value_t = config::PORT,
        value_parser = number(1..=u16::MAX))]
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
                let mut error = clap::Error::new(ErrorKind::ArgumentConflict);
                error.insert(ContextKind::InvalidArg, ContextValue::String(format!("--host {host}")));
                error.insert(ContextKind::PriorArg, ContextValue::String(format!("--port {port}")));
                return Err(error);
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
fn host_and_port(text: &str) -> Result<(String, Option<u16>), ValueError> {
    if text.contains("://") {
        return Err(ValueError::Url);
    }
    let (host, rest) = match text.strip_prefix('[') {
        Some(inside) => inside.split_once(']').ok_or(ValueError::OpenBracket)?,
        None => match text.split_once(':') {
            // Several colons without brackets are an IPv6 address.
            Some((_, rest)) if rest.contains(':') => (text, ""),
            Some((host, _)) => text.split_at(host.len()),
            None => (text, ""),
        },
    };
    if host.is_empty() {
        return Err(ValueError::NoHost);
    }
    if let Some(c) = host.chars().find(|&c| c.is_whitespace() || c.is_control() || "/?#@[]\"\\".contains(c)) {
        return Err(ValueError::HostCharacter(c));
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return Err(ValueError::AfterBracket),
        Some("") => return Err(ValueError::NoPort),
        Some(port) => Some(number(1..=u16::MAX)(port)?),
    };
    Ok((host.to_owned(), port))
}

/// Parses a host to listen on, without a port: the port is the same for all hosts.
pub(super) fn listening_host(text: &str) -> Result<String, ValueError> {
    match host_and_port(text)? {
        (host, None) => Ok(host),
        (_, Some(_)) => Err(ValueError::PortInHost),
    }
}
