//! What "Open vs closed" shows: all benchmarks, and one with both frontiers.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    claim_view::Chart,
    figures,
    parts::{Mark, Svg, When},
    shell::Shell,
};

/// The best of a group now.
#[derive(Clone, Debug)]
pub(crate) struct Best {
    /// The score as text.
    pub score: String,
    /// The model.
    pub model: String,
}

/// A benchmark in the list.
#[derive(Clone, Debug)]
pub(crate) struct BenchmarkRow {
    /// `source/name`, which is also its address.
    pub id: String,
    /// Title with its source.
    pub title: String,
    /// Best open-weights model.
    pub open: Option<Best>,
    /// Best closed model.
    pub closed: Option<Best>,
    /// The gap with its unit.
    pub gap: Option<String>,
    /// A year of the gap.
    pub spark: Svg,
    /// When its content last changed.
    pub fresh: Option<DateTime<Utc>>,
    /// `stopped`, `stale`, `held back`.
    pub trouble: Option<String>,
    /// `agent + model`, `saturated`, `self-reported`.
    pub flags: Vec<String>,
    /// How many claims lean on it.
    pub claims: u64,
}

/// All benchmarks.
#[derive(Clone, Debug, Template)]
#[template(path = "benchmarks.html")]
pub(crate) struct BenchmarksPage {
    /// The frame.
    pub shell: Shell,
    /// The finding.
    pub sentence: String,
    /// What it rests on.
    pub basis: String,
    /// The benchmarks.
    pub rows: Vec<BenchmarkRow>,
}

/// A row of the frontier table.
#[derive(Clone, Debug)]
pub(crate) struct FrontierRow {
    /// From when it stood.
    pub from: DateTime<Utc>,
    /// Best open.
    pub open: Option<Best>,
    /// Best closed.
    pub closed: Option<Best>,
    /// The gap with its unit.
    pub gap: Option<String>,
}

/// One benchmark.
#[derive(Clone, Debug, Template)]
#[template(path = "benchmark.html")]
pub(crate) struct BenchmarkPage {
    /// The frame.
    pub shell: Shell,
    /// `source/name`.
    pub id: String,
    /// Title.
    pub title: String,
    /// The finding, in a sentence.
    pub sentence: String,
    /// The chart of both frontiers.
    pub chart: Option<Chart>,
    /// The row of the list.
    pub row: BenchmarkRow,
    /// What the gap was: the words and the day.
    pub was: Option<(String, DateTime<Utc>)>,
    /// The source: id, title, attribution.
    pub source: (String, String, String),
    /// Unit and direction in words.
    pub unit: String,
    /// `As known on`, as typed.
    pub as_known: String,
    /// What is wrong with it.
    pub as_known_error: Option<String>,
    /// The steps of both frontiers, newest first.
    pub steps: Vec<FrontierRow>,
    /// Rows whose openness nobody knows.
    pub unknown: u64,
    /// Notices of the gate.
    pub notices: Vec<super::claim_view::Notice>,
    /// Claims that lean on it.
    pub claims: Vec<(String, String)>,
}
