//! When a notice is sent: at once, with others, once a day, and not in the middle of the night.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{BadSetting, Span};

/// How soon a topic is told. Written `at_once`, `daily` or a time such as `30m`: everything of that time in one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Pace {
    /// A message for each event.
    AtOnce,
    /// One message for all that comes within this time of the first.
    Within(Span),
    /// One message a day.
    Daily,
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at_once"),
            Self::Within(span) => span.fmt(f),
            Self::Daily => f.write_str("daily"),
        }
    }
}

impl FromStr for Pace {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        match text {
            "at_once" => Ok(Self::AtOnce),
            "daily" => Ok(Self::Daily),
            other => match other.parse::<Span>() {
                Ok(span) if span.as_seconds() > 0 => Ok(Self::Within(span)),
                _ => Err(BadSetting::new("pace", text, "`at_once`, `daily` or a time such as `30m`")),
            },
        }
    }
}

impl TryFrom<String> for Pace {
    type Error = BadSetting;

    fn try_from(text: String) -> Result<Self, BadSetting> {
        text.parse()
    }
}

impl From<Pace> for String {
    fn from(pace: Pace) -> Self {
        pace.to_string()
    }
}

/// A time of day, to the minute: `08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Clock(NaiveTime);

impl Clock {
    /// Eight in the morning.
    pub const EIGHT: Self = match NaiveTime::from_hms_opt(8, 0, 0) {
        Some(time) => Self(time),
        None => Self(NaiveTime::MIN),
    };
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl FromStr for Clock {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let bad = || BadSetting::new("time of day", text, "hours and minutes from `00:00` to `23:59`");
        let digits = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit());
        let (hours, minutes) =
            text.split_once(':').filter(|(h, m)| digits(h) && digits(m)).ok_or_else(bad)?;
        let (hours, minutes) = (hours.parse().map_err(|_| bad())?, minutes.parse().map_err(|_| bad())?);
        NaiveTime::from_hms_opt(hours, minutes, 0).map(Self).ok_or_else(bad)
    }
}

impl TryFrom<String> for Clock {
    type Error = BadSetting;

    fn try_from(text: String) -> Result<Self, BadSetting> {
        text.parse()
    }
}

impl From<Clock> for String {
    fn from(clock: Clock) -> Self {
        clock.to_string()
    }
}

/// A time zone by its IANA name: `Europe/Berlin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

impl Zone {
    /// Greenwich without summer time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The instant at which a local time of a day comes: the first of two where clocks go back, and the end of the gap
    /// where they go forward.
    fn at(self, day: NaiveDate, time: Clock) -> Option<DateTime<Utc>> {
        let mut local = day.and_time(time.0);
        // No zone has skipped more than a day.
        for _ in 0..=24 * 60 {
            match self.0.from_local_datetime(&local) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => return Some(at.to_utc()),
                LocalResult::None => local += TimeDelta::minutes(1),
            }
        }
        None
    }

    /// The next time at which clocks there show `time`, after `now`.
    pub fn next(self, time: Clock, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = now.with_timezone(&self.0).date_naive();
        (0..=3)
            .filter_map(|n| self.at(today.checked_add_days(Days::new(n))?, time))
            .find(|at| *at > now)
            .unwrap_or(now + TimeDelta::days(1))
    }

    fn local(self, now: DateTime<Utc>) -> NaiveTime {
        now.with_timezone(&self.0).time()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for Zone {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let bad = |_| BadSetting::new("time zone", text, "an IANA name such as `Europe/Berlin` or `UTC`");
        text.parse().map(Self).map_err(bad)
    }
}

impl TryFrom<String> for Zone {
    type Error = BadSetting;

    fn try_from(text: String) -> Result<Self, BadSetting> {
        text.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.to_string()
    }
}

/// Hours of every day in which nothing is sent; they may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// From this time of day on.
    pub from: Clock,
    /// Until this one, which is no longer quiet.
    pub to: Clock,
}

impl QuietHours {
    /// When they end, if they last at `now`. Where both times are the same there are none.
    pub fn end(&self, zone: Zone, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = zone.local(now);
        let quiet = if self.from <= self.to {
            self.from.0 <= local && local < self.to.0
        } else {
            self.from.0 <= local || local < self.to.0
        };
        quiet.then(|| zone.next(self.to, now))
    }
}

/// When a notice goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub at: DateTime<Utc>,
    /// Whether it shares one message with all others that are due by then.
    pub grouped: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn quiet(from: &str, to: &str) -> QuietHours {
        QuietHours { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn a15_quiet_hours_pass_midnight_and_end_by_the_zones_own_clock() {
        let new_york: Zone = "America/New_York".parse().unwrap();
        let nights = quiet("22:00", "07:00");
        assert_eq!(nights.end(new_york, at("2026-06-10T01:59:00Z")), None, "21:59 there");
        assert_eq!(nights.end(new_york, at("2026-06-10T02:00:00Z")), Some(at("2026-06-10T11:00:00Z")));
        assert_eq!(nights.end(new_york, at("2026-06-10T10:59:59Z")), Some(at("2026-06-10T11:00:00Z")));
        assert_eq!(nights.end(new_york, at("2026-06-10T11:00:00Z")), None);
        assert_eq!(quiet("09:00", "09:00").end(new_york, at("2026-06-10T13:00:00Z")), None);
    }

    #[test]
    fn a15_days_of_23_and_25_hours() {
        let new_york: Zone = "America/New_York".parse().unwrap();
        // Clocks go forward at 02:00 on 14 March 2027, back at 02:00 on 1 November 2026.
        let short = quiet("01:00", "02:30").end(new_york, at("2027-03-14T06:30:00Z"));
        assert_eq!(short, Some(at("2027-03-14T07:00:00Z")), "02:30 does not come; the gap ends at 03:00");
        let long = quiet("00:30", "01:30").end(new_york, at("2026-11-01T04:45:00Z"));
        assert_eq!(long, Some(at("2026-11-01T05:30:00Z")), "the first of the two");
        // A daily time comes once on both days.
        let eight = Clock::EIGHT;
        assert_eq!(new_york.next(eight, at("2026-10-31T12:00:00Z")), at("2026-11-01T13:00:00Z"));
        assert_eq!(new_york.next(eight, at("2027-03-13T13:00:00Z")), at("2027-03-14T12:00:00Z"));
    }

    #[test]
    fn b35_times_and_zones_that_do_not_exist_are_refused() {
        for bad in ["25:00", "24:00", "7:00", "07:60", "0700", "", "07:00:00", "0a:00"] {
            assert!(bad.parse::<Clock>().is_err(), "{bad}");
        }
        for bad in ["Mars/Base", "", "utc+1", "EuropeBerlin"] {
            assert!(bad.parse::<Zone>().is_err(), "{bad}");
        }
        for bad in ["", "0s", "sometimes", "-5m"] {
            assert!(bad.parse::<Pace>().is_err(), "{bad}");
        }
        assert_eq!("30m".parse::<Pace>().unwrap().to_string(), "30m");
    }
}
