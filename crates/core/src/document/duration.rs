//! Lengths of time as people write them.

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time as documents write it: `7d`, `24h`, `90m`, `30s`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(TimeDelta);

impl Duration {
    /// The longest that is accepted, in days.
    pub const MAX_DAYS: i64 = 3660;

    pub(super) fn day() -> Self {
        Self(TimeDelta::days(1))
    }

    pub(super) fn week() -> Self {
        Self(TimeDelta::weeks(1))
    }

    /// So many whole days.
    pub fn days(days: u16) -> Self {
        Self(TimeDelta::days(days.into()))
    }

    /// So many whole hours.
    pub fn hours(hours: u16) -> Self {
        Self(TimeDelta::hours(hours.into()))
    }

    /// The length, never negative.
    pub fn delta(self) -> TimeDelta {
        self.0
    }

    /// On pages: `7 days`, `1 day`, `36 hours`.
    pub fn words(self) -> String {
        let seconds = self.0.num_seconds().unsigned_abs();
        let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
        let (length, unit) =
            units.into_iter().find(|(length, _)| seconds.is_multiple_of(*length)).unwrap_or((1, "second"));
        crate::figures::counted(seconds / length, unit)
    }

    /// Reads `7d`, `24h`, `90m`, `30s`, `2w`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        let n: i64 = digits.trim_end().parse().ok().filter(|n| *n >= 0)?;
        let total = n.checked_mul(seconds).filter(|t| *t <= Self::MAX_DAYS * 86_400)?;
        Some(Self(TimeDelta::seconds(total)))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.num_seconds();
        match seconds {
            s if s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s % 3600 == 0 => write!(f, "{}h", s / 3600),
            s if s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::read(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{}` is no length of time: write 7d, 24h, 90m or 2w, at most {}d",
                text.chars().take(50).collect::<String>(),
                Self::MAX_DAYS
            ))
        })
    }
}
