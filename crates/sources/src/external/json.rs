//! Reading answers: JSON into the fields we know, numbers into probabilities, texts into short plain ones.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Site, Unreadable};
use crate::fetch::link::clean;

/// The fields we know of an answer; all others are passed over. Nesting is bounded by the parser.
pub(super) fn parse<T: DeserializeOwned>(site: Site, bytes: &[u8]) -> Result<T, Unreadable> {
    // The error's own words would quote the answer; its place is enough to find the reason.
    serde_json::from_slice(bytes).map_err(|e| Unreadable::Form { site, line: e.line(), column: e.column() })
}

/// A short plain text; `what` names the part if nothing is left of it.
pub(super) fn text(site: Site, text: Option<&str>, what: &'static str) -> Result<String, Unreadable> {
    text.and_then(clean).ok_or(Unreadable::Part { site, what })
}

/// A probability.
pub(super) fn probability(site: Site, p: f64) -> Result<f64, Unreadable> {
    // Prices of order books miss the ends by the last bit now and then.
    let slack = 1e-9;
    if p.is_finite() && (-slack..=1.0 + slack).contains(&p) {
        Ok(p.clamp(0.0, 1.0))
    } else {
        Err(Unreadable::Probability { site, text: p.to_string().chars().take(24).collect() })
    }
}

/// A probability, if there is one.
pub(super) fn maybe_probability(site: Site, p: Option<f64>) -> Result<Option<f64>, Unreadable> {
    p.map(|p| probability(site, p)).transpose()
}

/// An instant in milliseconds of Unix time.
pub(super) fn millis(value: Option<f64>) -> Option<DateTime<Utc>> {
    let value = value.filter(|v| v.is_finite() && v.abs() < 1e16)?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    DateTime::from_timestamp_millis(value as i64)
}

/// An instant as seconds of Unix time or as text. What is neither is no instant; a time is never worth an error.
pub(super) fn instant(value: Option<&Value>) -> Option<DateTime<Utc>> {
    match value? {
        Value::Number(seconds) => millis(seconds.as_f64().map(|s| s * 1000.0)),
        Value::String(text) => text.parse().ok().or_else(|| {
            let spaced = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok()?;
            Some(spaced.with_timezone(&Utc))
        }),
        _ => None,
    }
}

/// A share of a whole, for "42%".
pub(super) fn percent(p: f64) -> String {
    format!("{:.0}%", 100.0 * p)
}
