//! Numbers and dates out of cells: exact, or an error.

use std::str::FromStr as _;

use bellwether_core::{
    registry::{end_of_month, partial_date},
    table::PartialDate,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::Cell;

/// A number of a tree as a text without an exponent.
pub(super) fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

/// The exact decimal of a text; `None` where it is none. Blanks, `%`, `$` and thousands commas count for nothing;
/// a comma anywhere else, an exponent or a digit of another script makes it something else.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '%' | '$')).collect();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let grouped =
        rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    if !grouped
        || !all_digits(first)
        || !rest.iter().all(|group| all_digits(group))
        || !all_digits(fraction)
        || (whole.is_empty() && fraction.is_empty())
        || text.len() > 60
    {
        return None;
    }
    Decimal::from_str(&text.replace(',', "")).ok().map(|d| d.normalize())
}

/// The number in a cell: none where it is empty or a text that means missing, an error where it is something else.
pub(super) fn number(cell: &Cell<'_>, missing: &[String]) -> Result<Option<Decimal>, String> {
    if let Cell::Value(value @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) = cell {
        return Err(value.to_string());
    }
    let text = cell.text();
    if text.is_empty() || missing.iter().any(|m| m.trim() == text) {
        return Ok(None);
    }
    decimal(&text).map(Some).ok_or_else(|| text.into_owned())
}

/// A fraction as percent.
pub(super) fn to_percent(fraction: Decimal) -> Decimal {
    (fraction * Decimal::ONE_HUNDRED).normalize()
}

/// The date in a cell, by a declared format or ISO 8601.
pub(super) fn date(
    cell: &Cell<'_>,
    format: Option<&str>,
    missing: &[String],
) -> Result<Option<PartialDate>, String> {
    let text = cell.text();
    if text.is_empty() || missing.iter().any(|m| m.trim() == text) {
        return Ok(None);
    }
    let found = match format {
        None => partial_date(&text),
        Some(format) => formatted(&text, format),
    };
    found.map(Some).ok_or_else(|| text.into_owned())
}

fn formatted(text: &str, format: &str) -> Option<PartialDate> {
    let day = |day: NaiveDate| PartialDate { first: day, last: day };
    if let Ok(date) = NaiveDate::parse_from_str(text, format) {
        return Some(day(date));
    }
    if let Ok(instant) = DateTime::parse_from_str(text, format) {
        return Some(day(instant.with_timezone(&Utc).date_naive()));
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
        return Some(day(time.date()));
    }
    // A format without a day or month says less than a date.
    if let Ok(first) = NaiveDate::parse_from_str(&format!("{text} 1"), &format!("{format} %d")) {
        return Some(PartialDate { first, last: end_of_month(first)? });
    }
    let first = NaiveDate::parse_from_str(&format!("{text} 1 1"), &format!("{format} %m %d")).ok()?;
    Some(PartialDate { first, last: NaiveDate::from_ymd_opt(chrono::Datelike::year(&first), 12, 31)? })
}
