//! Probabilities and log-odds.

use serde::{Deserialize, Serialize};

/// A probability in `[0, 1]`, always finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct Probability(f64);

/// Why a number is no probability.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is no probability: use a number from 0 to 1, such as 0.75")]
pub struct NotAProbability(pub f64);

impl Probability {
    /// Even odds.
    pub const HALF: Self = Self(0.5);

    /// Reads a probability; `-0` becomes `0`.
    pub fn new(p: f64) -> Result<Self, NotAProbability> {
        if (0.0..=1.0).contains(&p) { Ok(Self(p + 0.0)) } else { Err(NotAProbability(p)) }
    }

    /// The value, in `[0, 1]`.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The value drawn into `[low, high]`.
    #[must_use]
    pub fn clamp(self, low: f64, high: f64) -> Self {
        Self(self.0.clamp(low.max(0.0), high.min(1.0)))
    }

    /// `ln(p / (1 - p))`; infinite at 0 and 1.
    pub fn log_odds(self) -> LogOdds {
        LogOdds((self.0 / (1.0 - self.0)).ln())
    }
}

impl TryFrom<f64> for Probability {
    type Error = NotAProbability;

    fn try_from(p: f64) -> Result<Self, Self::Error> {
        Self::new(p)
    }
}

impl From<Probability> for f64 {
    fn from(p: Probability) -> Self {
        p.0
    }
}

/// Log-odds in nats, unclamped: the ledger's own scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogOdds(pub f64);

impl LogOdds {
    /// The probability, `1 / (1 + e^-L)`.
    pub fn probability(self) -> Probability {
        Probability(1.0 / (1.0 + (-self.0).exp()))
    }
}
