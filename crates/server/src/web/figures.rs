//! How figures and dates are written on pages, as plain text.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use rust_decimal::Decimal;

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

/// U+2212: the minus of figures.
const MINUS: char = '\u{2212}';
/// U+00A0: between a figure and its unit.
const NBSP: char = '\u{a0}';

/// A probability: `75%`; below 2 and above 98 percent one decimal; `<1%` and `>99%` beyond.
pub(crate) fn percent(p: impl Plain<f64>) -> String {
    let shown = p.plain() * 100.0;
    if shown < 1.0 - 1e-9 {
        "<1%".to_owned()
    } else if shown > 99.0 + 1e-9 {
        ">99%".to_owned()
    } else if !(2.0..=98.0).contains(&shown) {
        format!("{shown:.1}%")
    } else {
        format!("{shown:.0}%")
    }
}

/// A probability in the ledger: `74.8%`.
pub(crate) fn percent1(p: impl Plain<f64>) -> String {
    format!("{:.1}%", p.plain() * 100.0)
}

/// Evidence points, always signed, one decimal: `+3.6`, `−8.0`.
pub(crate) fn points(points: impl Plain<f64>) -> String {
    signed(points.plain(), 1)
}

/// A movement in percentage points without its direction: `3 pts`, `0.4 pts`; `None` when it rounds to nothing.
pub(crate) fn pts(delta: f64) -> Option<String> {
    let size = delta.abs();
    if size < 0.05 {
        None
    } else if size < 0.95 {
        Some(format!("{size:.1}{NBSP}pts"))
    } else {
        let whole = size.round();
        let unit = if (whole - 1.0).abs() < 0.5 { "pt" } else { "pts" };
        Some(format!("{whole:.0}{NBSP}{unit}"))
    }
}

/// A movement beside a from/to pair: one decimal, so that the three agree.
pub(crate) fn pts1(delta: f64) -> String {
    format!("{:.1}{NBSP}pts", delta.abs())
}

/// A figure with its sign and `decimals` places.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let nothing = text.bytes().all(|b| b == b'0' || b == b'.');
    match (nothing, value < 0.0) {
        (true, _) => text,
        (false, true) => format!("{MINUS}{text}"),
        (false, false) => format!("+{text}"),
    }
}

/// A benchmark's score: the source's own decimals, at most two.
pub(crate) fn score(value: Decimal) -> String {
    let rounded = value.round_dp(2);
    let text = rounded.to_string();
    text.strip_prefix('-').map_or(text.clone(), |digits| format!("{MINUS}{digits}"))
}

/// A score or distance with its unit: `10.7 pp`, `25 Elo`.
pub(crate) fn with_unit(value: Decimal, unit: &str) -> String {
    if unit.is_empty() { score(value) } else { format!("{}{NBSP}{unit}", score(value)) }
}

/// A count with thousands: `10,432`.
pub(crate) fn count(n: impl Plain<u64>) -> String {
    let digits = n.plain().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 vote`, `2 votes`.
pub(crate) fn counted(n: impl Plain<u64>, one: &str, many: &str) -> String {
    let n = n.plain();
    format!("{}{NBSP}{}", count(n), if n == 1 { one } else { many })
}

/// `10 Apr 2026`.
pub(crate) fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y").to_string().replace(' ', "\u{a0}")
}

/// `10 Apr` in the year of `now`, else with the year.
pub(crate) fn day_short(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if at.year() == now.year() { at.format("%-d\u{a0}%b").to_string() } else { day(at) }
}

/// `8 Apr 2026, 18:00 UTC`.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    format!("{}, {}", day(at), at.format("%H:%M\u{a0}UTC"))
}

/// How long ago: `12 min ago`, `3 h ago`, `2 d ago`, then the date.
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let past = now - at;
    if past < TimeDelta::minutes(1) {
        "just now".to_owned()
    } else if past < TimeDelta::hours(1) {
        format!("{}{NBSP}min{NBSP}ago", past.num_minutes())
    } else if past < TimeDelta::days(1) {
        format!("{}{NBSP}h{NBSP}ago", past.num_hours())
    } else if past < TimeDelta::days(8) {
        format!("{}{NBSP}d{NBSP}ago", past.num_days())
    } else {
        day_short(at, now)
    }
}

/// How long until: `19 h left`, `356 days left`; `ended` when it is over.
pub(crate) fn left(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let ahead = at - now;
    if ahead <= TimeDelta::zero() {
        "ended".to_owned()
    } else if ahead < TimeDelta::hours(1) {
        format!("{}{NBSP}min{NBSP}left", ahead.num_minutes().max(1))
    } else if ahead < TimeDelta::days(2) {
        format!("{}{NBSP}h{NBSP}left", ahead.num_hours())
    } else {
        format!("{}{NBSP}days{NBSP}left", ahead.num_days())
    }
}

/// A SHA-256 as pages show it: `a3f9…1c`.
pub(crate) fn short_hash(hash: &str) -> String {
    match (hash.get(..4), hash.get(hash.len().saturating_sub(2)..)) {
        (Some(head), Some(tail)) if hash.len() > 8 => format!("{head}…{tail}"),
        _ => hash.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn probabilities_keep_a_decimal_near_the_ends() {
        let shown: Vec<_> =
            [0.001, 0.01, 0.0149, 0.02, 0.75, 0.98, 0.9851, 0.99, 0.995].map(|p: f64| percent(p)).into();
        assert_eq!(shown, ["<1%", "1.0%", "1.5%", "2%", "75%", "98%", "98.5%", "99.0%", ">99%"]);
    }

    #[test]
    fn movements_are_rounded_from_the_exact_value() {
        let shown: Vec<_> = [0.04, 0.4, 0.96, 2.8, -3.0].map(pts).into();
        let want = [None, Some("0.4 pts"), Some("1 pt"), Some("3 pts"), Some("3 pts")];
        assert_eq!(shown, want.map(|t| t.map(|t| t.replace(' ', "\u{a0}"))));
    }

    #[test]
    fn points_carry_a_sign_unless_they_are_nothing() {
        assert_eq!([3.6, -8.0, 0.04, -0.04].map(|p: f64| points(p)), ["+3.6", "\u{2212}8.0", "0.0", "0.0"]);
    }

    #[test]
    fn scores_keep_the_decimals_of_the_source() {
        let shown = ["10.70", "1262", "-2.1", "0.123"].map(|t| score(t.parse().unwrap()));
        assert_eq!(shown, ["10.70", "1262", "\u{2212}2.1", "0.12"]);
    }

    #[test]
    fn counts_have_thousands() {
        assert_eq!([0, 999, 10_432, 1_000_000].map(|n: u64| count(n)), ["0", "999", "10,432", "1,000,000"]);
    }

    #[test]
    fn times_near_now_are_told_by_distance() {
        let now = Utc.with_ymd_and_hms(2026, 4, 6, 12, 0, 0).unwrap();
        let told = |minutes: i64| ago(now - TimeDelta::minutes(minutes), now).replace('\u{a0}', " ");
        assert_eq!(told(0), "just now");
        assert_eq!(told(12), "12 min ago");
        assert_eq!(told(60 * 3), "3 h ago");
        assert_eq!(told(60 * 50), "2 d ago");
        assert_eq!(told(60 * 24 * 30), "7 Mar");
        let until = |hours: i64| left(now + TimeDelta::hours(hours), now).replace('\u{a0}', " ");
        assert_eq!([until(19), until(24 * 356), until(-1)], ["19 h left", "356 days left", "ended"]);
    }
}
