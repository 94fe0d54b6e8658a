//! What a source document reads from a folder of dated snapshots: rows, or a named reason, for every file.

use std::{io, path::Path};

use bellwether_core::{openness::Openness, registry::Registry, table::Table};
use serde::Serialize;

use crate::{
    archive::{Dated, read_archive},
    document::SourceDocument,
    extract::{UnparsedFile, extract},
};

/// What a document reads from a folder.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// The source.
    pub source: String,
    /// One entry for each snapshot, oldest first.
    pub snapshots: Vec<SnapshotReport>,
    /// Files that are no snapshot of this source, each with the reason.
    pub left_out: Vec<LeftOut>,
}

/// A file that is no snapshot.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What one snapshot gives.
#[derive(Clone, Debug, Serialize)]
pub struct SnapshotReport {
    /// Its name in the folder.
    pub name: String,
    /// Why it gives nothing at all.
    pub error: Option<String>,
    /// Its tables, in the document's order.
    pub tables: Vec<TableReport>,
    /// How many models a registry describes.
    pub models: usize,
    /// Files of a folder that do not parse.
    pub unparsed: Vec<UnparsedFile>,
}

/// What one table of a snapshot gives.
#[derive(Clone, Debug, Serialize)]
pub struct TableReport {
    /// `source/benchmark`.
    pub benchmark: String,
    /// The publisher's version, stated or declared.
    pub version: Option<String>,
    /// How many rows.
    pub rows: usize,
    /// How many of them have a score.
    pub scored: usize,
    /// How many are open, closed, unknown.
    pub openness: [usize; 3],
    /// Why there are no rows, or what is wrong with those there are.
    pub reasons: Vec<String>,
}

impl CheckReport {
    /// Snapshots that give no row and name no reason: there must be none.
    pub fn silent(&self) -> impl Iterator<Item = &SnapshotReport> {
        self.snapshots.iter().filter(|s| {
            s.error.is_none() && s.models == 0 && s.tables.iter().all(|t| t.rows == 0 && t.reasons.is_empty())
        })
    }

    /// Rows of all tables of all snapshots.
    pub fn rows(&self) -> usize {
        self.snapshots.iter().flat_map(|s| &s.tables).map(|t| t.rows).sum()
    }
}

/// Reads every dated file of a folder.
pub fn check(document: &SourceDocument, dir: &Path, registry: &Registry) -> io::Result<CheckReport> {
    let archive = read_archive(document, dir)?;
    let left_out = archive.left_out.into_iter().map(|(name, reason)| LeftOut { name, reason }).collect();
    let snapshots = archive.snapshots.iter().map(|dated| snapshot(document, dated, registry)).collect();
    Ok(CheckReport { source: document.id.to_string(), snapshots, left_out })
}

fn snapshot(document: &SourceDocument, dated: &Dated, registry: &Registry) -> SnapshotReport {
    let name = dated.name.clone();
    match extract(document, &dated.snapshot, registry, dated.observed_at()) {
        Ok(found) => SnapshotReport {
            name,
            error: None,
            tables: found.tables.iter().map(table).collect(),
            models: found.models.len(),
            unparsed: found.unparsed,
        },
        Err(e) => SnapshotReport {
            name,
            error: Some(e.to_string()),
            tables: Vec::new(),
            models: 0,
            unparsed: Vec::new(),
        },
    }
}

fn table(table: &Table) -> TableReport {
    let count = |openness| table.rows.iter().filter(|row| row.openness == openness).count();
    let mut reasons = Vec::new();
    if !table.missing_columns.is_empty() {
        reasons.push(if table.rows.is_empty() {
            "no rows: the file has no such table".to_owned()
        } else {
            format!("required columns gone: {}", table.missing_columns.join(", "))
        });
    }
    if table.duplicate_rows > 0 {
        reasons.push(format!("{} rows repeat another byte for byte", table.duplicate_rows));
    }
    if let Some(first) = table.unreadable.first() {
        let count = table.unreadable.len();
        reasons.push(format!(
            "{count} unreadable cells, the first: {} of {}: `{}`",
            first.field, first.key, first.text
        ));
    }
    TableReport {
        benchmark: table.spec.benchmark.to_string(),
        version: table.version.clone(),
        rows: table.rows.len(),
        scored: table.rows.iter().filter(|row| row.score.is_some()).count(),
        openness: [count(Openness::Open), count(Openness::Closed), count(Openness::Unknown)],
        reasons,
    }
}
