//! A forecast as someone states it.

use std::collections::BTreeMap;

use bellwether_core::{
    forecast::{BadForecast, Probabilities, Read},
    options::Options,
    text,
};
use chrono::{DateTime, Utc};

use crate::{EngineError, Result};

/// What someone forecasts.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastInput {
    /// The probabilities.
    pub stated: Stated,
    /// Why, at most 20,000 characters.
    pub rationale: Option<String>,
    /// When it ends by itself; in the future.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Probabilities as stated.
#[derive(Clone, Debug, PartialEq)]
pub enum Stated {
    /// Of yes.
    Yes(f64),
    /// Of each named option.
    Options(BTreeMap<String, f64>),
}

impl ForecastInput {
    /// A forecast of yes and nothing else.
    pub fn yes(p: f64) -> Self {
        Self { stated: Stated::Yes(p), rationale: None, expires_at: None }
    }
}

/// A forecast that can be taken.
pub(super) struct Taken {
    pub probabilities: Probabilities,
    /// Some probability lay outside what is kept, and was moved to its edge.
    pub clamped: bool,
    pub rationale: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl ForecastInput {
    /// Checks it against the claim's options and the instant.
    pub(super) fn read(&self, options: &Options, now: DateTime<Utc>) -> Result<Taken> {
        let stated = match (&self.stated, options) {
            (Stated::Yes(p), Options::YesNo) => Probabilities::yes(*p),
            (Stated::Yes(_), Options::Named(names)) => {
                return Err(EngineError::invalid(
                    "probabilities",
                    "required",
                    format!("give one for each option: {}", names.join(", ")),
                ));
            }
            (Stated::Options(_), Options::YesNo) => {
                return Err(EngineError::invalid(
                    "probability",
                    "required",
                    "this claim is between yes and no: give the probability of yes",
                ));
            }
            (Stated::Options(stated), Options::Named(_)) => Probabilities::of_options(options, stated),
        };
        let Read { p: probabilities, clamped } = stated.map_err(|e| refused(&e))?;
        let rationale = match self.rationale.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(told) => Some(
                text::prose(told, 1, 20_000)
                    .map_err(|e| EngineError::invalid("rationale", "unreadable", e.to_string()))?,
            ),
            None => None,
        };
        if let Some(end) = self.expires_at.filter(|end| *end <= now) {
            return Err(EngineError::invalid(
                "expires_at",
                "out_of_range",
                format!("{} has passed: a forecast ends in the future", end.format("%-d %b %Y %H:%M UTC")),
            ));
        }
        Ok(Taken { probabilities, clamped, rationale, expires_at: self.expires_at })
    }
}

/// A refusal beside the field that it is about.
fn refused(e: &BadForecast) -> EngineError {
    let (field, code) = match e {
        BadForecast::NotAProbability(option, _) if option == "p" => {
            ("probability".to_owned(), "out_of_range")
        }
        BadForecast::NotAProbability(option, _) => (format!("probabilities.{option}"), "out_of_range"),
        BadForecast::Missing(option) => (format!("probabilities.{option}"), "required"),
        BadForecast::Unknown(option, _) => (format!("probabilities.{option}"), "unknown"),
        BadForecast::Sum(_) | BadForecast::Count(..) => ("probabilities".to_owned(), "out_of_range"),
    };
    let told = e.to_string();
    let told = told.strip_prefix("p: ").unwrap_or(&told);
    EngineError::invalid(field, code, told)
}
