//! What a source said, snapshot by snapshot.

use bellwether_core::{benchmark::BenchmarkId, ids::SourceId, registry::Registry, table::Table};
use bellwether_sources::{Dated, SourceDocument, extract};
use chrono::{DateTime, TimeDelta, Utc};

/// One source's contents, oldest first.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The source.
    pub source: SourceId,
    /// Its benchmarks.
    pub benchmarks: Vec<BenchmarkId>,
    /// No new content for so long is stale.
    pub stale_after: TimeDelta,
    /// The contents.
    pub contents: Vec<Content>,
}

/// What one snapshot said.
#[derive(Clone, Debug)]
pub struct Content {
    /// When it was observed.
    pub at: DateTime<Utc>,
    /// Orders the contents of one instant: empty, `a`, `b`, ...
    pub letter: String,
    /// The file it came from, or the snapshot's hash.
    pub name: String,
    /// The bytes differ from those before.
    pub is_new: bool,
    /// Its tables, or why it cannot be read.
    pub tables: Result<Vec<Table>, String>,
}

impl Contents {
    /// Extracts dated snapshots.
    pub fn extract(document: &SourceDocument, snapshots: &[Dated], registry: &Registry) -> Self {
        let benchmarks = document
            .tables
            .iter()
            .map(|t| BenchmarkId { source: document.id.clone(), name: t.benchmark.clone() })
            .collect();
        let contents = snapshots.iter().enumerate().map(|(i, dated)| Content {
            at: dated.observed_at(),
            letter: dated.letter.clone(),
            name: dated.name.clone(),
            is_new: i == 0 || snapshots[i - 1].snapshot != dated.snapshot,
            tables: extract(document, &dated.snapshot, registry, dated.observed_at())
                .map(|e| e.tables)
                .map_err(|e| e.to_string()),
        });
        Self {
            source: document.id.clone(),
            benchmarks,
            stale_after: document.stale_after,
            contents: contents.collect(),
        }
    }
}
