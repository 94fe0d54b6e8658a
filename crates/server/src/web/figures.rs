//! Figures and dates as templates ask for them: `bellwether_core::figures` decides how they are written, here they only
//! take what a template hands over, and keep on one line what belongs together.

use bellwether_core::{
    figures::{self as written, Direction, NBSP},
    probability::Probability,
};
use chrono::{DateTime, Utc};

pub(crate) use bellwether_core::figures::{beside_unit, score, score_beside, short_hash, with_unit};

/// A value or a reference to it: templates hand over either.
pub(crate) trait Plain<T> {
    /// The value.
    fn plain(&self) -> T;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Plain<$type> for $type {
            fn plain(&self) -> $type {
                *self
            }
        }
    )*};
}

impl<T, P: Plain<T>> Plain<T> for &P {
    fn plain(&self) -> T {
        (**self).plain()
    }
}

plain!(f64, u64, DateTime<Utc>);

/// A probability: `75%`; what is none is written `–`.
pub(crate) fn percent(p: impl Plain<f64>) -> String {
    Probability::new(p.plain()).map_or_else(|_| "–".to_owned(), written::percent)
}

/// A probability in the ledger: `74.8%`.
pub(crate) fn percent1(p: impl Plain<f64>) -> String {
    Probability::new(p.plain()).map_or_else(|_| "–".to_owned(), written::percent_exact)
}

/// Evidence points, always signed, one decimal: `+3.6`, `−8.0`.
pub(crate) fn points(points: impl Plain<f64>) -> String {
    written::points(points.plain())
}

/// A movement in percentage points without its direction: `3 pts`, `0.4 pts`; `None` when it rounds to nothing.
pub(crate) fn pts(delta: f64) -> Option<String> {
    (written::direction(delta) != Direction::Still).then(|| written::movement_size(delta))
}

/// A movement beside a from/to pair, without its direction: one decimal, so that the three agree.
pub(crate) fn pts1(delta: f64) -> String {
    written::movement_exact_size(delta)
}

/// A count with thousands: `10,432`.
pub(crate) fn count(n: impl Plain<u64>) -> String {
    written::count(n.plain())
}

/// A count with its noun: `1 vote`, `2 votes`.
pub(crate) fn counted(n: impl Plain<u64>, one: &str, many: &str) -> String {
    let n = n.plain();
    format!("{}{NBSP}{}", written::count(n), if n == 1 { one } else { many })
}

/// `10 Apr 2026`.
pub(crate) fn day(at: DateTime<Utc>) -> String {
    whole(&written::date(at.date_naive()))
}

/// `10 Apr` in the year of `now`, else with the year.
pub(crate) fn day_short(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    whole(&written::date_in_list(at.date_naive(), now))
}

/// `8 Apr 2026, 18:00 UTC`.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    whole(&written::instant(at)).replace(&format!(",{NBSP}"), ", ")
}

/// How long ago: `12 min ago`, `3 h ago`, `2 d ago`, then the date.
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    whole(&written::ago(at, now))
}

/// How long until: `19 h left`, `356 days left`; `ended` when it is over.
pub(crate) fn left(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    whole(&written::left(at, now))
}

/// On one line.
fn whole(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_stays_on_one_line() {
        let at: DateTime<Utc> = "2026-04-06T18:00:00Z".parse().unwrap();
        let told = [day(at), instant(at), ago(at - chrono::TimeDelta::hours(3), at)];
        assert_eq!(
            told,
            ["6\u{a0}Apr\u{a0}2026", "6\u{a0}Apr\u{a0}2026, 18:00\u{a0}UTC", "3\u{a0}h\u{a0}ago"]
        );
        assert_eq!([percent(0.75), percent(f64::NAN)], ["75%", "–"]);
        assert_eq!([pts(0.04), pts(-3.0)], [None, Some("3\u{a0}pts".to_owned())]);
    }
}
