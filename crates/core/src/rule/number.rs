//! Exact decimals in documents: `0.09` is nine hundredths, whether YAML, JSON number or text.

use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serializer};

/// Reads a decimal from text; scientific notation included.
pub fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok().map(|d| d.normalize())
}

/// The nearest binary number, for JSON and charts. Comparisons use the decimal.
pub fn to_f64(value: Decimal) -> f64 {
    // Through text: rounding once, correctly.
    value.to_string().parse().unwrap_or(f64::NAN)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Whole(i64),
    Binary(f64),
    Text(String),
}

/// For `#[serde(deserialize_with)]`.
///
/// The shortest text of a binary number is what its author wrote, so nothing is lost on the way through one.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    let written =
        Written::deserialize(from).map_err(|_| serde::de::Error::custom("expected a decimal number"))?;
    let text = match written {
        Written::Whole(n) => return Ok(Decimal::from(n)),
        Written::Binary(n) => n.to_string(),
        Written::Text(text) => text,
    };
    parse(&text).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "`{}` is no decimal number",
            text.chars().take(100).collect::<String>()
        ))
    })
}

/// For `#[serde(serialize_with)]`: a JSON number.
pub fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    if value.is_integer()
        && let Ok(whole) = i64::try_from(*value)
    {
        return to.serialize_i64(whole);
    }
    to.serialize_f64(to_f64(*value))
}

/// The same for numbers that may be absent.
pub mod optional {
    use super::{Decimal, Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    struct Wrapped(#[serde(deserialize_with = "super::deserialize")] Decimal);

    /// For `#[serde(deserialize_with)]`.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(from)?.map(|w| w.0))
    }

    /// For `#[serde(serialize_with)]`.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, to),
            None => to.serialize_none(),
        }
    }
}
