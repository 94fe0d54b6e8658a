//! What stands: for each benchmark the newest table that was fetched, and what the gate says of it by now.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    canonical,
    ids::{FetchId, Sha256, SourceId},
    registry::Overrule,
    rule::{HeldRow, Seen, TableAt},
    table::{Row, Table, TableSpec},
};
use bellwether_sources::gate::{GateState, Judgement};
use bellwether_store::{SnapshotTable, Tx};
use chrono::{DateTime, Utc};

use crate::{EngineError, Result};

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

/// What stands, without the rows: enough to tell whether anything has changed since rules were last evaluated.
pub(crate) struct Ground {
    heads: BTreeMap<BenchmarkId, Head>,
    /// Persons' words on openness that count by now.
    words: Vec<Overrule>,
    digest_of_words: Sha256,
}

struct Head {
    table: SnapshotTable,
    judgement: Judgement,
    stale: bool,
    digest: Sha256,
}

impl Ground {
    /// What stands for some benchmarks at `now`.
    pub(crate) async fn load(
        tx: &mut Tx,
        benchmarks: &BTreeSet<BenchmarkId>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let benchmarks: Vec<BenchmarkId> = benchmarks.iter().cloned().collect();
        let stale = stale_sources(tx).await?;
        let mut heads = BTreeMap::new();
        for table in tx.newest_tables_of(&benchmarks, now).await? {
            let Some(memory) = tx.gate_memory(&table.benchmark).await? else { continue };
            let judgement = memory.state.read::<GateState>()?.current();
            let stale = stale.contains(&table.source);
            let digest =
                canonical::digest(&(table.fetch_id, &judgement, stale)).map_err(EngineError::internal)?;
            heads.insert(table.benchmark.clone(), Head { table, judgement, stale, digest });
        }
        let mut words = crate::ingest::registry::words(tx).await?;
        words.retain(|word| word.from <= now);
        let digest_of_words = canonical::digest(&words).map_err(EngineError::internal)?;
        Ok(Self { heads, words, digest_of_words })
    }

    /// A digest of all that rules over some benchmarks can see of their tables. While it stays the same, and unless time
    /// itself matters to a rule, evaluating it again gives the same.
    pub(crate) fn digest(&self, benchmarks: &BTreeSet<BenchmarkId>) -> Result<Sha256> {
        let heads: BTreeMap<&BenchmarkId, Option<&Sha256>> =
            benchmarks.iter().map(|id| (id, self.heads.get(id).map(|head| &head.digest))).collect();
        let seen: Vec<_> = heads.into_iter().collect();
        canonical::digest(&(seen, &self.digest_of_words)).map_err(EngineError::internal)
    }

    /// The tables with their rows. Those of `fresh` that stand were read just now and are not read back.
    pub(crate) async fn standings(
        &self,
        tx: &mut Tx,
        benchmarks: &BTreeSet<BenchmarkId>,
        fresh: Fresh,
        now: DateTime<Utc>,
    ) -> Result<Standings> {
        let heads: Vec<&Head> = benchmarks.iter().filter_map(|id| self.heads.get(id)).collect();
        let mut rows: BTreeMap<BenchmarkId, Vec<Row>> = fresh
            .tables
            .into_iter()
            .filter(|table| {
                let head = self.heads.get(&table.spec.benchmark);
                head.is_some_and(|head| Some(head.table.fetch_id) == fresh.fetch)
            })
            .map(|table| (table.spec.benchmark, table.rows))
            .collect();
        let stored: Vec<_> = heads
            .iter()
            .map(|head| (head.table.fetch_id, head.table.benchmark.clone()))
            .filter(|(_, benchmark)| !rows.contains_key(benchmark))
            .collect();
        for observation in tx.observations_of(&stored).await? {
            let row = observation.row_json.read()?;
            rows.entry(observation.benchmark).or_default().push(row);
        }
        for (benchmark, rows) in &mut rows {
            crate::ingest::apply_words(&self.words, &benchmark.source, rows, now);
        }
        let mut standings = BTreeMap::new();
        for head in heads {
            let spec: TableSpec = head.table.spec.read()?;
            standings.insert(
                head.table.benchmark.clone(),
                StandingTable {
                    fetch: head.table.fetch_id,
                    content: head.table.content,
                    observed_at: head.table.observed_at,
                    table: Table {
                        spec,
                        version: head.table.version.clone(),
                        rows: rows.remove(&head.table.benchmark).unwrap_or_default(),
                        missing_columns: Vec::new(),
                        duplicate_rows: 0,
                        unreadable: Vec::new(),
                    },
                    judgement: head.judgement.clone(),
                    stale: head.stale,
                },
            );
        }
        Ok(Standings(standings))
    }
}

/// Tables that were read in the same transaction.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    /// Under which fetch they were stored.
    pub(crate) fetch: Option<FetchId>,
    /// The tables.
    pub(crate) tables: Vec<Table>,
}

impl Standings {
    /// The tables as rules see them. Rules that are evaluated with the same map share what is worked out of a table.
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
            seen: Seen::default(),
        }
    }
}

async fn stale_sources(tx: &mut Tx) -> Result<BTreeSet<SourceId>> {
    let states = tx.source_states().await?;
    Ok(states.into_iter().filter(|state| state.stale_since.is_some()).map(|state| state.source).collect())
}
