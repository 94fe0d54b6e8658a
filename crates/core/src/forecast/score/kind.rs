//! The names of the scores.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Which score it is. Brier and peer are the ones in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreKind {
    /// Mean squared distance from the outcome over the time forecast; 0 is best. For yes/no it is the one-sided
    /// `(p - o)^2`, 0 to 1; for named options the sum over the options, 0 to 2.
    Brier,
    /// 100 times the log of how much likelier one called it than the others at the same time, times the part of the
    /// question's time; 0 is average, the sum over those who count is 0.
    Peer,
    /// 100 for certainty, 0 for the same chance for every option, times the part of the question's time.
    Baseline,
    /// Mean `ln p` of the outcome over the time forecast; 0 is best.
    Log,
    /// The baseline score at one instant.
    SpotBaseline,
    /// The peer score at one instant.
    SpotPeer,
    /// `log2` of the ratio to the recency-weighted median; kept to compare with old tables.
    RelativeLegacy,
}

/// Why a text names no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no score: use brier, peer, baseline, log, spot_baseline, spot_peer or relative_legacy")]
pub struct BadScoreKind(pub String);

impl ScoreKind {
    /// Every score, those in front first.
    pub const ALL: [Self; 7] = [
        Self::Brier,
        Self::Peer,
        Self::Baseline,
        Self::Log,
        Self::SpotBaseline,
        Self::SpotPeer,
        Self::RelativeLegacy,
    ];

    /// The scores that a claim keeps: all but the relative one.
    pub const KEPT: [Self; 6] =
        [Self::Brier, Self::Peer, Self::Baseline, Self::Log, Self::SpotBaseline, Self::SpotPeer];

    /// Its word in tables, JSON and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brier => "brier",
            Self::Peer => "peer",
            Self::Baseline => "baseline",
            Self::Log => "log",
            Self::SpotBaseline => "spot_baseline",
            Self::SpotPeer => "spot_peer",
            Self::RelativeLegacy => "relative_legacy",
        }
    }

    /// Its name on pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Brier => "Brier score",
            Self::Peer => "Peer score",
            Self::Baseline => "Baseline score",
            Self::Log => "Log score",
            Self::SpotBaseline => "Spot baseline score",
            Self::SpotPeer => "Spot peer score",
            Self::RelativeLegacy => "Relative score (legacy)",
        }
    }

    /// Whether less is better: only for Brier.
    pub fn less_is_better(self) -> bool {
        self == Self::Brier
    }

    /// Whether claims are averaged by coverage (Brier, log: means over time) rather than summed.
    pub fn is_mean(self) -> bool {
        matches!(self, Self::Brier | Self::Log)
    }
}

impl fmt::Display for ScoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ScoreKind {
    type Err = BadScoreKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| BadScoreKind(text.chars().take(100).collect()))
    }
}
