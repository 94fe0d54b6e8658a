//! What the pages of sources show: how they do, what was read, what was held back and why, and a preview before saving.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    ids::{FetchId, Sha256, SourceId},
    table::Row,
};
pub use bellwether_sources::Snapshot;
use bellwether_sources::{SourceDocument, extract, gate::GateState};
use bellwether_store::{RowHold, SnapshotTable, SourceState, SourceVersion, Tx};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Engine, EngineError, Result,
    benchmarks::{Health, Leaning, catalogue, leanings, source_health},
    ingest::{Figures, bad_document, load_registry, stored_bytes, stored_rows},
};

/// So many snapshots are listed on a source's page.
const SNAPSHOTS: i64 = 60;
/// So many fetches are looked at for failures.
const FETCHES: i64 = 30;
/// So many rows are shown of each table in a preview.
const PREVIEW_ROWS: usize = 25;

/// A source in the list.
#[derive(Clone, Debug)]
pub struct SourceSummary {
    /// Its document in force.
    pub document: SourceDocument,
    /// How it does.
    pub state: SourceState,
    /// The same in a word, with the reason.
    pub health: Health,
    /// Its benchmarks: ids and titles.
    pub benchmarks: Vec<(BenchmarkId, String)>,
    /// The claims that lean on it.
    pub claims: Vec<Leaning>,
}

/// All sources, live ones first.
#[derive(Clone, Debug)]
pub struct SourcesPage {
    /// The sources.
    pub rows: Vec<SourceSummary>,
}

/// One table of one snapshot.
#[derive(Clone, Debug)]
pub struct SnapshotEntry {
    /// The table as it is stored: verdict, reason, times, who released it.
    pub table: SnapshotTable,
    /// What was counted in it.
    pub figures: Figures,
}

/// A benchmark of a source with some of the rows that stand.
#[derive(Clone, Debug)]
pub struct BenchmarkPreview {
    /// The benchmark.
    pub id: BenchmarkId,
    /// Its title.
    pub title: String,
    /// Flags of every row.
    pub flags: Vec<String>,
    /// How many rows stand.
    pub total: usize,
    /// The first of them, in the file's order.
    pub rows: Vec<Row>,
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourcePage {
    /// Its row of the list.
    pub summary: SourceSummary,
    /// The document as it was written.
    pub text: String,
    /// Versions of the document, oldest first.
    pub versions: Vec<SourceVersion>,
    /// What is wrong, with its consequence.
    pub trouble: Option<String>,
    /// Its benchmarks with the rows that stand.
    pub benchmarks: Vec<BenchmarkPreview>,
    /// Tables of snapshots, newest first, held back or not.
    pub snapshots: Vec<SnapshotEntry>,
    /// Rows that are held now.
    pub held: Vec<RowHold>,
    /// Failures of the last tries: when and why.
    pub failures: Vec<(DateTime<Utc>, String)>,
}

/// A held-back table of a snapshot with the rows in question.
#[derive(Clone, Debug)]
pub struct HeldPage {
    /// The source's document.
    pub document: SourceDocument,
    /// The table.
    pub entry: SnapshotEntry,
    /// When it may end by itself.
    pub ends: Option<DateTime<Utc>>,
    /// Whether a person can let it go.
    pub releasable: bool,
    /// Its rows, each with the score that stood before; rows that vanished stand last, without a score.
    pub rows: Vec<(Row, Option<String>)>,
    /// The claims that wait for it.
    pub claims: Vec<Leaning>,
}

/// What a document reads, before it is saved.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The document.
    pub document: SourceDocument,
    /// Digest of the content it was tried on.
    pub content: Sha256,
    /// Its tables.
    pub tables: Vec<PreviewTable>,
    /// What was noticed while reading.
    pub remarks: Vec<String>,
    /// Whether a source of this id is there already; then a reason is asked for.
    pub replaces: bool,
}

/// One table of a preview.
#[derive(Clone, Debug)]
pub struct PreviewTable {
    /// The benchmark.
    pub id: BenchmarkId,
    /// How many rows.
    pub total: usize,
    /// The first of them.
    pub rows: Vec<Row>,
    /// Rows that stood and are not read any more.
    pub gone: Vec<String>,
    /// Rows that did not stand.
    pub new: Vec<String>,
    /// Rows whose score is another: key, was, is.
    pub changed: Vec<(String, Option<String>, Option<String>)>,
}

fn benchmarks_of(document: &SourceDocument) -> Vec<(BenchmarkId, String)> {
    let id = |name: &bellwether_core::ids::BenchmarkName| BenchmarkId {
        source: document.id.clone(),
        name: name.clone(),
    };
    document.tables.iter().map(|t| (id(&t.benchmark), t.title.clone())).collect()
}

async fn summary(
    tx: &mut Tx,
    document: SourceDocument,
    state: SourceState,
    leanings: &BTreeMap<BenchmarkId, Vec<Leaning>>,
    now: DateTime<Utc>,
) -> Result<SourceSummary> {
    let mut health = source_health(&document, &state, now);
    if health != Health::Stopped {
        for memory in tx.gate_memories(&document.id).await? {
            if let Some(reason) = memory.state.read::<GateState>()?.current().standing.quarantined() {
                health = Health::HeldBack { reason: format!("{}: {reason}", memory.benchmark) };
            }
        }
    }
    let benchmarks = benchmarks_of(&document);
    let mut seen = BTreeSet::new();
    let claims = benchmarks
        .iter()
        .filter_map(|(id, _)| leanings.get(id))
        .flatten()
        .filter(|leaning| seen.insert(leaning.id))
        .cloned()
        .collect();
    Ok(SourceSummary { document, state, health, benchmarks, claims })
}

impl Engine {
    /// All sources and how they do.
    pub async fn sources_page(&self) -> Result<SourcesPage> {
        let now = self.now();
        let mut tx = self.read().await?;
        let leanings = leanings(&mut tx).await?;
        let mut rows = Vec::new();
        for (document, state) in catalogue(&mut tx).await?.into_values() {
            rows.push(summary(&mut tx, document, state, &leanings, now).await?);
        }
        rows.sort_by_key(|row| (row.document.retired, row.document.title.to_lowercase()));
        Ok(SourcesPage { rows })
    }

    /// One source.
    pub async fn source_page(&self, id: &SourceId) -> Result<SourcePage> {
        let now = self.now();
        let mut tx = self.read().await?;
        let leanings = leanings(&mut tx).await?;
        let (document, state) =
            catalogue(&mut tx).await?.remove(id).ok_or(EngineError::NotFound("source"))?;
        let summary = summary(&mut tx, document, state, &leanings, now).await?;
        let versions = tx.source_versions(id).await?;
        let text = versions.last().map(|v| v.document.clone()).unwrap_or_default();
        let mut snapshots = Vec::new();
        for table in tx.tables_of_source_before(id, now + TimeDelta::seconds(1), SNAPSHOTS).await? {
            let figures = table.figures.read()?;
            snapshots.push(SnapshotEntry { table, figures });
        }
        let mut benchmarks = Vec::new();
        let mut held = Vec::new();
        for (benchmark, title) in &summary.benchmarks {
            held.extend(tx.held_rows(Some(benchmark)).await?);
            let standing = tx.standing_tables(std::slice::from_ref(benchmark), now).await?.pop();
            let rows = match standing {
                Some(table) => stored_rows(&mut tx, table.fetch_id, benchmark, now).await?,
                None => Vec::new(),
            };
            let flags =
                summary.document.table(benchmark.name.as_str()).map(|t| t.flags.clone()).unwrap_or_default();
            let total = rows.len();
            let rows = rows.into_iter().take(PREVIEW_ROWS).collect();
            benchmarks.push(BenchmarkPreview {
                id: benchmark.clone(),
                title: title.clone(),
                flags,
                total,
                rows,
            });
        }
        let fetches = tx.fetches_before(id, now + TimeDelta::seconds(1), FETCHES).await?;
        let failures = fetches.into_iter().filter_map(|f| Some((f.at, f.error?))).collect();
        let trouble = trouble(&summary);
        Ok(SourcePage { summary, text, versions, trouble, benchmarks, snapshots, held, failures })
    }

    /// A table that is or was held back, with the rows in question.
    pub async fn held_page(&self, fetch: FetchId, benchmark: &BenchmarkId) -> Result<HeldPage> {
        let now = self.now();
        let mut tx = self.read().await?;
        let table =
            tx.snapshot_table(fetch, benchmark).await.map_err(|_| EngineError::NotFound("snapshot"))?;
        let (document, _) =
            catalogue(&mut tx).await?.remove(&benchmark.source).ok_or(EngineError::NotFound("source"))?;
        let mut before = BTreeMap::new();
        let earlier = tx.tables_of_benchmark(benchmark, DateTime::UNIX_EPOCH, table.observed_at).await?;
        let trusted = |t: &&SnapshotTable| {
            t.fetch_id != fetch && t.trusted_at.is_some_and(|at| at <= table.observed_at)
        };
        if let Some(last) = earlier.iter().rev().find(trusted) {
            for row in stored_rows(&mut tx, last.fetch_id, benchmark, now).await? {
                before.insert(row.key.clone(), row);
            }
        }
        let mut rows = Vec::new();
        for row in stored_rows(&mut tx, fetch, benchmark, now).await? {
            let was = before.remove(&row.key).and_then(|was| was.score).map(|score| score.to_string());
            rows.push((row, was));
        }
        for mut gone in before.into_values() {
            let was = gone.score.take().map(|score| score.to_string());
            gone.score_text.clear();
            rows.push((gone, was));
        }
        let gate = match tx.gate_memory(benchmark).await? {
            Some(memory) => memory.state.read::<GateState>()?,
            None => GateState::default(),
        };
        let newest = tx.tables_of_benchmark(benchmark, table.observed_at, now).await?.pop();
        let is_newest = newest.is_some_and(|newest| newest.fetch_id == fetch);
        let claims = leanings(&mut tx).await?.remove(benchmark).unwrap_or_default();
        let figures = table.figures.read()?;
        Ok(HeldPage {
            document,
            ends: gate.next_change().filter(|_| is_newest),
            releasable: is_newest && gate.clone().release(),
            entry: SnapshotEntry { table, figures },
            rows,
            claims,
        })
    }

    /// What a document reads: from the bytes given, or from those that stand for the source of its id. Nothing is saved.
    pub async fn preview_source(&self, text: &str, bytes: Option<Snapshot>) -> Result<Preview> {
        let document = SourceDocument::parse(text).map_err(bad_document)?;
        let now = self.now();
        let mut tx = self.read().await?;
        let state = tx.source_state(&document.id).await.ok();
        let standing = state.as_ref().and_then(|state| state.standing_fetch);
        let snapshot = match (bytes, standing) {
            (Some(snapshot), _) => snapshot,
            (None, Some(fetch)) => {
                let fetch = tx.fetch(fetch).await?;
                stored_bytes(&mut tx, &fetch).await?
            }
            (None, None) => {
                return Err(EngineError::Conflict(
                    "nothing was fetched from this address yet: fetch it first".into(),
                ));
            }
        };
        let registry = load_registry(&mut tx).await?;
        let content = snapshot.content();
        let (document, found) = tokio::task::spawn_blocking(move || {
            let found = extract(&document, &snapshot, &registry, now);
            (document, found)
        })
        .await
        .map_err(EngineError::internal)?;
        let found = found.map_err(|e| EngineError::invalid("document", "unreadable", e.to_string()))?;
        let mut remarks = Vec::new();
        let mut tables = Vec::new();
        for table in &found.tables {
            let id = &table.spec.benchmark;
            if table.rows.is_empty() {
                remarks.push(format!("{id}: no rows"));
            } else if !table.missing_columns.is_empty() {
                remarks.push(format!("{id}: no row has {}", table.missing_columns.join(", ")));
            }
            if table.duplicate_rows > 0 {
                remarks.push(format!("{id}: {} rows repeat another byte for byte", table.duplicate_rows));
            }
            for cell in table.unreadable.iter().take(5) {
                remarks.push(format!("{id}: {} of {} is unreadable: `{}`", cell.field, cell.key, cell.text));
            }
            let mut stood = BTreeMap::new();
            if let Some(old) = tx.standing_tables(std::slice::from_ref(id), now).await?.pop() {
                for row in stored_rows(&mut tx, old.fetch_id, id, now).await? {
                    stood.insert(row.key, row.score);
                }
            }
            let (mut new, mut changed) = (Vec::new(), Vec::new());
            let had_any = !stood.is_empty();
            for row in &table.rows {
                match stood.remove(&row.key) {
                    None if had_any => new.push(row.key.clone()),
                    Some(was) if was != row.score => {
                        let text = |score: Option<rust_decimal::Decimal>| score.map(|s| s.to_string());
                        changed.push((row.key.clone(), text(was), text(row.score)));
                    }
                    _ => {}
                }
            }
            tables.push(PreviewTable {
                id: id.clone(),
                total: table.rows.len(),
                rows: table.rows.iter().take(PREVIEW_ROWS).cloned().collect(),
                gone: stood.into_keys().collect(),
                new,
                changed,
            });
        }
        for file in found.unparsed.iter().take(5) {
            remarks.push(format!("{} does not parse: {}", file.path, file.reason));
        }
        if !found.models.is_empty() {
            remarks.push(format!("{} models for the registry", found.models.len()));
        }
        Ok(Preview { document, content, tables, remarks, replaces: state.is_some() })
    }
}

/// What is wrong with a source, and what follows from it.
fn trouble(summary: &SourceSummary) -> Option<String> {
    let claims = match summary.claims.len() {
        0 => "no claim leans on it".to_owned(),
        1 => "one claim leans on it".to_owned(),
        n => format!("{n} claims lean on it"),
    };
    let moved = summary.state.moved_to.as_ref().map(|to| {
        format!("The address leads to {to} now. What came from there is kept and not used until somebody accepts it; {claims}.")
    });
    moved.or_else(|| match &summary.health {
        Health::Fresh | Health::NeverRead => None,
        Health::Stale { since } => Some(format!(
            "No new content for {} days: nothing can be decided against a claim from it since {}; {claims}.",
            summary.document.stale_after.num_days(),
            since.format("%-d %b %Y")
        )),
        Health::HeldBack { reason } => {
            Some(format!("The newest snapshot is held back and decides nothing. {reason}; {claims}."))
        }
        Health::Stopped => Some(format!(
            "This source stopped: it will not change, and cannot settle a claim by itself; {claims}."
        )),
        Health::Failing { error } => Some(format!("The last try to read it failed: {error}; {claims}.")),
    })
}
