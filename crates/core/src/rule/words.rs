//! Figures in sentences.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::evaluation::Verdict;
use crate::{benchmark::Unit, table::Row};

/// At most four decimals, no trailing zeros.
pub(super) fn number(value: Decimal) -> String {
    value.round_dp(4).normalize().to_string()
}

/// A score with its unit.
pub(super) fn score(value: Decimal, unit: Unit) -> String {
    match unit {
        Unit::Percent | Unit::Fraction => format!("{} %", number(value)),
        Unit::Elo | Unit::Index => number(value),
        Unit::Minutes => format!("{} min", number(value)),
    }
}

pub(super) fn row_score(row: &Row, unit: Unit) -> String {
    row.score.map_or_else(|| "no score".to_owned(), |s| score(s, unit))
}

/// A difference with its unit.
pub(super) fn distance(value: Decimal, unit: &str) -> String {
    format!("{} {unit}", number(value))
}

/// `holds by 1 Elo`, `fails by 25 Elo`, `unknown`.
pub(super) fn by_margin(verdict: Verdict, margin: Option<Decimal>, unit: &str) -> String {
    match (verdict, margin) {
        (Verdict::Holds | Verdict::Fails, Some(margin)) => {
            format!("{verdict} by {}", distance(margin.abs(), unit))
        }
        _ => verdict.to_string(),
    }
}

/// The later of two rows' own dates.
pub(super) fn later(left: Option<&Row>, right: Option<&Row>) -> Option<NaiveDate> {
    left.and_then(|r| r.as_of).max(right.and_then(|r| r.as_of))
}
