//! How figures are written wherever people read them: pages, charts, mail, exports' notes.
//!
//! Minus is U+2212 and the blank before a unit U+00A0. Nothing here decides anything: values stay exact, only their
//! writing is rounded.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::probability::Probability;

/// The minus sign of figures.
pub const MINUS: char = '\u{2212}';
/// The blank that keeps a figure and its unit on one line.
pub const NBSP: char = '\u{A0}';

/// A probability on pages: `75%`; one decimal below 2 and above 98; `<1%` and `>99%` beyond the ends.
pub fn percent(p: Probability) -> String {
    let p = p.value() * 100.0;
    if p < 1.0 {
        "<1%".to_owned()
    } else if p > 99.0 {
        ">99%".to_owned()
    } else if !(2.0..=98.0).contains(&p) {
        format!("{p:.1}%")
    } else {
        format!("{p:.0}%")
    }
}

/// A probability in the ledger and beside a from/to pair: `74.8%`, always one decimal.
pub fn percent_exact(p: Probability) -> String {
    format!("{:.1}%", p.value() * 100.0)
}

/// Which way a probability went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It rose.
    Up,
    /// It fell.
    Down,
    /// It stands, as far as one decimal tells.
    Still,
}

impl Direction {
    /// `▲`, `▼` or nothing.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Up => "▲",
            Self::Down => "▼",
            Self::Still => "",
        }
    }
}

/// The direction of a movement in percentage points, as [`movement`] writes it.
pub fn direction(pts: f64) -> Direction {
    match (pts * 10.0).round() {
        d if d > 0.0 => Direction::Up,
        d if d < 0.0 => Direction::Down,
        _ => Direction::Still,
    }
}

/// The size of a movement without its sign: `3 pts`, `0.4 pts`, `no change`; whole points from 1 up.
pub fn movement_size(pts: f64) -> String {
    if direction(pts) == Direction::Still {
        return "no change".to_owned();
    }
    // 0.96 is written 1 and not 1.0, so the choice of decimals looks at the rounded figure.
    let tenths = (pts.abs() * 10.0).round() / 10.0;
    let text = if tenths < 1.0 { format!("{tenths:.1}") } else { format!("{:.0}", pts.abs()) };
    let unit = if text == "1" { "pt" } else { "pts" };
    format!("{text}{NBSP}{unit}")
}

/// A movement of a probability in percentage points: `▲ 3 pts`, `▼ 0.4 pts`, `no change`.
pub fn movement(pts: f64) -> String {
    let size = movement_size(pts);
    match direction(pts) {
        Direction::Still => size,
        d => format!("{}{NBSP}{size}", d.mark()),
    }
}

/// A movement with the window it was realised in: `▲ 3 pts (7 d)`.
pub fn movement_over(pts: f64, window: TimeDelta) -> String {
    format!("{} ({})", movement(pts), length(window))
}

/// A movement beside a from/to pair: `▲ 2.8 pts`, one decimal like the pair.
pub fn movement_exact(pts: f64) -> String {
    match direction(pts) {
        Direction::Still => "no change".to_owned(),
        d => format!("{}{NBSP}{}", d.mark(), movement_exact_size(pts)),
    }
}

/// The size of a movement beside a from/to pair, without its sign: `2.8 pts`.
pub fn movement_exact_size(pts: f64) -> String {
    format!("{:.1}{NBSP}pts", pts.abs())
}

/// Points of evidence, always signed, one decimal: `+3.6`, `−8.0`, `0.0`.
pub fn points(points: f64) -> String {
    let text = format!("{:.1}", points.abs());
    match points {
        _ if text == "0.0" => text,
        p if p < 0.0 => format!("{MINUS}{text}"),
        _ => format!("+{text}"),
    }
}

/// Points of evidence in a heading, where tenths would be noise: `+61`, `−34`.
pub fn points_whole(points: f64) -> String {
    let text = format!("{:.0}", points.abs());
    match points {
        _ if text == "0" => text,
        p if p < 0.0 => format!("{MINUS}{text}"),
        _ => format!("+{text}"),
    }
}

/// A factor of an item's weight: `×.6`, `×1`, `×.25`.
pub fn factor(f: f64) -> String {
    let text = format!("{f:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("×{}", text.strip_prefix('0').filter(|t| !t.is_empty()).unwrap_or(text))
}

/// A benchmark's score or a distance of scores: the decimals of the source, at most two.
pub fn score(value: Decimal) -> String {
    signed(value.round_dp(2))
}

/// The same beside what it is held against: never rounded across it, so 2.004 is not written 2.00 where 2 is asked.
pub fn score_beside(value: Decimal, threshold: Decimal) -> String {
    let kept = |places: &u32| value.round_dp(*places).cmp(&threshold) == value.cmp(&threshold);
    (2..=value.scale()).find(kept).map_or_else(|| score(value), |places| signed(value.round_dp(places)))
}

/// A score or a distance with its unit: `10.7 pp`, `25 Elo`.
pub fn with_unit(value: Decimal, unit: &str) -> String {
    beside_unit(&score(value), unit)
}

/// A figure that is written already, with its unit.
pub fn beside_unit(figure: &str, unit: &str) -> String {
    if unit.is_empty() { figure.to_owned() } else { format!("{figure}{NBSP}{unit}") }
}

fn signed(value: Decimal) -> String {
    if value.is_sign_negative() && !value.is_zero() {
        format!("{MINUS}{}", value.abs())
    } else {
        value.abs().to_string()
    }
}

/// A date: `10 Apr 2026`.
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// A date in a list: this year's without the year, `10 Apr`.
pub fn date_in_list(day: NaiveDate, now: DateTime<Utc>) -> String {
    if day.year() == now.year() { day.format("%-d %b").to_string() } else { date(day) }
}

/// The full instant, shown on hover and focus: `10 Apr 2026, 14:05 UTC`.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// How long ago: `just now`, `12 min ago`, `3 h ago`, `2 d ago`; from a week on, the date.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let past = now - at;
    if past < TimeDelta::minutes(1) {
        "just now".to_owned()
    } else if past < TimeDelta::days(7) {
        format!("{} ago", length(past))
    } else {
        date_in_list(at.date_naive(), now)
    }
}

/// How long still: `19 h left`, `356 days left`; `ended` once it is over.
pub fn left(until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let rest = until - now;
    if rest <= TimeDelta::zero() {
        "ended".to_owned()
    } else if rest < TimeDelta::hours(48) {
        format!("{} left", length(rest.max(TimeDelta::minutes(1))))
    } else {
        format!("{} days left", count(rest.num_days().unsigned_abs()))
    }
}

/// A length of time in its largest fitting unit: `12 min`, `3 h`, `7 d`.
pub fn length(time: TimeDelta) -> String {
    if time < TimeDelta::hours(1) {
        format!("{}{NBSP}min", time.num_minutes())
    } else if time < TimeDelta::hours(48) && time != TimeDelta::days(1) {
        format!("{}{NBSP}h", time.num_hours())
    } else {
        format!("{}{NBSP}d", time.num_days())
    }
}

/// A count with commas: `10,432`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 vote`, `2 votes`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{}{NBSP}{noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A SHA-256 as people compare it: `a3f9…1c`.
pub fn short_hash(hash: &str) -> String {
    match (hash.get(..4), hash.get(hash.len().saturating_sub(2)..)) {
        (Some(head), Some(tail)) if hash.len() > 8 => format!("{head}…{tail}"),
        _ => hash.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn p(value: f64) -> Probability {
        Probability::new(value).expect("a probability")
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn probabilities_are_whole_except_near_the_ends() {
        for (value, text) in [
            (0.75, "75%"),
            (0.748, "75%"),
            (0.5, "50%"),
            (0.015, "1.5%"),
            (0.02, "2%"),
            (0.98, "98%"),
            (0.984, "98.4%"),
            (0.01, "1.0%"),
            (0.0099, "<1%"),
            (0.0, "<1%"),
            (0.99, "99.0%"),
            (0.9901, ">99%"),
            (1.0, ">99%"),
        ] {
            assert_eq!(percent(p(value)), text, "{value}");
        }
        assert_eq!(percent_exact(p(0.748_1)), "74.8%");
        assert_eq!(percent_exact(p(0.75)), "75.0%");
    }

    #[test]
    fn movements_are_signed_and_rounded_from_the_exact_value() {
        for (pts, text) in [
            (3.0, "▲ 3 pts"),
            (2.81, "▲ 3 pts"),
            (-0.44, "▼ 0.4 pts"),
            (0.96, "▲ 1 pt"),
            (1.4, "▲ 1 pt"),
            (0.04, "no change"),
            (-0.04, "no change"),
            (0.0, "no change"),
        ] {
            assert_eq!(movement(pts).replace(NBSP, " "), text, "{pts}");
        }
        assert_eq!(movement_over(3.0, TimeDelta::days(7)).replace(NBSP, " "), "▲ 3 pts (7 d)");
        assert_eq!(movement_over(0.0, TimeDelta::days(1)).replace(NBSP, " "), "no change (1 d)");
        assert_eq!(movement_exact(2.81).replace(NBSP, " "), "▲ 2.8 pts");
        assert_eq!(direction(-2.0), Direction::Down);
    }

    #[test]
    fn points_of_evidence_always_have_a_sign() {
        assert_eq!(points(3.6), "+3.6");
        assert_eq!(points(-8.0), "\u{2212}8.0");
        assert_eq!(points(-0.01), "0.0");
        assert_eq!(points_whole(61.3), "+61");
        assert_eq!(points_whole(-34.2), "\u{2212}34");
        for (value, text) in [(0.6, "×.6"), (1.0, "×1"), (0.25, "×.25"), (0.0, "×0"), (0.876, "×.88")] {
            assert_eq!(factor(value), text);
        }
    }

    #[test]
    fn dates_are_never_all_numeric() {
        let now = at("2026-04-10T14:05:00Z");
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).expect("a day");
        assert_eq!(date(day(2026, 4, 10)), "10 Apr 2026");
        assert_eq!(date_in_list(day(2026, 4, 1), now), "1 Apr");
        assert_eq!(date_in_list(day(2025, 12, 31), now), "31 Dec 2025");
        assert_eq!(instant(Utc.with_ymd_and_hms(2026, 4, 10, 4, 5, 59).unwrap()), "10 Apr 2026, 04:05 UTC");
    }

    #[test]
    fn times_are_told_from_now() {
        let now = at("2026-04-10T14:05:00Z");
        for (then, text) in [
            ("2026-04-10T14:04:30Z", "just now"),
            ("2026-04-10T13:53:00Z", "12 min ago"),
            ("2026-04-10T11:00:00Z", "3 h ago"),
            ("2026-04-08T11:00:00Z", "2 d ago"),
            ("2026-04-01T11:00:00Z", "1 Apr"),
            ("2025-04-01T11:00:00Z", "1 Apr 2025"),
        ] {
            assert_eq!(ago(at(then), now).replace(NBSP, " "), text);
        }
        for (then, text) in [
            ("2026-04-11T09:05:00Z", "19 h left"),
            ("2027-04-01T00:00:00Z", "355 days left"),
            ("2026-04-10T14:05:20Z", "1 min left"),
            ("2026-04-10T14:05:00Z", "ended"),
        ] {
            assert_eq!(left(at(then), now).replace(NBSP, " "), text);
        }
    }

    #[test]
    fn counts_have_commas_and_agree_with_their_noun() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(10_432), "10,432");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(counted(1, "vote").replace(NBSP, " "), "1 vote");
        assert_eq!(counted(2, "vote").replace(NBSP, " "), "2 votes");
    }

    #[test]
    fn scores_keep_two_decimals_of_the_source_and_never_cross_a_threshold() {
        let d = |text: &str| text.parse::<Decimal>().expect("a decimal");
        for (value, text) in [
            ("10.22670337012045", "10.23"),
            ("1262", "1262"),
            ("88.6", "88.6"),
            ("-2.1", "−2.1"),
            ("-0.001", "0.00"),
        ] {
            assert_eq!(score(d(value)), text, "{value}");
        }
        for (value, threshold, text) in [
            ("2.004", "2", "2.004"),
            ("1.9996", "2", "1.9996"),
            ("2.0", "2", "2.0"),
            ("10.2267", "5", "10.23"),
        ] {
            assert_eq!(score_beside(d(value), d(threshold)), text, "{value} beside {threshold}");
        }
        assert_eq!(with_unit(d("10.70"), "pp").replace(NBSP, " "), "10.70 pp");
        assert_eq!(with_unit(d("3"), ""), "3");
    }
}
