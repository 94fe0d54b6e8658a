//! The conditions: what they have in common.

use serde::{Deserialize, Serialize};

use super::{
    evaluation::Evaluation, gap::Gap, group::Group, lead::Lead, place::Place, rank::Rank, released::Released,
    score::Score,
};
use crate::benchmark::BenchmarkId;

/// A leaf of a rule: one question to one benchmark, or to the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The best of a group against a number.
    Score(Score),
    /// How far a group lags behind another.
    Gap(Gap),
    /// How far a group leads another.
    Lead(Lead),
    /// A group among the first of all rows.
    Rank(Rank),
    /// A model of a group was released within the window.
    Released(Released),
}

impl Condition {
    /// The benchmark asked first; a release asks none.
    pub fn benchmark(&self) -> Option<&BenchmarkId> {
        match self {
            Self::Score(c) => Some(&c.benchmark),
            Self::Gap(c) => Some(&c.benchmark),
            Self::Lead(c) => Some(&c.benchmark),
            Self::Rank(c) => Some(&c.benchmark),
            Self::Released(_) => None,
        }
    }

    /// The benchmarks that answer, in order, while the first is stale or quarantined.
    pub fn fallback(&self) -> &[BenchmarkId] {
        match self {
            Self::Score(c) => &c.fallback,
            Self::Gap(c) => &c.fallback,
            Self::Lead(c) => &c.fallback,
            Self::Rank(c) => &c.fallback,
            Self::Released(_) => &[],
        }
    }

    /// The version it is pinned to.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Score(c) => c.version.as_deref(),
            Self::Gap(c) => c.version.as_deref(),
            Self::Lead(c) => c.version.as_deref(),
            Self::Rank(c) => c.version.as_deref(),
            Self::Released(_) => None,
        }
    }

    /// The group it is about.
    pub fn of(&self) -> &Group {
        match self {
            Self::Score(c) => &c.of,
            Self::Gap(c) => &c.of,
            Self::Lead(c) => &c.of,
            Self::Rank(c) => &c.of,
            Self::Released(c) => &c.of,
        }
    }

    /// The group it is compared with, where there is one.
    pub fn other(&self) -> Option<&Group> {
        match self {
            Self::Gap(c) => Some(&c.to),
            Self::Lead(c) => Some(&c.over),
            Self::Score(_) | Self::Rank(_) | Self::Released(_) => None,
        }
    }

    /// Evaluates it on the rows of one table.
    pub(super) fn evaluate(&self, place: &Place<'_, '_>) -> Evaluation {
        match self {
            Self::Score(c) => c.evaluate(place),
            Self::Gap(c) => c.evaluate(place),
            Self::Lead(c) => c.evaluate(place),
            Self::Rank(c) => c.evaluate(place),
            Self::Released(_) => Evaluation::unknown("a release is no question to a table"),
        }
    }
}
