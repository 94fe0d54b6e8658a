//! Reading the stored bytes again: the same document, registry and gate must say the same.

use bellwether_core::{
    benchmark::BenchmarkId,
    ids::{FetchId, Sha256, SourceId},
};
use bellwether_sources::{Snapshot, SourceDocument, extract};
use bellwether_store::{Fetch, Tx};
use chrono::{DateTime, TimeDelta, Utc};

use super::{registry, write::File};
use crate::{Engine, EngineError, Result};

/// What reading a source's history again has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Snapshots that were read again.
    pub snapshots: usize,
    /// Rows that were compared.
    pub rows: usize,
    /// What is not as it was.
    pub differences: Vec<Difference>,
}

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Under which fetch it stands.
    pub fetch: FetchId,
    /// Of which benchmark; absent: the bytes themselves.
    pub benchmark: Option<BenchmarkId>,
    /// What it is.
    pub what: String,
}

/// The bytes of a fetch, checked against their digests.
pub(crate) async fn bytes(tx: &mut Tx, fetch: &Fetch) -> Result<Snapshot> {
    let files: Vec<File> = fetch.files.read()?;
    let mut parts = Vec::with_capacity(files.len());
    for file in files {
        let stored = tx.snapshot(file.sha256).await?;
        let bytes = zstd::decode_all(stored.zstd.as_slice()).map_err(EngineError::internal)?;
        if Sha256::of(&bytes) != file.sha256 {
            return Err(EngineError::Internal(
                format!("{} does not have the digest {}", file.name, file.sha256).into(),
            ));
        }
        parts.push((file.name, bytes));
    }
    Ok(Snapshot::from_files(parts))
}

impl Engine {
    /// Reads the stored bytes of a source again and compares every score with what was stored. Openness is left out:
    /// the registry may know more today.
    pub async fn replay(&self, source: &SourceId) -> Result<ReplayReport> {
        let now = self.now();
        let mut tx = self.read().await?;
        let registry = registry::load(&mut tx).await?;
        let mut report = ReplayReport::default();
        let from = DateTime::<Utc>::UNIX_EPOCH;
        for fetch in tx.polls(source, from, now + TimeDelta::days(1)).await? {
            if fetch.outcome != "new" {
                continue;
            }
            let version = tx.source_version(source, fetch.source_n).await?;
            let document = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
            let snapshot = bytes(&mut tx, &fetch).await?;
            report.snapshots += 1;
            if fetch.content != Some(snapshot.content()) {
                let what = "the bytes do not have the digest of their content".to_owned();
                report.differences.push(Difference { fetch: fetch.id, benchmark: None, what });
            }
            let Ok(found) = extract(&document, &snapshot, &registry, fetch.at) else { continue };
            for table in &found.tables {
                compare(&mut tx, &fetch, table, &mut report).await?;
            }
        }
        Ok(report)
    }
}

async fn compare(
    tx: &mut Tx,
    fetch: &Fetch,
    table: &bellwether_core::table::Table,
    report: &mut ReplayReport,
) -> Result<()> {
    let stored = tx.observations(fetch.id, &table.spec.benchmark).await?;
    let mut differ = |what: String| {
        let benchmark = Some(table.spec.benchmark.clone());
        report.differences.push(Difference { fetch: fetch.id, benchmark, what });
    };
    if stored.len() != table.rows.len() {
        differ(format!("{} rows now, {} then", table.rows.len(), stored.len()));
        return Ok(());
    }
    for (was, is) in stored.iter().zip(&table.rows) {
        let score = is.score.map(|score| score.to_string());
        if was.row_key != is.key || was.score != score || was.model != is.model || was.as_of != is.as_of {
            differ(format!(
                "row {} says {:?} now, row {} said {:?} then",
                is.key, score, was.row_key, was.score
            ));
        }
    }
    report.rows += stored.len();
    Ok(())
}
