//! Whether a claim has a market, and how it opens.

use serde::{Deserialize, Serialize};

use crate::market::{BadTerms, Credits, LIQUIDITY, Terms};

/// A market as a claim document switches it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Market {
    /// Liquidity, in credits.
    #[serde(default = "liquidity")]
    pub b: f64,
    /// Where its prices start.
    #[serde(default)]
    pub opening: Opening,
}

/// Where a market's prices start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "use start, uniform, or one price for each option, such as [0.3, 0.7]")]
pub enum Opening {
    /// By name.
    Named(NamedOpening),
    /// One price for each option, in their order (yes before no), that sum to 1.
    Prices(Vec<f64>),
}

/// Openings that have a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedOpening {
    /// At the claim's starting probability.
    #[default]
    Start,
    /// All options alike.
    Uniform,
}

#[expect(clippy::cast_precision_loss, reason = "a hundred")]
fn liquidity() -> f64 {
    LIQUIDITY as f64
}

impl Default for Opening {
    fn default() -> Self {
        Self::Named(NamedOpening::Start)
    }
}

impl Default for Market {
    fn default() -> Self {
        Self { b: liquidity(), opening: Opening::default() }
    }
}

impl Opening {
    /// How it is written in words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Named(NamedOpening::Start) => "at the claim's starting probability",
            Self::Named(NamedOpening::Uniform) => "with all options alike",
            Self::Prices(_) => "at prices of its own",
        }
    }
}

impl Market {
    /// The terms of a market whose claim starts at `start`, one probability for each option.
    ///
    /// # Errors
    /// When liquidity or prices are out of range, or the prices are not one for each option.
    pub fn terms(&self, start: &[f64]) -> Result<Terms, BadTerms> {
        let b = Credits::nearest(self.b).unwrap_or_default();
        match &self.opening {
            Opening::Named(NamedOpening::Start) => Terms::new(b, start),
            Opening::Named(NamedOpening::Uniform) => Terms::uniform(b, start.len()),
            Opening::Prices(prices) if prices.len() != start.len() => Err(BadTerms::Options(prices.len())),
            Opening::Prices(prices) => Terms::new(b, prices),
        }
    }
}
