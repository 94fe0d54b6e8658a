//! When a claim counts: half-open instants in UTC, with the words and the zone they were written in.

mod words;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The span of time a claim is about, `[from, by)`.
///
/// A value at exactly `by` does not count. The words of the author are kept beside the instants, because a
/// deadline that was read wrongly must be visible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "WindowText", try_from = "WindowText")]
pub struct Window {
    /// First instant that counts; `None`: from the beginning.
    pub from: Option<DateTime<Utc>>,
    /// The deadline: the first instant that no longer counts.
    pub by: DateTime<Utc>,
    /// The zone the words are meant in.
    pub zone: Tz,
    /// The words.
    pub text: WindowText,
}

/// A window as its author wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowText {
    /// `2024-06-01`, `June 2024`: the beginning of that period.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "words::optional_text")]
    pub from: Option<String>,
    /// `Q1 2027`, `end of March 2027`, `before April 2027`, `in 2026`, `2025-09-01`.
    #[serde(deserialize_with = "words::text")]
    pub by: String,
    /// An IANA zone, `America/New_York`; UTC where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// Why some words are no window. Each message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWindow {
    /// Not a form that is known.
    #[error(
        "window.{field}: `{text}` is no date: write 2027-04-01 (before that instant), 2027-03-31T18:00:00Z, \
         31 March 2027 (that day included), March 2027, Q1 2027, end of 2027, before April 2027 or in 2027"
    )]
    Unreadable {
        /// `from` or `by`.
        field: &'static str,
        /// The text, cut to 100 characters.
        text: String,
    },
    /// Day and month cannot be told apart.
    #[error("window.{field}: `{text}` can be read as {first} or as {second}: write one of the two")]
    Ambiguous {
        /// `from` or `by`.
        field: &'static str,
        /// The text.
        text: String,
        /// One reading.
        first: String,
        /// The other.
        second: String,
    },
    /// A form that is known, with a day or time that does not exist.
    #[error("window.{field}: `{text}` does not exist: {reason}")]
    Impossible {
        /// `from` or `by`.
        field: &'static str,
        /// The text.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// A time of day, and nothing says where.
    #[error("window.{field}: `{text}` has a time but no zone: add Z, an offset such as +02:00, or `zone`")]
    NoZone {
        /// `from` or `by`.
        field: &'static str,
        /// The text.
        text: String,
    },
    /// No zone of that name.
    #[error("window.zone: `{0}` is no time zone: write an IANA name such as America/New_York or UTC")]
    Zone(String),
    /// Nothing lies between the two.
    #[error("window: from ({from}) must lie before by ({by})")]
    Empty {
        /// The beginning.
        from: DateTime<Utc>,
        /// The end.
        by: DateTime<Utc>,
    },
    /// Longer than [`Window::MAX_YEARS`].
    #[error("window: the deadline {0} lies more than {max} years away", max = Window::MAX_YEARS)]
    TooLong(DateTime<Utc>),
    /// The deadline of a new claim is over.
    #[error("window.by: the deadline {0} has passed")]
    Past(DateTime<Utc>),
}

impl Window {
    /// The longest a claim may run.
    pub const MAX_YEARS: i32 = 50;

    /// Reads a window.
    pub fn read(text: WindowText) -> Result<Self, BadWindow> {
        let zone = text
            .zone
            .as_deref()
            .map(|z| words::zone(z).ok_or_else(|| BadWindow::Zone(cut(z))))
            .transpose()?;
        let by = words::Span::read("by", &text.by, zone)?;
        let from = match &text.from {
            Some(from) => Some(words::Span::read("from", from, zone)?.as_beginning()),
            None => by.whole.then_some(by.first),
        };
        let end = by.as_end();
        if let Some(from) = from.filter(|from| *from >= end) {
            return Err(BadWindow::Empty { from, by: end });
        }
        Ok(Self { from, by: end, zone: zone.or(by.zone).unwrap_or(Tz::UTC), text })
    }

    /// Refuses a window that a claim made at `now` cannot have: over already, or beyond [`Self::MAX_YEARS`].
    pub fn check_new(&self, now: DateTime<Utc>) -> Result<(), BadWindow> {
        if self.by <= now {
            return Err(BadWindow::Past(self.by));
        }
        let days = i64::from(Self::MAX_YEARS) * 366;
        if self.by - self.from.unwrap_or(now).min(now) > chrono::TimeDelta::days(days) {
            return Err(BadWindow::TooLong(self.by));
        }
        Ok(())
    }

    /// Whether an instant lies in the window.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && at < self.by
    }
}

impl From<Window> for WindowText {
    fn from(window: Window) -> Self {
        window.text
    }
}

impl TryFrom<WindowText> for Window {
    type Error = BadWindow;

    fn try_from(text: WindowText) -> Result<Self, Self::Error> {
        Self::read(text)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(by: &str) -> Result<Window, BadWindow> {
        Window::read(WindowText { by: by.into(), ..WindowText::default() })
    }

    fn by(text: &str) -> String {
        window(text)
            .unwrap_or_else(|e| panic!("{text}: {e}"))
            .by
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn r5_and_c2_deadlines_are_half_open_instants() {
        for text in [
            "Q1 2027",
            "by Q1 2027",
            "2027-Q1",
            "q1 2027",
            "end of March 2027",
            "by the end of March 2027",
            "March 2027",
            "before April 2027",
            "before Q2 2027",
            "2027-04-01",
            "by 31 March 2027",
            "31 Mar 2027",
            "March 31, 2027",
            "2027-04-01T00:00:00Z",
            "2027-04-01T02:00:00+02:00",
            "before 2027-04-01",
            "before 1 April 2027",
        ] {
            assert_eq!(by(text), "2027-04-01T00:00:00Z", "{text}");
        }
        assert_eq!(by("Dec 2027"), "2028-01-01T00:00:00Z");
        assert_eq!(by("Q4 2028"), "2029-01-01T00:00:00Z");
        assert_eq!(by("H1 2027"), "2027-07-01T00:00:00Z");
        assert_eq!(by("by 31 Dec 2026 ET"), "2027-01-01T05:00:00Z");
        assert_eq!(by("2025-09-01"), "2025-09-01T00:00:00Z");
        let year = window("in 2026").expect("a year");
        assert_eq!(year.from.expect("bounded").to_rfc3339(), "2026-01-01T00:00:00+00:00");
        assert_eq!(by("in 2026"), "2027-01-01T00:00:00Z");
        assert!(!year.contains(year.by) && year.contains(year.by - chrono::TimeDelta::microseconds(1)));
    }

    #[test]
    fn r5_zones_follow_daylight_saving() {
        let ny = |by: &str| {
            Window::read(WindowText { by: by.into(), zone: Some("America/New_York".into()), from: None })
        };
        let utc = |by| ny(by).expect("reads").by.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        assert_eq!(utc("2026-11-01"), "2026-11-01T04:00:00Z");
        assert_eq!(utc("1 Nov 2026"), "2026-11-02T05:00:00Z");
        assert_eq!(utc("14 March 2027"), "2027-03-15T04:00:00Z");
        assert_eq!(utc("2027-03-14T01:30:00"), "2027-03-14T06:30:00Z");
        assert!(matches!(ny("2027-03-14T02:30:00"), Err(BadWindow::Impossible { .. })));
        assert!(matches!(ny("2026-11-01T01:30:00"), Err(BadWindow::Ambiguous { .. })));
    }

    #[test]
    fn b11_bad_dates_are_refused_with_the_accepted_forms() {
        let two = window("03/04/27").expect_err("ambiguous").to_string();
        assert!(two.contains("2027-04-03") && two.contains("2027-03-04"), "{two}");
        for text in [
            "2026-02-30",
            "2027-01-01T25:00:00Z",
            "0000-01-01",
            "9999999-01-01",
            "2026-12-31T23:59:60Z",
            "2027-01-01T12:00:00",
            "1798761600000",
            "",
            "   ",
            "soon",
            "Q5 2027",
            "32 March 2027",
            "31/12/2027",
            "2027-13-01",
            "12 2027",
        ] {
            let message = window(text).expect_err(text).to_string();
            assert!(message.starts_with("window.by"), "{text}: {message}");
        }
        assert!(
            Window::read(WindowText { by: "2027".into(), zone: Some("Mars/Base".into()), from: None })
                .is_err()
        );
    }

    #[test]
    fn b12_past_and_endless_windows_are_refused_for_new_claims() {
        let now = "2026-04-06T12:00:00Z".parse().expect("an instant");
        assert!(matches!(window("2026-04-01").expect("reads").check_new(now), Err(BadWindow::Past(_))));
        assert!(matches!(window("end of 2099").expect("reads").check_new(now), Err(BadWindow::TooLong(_))));
        assert!(window("Q1 2027").expect("reads").check_new(now).is_ok());
        let reversed = WindowText { from: Some("2027-05-01".into()), by: "Q1 2027".into(), zone: None };
        assert!(matches!(Window::read(reversed), Err(BadWindow::Empty { .. })));
    }

    #[test]
    fn a_beginning_at_the_end_of_a_period_is_the_instant_after_it() {
        let from = |from: &str| {
            let text = WindowText { from: Some(from.into()), by: "end of 2024".into(), zone: None };
            Window::read(text).expect("reads").from.expect("bounded").date_naive().to_string()
        };
        for (text, day) in [
            ("July 2024", "2024-07-01"),
            ("end of July 2024", "2024-08-01"),
            ("the end of Q1 2024", "2024-04-01"),
            ("after July 2024", "2024-08-01"),
            ("before July 2024", "2024-07-01"),
        ] {
            assert_eq!(from(text), day, "{text}");
        }
    }

    #[test]
    fn words_and_zone_survive_a_round_trip() {
        let text = r#"{"from":"June 2024","by":"end of 2024","zone":"Europe/Berlin"}"#;
        let window: Window = serde_json::from_str(text).expect("reads");
        assert_eq!(window.from.expect("bounded").to_rfc3339(), "2024-05-31T22:00:00+00:00");
        assert_eq!(serde_json::to_string(&window).expect("writes"), text);
    }
}
