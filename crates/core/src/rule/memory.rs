//! What one step leaves to the next: the witnesses, and those of them that have vanished.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::field::Seen;
use crate::{
    benchmark::BenchmarkId,
    ids::SourceId,
    table::{Row, Table},
};

/// The memory of a rule's evaluation, one entry per condition from left to right. Start with `Memory::default()`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub(super) conditions: Vec<Option<Remembered>>,
}

impl Memory {
    /// When doubts about vanished witnesses end by themselves, given the claim's `for`.
    pub fn ends(&self, standing: TimeDelta) -> impl Iterator<Item = DateTime<Utc>> {
        self.conditions.iter().flatten().flat_map(move |r| r.vanished.iter().map(move |v| v.since + standing))
    }

    /// Gives up the doubts that end by themselves, given the claim's `for`, while the file at hand of their source
    /// stands; `stands_until` says until when that is. Whether any was given up.
    pub fn outlast(
        &mut self,
        standing: TimeDelta,
        stands_until: impl Fn(&SourceId) -> Option<DateTime<Utc>>,
    ) -> bool {
        let mut given_up = false;
        for remembered in self.conditions.iter_mut().flatten() {
            if let Some(until) = stands_until(&remembered.benchmark.source) {
                let before = remembered.vanished.len();
                remembered.vanished.retain(|vanished| vanished.since + standing > until);
                given_up |= remembered.vanished.len() < before;
            }
        }
        given_up
    }
}

/// What is kept of one condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Remembered {
    benchmark: BenchmarkId,
    version: Option<String>,
    witnesses: Vec<Row>,
    vanished: Vec<Vanished>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Vanished {
    row: Row,
    since: DateTime<Utc>,
}

impl Remembered {
    pub(super) fn new<'k, 't>(
        table: &'t Table,
        seen: &Seen<'t>,
        witnesses: impl Iterator<Item = &'k str>,
        vanished: Vec<(Row, DateTime<Utc>)>,
    ) -> Self {
        Self {
            benchmark: table.spec.benchmark.clone(),
            version: table.version.clone(),
            witnesses: witnesses.filter_map(|key| seen.row(table, key).cloned()).collect(),
            vanished: vanished.into_iter().map(|(row, since)| Vanished { row, since }).collect(),
        }
    }

    pub(super) fn nothing(benchmark: BenchmarkId, version: Option<String>) -> Self {
        Self { benchmark, version, witnesses: Vec::new(), vanished: Vec::new() }
    }

    /// The witnesses that are missing from `table` at `at`, each with the instant it was first missed, for as long as
    /// `standing` has not passed. Nothing vanishes across a version or a change of source.
    pub(super) fn vanished<'t>(
        memory: Option<&Self>,
        table: &'t Table,
        seen: &Seen<'t>,
        at: DateTime<Utc>,
        standing: TimeDelta,
    ) -> Vec<(Row, DateTime<Utc>)> {
        let Some(memory) = memory else { return Vec::new() };
        if memory.benchmark != table.spec.benchmark || memory.version != table.version {
            return Vec::new();
        }
        // A row that has lost its score has vanished too: nothing can be read from it.
        let there = |row: &Row| seen.row(table, &row.key).is_some_and(|r| r.score.is_some());
        let mut missing: Vec<(Row, DateTime<Utc>)> = Vec::new();
        let earlier = memory.vanished.iter().map(|v| (&v.row, v.since));
        for (row, since) in earlier.chain(memory.witnesses.iter().map(|row| (row, at))) {
            if !there(row) && at < since + standing && !missing.iter().any(|(m, _)| m.key == row.key) {
                missing.push((row.clone(), since));
            }
        }
        missing
    }
}
