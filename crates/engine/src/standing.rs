//! What stands: for each benchmark the newest table that was fetched, and what the gate says of it by now.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    ids::{FetchId, Sha256, SourceId},
    rule::{HeldRow, TableAt},
    table::{Row, Table, TableSpec},
};
use bellwether_sources::gate::{GateState, Judgement};
use bellwether_store::Tx;
use chrono::{DateTime, Utc};

use crate::Result;

/// One benchmark's table as it stands.
#[derive(Clone, Debug)]
pub struct StandingTable {
    /// The fetch that brought it.
    pub fetch: FetchId,
    /// Digest of the content it was read from.
    pub content: Sha256,
    /// When that content was fetched first.
    pub observed_at: DateTime<Utc>,
    /// The rows, held back or not.
    pub table: Table,
    /// Whether it may decide, and which of its rows are held.
    pub judgement: Judgement,
    /// The source had no new content for its `stale_after`.
    pub stale: bool,
}

/// The tables that stand for some benchmarks; a benchmark that was never read is absent.
#[derive(Clone, Debug, Default)]
pub struct Standings(pub BTreeMap<BenchmarkId, StandingTable>);

impl Standings {
    /// Loads what stands at `now`.
    pub(crate) async fn load(
        tx: &mut Tx,
        benchmarks: &BTreeSet<BenchmarkId>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let newest: Vec<_> = tx
            .newest_tables(now)
            .await?
            .into_iter()
            .filter(|table| benchmarks.contains(&table.benchmark))
            .collect();
        let keys: Vec<_> = newest.iter().map(|table| (table.fetch_id, table.benchmark.clone())).collect();
        let mut rows: BTreeMap<(FetchId, BenchmarkId), Vec<Row>> = BTreeMap::new();
        for observation in tx.observations_of(&keys).await? {
            let row = observation.row_json.read()?;
            rows.entry((observation.fetch_id, observation.benchmark)).or_default().push(row);
        }
        let words = tx.openness_overrides().await?;
        for ((_, benchmark), rows) in &mut rows {
            crate::ingest::apply_words(&words, &benchmark.source, rows, now);
        }
        let stale = stale_sources(tx).await?;
        let mut standings = BTreeMap::new();
        for table in newest {
            let Some(memory) = tx.gate_memory(&table.benchmark).await? else { continue };
            let spec: TableSpec = table.spec.read()?;
            let key = (table.fetch_id, table.benchmark.clone());
            standings.insert(
                table.benchmark.clone(),
                StandingTable {
                    fetch: table.fetch_id,
                    content: table.content,
                    observed_at: table.observed_at,
                    table: Table {
                        spec,
                        version: table.version,
                        rows: rows.remove(&key).unwrap_or_default(),
                        missing_columns: Vec::new(),
                        duplicate_rows: 0,
                        unreadable: Vec::new(),
                    },
                    judgement: memory.state.read::<GateState>()?.current(),
                    stale: stale.contains(&table.source),
                },
            );
        }
        Ok(Self(standings))
    }

    /// The tables as a rule sees them.
    pub(crate) fn tables(&self) -> BTreeMap<BenchmarkId, TableAt<'_>> {
        self.0.iter().map(|(id, standing)| (id.clone(), standing.seen())).collect()
    }
}

impl StandingTable {
    /// The table as a rule sees it.
    fn seen(&self) -> TableAt<'_> {
        TableAt {
            table: Some(&self.table),
            quarantined: self.judgement.standing.quarantined(),
            held: self
                .judgement
                .holds
                .iter()
                .map(|hold| HeldRow { key: hold.key.clone(), was: hold.was })
                .collect(),
            stale: self.stale,
        }
    }
}

async fn stale_sources(tx: &mut Tx) -> Result<BTreeSet<SourceId>> {
    let states = tx.source_states().await?;
    Ok(states.into_iter().filter(|state| state.stale_since.is_some()).map(|state| state.source).collect())
}
