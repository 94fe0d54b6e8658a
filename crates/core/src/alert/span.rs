//! Lengths of time as settings write them: `30s`, `15m`, `6h`, `7d`.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::BadSetting;

/// A length of time in whole seconds, 0 to 366 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u32);

const LONGEST: u32 = 366 * 86_400;
const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Span {
    /// So many seconds; more than 366 days are 366 days.
    pub const fn seconds(seconds: u32) -> Self {
        Self(if seconds > LONGEST { LONGEST } else { seconds })
    }

    /// In seconds.
    pub const fn as_seconds(self) -> u32 {
        self.0
    }
}

impl From<Span> for TimeDelta {
    fn from(span: Span) -> Self {
        Self::seconds(span.0.into())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, seconds) =
            UNITS.into_iter().find(|(_, s)| self.0 >= *s && self.0.is_multiple_of(*s)).unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

impl FromStr for Span {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let bad = || BadSetting::new("time", text, "a number and s, m, h or d, at most 366d: `15m`");
        let unit = text.chars().last().ok_or_else(bad)?;
        let (_, seconds) = UNITS.into_iter().find(|(u, _)| *u == unit).ok_or_else(bad)?;
        let digits = text.strip_suffix(unit).ok_or_else(bad)?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let n: u32 = digits.parse().map_err(|_| bad())?;
        n.checked_mul(seconds).filter(|all| *all <= LONGEST).map(Self).ok_or_else(bad)
    }
}

impl TryFrom<String> for Span {
    type Error = BadSetting;

    fn try_from(text: String) -> Result<Self, BadSetting> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_in_their_largest_whole_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800)] {
            assert_eq!(text.parse::<Span>().unwrap().as_seconds(), seconds, "{text}");
        }
        assert_eq!(Span::seconds(86_400).to_string(), "1d");
        assert_eq!(Span::seconds(90).to_string(), "90s");
        for bad in ["", "m", "-1m", "1.5h", "15 m", "15w", "367d", "99999999999d", "１m", "+5m"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }
}
