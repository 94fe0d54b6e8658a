//! Benchmarks: their ids, units and directions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::{BadName, BenchmarkName, SourceId};

/// A benchmark as one source publishes it, `source/benchmark`. The same test in another source is another benchmark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BenchmarkId {
    /// The publisher's source.
    pub source: SourceId,
    /// The table within it.
    pub name: BenchmarkName,
}

/// Why a text is no benchmark id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBenchmarkId {
    /// The source is missing, so the figures would be nobody's.
    #[error("`{0}` names no source: write source/benchmark, for example llm-stats/mmlu")]
    Bare(String),
    /// One of the two parts is no name.
    #[error(transparent)]
    Name(#[from] BadName),
}

impl fmt::Display for BenchmarkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.name)
    }
}

impl FromStr for BenchmarkId {
    type Err = BadBenchmarkId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (source, name) =
            text.split_once('/').ok_or_else(|| BadBenchmarkId::Bare(text.chars().take(100).collect()))?;
        Ok(Self { source: SourceId::new(source)?, name: BenchmarkName::new(name)? })
    }
}

impl TryFrom<String> for BenchmarkId {
    type Error = BadBenchmarkId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BenchmarkId> for String {
    fn from(id: BenchmarkId) -> Self {
        id.to_string()
    }
}

/// What a score counts. A `fraction` is stored and compared as percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 100.
    Percent,
    /// 0 to 1 in the source, 0 to 100 here.
    Fraction,
    /// Rating points on the Elo scale.
    Elo,
    /// A composite index of its publisher.
    Index,
    /// Length of a task in minutes.
    Minutes,
}

impl Unit {
    /// How a difference of two scores is written: `pp`, `Elo`, `points` of an index, `min`.
    pub fn difference(self) -> &'static str {
        match self {
            Self::Percent | Self::Fraction => "pp",
            Self::Elo => "Elo",
            Self::Index => "index points",
            Self::Minutes => "min",
        }
    }
}

/// Which end of the scale is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    #[default]
    Higher,
    /// Less is better.
    Lower,
}
