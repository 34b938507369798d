//! The pace of an open loop (`--rate`): the times at which messages are due. Pure: no clock.

use std::time::Duration;

/// The times at which messages are due: evenly spaced, counted from the start of the run.
///
/// Each time is computed from the message's number, so that no error adds up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// Messages a second.
    rate: f64,
    /// The number of messages; `None` for no limit.
    count: Option<u64>,
    /// The time after which no message is sent; `None` for no limit.
    duration: Option<Duration>,
}

impl Schedule {
    pub(super) const fn new(rate: f64, count: Option<u64>, duration: Option<Duration>) -> Self {
        Self { rate, count, duration }
    }

    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }

    /// Returns the time at which a message is due. The first message has the number 0.
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 messages")]
    pub(super) fn due(&self, number: u64) -> Duration {
        Duration::try_from_secs_f64(number as f64 / self.rate).unwrap_or(Duration::MAX)
    }

    /// Returns the time at which the next message is due, after `sent` messages and the time `now`.
    ///
    /// Returns `None` if no message is left, and at the end of the run: messages that are late then stay unsent.
    pub(super) fn next(&self, sent: u64, now: Duration) -> Option<Duration> {
        let due = self.due(sent);
        let is_over = self.duration.is_some_and(|duration| now.max(due) >= duration);
        let is_complete = self.count.is_some_and(|count| sent >= count);
        (!is_over && !is_complete).then_some(due)
    }

    /// Returns the number of messages that were due before `now` and before the end of the run.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no run has so many messages")]
    pub(super) fn due_count(&self, now: Duration) -> u64 {
        let end = self.duration.map_or(now, |duration| now.min(duration));
        let due = (end.as_secs_f64() * self.rate).ceil() as u64;
        self.count.map_or(due, |count| due.min(count))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Returns the times of all messages, each sent when it is due.
    fn all(schedule: Schedule) -> Vec<Duration> {
        let due = |sent| schedule.next(sent, schedule.due(sent.saturating_sub(1)));
        (0..100).map_while(due).collect()
    }

    #[test]
    fn duration_and_count_limit_the_messages() {
        assert_eq!(all(Schedule::new(4.0, None, Some(SECOND))), [0, 250, 500, 750].map(millis));
        assert_eq!(all(Schedule::new(4.0, Some(2), Some(SECOND))), [0, 250].map(millis));
        assert_eq!(all(Schedule::new(0.5, Some(3), None)), [0, 2000, 4000].map(millis));
        assert_eq!(all(Schedule::new(4.0, None, Some(millis(751)))).len(), 4);
    }

    #[test]
    fn late_messages_keep_the_time_at_which_they_were_due() {
        let schedule = Schedule::new(10.0, None, Some(SECOND));
        let stall = millis(550);
        let late = [1, 2, 3].map(|sent| schedule.next(sent, stall));
        assert_eq!(late, [100, 200, 300].map(|due| Some(millis(due))));
    }

    #[test]
    fn messages_that_are_late_at_the_end_stay_unsent() {
        let schedule = Schedule::new(10.0, None, Some(SECOND));
        assert_eq!(schedule.next(4, millis(999)), Some(millis(400)));
        assert_eq!(schedule.next(4, SECOND), None);
        let due = [millis(550), SECOND, 2 * SECOND].map(|now| schedule.due_count(now));
        assert_eq!(due, [6, 10, 10]);
        assert_eq!(Schedule::new(10.0, Some(3), None).due_count(SECOND), 3);
    }

    proptest! {
        #[test]
        #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        fn no_error_adds_up(rate in 0.001_f64..1e6, number in 0_u64..1 << 40) {
            let due = Schedule::new(rate, None, None).due(number);
            let seconds = number as f64 / rate;
            prop_assert!((due.as_secs_f64() - seconds).abs() <= 1e-9 + seconds * 1e-15);
        }
    }
}
