//! Reads the words of a deadline.

use std::sync::LazyLock;

use chrono::{
    DateTime, Datelike as _, Days, LocalResult, Months, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _,
    Utc,
};
use chrono_tz::Tz;
use regex::Regex;
use serde::{Deserialize, Deserializer};

use super::{BadWindow, cut};

/// A period that some words name, as instants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// First instant of the period.
    pub(super) first: DateTime<Utc>,
    /// First instant after it; equal to `first` for an instant.
    after: DateTime<Utc>,
    /// The words said `before`.
    before: bool,
    /// The words said `in`: the period is the whole window.
    pub(super) whole: bool,
    /// The words said `after`, or named the end of the period.
    behind: bool,
    /// A zone within the words.
    pub(super) zone: Option<Tz>,
}

static NUMERIC: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})$"));
static ISO_DAY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{4})-(\d{2})-(\d{2})$"));
static ISO_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(\d{4}-\d{2}-\d{2})[t ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(z|[+-]\d{2}:?\d{2})?$",
    )
});
static QUARTER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:(q|h)([1-4])[\s,-]*(\d{4})|(\d{4})[\s-]*(q|h)([1-4]))$"));
static MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^([a-z]{3,9})\.?,?\s+(\d{4})$"));
static ISO_MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{4})-(\d{2})$"));
static DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(\d{1,2})(?:st|nd|rd|th)?\.?\s+([a-z]{3,9})\.?,?\s+(\d{4})$"));
static US_DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$"));
static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{4})$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a literal pattern, compiled by the tests")
}

/// A period in days of the calendar, or one exact instant.
enum Named {
    Days { first: NaiveDate, after: NaiveDate, iso_day: bool },
    Instant(DateTime<Utc>),
}

impl Span {
    /// Reads the words of `window.{field}`.
    pub(super) fn read(field: &'static str, text: &str, zone: Option<Tz>) -> Result<Self, BadWindow> {
        let reader = Reader { field, text };
        let mut words = text.trim();
        let (mut before, mut whole, mut behind, mut end) = (false, false, false, false);
        loop {
            let lower = words.to_ascii_lowercase();
            let Some(prefix) = [
                "by ", "the ", "before ", "in ", "during ", "end of ", "until ", "from ", "since ", "after ",
            ]
            .into_iter()
            .find(|p| lower.starts_with(p)) else {
                break;
            };
            match prefix {
                "before " | "until " => before = true,
                "in " | "during " => whole = true,
                "after " => behind = true,
                "end of " => (end, behind) = (true, true),
                _ => {}
            }
            words = words[prefix.len()..].trim_start();
        }
        let (words, own) = match words.rsplit_once(' ') {
            Some((rest, last)) if !last.contains(':') && last.parse::<u16>().is_err() => {
                match self::zone(last) {
                    Some(tz) => (rest.trim_end(), Some(tz)),
                    None => (words, None),
                }
            }
            _ => (words, None),
        };
        let tz = own.or(zone);
        let (first, after) = match reader.named(words, tz)? {
            Named::Instant(at) => (at, at),
            Named::Days { first, after, iso_day } => {
                let tz = tz.unwrap_or(Tz::UTC);
                let start = midnight(tz, first);
                // An ISO day stands for its first instant; a day in words, like a month, for all of itself.
                (start, if iso_day && !end && !whole { start } else { midnight(tz, after) })
            }
        };
        Ok(Self { first, after, before, whole, behind, zone: own })
    }

    /// The deadline these words set: the end of a named period, its beginning after `before`.
    pub(super) fn as_end(&self) -> DateTime<Utc> {
        if self.before { self.first } else { self.after }
    }

    /// The beginning these words set.
    pub(super) fn as_beginning(&self) -> DateTime<Utc> {
        if self.behind { self.after } else { self.first }
    }
}

struct Reader<'a> {
    field: &'static str,
    text: &'a str,
}

impl Reader<'_> {
    fn named(&self, words: &str, zone: Option<Tz>) -> Result<Named, BadWindow> {
        if let Some(c) = ISO_TIME.captures(words) {
            return self.instant(&c, zone);
        }
        if let Some(c) = ISO_DAY.captures(words) {
            let first = self.day(number(&c[1]), number(&c[2]), number(&c[3]))?;
            return Ok(Named::Days { first, after: first + Days::new(1), iso_day: true });
        }
        if let Some(c) = NUMERIC.captures(words) {
            return Err(self.ambiguous(number(&c[1]), number(&c[2]), number(&c[3])));
        }
        let months =
            |first: NaiveDate, n| Named::Days { first, after: first + Months::new(n), iso_day: false };
        if let Some(c) = QUARTER.captures(words) {
            let (kind, n, year) = match (c.get(1), c.get(5)) {
                (Some(kind), _) => (kind.as_str(), number(&c[2]), number(&c[3])),
                (None, Some(kind)) => (kind.as_str(), number(&c[6]), number(&c[4])),
                (None, None) => return Err(self.unreadable()),
            };
            let length = if kind.eq_ignore_ascii_case("q") { 3 } else { 6 };
            if n * length > 12 {
                return Err(self.unreadable());
            }
            return Ok(months(self.day(year, (n - 1) * length + 1, 1)?, length));
        }
        if let Some(c) = DAY.captures(words) {
            let month = month(&c[2]).ok_or_else(|| self.unreadable())?;
            let first = self.day(number(&c[3]), month, number(&c[1]))?;
            return Ok(Named::Days { first, after: first + Days::new(1), iso_day: false });
        }
        if let Some(c) = US_DAY.captures(words) {
            let month = month(&c[1]).ok_or_else(|| self.unreadable())?;
            let first = self.day(number(&c[3]), month, number(&c[2]))?;
            return Ok(Named::Days { first, after: first + Days::new(1), iso_day: false });
        }
        if let Some(c) = MONTH.captures(words) {
            let month = month(&c[1]).ok_or_else(|| self.unreadable())?;
            return Ok(months(self.day(number(&c[2]), month, 1)?, 1));
        }
        if let Some(c) = ISO_MONTH.captures(words) {
            return Ok(months(self.day(number(&c[1]), number(&c[2]), 1)?, 1));
        }
        if let Some(c) = YEAR.captures(words) {
            return Ok(months(self.day(number(&c[1]), 1, 1)?, 12));
        }
        Err(self.unreadable())
    }

    fn instant(&self, c: &regex::Captures<'_>, zone: Option<Tz>) -> Result<Named, BadWindow> {
        let (hour, minute) = (number(&c[2]), number(&c[3]));
        let second = c.get(4).map_or(0, |s| number(s.as_str()));
        if second == 60 {
            return Err(self.impossible("leap seconds are not counted, write :59"));
        }
        let day = ISO_DAY.captures(&c[1]).ok_or_else(|| self.unreadable())?;
        let local = self
            .day(number(&day[1]), number(&day[2]), number(&day[3]))?
            .and_hms_opt(hour, minute, second)
            .ok_or_else(|| self.impossible("hours run from 00 to 23, minutes and seconds from 00 to 59"))?;
        match (c.get(5), zone) {
            (Some(offset), _) => {
                let offset = match offset.as_str() {
                    "Z" | "z" => 0,
                    text => {
                        let digits = text[1..].replace(':', "");
                        let minutes = i64::from(number(&digits[..2])) * 60 + i64::from(number(&digits[2..]));
                        if minutes > 14 * 60 {
                            return Err(self.impossible("offsets run from -14:00 to +14:00"));
                        }
                        if text.starts_with('-') { -minutes } else { minutes }
                    }
                };
                Ok(Named::Instant((local - TimeDelta::minutes(offset)).and_utc()))
            }
            (None, Some(tz)) => self.local(tz, local).map(Named::Instant),
            (None, None) => Err(BadWindow::NoZone { field: self.field, text: cut(self.text) }),
        }
    }

    fn local(&self, tz: Tz, local: NaiveDateTime) -> Result<DateTime<Utc>, BadWindow> {
        match tz.from_local_datetime(&local) {
            LocalResult::Single(at) => Ok(at.to_utc()),
            LocalResult::Ambiguous(first, second) => Err(BadWindow::Ambiguous {
                field: self.field,
                text: cut(self.text),
                first: first.to_rfc3339(),
                second: second.to_rfc3339(),
            }),
            LocalResult::None => Err(self.impossible(&format!("the clocks of {tz} skip this time"))),
        }
    }

    fn day(&self, year: u32, month: u32, day: u32) -> Result<NaiveDate, BadWindow> {
        if !(1900..=2200).contains(&year) {
            return Err(self.impossible("years run from 1900 to 2200"));
        }
        NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
            .ok_or_else(|| self.impossible("the calendar has no such day"))
    }

    /// Digits with slashes or dots: never guessed, but the possible readings are offered.
    fn ambiguous(&self, a: u32, b: u32, c: u32) -> BadWindow {
        let year = if c < 100 { 2000 + c } else { c };
        let reading = |month, day| {
            NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
                .filter(|d| (1900..=2200).contains(&d.year()))
                .map(|d| d.format("%Y-%m-%d (%-d %B %Y)").to_string())
        };
        match (reading(b, a), reading(a, b)) {
            (Some(first), Some(second)) if first != second => {
                BadWindow::Ambiguous { field: self.field, text: cut(self.text), first, second }
            }
            (Some(only), _) | (None, Some(only)) => {
                self.impossible(&format!("no known form; perhaps {only}"))
            }
            (None, None) => self.unreadable(),
        }
    }

    fn unreadable(&self) -> BadWindow {
        BadWindow::Unreadable { field: self.field, text: cut(self.text) }
    }

    fn impossible(&self, reason: &str) -> BadWindow {
        BadWindow::Impossible { field: self.field, text: cut(self.text), reason: reason.to_owned() }
    }
}

/// The first instant of a day; where clocks skip midnight, the first that exists.
fn midnight(tz: Tz, day: NaiveDate) -> DateTime<Utc> {
    let start = day.and_time(chrono::NaiveTime::MIN);
    (0..12)
        .find_map(|quarters| tz.from_local_datetime(&(start + TimeDelta::minutes(15 * quarters))).earliest())
        .map_or_else(|| start.and_utc(), |at| at.to_utc())
}

/// A zone by its IANA name or one of the few short names people write.
pub(super) fn zone(text: &str) -> Option<Tz> {
    match text {
        "UTC" | "GMT" | "Z" => Some(Tz::UTC),
        "ET" => Some(Tz::America__New_York),
        "CT" => Some(Tz::America__Chicago),
        "MT" => Some(Tz::America__Denver),
        "PT" => Some(Tz::America__Los_Angeles),
        name if name.contains('/') => name.parse().ok(),
        _ => None,
    }
}

fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

fn month(name: &str) -> Option<u32> {
    name.parse::<chrono::Month>()
        .ok()
        .map(|m| m.number_from_month())
        .or_else(|| name.eq_ignore_ascii_case("sept").then_some(9))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(i64),
}

/// A text; a bare year may be a number.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    TextOrNumber::deserialize(from).map(|v| match v {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(n) => n.to_string(),
    })
}

/// As [`text`], where it may be absent.
pub(super) fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<TextOrNumber>::deserialize(from)?.map(|v| match v {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(n) => n.to_string(),
    }))
}
