//! When a source is pulled.

use chrono::{DateTime, TimeDelta, Utc};
use croner::{
    Cron,
    parser::{CronParser, Seconds},
};

/// Nobody's server is asked more often than this.
pub const MINIMUM_INTERVAL_MINUTES: i64 = 5;

/// A cron expression of five fields, in UTC, at least [`MINIMUM_INTERVAL_MINUTES`] between two times.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    cron: Cron,
}

impl Schedule {
    /// Reads and checks the expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields = text.split_whitespace().count();
        if fields != 5 {
            return Err(format!(
                "`{text}` has {fields} fields; a schedule has five (minute hour day month weekday), so at most one pull a minute can be written and one in {MINIMUM_INTERVAL_MINUTES} minutes is allowed"
            ));
        }
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .build()
            .parse(text)
            .map_err(|e| format!("`{text}` is no schedule: {e}; write for example 17 */6 * * *"))?;
        let schedule = Self { text: text.to_owned(), cron };
        let mut previous: Option<DateTime<Utc>> = None;
        for next in schedule.cron.iter_after(DateTime::<Utc>::UNIX_EPOCH).take(300) {
            if let Some(previous) = previous
                && next - previous < TimeDelta::minutes(MINIMUM_INTERVAL_MINUTES)
            {
                return Err(format!(
                    "`{text}` pulls {} minutes apart; the minimum interval is {MINIMUM_INTERVAL_MINUTES} minutes",
                    (next - previous).num_minutes()
                ));
            }
            previous = Some(next);
        }
        if previous.is_none() {
            return Err(format!("`{text}` never comes"));
        }
        Ok(schedule)
    }

    /// The first time after `instant`; `None` when the expression never comes again.
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cron.find_next_occurrence(&instant, false).ok()
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
