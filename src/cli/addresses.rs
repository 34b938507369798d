//! The options that choose addresses: the IP version, and the address of this end.

use std::net::{IpAddr, SocketAddr};

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::CONNECTION;
use super::usage::conflict;
use crate::address::IpVersion;
use crate::i18n::ValueError;

/// The options that choose addresses.
#[derive(Args, Debug)]
struct Options {
    /// IPv4 only.
    #[arg(short = '4', help_heading = CONNECTION, hide_short_help = true, conflicts_with = "ipv6")]
    ipv4: bool,

    /// IPv6 only.
    #[arg(short = '6', help_heading = CONNECTION, hide_short_help = true)]
    ipv6: bool,

    /// Address of this end, also as ADDR:PORT.
    #[arg(long, help_heading = CONNECTION, hide_short_help = true, value_name = "ADDR", value_parser = source)]
    source: Option<SocketAddr>,
}

/// The choice of addresses.
#[derive(Clone, Copy, Debug)]
pub struct AddressArgs {
    pub(crate) ip_version: Option<IpVersion>,
    /// The address of this end; port 0 is any.
    pub(crate) source: Option<SocketAddr>,
}

impl Args for AddressArgs {
    fn augment_args(command: Command) -> Command {
        Options::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Options::augment_args_for_update(command)
    }
}

impl FromArgMatches for AddressArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Options { ipv4, ipv6, source } = Options::from_arg_matches(matches)?;
        let ip_version = match (ipv4, ipv6) {
            (true, _) => Some(IpVersion::V4),
            (_, true) => Some(IpVersion::V6),
            _ => None,
        };
        if let Some(source) = source {
            if ip_version.is_some_and(|version| version != IpVersion::of(source)) {
                return Err(source_conflict(source, if ipv4 { "-4".into() } else { "-6".into() }));
            }
            if source.port() != 0
                && let Some(option) = several_connections(matches)
            {
                return Err(source_conflict(source, option));
            }
        }
        Ok(Self { ip_version, source })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Returns the option that asks for several connections at a time: two connections to one server need two ports.
fn several_connections(matches: &ArgMatches) -> Option<String> {
    // Not every command has these options.
    let connections = matches.try_get_one::<u16>("connections").ok().flatten();
    let rate = matches.try_get_one::<f64>("rate").ok().flatten();
    match (connections, rate) {
        (Some(1), _) | (None, None) => None,
        (Some(connections), _) => Some(format!("--connections {connections}")),
        (None, Some(rate)) => Some(format!("--rate {rate}")),
    }
}

/// Returns the error of an address of this end that cannot be used with another option.
fn source_conflict(source: SocketAddr, other: String) -> clap::Error {
    let source = if source.port() == 0 { source.ip().to_string() } else { source.to_string() };
    conflict(format!("--source {source}"), other)
}

/// Parses an address with or without a port: `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]`, `[::1]:5`; a zone is a number, as in
/// `fe80::1%2`.
fn source(text: &str) -> Result<SocketAddr, ValueError> {
    let ip = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_zone = || format!("[{ip}]:0").parse().ok();
    let address = ip.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0));
    address.or_else(|| text.parse().ok()).or_else(with_zone).ok_or(ValueError::Source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_is_an_address_with_or_without_a_port() {
        for (text, parsed) in [
            ("127.0.0.1", "127.0.0.1:0"),
            ("127.0.0.1:40000", "127.0.0.1:40000"),
            ("::1", "[::1]:0"),
            ("[::1]", "[::1]:0"),
            ("[::1]:40000", "[::1]:40000"),
            ("fe80::1%2", "[fe80::1%2]:0"),
        ] {
            assert_eq!(source(text), Ok(parsed.parse().unwrap()), "{text}");
        }
        for text in
            ["", "localhost", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "[127.0.0.1]:1", "[::1", "::1]"]
        {
            assert!(source(text).is_err(), "{text}");
        }
    }
}
