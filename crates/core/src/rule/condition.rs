//! The fields of the conditions.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{group::Group, number};
use crate::benchmark::{BenchmarkId, Unit};

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

/// The best of the group satisfies the comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "super::syntax::ScoreText", try_from = "super::syntax::ScoreText")]
pub struct Score {
    /// Where.
    pub benchmark: BenchmarkId,
    /// Whose best.
    pub of: Group,
    /// How it is compared.
    pub comparison: Comparison,
    /// In the benchmark's unit; percent where the source gives fractions.
    pub threshold: Decimal,
    /// Only this version of the benchmark counts.
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    pub fallback: Vec<BenchmarkId>,
}

/// The four ways to compare a score with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `score >= threshold`.
    AtLeast,
    /// `score > threshold`.
    Above,
    /// `score <= threshold`.
    AtMost,
    /// `score < threshold`.
    Below,
}

impl Comparison {
    /// Whether a score satisfies it.
    pub fn holds(self, score: Decimal, threshold: Decimal) -> bool {
        match self {
            Self::AtLeast => score >= threshold,
            Self::Above => score > threshold,
            Self::AtMost => score <= threshold,
            Self::Below => score < threshold,
        }
    }

    /// Whether more is better for it.
    pub fn upward(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }

    /// `at least`, `above`, `at most`, `below`.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "at least",
            Self::Above => "above",
            Self::AtMost => "at most",
            Self::Below => "below",
        }
    }
}

/// What a difference of two scores is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Percentage points.
    Pp,
    /// Rating points.
    Elo,
    /// Points of an index.
    Index,
    /// Minutes.
    Minutes,
    /// Percent of the other group's best.
    Percent,
}

impl Difference {
    /// Whether scores of this unit have such differences.
    pub fn fits(self, unit: Unit) -> bool {
        matches!(
            (self, unit),
            (Self::Percent, _)
                | (Self::Pp, Unit::Percent | Unit::Fraction)
                | (Self::Elo, Unit::Elo)
                | (Self::Index, Unit::Index)
                | (Self::Minutes, Unit::Minutes)
        )
    }
}

/// The lead of `to` over `of` is at most `within`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Where.
    pub benchmark: BenchmarkId,
    /// The group that lags.
    pub of: Group,
    /// The group that leads.
    pub to: Group,
    /// Inclusive.
    #[serde(with = "number")]
    pub within: Decimal,
    /// What `within` counts; the benchmark's own unit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Difference>,
    /// Only this version of the benchmark counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<BenchmarkId>,
}

/// The lead of `of` over `over` is more than `by`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// Where.
    pub benchmark: BenchmarkId,
    /// The group that leads.
    pub of: Group,
    /// The group that lags.
    pub over: Group,
    /// Strict, in the benchmark's unit.
    #[serde(default, with = "number")]
    pub by: Decimal,
    /// Only this version of the benchmark counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<BenchmarkId>,
}

/// A row of the group is among the first of all rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    /// Where.
    pub benchmark: BenchmarkId,
    /// Whose row.
    pub of: Group,
    /// How many places count; equal scores share the best one.
    pub top: std::num::NonZeroU32,
    /// Only this version of the benchmark counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<BenchmarkId>,
}

/// The registry has a model of the group that was released within the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// Whose release.
    pub of: Group,
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
}
