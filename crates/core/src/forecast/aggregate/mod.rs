//! One line out of many forecasts.
//!
//! The crowd is the recency-weighted median: of `N` standing forecasts in the order of their starts (ties by their
//! place), the n-th weighs `exp(sqrt n - sqrt N)`, and up to two weigh the same. The formulas are those of Metaculus.

mod crowd;
mod history;
mod now;
mod standing;
mod weights;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use crowd::Crowd;
pub use history::{Span, histogram, history, history_over};
pub use now::{at, now};

use super::Probabilities;

/// How standing forecasts become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The median where later forecasts weigh more: the crowd.
    RecencyWeighted,
    /// The median.
    Unweighted,
    /// The mean of each option.
    Mean,
    /// The geometric mean of odds: yes/no by the mean of log-odds; named options by the mean of logarithms, made to
    /// sum to 1.
    GeometricMeanOfOdds,
    /// The geometric mean of each option as peer scores use it: it does not sum to 1, and a lone forecaster counts 0.
    GeometricMean,
}

/// Standing forecasts as one. Vectors have one place per option, none where the option could not be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// How many forecasts it is made of; for the geometric mean 0 where only one stands.
    pub n: usize,
    /// The number itself.
    pub centers: Vec<Option<f64>>,
    /// The lower quartile; empty for the geometric mean.
    pub lower: Vec<Option<f64>>,
    /// The upper quartile; empty for the geometric mean.
    pub upper: Vec<Option<f64>>,
    /// The mean under the same weights; empty for the geometric mean.
    pub means: Vec<Option<f64>>,
}

/// An aggregate that held over `[start, end)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Since when.
    pub start: DateTime<Utc>,
    /// Until when: the next entry, or the instant when nobody stood any more; none: it holds.
    pub end: Option<DateTime<Utc>>,
    /// What held.
    pub aggregate: Aggregate,
}

impl Aggregate {
    /// The number as a forecast; none where an option has none, or for the geometric mean, which does not sum to 1.
    pub fn probabilities(&self) -> Option<Probabilities> {
        let p: Option<Vec<f64>> = self.centers.iter().copied().collect();
        Probabilities::try_from(p?).ok()
    }
}

impl Method {
    /// Every method, the crowd's first.
    pub const ALL: [Self; 5] =
        [Self::RecencyWeighted, Self::Unweighted, Self::Mean, Self::GeometricMeanOfOdds, Self::GeometricMean];

    /// Its word in JSON and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecencyWeighted => "recency_weighted",
            Self::Unweighted => "unweighted",
            Self::Mean => "mean",
            Self::GeometricMeanOfOdds => "geometric_mean_of_odds",
            Self::GeometricMean => "geometric_mean",
        }
    }

    /// Its name on pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::RecencyWeighted => "Recency-weighted median",
            Self::Unweighted => "Median",
            Self::Mean => "Mean",
            Self::GeometricMeanOfOdds => "Geometric mean of odds",
            Self::GeometricMean => "Geometric mean",
        }
    }
}

/// Why a text names no method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no method: use recency_weighted, unweighted, mean, geometric_mean_of_odds or geometric_mean"
)]
pub struct BadMethod(pub String);

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = BadMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| BadMethod(text.chars().take(100).collect()))
    }
}
