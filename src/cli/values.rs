//! The parsers of values. Their errors have a text in each language, unlike those of clap's own parsers.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::{RATE_MAX, RATE_MIN};
use crate::i18n::ValueError;

/// Returns a parser of whole numbers in a range.
pub(super) fn number<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, ValueError> + Clone
where
    T: Copy + Into<u64> + TryFrom<u64>,
{
    let (min, max) = ((*range.start()).into(), (*range.end()).into());
    move |text| {
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or(ValueError::Number { min, max })
    }
}

/// Parses a time with its unit.
pub(super) fn duration(text: &str) -> Result<Duration, ValueError> {
    let is_number = text.parse::<f64>().is_ok();
    humantime::parse_duration(text)
        .map_err(|_| if is_number { ValueError::NoUnit } else { ValueError::Duration })
}

/// Parses a time with its unit that is longer than zero.
pub(super) fn positive_duration(text: &str) -> Result<Duration, ValueError> {
    match duration(text)? {
        Duration::ZERO => Err(ValueError::NoDuration),
        duration => Ok(duration),
    }
}

/// Parses a number of messages a second.
pub(super) fn rate(text: &str) -> Result<f64, ValueError> {
    text.parse().ok().filter(|rate| (RATE_MIN..=RATE_MAX).contains(rate)).ok_or(ValueError::Rate)
}
