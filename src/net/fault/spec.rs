//! Faults and rates as text: `delay=5s`, `limit=10,reset`, `10%`.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use std::time::Duration;

use humantime::{format_duration, parse_duration};

use super::{End, Fault, Limit, NoReply};

/// The reason why a text is not a fault or a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpecError {
    /// No fault has this name, or the fault takes no value or needs one.
    Unknown,
    /// The value is not a time above zero.
    Time,
    /// The value is not a number of bytes above zero.
    Bytes,
    /// The value is not a number of bytes and the way to end.
    Limit,
    /// The text is not a percentage above 0 % and up to 100 %.
    Rate,
}

impl FromStr for Fault {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Self, SpecError> {
        Ok(match spec.split_once('=') {
            None => match spec {
                "mute" => Self::NoReply(NoReply::Mute),
                "no-read" => Self::NoReply(NoReply::NoRead),
                "no-accept" => Self::NoReply(NoReply::NoAccept),
                "close-unread" => Self::NoReply(NoReply::CloseUnread),
                "wrong" => Self::Wrong,
                "ascii" => Self::Ascii,
                _ => return Err(SpecError::Unknown),
            },
            Some(("delay", time)) => Self::Delay(parse_time(time)?),
            Some(("drip", time)) => Self::Drip(parse_time(time)?),
            Some(("slice", bytes)) => Self::Slice(bytes.parse().map_err(|_| SpecError::Bytes)?),
            Some(("limit", limit)) => Self::Limit(parse_limit(limit).ok_or(SpecError::Limit)?),
            Some(_) => return Err(SpecError::Unknown),
        })
    }
}

fn parse_time(text: &str) -> Result<Duration, SpecError> {
    parse_duration(text).ok().filter(|time| !time.is_zero()).ok_or(SpecError::Time)
}

fn parse_limit(text: &str) -> Option<Limit> {
    let (bytes, end) = text.split_once(',')?;
    let end = match end {
        "close" => End::Close,
        "reset" => End::Reset,
        _ => return None,
    };
    Some(Limit { bytes: bytes.parse().ok()?, end })
}

impl Fault {
    /// Returns the name, which is stable: traces contain it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Slice(_) => "slice",
            Self::Drip(_) => "drip",
            Self::Limit(_) => "limit",
            Self::Wrong => "wrong",
            Self::Ascii => "ascii",
            Self::NoReply(NoReply::Mute) => "mute",
            Self::NoReply(NoReply::NoRead) => "no-read",
            Self::NoReply(NoReply::NoAccept) => "no-accept",
            Self::NoReply(NoReply::CloseUnread) => "close-unread",
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        // As one word, which a shell does not split.
        let time = |time: Duration| format_duration(time).to_string().replace(' ', "");
        match *self {
            Self::Delay(value) | Self::Drip(value) => write!(f, "={}", time(value)),
            Self::Slice(bytes) => write!(f, "={bytes}"),
            Self::Limit(Limit { bytes, end: End::Close }) => write!(f, "={bytes},close"),
            Self::Limit(Limit { bytes, end: End::Reset }) => write!(f, "={bytes},reset"),
            Self::Wrong | Self::Ascii | Self::NoReply(_) => Ok(()),
        }
    }
}

/// The share of the connections that have faults, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FaultRate(f64);

impl FaultRate {
    /// Returns the share as a number from 0 to 1.
    pub(super) fn fraction(self) -> f64 {
        self.0 / 100.0
    }
}

impl FromStr for FaultRate {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let percent = text.strip_suffix('%').and_then(|number| number.parse().ok());
        percent.filter(|percent| *percent > 0.0 && *percent <= 100.0).map(Self).ok_or(SpecError::Rate)
    }
}

impl Display for FaultRate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::fault::FAULTS;

    #[test]
    fn each_listed_fault_is_parsed_and_printed_alike() {
        for (spec, _) in FAULTS {
            let spec = spec.replace("TIME", "1m30s").replace("BYTES", "20");
            let fault: Fault = spec.parse().unwrap_or_else(|error| panic!("{spec}: {error:?}"));
            assert_eq!(fault.to_string(), spec);
            assert!(spec.starts_with(fault.name()), "{spec}");
        }
    }

    #[test]
    fn wrong_specs_are_explained() {
        for (spec, error) in [
            ("", SpecError::Unknown),
            ("dealy=1s", SpecError::Unknown),
            ("Mute", SpecError::Unknown),
            ("mute=1", SpecError::Unknown),
            ("delay", SpecError::Unknown),
            ("delay=", SpecError::Time),
            ("delay=5", SpecError::Time),
            ("drip=0s", SpecError::Time),
            ("slice=0", SpecError::Bytes),
            ("slice=-1", SpecError::Bytes),
            ("slice=1k", SpecError::Bytes),
            ("limit=5", SpecError::Limit),
            ("limit=x,close", SpecError::Limit),
            ("limit=5,drop", SpecError::Limit),
        ] {
            assert_eq!(spec.parse::<Fault>(), Err(error), "{spec}");
        }
        assert!("limit=0,close".parse::<Fault>().is_ok());
    }

    #[test]
    fn rate_is_a_percentage_above_zero() {
        for (text, printed) in [("10%", "10%"), ("0.5%", "0.5%"), ("100%", "100%")] {
            assert_eq!(text.parse::<FaultRate>().unwrap().to_string(), printed);
        }
        for text in ["", "%", "10", "0%", "-1%", "100.1%", "NaN%", "inf%"] {
            assert_eq!(text.parse::<FaultRate>(), Err(SpecError::Rate), "{text}");
        }
    }
}
