//! Faults (`serve --fault`): a server that misbehaves on request, so that its clients can be tested.
//!
//! [`Faulty`] is the stream adapter around a connection's stream and its trace, so that the trace shows what is really
//! sent. Two faults act elsewhere: `no-accept` in the server's accept loop, and `ascii` in the protocol. The text about
//! the faults is in `i18n`.

mod spec;
mod stream;

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;
use std::time::Duration;

pub(crate) use spec::{FaultRate, SpecError};
pub(crate) use stream::Faulty;

/// A fault, as `--fault` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Delay(Duration),
    Slice(NonZeroUsize),
    Drip(Duration),
    Limit(Limit),
    Wrong,
    Ascii,
    NoReply(NoReply),
}

/// The end of a connection after so many bytes of its replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    bytes: u64,
    end: End,
}

/// The way in which a limit ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    Reset,
}

/// A fault that leaves no reply for another fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoReply {
    Mute,
    NoRead,
    NoAccept,
    CloseUnread,
}

/// All faults of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faults {
    NoReply(NoReply),
    Reply(ReplyFaults),
}

/// The faults of a connection's replies, which act together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReplyFaults {
    delay: Option<Duration>,
    slice: Option<NonZeroUsize>,
    drip: Option<Duration>,
    limit: Option<Limit>,
    wrong: bool,
    pub(crate) ascii: bool,
}

/// The faults of a server, and the choice of the connections that have them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FaultPlan {
    /// The faults, as the user wrote them.
    pub(crate) specs: Vec<Fault>,
    faults: Faults,
    /// None: each connection has the faults.
    pub(crate) choice: Option<Choice>,
}

/// A reproducible choice of connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) rate: FaultRate,
    pub(crate) seed: u64,
}

impl FaultPlan {
    /// Combines faults. With a rate and without a seed, the seed is random.
    ///
    /// # Errors
    /// Returns two faults that cannot be combined.
    pub(crate) fn new(
        specs: Vec<Fault>,
        rate: Option<FaultRate>,
        seed: Option<u64>,
    ) -> Result<Self, (Fault, Fault)> {
        let faults = Faults::new(&specs)?;
        let choice = rate.map(|rate| Choice { rate, seed: seed.unwrap_or_else(random_seed) });
        Ok(Self { specs, faults, choice })
    }

    /// Returns the faults of the connection with this number, if the connection has any.
    pub(crate) fn faults_of(&self, conn: u64) -> Option<Faults> {
        self.choice.is_none_or(|choice| choice.includes(conn)).then_some(self.faults)
    }

    /// Returns whether the server accepts no connection.
    pub(crate) fn is_no_accept(&self) -> bool {
        self.faults == Faults::NoReply(NoReply::NoAccept)
    }
}

impl Choice {
    /// Returns whether the connection with this number is chosen. The order of the connections makes no difference.
    fn includes(self, conn: u64) -> bool {
        #[allow(clippy::cast_precision_loss, reason = "a rate is less exact")]
        let random = splitmix64(self.seed, conn) as f64 / u64::MAX as f64;
        random < self.rate.fraction()
    }
}

impl Faults {
    /// Combines faults.
    ///
    /// # Errors
    /// Returns two faults that cannot be combined.
    fn new(specs: &[Fault]) -> Result<Self, (Fault, Fault)> {
        for (index, &fault) in specs.iter().enumerate() {
            if let Some(&other) = specs[..index].iter().find(|other| fault.contradicts(**other)) {
                return Err((fault, other));
            }
        }
        let mut reply = ReplyFaults::default();
        for &fault in specs {
            match fault {
                Fault::Delay(time) => reply.delay = Some(time),
                Fault::Slice(bytes) => reply.slice = Some(bytes),
                Fault::Drip(time) => reply.drip = Some(time),
                Fault::Limit(limit) => reply.limit = Some(limit),
                Fault::Wrong => reply.wrong = true,
                Fault::Ascii => reply.ascii = true,
                Fault::NoReply(fault) => return Ok(Self::NoReply(fault)),
            }
        }
        Ok(Self::Reply(reply))
    }
}

impl ReplyFaults {
    /// Returns the size of segments, if they have one: pauses between segments need segments.
    fn segment_size(self) -> Option<NonZeroUsize> {
        self.slice.or(self.drip.map(|_| NonZeroUsize::MIN))
    }
}

impl Fault {
    /// Returns whether no connection can have both faults.
    fn contradicts(self, other: Self) -> bool {
        let is_no_reply = |fault| matches!(fault, Self::NoReply(_));
        self != other && (self.name() == other.name() || is_no_reply(self) || is_no_reply(other))
    }

    /// Returns the longest time for which the fault makes the server wait within a reply.
    pub(crate) fn wait(self) -> Option<Duration> {
        match self {
            Self::Delay(time) | Self::Drip(time) => Some(time),
            _ => None,
        }
    }
}

/// Returns a seed that is short enough to be typed.
fn random_seed() -> u64 {
    RandomState::new().hash_one(()) % 1_000_000
}

/// Returns the output with this index of the generator `SplitMix64` (Steele, Lea and Flood, 2014).
fn splitmix64(seed: u64, index: u64) -> u64 {
    let state = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rate: &str, seed: Option<u64>) -> FaultPlan {
        FaultPlan::new(vec![Fault::Wrong], Some(rate.parse().unwrap()), seed).unwrap()
    }

    fn chosen(plan: &FaultPlan, connections: u64) -> Vec<u64> {
        (1..=connections).filter(|&conn| plan.faults_of(conn).is_some()).collect()
    }

    #[test]
    fn generator_has_the_published_outputs() {
        // https://prng.di.unimi.it/splitmix64.c with the seed 1234567.
        let outputs = [1, 2, 3].map(|index| splitmix64(1_234_567, index));
        assert_eq!(
            outputs,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn seed_chooses_the_same_connections_and_another_seed_others() {
        let of_seed = |seed| chosen(&plan("10%", Some(seed)), 1000);
        assert_eq!(of_seed(7), of_seed(7));
        assert_ne!(of_seed(7), of_seed(8));
        // Users keep seeds, so later versions choose the same.
        assert_eq!(of_seed(7)[..3], [2, 27, 32]);
    }

    #[test]
    fn rate_is_the_share_of_the_connections() {
        for (rate, expected) in [("1%", 1000), ("10%", 10_000), ("50%", 50_000)] {
            let number = chosen(&plan(rate, Some(1)), 100_000).len();
            assert!(number.abs_diff(expected) < 500, "{rate}: {number}");
        }
        assert_eq!(chosen(&plan("100%", Some(1)), 1000).len(), 1000);
    }

    #[test]
    fn random_seeds_differ() {
        let seeds = [(); 4].map(|()| plan("10%", None).choice.unwrap().seed);
        assert!(seeds.iter().any(|seed| *seed != seeds[0]), "{seeds:?}");
    }

    #[test]
    fn drip_without_slice_has_segments_of_one_byte() {
        let faults = |specs: &[&str]| {
            let specs: Vec<Fault> = specs.iter().map(|spec| spec.parse().unwrap()).collect();
            match Faults::new(&specs).unwrap() {
                Faults::Reply(faults) => faults.segment_size().unwrap().get(),
                Faults::NoReply(_) => unreachable!(),
            }
        };
        assert_eq!(faults(&["drip=1s"]), 1);
        assert_eq!((faults(&["drip=1s", "slice=3"]), faults(&["slice=3", "drip=1s"])), (3, 3));
    }

    #[test]
    fn contradictions_are_found_in_any_order() {
        let combine = |specs: &[&str]| {
            let specs = specs.iter().map(|spec| spec.parse().unwrap()).collect();
            FaultPlan::new(specs, None, None).map_err(|(a, b)| format!("{a} and {b}"))
        };
        assert_eq!(combine(&["mute", "delay=1s"]), Err("delay=1s and mute".into()));
        assert_eq!(combine(&["delay=1s", "mute"]), Err("mute and delay=1s".into()));
        assert_eq!(combine(&["no-read", "no-accept"]), Err("no-accept and no-read".into()));
        assert_eq!(
            combine(&["limit=1,close", "wrong", "limit=2,close"]),
            Err("limit=2,close and limit=1,close".into())
        );
        assert!(combine(&["mute", "mute"]).is_ok());
        assert!(combine(&["delay=1s", "slice=2", "drip=1ms", "limit=9,reset", "wrong", "ascii"]).is_ok());
    }
}
