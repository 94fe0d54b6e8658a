//! When to ask a source again. Pure: the instant, the answer's wishes and a random number come in as arguments.

use std::time::Duration;

use bellwether_sources::{document::Schedule, fetch::retry::Backoff};
use chrono::{DateTime, TimeDelta, Utc};

use crate::ingest::Next;

/// A pull begins up to so long after its time, so that not all installations ask a publisher at the full hour. Less
/// than the least interval between two pulls.
const SPREAD: Duration = Duration::from_mins(2);

/// After an answer: the next time of the schedule, not before the answer's own freshness is over.
pub(crate) fn after_answer(
    schedule: Option<&Schedule>,
    at: DateTime<Utc>,
    fresh_until: Option<DateTime<Utc>>,
    unit: f64,
) -> Next {
    let from = fresh_until.map_or(at, |fresh| fresh.max(at));
    Next { due_at: by_schedule(schedule, from, unit), wait_until: None, failures: 0 }
}

/// After a failure: a random time within the backoff, which grows with every failure in a row, and not before the
/// source wants to be asked again. `failures` counts this one.
pub(crate) fn after_failure(
    schedule: Option<&Schedule>,
    at: DateTime<Utc>,
    failures: i64,
    wait_until: Option<DateTime<Utc>>,
    backoff: &Backoff,
    unit: f64,
) -> Next {
    let in_a_row = u32::try_from(failures).unwrap_or(u32::MAX);
    let pause = TimeDelta::from_std(backoff.delay(in_a_row, unit)).unwrap_or(TimeDelta::days(1));
    let due_at = schedule.map(|_| (at + pause).max(wait_until.unwrap_or(at)));
    Next { due_at, wait_until, failures }
}

/// The next time of the schedule after an instant, with its random delay; `None` for a source without one.
pub(crate) fn by_schedule(
    schedule: Option<&Schedule>,
    after: DateTime<Utc>,
    unit: f64,
) -> Option<DateTime<Utc>> {
    let spread = TimeDelta::from_std(SPREAD.mul_f64(unit.clamp(0.0, 1.0))).unwrap_or_default();
    Some(schedule?.next_after(after)? + spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn six_hourly() -> Schedule {
        Schedule::parse("17 */6 * * *").unwrap()
    }

    #[test]
    fn p3_next_by_schedule_and_never_faster_than_the_answer_wants() {
        let schedule = six_hourly();
        let now = at("2026-04-06T11:59:00Z");
        let due = |fresh: Option<&str>, unit| after_answer(Some(&schedule), now, fresh.map(at), unit).due_at;
        assert_eq!(due(None, 0.0), Some(at("2026-04-06T12:17:00Z")));
        assert_eq!(due(None, 0.5), Some(at("2026-04-06T12:18:00Z")));
        assert_eq!(due(Some("2026-04-06T12:30:00Z"), 0.0), Some(at("2026-04-06T18:17:00Z")));
        assert_eq!(due(Some("2026-04-01T00:00:00Z"), 0.0), Some(at("2026-04-06T12:17:00Z")));
        assert_eq!(after_answer(None, now, None, 0.0).due_at, None);
    }

    #[test]
    fn p4_failures_back_off_and_retry_after_is_obeyed() {
        let schedule = six_hourly();
        let now = at("2026-04-06T12:00:00Z");
        let backoff = Backoff::default();
        let next = |failures, wait: Option<&str>, unit| {
            after_failure(Some(&schedule), now, failures, wait.map(at), &backoff, unit)
        };
        assert_eq!(next(1, None, 0.5).due_at, Some(at("2026-04-06T12:00:30Z")));
        assert_eq!(next(4, None, 1.0).due_at, Some(at("2026-04-06T12:08:00Z")));
        assert_eq!(next(40, None, 1.0).due_at, Some(at("2026-04-07T12:00:00Z")));
        let asked = next(1, Some("2026-04-06T13:00:00Z"), 0.5);
        assert_eq!(asked.due_at, Some(at("2026-04-06T13:00:00Z")));
        assert_eq!(asked.wait_until, asked.due_at);
        assert_eq!(
            after_failure(None, now, 1, None, &backoff, 0.5).due_at,
            None,
            "nobody pulls it by itself"
        );
    }
}
