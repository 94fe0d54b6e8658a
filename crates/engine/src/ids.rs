//! The one place where identities are made.

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// A UUIDv7 of the instant `now`: sorts by time, also when history is replayed. Its tail is random.
pub fn new_uuid(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made_for() {
        let day = |d| Utc.with_ymd_and_hms(2026, 4, d, 0, 0, 0).single().expect("a real day");
        assert!(new_uuid(day(6)) < new_uuid(day(7)));
        assert_ne!(new_uuid(day(6)), new_uuid(day(6)));
    }
}
