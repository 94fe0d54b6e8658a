//! Impact points, the unit of evidence: `logit(p') = logit(p) + points / 25`.

use serde::{Deserialize, Serialize};

use crate::probability::LogOdds;

/// Points in one nat of log-odds; at 50 % a point is about one percentage point.
pub const PER_NAT: f64 = 25.0;

/// The most that an item may state, and that a cluster may count: a likelihood ratio of about 5.
pub const CAP: f64 = 40.0;

/// Signed impact points: what moves a log-weight. Always finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Points(f64);

/// Why a number is no strength of evidence.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadPoints {
    /// Not from 0 to 40.
    #[error(
        "{0} is no strength: use 0 to 40 points, such as 1 (trace), 3 (weak), 6 (moderate), 12 (strong) or 25 (decisive)"
    )]
    Strength(f64),
    /// Not a likelihood ratio that 40 points can express.
    #[error("{0} is no likelihood ratio: use a number above 0, from 0.202 to 4.95 (40 points either way)")]
    Ratio(f64),
}

impl Points {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);

    /// Signed points; a number that is not finite counts nothing.
    pub fn new(points: f64) -> Self {
        // Adding zero turns -0 into 0, so that an item that counts nothing is never shown as minus nothing.
        Self(if points.is_finite() { points + 0.0 } else { 0.0 })
    }

    /// The points between two log-odds.
    pub fn between(before: f64, after: f64) -> Self {
        Self::new(PER_NAT * (after - before))
    }

    /// The signed number.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The same distance in log-odds.
    pub fn log_odds(self) -> LogOdds {
        LogOdds(self.0 / PER_NAT)
    }

    /// How many times likelier the evidence is if the claim holds: `e^(points / 25)`.
    pub fn likelihood_ratio(self) -> f64 {
        (self.0 / PER_NAT).exp()
    }

    /// Points of a likelihood ratio, `25 ln LR`; below 1 they are negative, which means against.
    pub fn from_likelihood_ratio(ratio: f64) -> Result<Self, BadPoints> {
        let points = PER_NAT * ratio.ln();
        // A ratio is typed with few digits, so the end of the scale may be missed by a hair.
        if points.abs() <= CAP + 0.05 {
            Ok(Self::new(points.clamp(-CAP, CAP)))
        } else {
            Err(BadPoints::Ratio(ratio))
        }
    }
}

/// The strength an author states for an item: 0 to 40 points, without sign.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct Strength(f64);

impl Strength {
    /// Reads a strength.
    pub fn new(points: f64) -> Result<Self, BadPoints> {
        if (0.0..=CAP).contains(&points) { Ok(Self(points + 0.0)) } else { Err(BadPoints::Strength(points)) }
    }

    /// The points, from 0 to 40.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Strength {
    type Error = BadPoints;

    fn try_from(points: f64) -> Result<Self, Self::Error> {
        Self::new(points)
    }
}

impl From<Strength> for f64 {
    fn from(strength: Strength) -> Self {
        strength.0
    }
}

/// Named strengths, so that authors need not think in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// 1 point, likelihood ratio 1.04.
    Trace,
    /// 3 points, 1.13.
    Weak,
    /// 6 points, 1.27.
    Moderate,
    /// 12 points, 1.62.
    Strong,
    /// 25 points, 2.72.
    Decisive,
}

impl Preset {
    /// All, from the weakest.
    pub const ALL: [Self; 5] = [Self::Trace, Self::Weak, Self::Moderate, Self::Strong, Self::Decisive];

    /// Its points.
    pub fn strength(self) -> Strength {
        Strength(match self {
            Self::Trace => 1.0,
            Self::Weak => 3.0,
            Self::Moderate => 6.0,
            Self::Strong => 12.0,
            Self::Decisive => 25.0,
        })
    }

    /// Its word on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Weak => "weak",
            Self::Moderate => "moderate",
            Self::Strong => "strong",
            Self::Decisive => "decisive",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_the_likelihood_ratios_they_promise() {
        for (preset, ratio) in Preset::ALL.into_iter().zip([1.04, 1.13, 1.27, 1.62, 2.72]) {
            let points = Points::new(preset.strength().value());
            assert!((points.likelihood_ratio() - ratio).abs() < 0.005, "{}", preset.word());
        }
        assert!((Points::new(CAP).likelihood_ratio() - 4.95).abs() < 0.005);
    }

    #[test]
    fn a_likelihood_ratio_becomes_signed_points() {
        assert_eq!(Points::from_likelihood_ratio(1.0), Ok(Points::ZERO));
        let twice = Points::from_likelihood_ratio(2.0).expect("within 40 points").value();
        let half = Points::from_likelihood_ratio(0.5).expect("within 40 points").value();
        assert!((twice - 17.328_68).abs() < 1e-5 && (twice + half).abs() < 1e-12);
        for bad in [0.0, -1.0, 5.1, f64::NAN, f64::INFINITY] {
            assert!(Points::from_likelihood_ratio(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_strength_is_from_0_to_40() {
        for bad in [-0.1, 40.01, f64::NAN, f64::INFINITY] {
            assert!(Strength::new(bad).is_err(), "{bad}");
        }
        assert!(Strength::new(-0.0).is_ok_and(|s| s.value().is_sign_positive()));
    }
}
