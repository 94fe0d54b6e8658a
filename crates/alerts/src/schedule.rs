//! When to try again, and when to stop. Pure functions of what is passed in.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// No receiver can make us wait longer than this.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// No setting can either, or the arithmetic of time would overflow.
const LONGEST_DELAY: Duration = Duration::from_hours(24 * 365);
const MOST_JITTER: f64 = 0.2;

/// The waits before each try of one delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The wait before the first try, the second, and so on; there are no more tries than waits.
    pub delays: Vec<Duration>,
    /// By which part of itself a wait may be longer or shorter, 0.2 at most: receivers that were down together are
    /// not to be asked together.
    pub jitter: f64,
}

impl Default for Schedule {
    /// Ten tries over three days.
    fn default() -> Self {
        let (seconds, minutes, hours) = (Duration::from_secs, Duration::from_mins, Duration::from_hours);
        let delays = vec![
            Duration::ZERO,
            seconds(5),
            minutes(5),
            minutes(30),
            hours(2),
            hours(5),
            hours(10),
            hours(14),
            hours(20),
            hours(24),
        ];
        Self { delays, jitter: MOST_JITTER }
    }
}

impl Schedule {
    /// When to try next, after so many `tries`, the last of which ended `now`. `None`: never, it is a dead letter.
    ///
    /// `unit` is a random number from 0 to 1. Where the receiver asked for a longer wait (`retry_after`, a day at most)
    /// it gets it.
    pub fn next(
        &self,
        tries: u32,
        now: DateTime<Utc>,
        unit: f64,
        retry_after: Option<Duration>,
    ) -> Option<DateTime<Utc>> {
        let delay = *self.delays.get(usize::try_from(tries).ok()?)?;
        // What is no number must not reach the multiplication, which panics.
        let within = |x: f64, most: f64| if x.is_nan() { 0.0 } else { x.clamp(0.0, most) };
        let (jitter, unit) = (within(self.jitter, MOST_JITTER), within(unit, 1.0));
        let delay = delay.min(LONGEST_DELAY).mul_f64(1.0 + jitter * (2.0 * unit - 1.0));
        let wait = delay.max(retry_after.unwrap_or_default().min(LONGEST_WAIT));
        now.checked_add_signed(TimeDelta::from_std(wait).ok()?)
    }
}

/// When a channel has failed so often and for so long that it is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disable {
    /// How long nothing came through.
    pub after: TimeDelta,
    /// How many tries in a row failed.
    pub failures: u32,
}

impl Default for Disable {
    /// Ten failures over five days.
    fn default() -> Self {
        Self { after: TimeDelta::hours(120), failures: 10 }
    }
}

impl Disable {
    /// Whether it is time. It takes both: many failures within an hour are an outage, and two failures a week apart
    /// are bad luck.
    pub fn due(&self, failures: u32, failing_since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        failures >= self.failures && now.signed_duration_since(failing_since) >= self.after
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::at;

    #[test]
    fn ten_tries_then_a_dead_letter() {
        let schedule = Schedule::default();
        let wait = |tries| schedule.next(tries, at(0), 0.5, None).map(|next| (next - at(0)).num_seconds());
        let waits: Vec<_> = (0..=11).map(wait).collect();
        let hours = |n: i64| Some(n * 3_600);
        let want =
            [Some(0), Some(5), Some(300), Some(1_800), hours(2), hours(5), hours(10), hours(14), hours(20)];
        assert_eq!(waits[..9], want);
        assert_eq!(waits[9..], [hours(24), None, None]);
        assert_eq!(schedule.next(u32::MAX, at(0), 0.5, None), None);
    }

    #[test]
    fn the_later_of_schedule_and_retry_after() {
        let next = |tries, secs| {
            Schedule::default().next(tries, at(0), 0.5, Some(Duration::from_secs(secs))).unwrap()
        };
        assert_eq!(next(1, 60), at(60));
        assert_eq!(next(2, 60), at(300));
        assert_eq!(next(1, u64::MAX), at(86_400));
        assert_eq!(Schedule::default().next(10, at(0), 0.5, Some(Duration::from_mins(1))), None);
    }

    #[test]
    fn jitter_is_bounded_whatever_is_passed() {
        let schedule = |jitter| Schedule { delays: vec![Duration::from_secs(1_000), Duration::MAX], jitter };
        let wait =
            |jitter, unit| (schedule(jitter).next(0, at(0), unit, None).unwrap() - at(0)).num_seconds();
        assert_eq!(
            (wait(0.2, 0.0), wait(0.2, 1.0), wait(0.1, 1.0), wait(0.0, 1.0)),
            (800, 1_200, 1_100, 1_000)
        );
        assert_eq!((wait(9.0, 9.0), wait(-1.0, 1.0), wait(f64::NAN, 1.0)), (1_200, 1_000, 1_000));
        assert_eq!(wait(0.2, f64::NAN), 800);
        assert!(schedule(0.2).next(1, at(0), 1.0, None).is_some());
        assert_eq!(schedule(0.2).next(1, DateTime::<Utc>::MAX_UTC, 1.0, None), None);
    }

    #[test]
    fn switching_off_takes_both() {
        let (disable, since) = (Disable::default(), at(0));
        let day = |n: i64| at(n * 86_400);
        assert!(disable.due(10, since, day(5)));
        assert!(!disable.due(9, since, day(50)));
        assert!(!disable.due(100, since, day(5) - TimeDelta::seconds(1)));
        assert!(!disable.due(100, day(6), day(5)), "clocks may go back");
    }

    proptest! {
        #[test]
        fn within_a_fifth(tries in 0_u32..10, unit in 0.0..1.0) {
            let schedule = Schedule::default();
            let delay = schedule.delays[tries as usize].as_secs_f64();
            let next = schedule.next(tries, at(0), unit, None).unwrap();
            let wait = (next - at(0)).to_std().unwrap().as_secs_f64();
            prop_assert!(wait >= delay * 0.8 - 1e-6 && wait <= delay * 1.2 + 1e-6);
        }
    }
}
