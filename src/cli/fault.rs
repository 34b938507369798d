//! The options that make the server misbehave.

use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::FAULTS;
use super::usage::conflict;
use super::values::number;
use crate::i18n::ValueError;
use crate::net::fault::{Fault, FaultPlan, FaultRate};

/// The options that make the server misbehave.
#[derive(Debug)]
pub struct FaultArgs(Option<FaultPlan>);

impl FaultArgs {
    /// Checks that the idle timeout does not cut off a reply that a fault delays.
    pub(super) fn validate(&self, idle_timeout: Duration) -> Result<(), clap::Error> {
        let specs = self.plan().map_or(&[][..], |plan| &plan.specs);
        match specs.iter().find(|fault| fault.wait().is_some_and(|wait| wait >= idle_timeout)) {
            Some(fault) => Err(fault_conflict(
                *fault,
                format!("--idle-timeout {}", humantime::format_duration(idle_timeout)),
            )),
            None => Ok(()),
        }
    }

    /// Returns the faults that the options ask for, if any.
    pub(crate) fn plan(&self) -> Option<&FaultPlan> {
        self.0.as_ref()
    }
}

#[derive(Args, Debug)]
struct Options {
    /// Misbehave on request, to test clients.
    #[arg(long, help_heading = FAULTS, value_name = "SPEC", value_parser = fault, hide_short_help = true)]
    fault: Vec<Fault>,

    /// Share of the connections that have the faults.
    #[arg(long, help_heading = FAULTS, value_name = "PERCENT", value_parser = rate, requires = "fault",
        hide_short_help = true)]
    fault_rate: Option<FaultRate>,

    /// Seed of the choice of connections.
    #[arg(long, help_heading = FAULTS, value_name = "N", value_parser = number(0..=u64::MAX),
        requires = "fault_rate", hide_short_help = true)]
    seed: Option<u64>,
}

impl Args for FaultArgs {
    fn augment_args(command: Command) -> Command {
        Options::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Options::augment_args_for_update(command)
    }
}

impl FromArgMatches for FaultArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Options { fault: faults, fault_rate, seed } = Options::from_arg_matches(matches)?;
        if faults.is_empty() {
            return Ok(Self(None));
        }
        let plan = FaultPlan::new(faults, fault_rate, seed)
            .map_err(|(fault, other)| fault_conflict(fault, format!("--fault {other}")))?;
        match fault_rate {
            Some(rate) if plan.is_no_accept() => {
                Err(fault_conflict(plan.specs[0], format!("--fault-rate {rate}")))
            }
            _ => Ok(Self(Some(plan))),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn fault(text: &str) -> Result<Fault, ValueError> {
    text.parse().map_err(ValueError::Fault)
}

fn rate(text: &str) -> Result<FaultRate, ValueError> {
    text.parse().map_err(ValueError::Fault)
}

/// Returns the error of a fault that cannot be used with another option.
fn fault_conflict(fault: Fault, other: String) -> clap::Error {
    conflict(format!("--fault {fault}"), other)
}
