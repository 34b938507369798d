//! The options that name the server: a host and a port, which may be written together.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::CONNECTION;
use super::usage::conflict;
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
                return Err(conflict(format!("--host {host}"), format!("--port {port}")));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses these arguments, with a default host and a default port from the environment.
    fn parse(host: &'static str, args: &[&str]) -> Result<String, String> {
        let command = Target::augment_args(Command::new("send").no_binary_name(true));
        let command = command
            .mut_arg("host", |arg| arg.default_value(host))
            .mut_arg("port", |arg| arg.default_value("8000"));
        let matches = command.try_get_matches_from(args).map_err(|error| error.to_string())?;
        Target::from_arg_matches(&matches).map(|target| target.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn port_is_the_one_on_the_command_line_or_else_the_one_in_the_host() {
        for (host, args, target) in [
            ("h", &[][..], "h:8000"),
            ("h:80", &[], "h:80"),
            ("h:80", &["--port", "81"], "h:81"),
            ("h", &["--host", "a"], "a:8000"),
            ("h:80", &["--host", "a"], "a:8000"),
            ("h", &["--host", "a:82"], "a:82"),
            ("h", &["--host", "a:82", "--port", "82"], "a:82"),
            ("h", &["--host", "a", "--port", "83"], "a:83"),
        ] {
            assert_eq!(parse(host, args).as_deref(), Ok(target), "{host} {args:?}");
        }
        let error = parse("h", &["--host", "a:82", "--port", "83"]).unwrap_err();
        assert!(error.contains("'--host a:82' cannot be used with '--port 83'"), "{error}");
    }

    #[test]
    fn host_and_port_have_the_forms_of_a_url() {
        for (text, host, port) in [
            ("name", "name", None),
            ("name:1", "name", Some(1)),
            ("1.2.3.4:65535", "1.2.3.4", Some(65535)),
            ("::1", "::1", None),
            ("fe80::1%eth0", "fe80::1%eth0", None),
            ("[::1]", "::1", None),
            ("[::1]:80", "::1", Some(80)),
        ] {
            assert_eq!(host_and_port(text), Ok((host.into(), port)), "{text}");
        }
    }

    #[test]
    fn wrong_host_is_explained() {
        for (text, reason) in [
            ("", "the host is missing"),
            (":80", "the host is missing"),
            ("[]:80", "the host is missing"),
            ("http://a", "write the host or HOST:PORT, not a URL"),
            ("a b", "a host cannot contain ' '"),
            ("a\u{7}", "a host cannot contain '\\u{7}'"),
            ("a/b", "a host cannot contain '/'"),
            ("a:", "the port after ':' is missing"),
            ("[::1", "the bracket is not closed"),
            ("[::1]80", "only :PORT may follow the bracket"),
        ] {
            assert_eq!(host_and_port(text).unwrap_err().to_string(), reason, "{text}");
        }
        for port in ["0", "65536", "-1", "http"] {
            let error = host_and_port(&format!("a:{port}"));
            assert_eq!(error, Err(ValueError::Number { min: 1, max: 65535 }), "{port}");
        }
    }

    #[test]
    fn host_to_listen_on_has_no_port() {
        assert_eq!(listening_host("[::1]"), Ok("::1".into()));
        assert_eq!(listening_host("a:80"), Err(ValueError::PortInHost));
    }
}
