//! A figure that an item states: what was measured, of which time, how much.

use std::{fmt, str::FromStr, sync::LazyLock};

use chrono::{Months, NaiveDate};
use regex::Regex;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A figure: metric, period, value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// What was measured, in a few words: `open-closed gap`.
    pub metric: String,
    /// Of which time.
    pub period: Period,
    /// How much.
    pub value: Decimal,
    /// In what: `%`, `pts`, `months`; empty where it goes without saying.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// A stretch of time as people name it: `2026`, `early 2026`, `Q1 2026`, `March 2026`, `2026-03-31`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Period {
    /// As it was written.
    text: String,
    /// First day.
    from: NaiveDate,
    /// First day after it.
    until: NaiveDate,
}

/// Why a text is no figure or no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time: write 2026, early 2026, Q1 2026, Mar 2026 or 2026-03-31")]
pub struct BadMeasure(pub String);

/// A year, or a part of one that is named before it.
static PERIOD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:
            (?P<iso>(?:19|20|21)\d\d-\d\d-\d\d)
          | (?:(?P<part>early|mid|late|q[1-4]
                |jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?
                |nov(?:ember)?|dec(?:ember)?)[.\s\-]+)?
            (?P<year>(?:19|20|21)\d\d)
        )\b",
    )
    .expect("the pattern is fixed and tested")
});

/// Where a text says what a figure came to: "to 3.3%", "to effectively zero".
static REACHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\bto\s+(?:an?\s+|about\s+|around\s+|roughly\s+|nearly\s+|effectively\s+|just\s+|only\s+|under\s+|~\s*)*
          (?P<value>zero|\d+(?:\.\d+)?)\s*(?P<unit>%|pp\b|pts?\b|percentage\s+points|points|months?|days?|elo)?",
    )
    .expect("the pattern is fixed and tested")
});

/// Things that are measured, each as one word.
static METRIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(gap|lag|lead|share|accuracy|score|price|cost|error rate|usage|adoption|revenue)\b")
        .expect("the pattern is fixed and tested")
});

impl Measure {
    /// The figure that a text plainly states: a known metric and the one value it came to. `day` stands in where the
    /// text names no time.
    pub fn read(text: &str, day: NaiveDate) -> Option<Self> {
        let metric = METRIC.find(text)?.as_str().to_lowercase();
        let mut reached = REACHED.captures_iter(text);
        let found = reached.next()?;
        if reached.next().is_some() {
            return None;
        }
        let value = match &found["value"] {
            z if z.eq_ignore_ascii_case("zero") => Decimal::ZERO,
            digits => digits.parse().ok()?,
        };
        let unit = found.name("unit").map_or(String::new(), |u| u.as_str().to_lowercase());
        let period = Period::latest_in(text).unwrap_or_else(|| Period {
            text: day.format("%b %Y").to_string(),
            from: day,
            until: day.succ_opt().unwrap_or(day),
        });
        Some(Self { metric, period, value, unit })
    }

    /// Whether two figures of one publisher cannot both be right: same metric, times that overlap, another value.
    pub fn disagrees(&self, other: &Self) -> bool {
        same_metric(&self.metric, &other.metric)
            && self.period.overlaps(&other.period)
            && self.value != other.value
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blank = if self.unit.is_empty() || self.unit == "%" { "" } else { "\u{A0}" };
        write!(f, "{}{blank}{} ({})", self.value.normalize(), self.unit, self.period.text)
    }
}

/// Metrics are the same when one's words are all among the other's: `gap` and `open-closed gap`.
fn same_metric(a: &str, b: &str) -> bool {
    let words = |text: &str| -> std::collections::BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    !a.is_empty() && !b.is_empty() && (a.is_subset(&b) || b.is_subset(&a))
}

impl Period {
    /// The period as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the two have a day in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    /// The latest time that a text names; bare years only where nothing narrower stands.
    fn latest_in(text: &str) -> Option<Self> {
        let all: Vec<Self> = PERIOD.captures_iter(text).filter_map(|c| Self::of(&c)).collect();
        let narrow = |p: &&Self| (p.until - p.from).num_days() < 360;
        let latest = |p: &&Self| (p.until, p.from);
        all.iter().filter(narrow).max_by_key(latest).or_else(|| all.iter().max_by_key(latest)).cloned()
    }

    fn of(found: &regex::Captures<'_>) -> Option<Self> {
        let text = found[0].to_owned();
        if let Some(iso) = found.name("iso") {
            let from: NaiveDate = iso.as_str().parse().ok()?;
            return Some(Self { text, from, until: from.succ_opt()? });
        }
        let year: i32 = found["year"].parse().ok()?;
        let part = found.name("part").map_or(String::new(), |p| p.as_str().to_lowercase());
        let (month, months) = match part.get(..part.len().min(3)).unwrap_or_default() {
            "" => (1, 12),
            "ear" | "mid" | "lat" => {
                (1 + 4 * ["ear", "mid", "lat"].iter().position(|p| part.starts_with(p))?, 4)
            }
            q if q.starts_with('q') => (1 + 3 * (q[1..].parse::<usize>().ok()? - 1), 3),
            name => {
                const NAMES: [&str; 12] =
                    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
                (1 + NAMES.iter().position(|m| *m == name)?, 1)
            }
        };
        let from = NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, 1)?;
        Some(Self { text, from, until: from.checked_add_months(Months::new(months))? })
    }
}

impl FromStr for Period {
    type Err = BadMeasure;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        PERIOD
            .captures(text)
            .filter(|c| c[0].len() == text.len())
            .and_then(|c| Self::of(&c))
            .ok_or_else(|| BadMeasure(text.chars().take(100).collect()))
    }
}

impl TryFrom<String> for Period {
    type Error = BadMeasure;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn periods_are_read_as_people_write_them() {
        for (text, from, until) in [
            ("2026", "2026-01-01", "2027-01-01"),
            ("early 2026", "2026-01-01", "2026-05-01"),
            ("Mid-2026", "2026-05-01", "2026-09-01"),
            ("late 2026", "2026-09-01", "2027-01-01"),
            ("Q1 2026", "2026-01-01", "2026-04-01"),
            ("September 2025", "2025-09-01", "2025-10-01"),
            ("Dec 2025", "2025-12-01", "2026-01-01"),
            ("2026-03-31", "2026-03-31", "2026-04-01"),
        ] {
            let period: Period = text.parse().expect(text);
            assert_eq!((period.from, period.until), (day(from), day(until)), "{text}");
        }
        for bad in ["", "soon", "Q5 2026", "2026-02-30", "in March 2026", "03/2026"] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }

    #[test]
    fn plain_figures_are_read_from_text() {
        let read = |text| Measure::read(text, day("2026-04-01"));
        let fell = read("The gap shrank from 17.5 pts to effectively zero by early 2026").expect("a figure");
        assert_eq!(
            (fell.metric.as_str(), fell.value, fell.period.text()),
            ("gap", Decimal::ZERO, "early 2026")
        );
        let rose =
            read("The 2026 edition (data through March 2026) has the gap back to 3.3% (0.5% in August 2024)")
                .expect("a figure");
        assert_eq!(
            (rose.value.to_string().as_str(), rose.unit.as_str(), rose.period.text()),
            ("3.3", "%", "March 2026")
        );
        assert!(fell.disagrees(&rose));
        for plain in [
            "Meta keeps investing",
            "The gap is shrinking",
            "The gap went to 3% and then to 4%",
            "Rose to 5%",
        ] {
            assert_eq!(read(plain), None, "{plain}");
        }
    }
}
