//! Open versus closed: what stands at the frontiers of every benchmark, and how the gap went.

use std::collections::BTreeMap;

use bellwether_core::{
    benchmark::{BenchmarkId, Direction, Unit},
    document::ClaimDocument,
    figures,
    frontier::{Leader, Step, lead},
    ids::{ClaimId, SourceId},
    openness::Openness,
    rule::{Condition, Rule},
    table::{Row, TableSpec},
};
use bellwether_sources::{SourceDocument, gate::GateState};
use bellwether_store::{SnapshotTable, SourceState, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::{Engine, EngineError, Result, ingest::Figures};

/// How a source, or a benchmark of it, does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It was read and its content is recent.
    Fresh,
    /// Its content has not changed for longer than it should take.
    Stale {
        /// Since when it counts as stale.
        since: DateTime<Utc>,
    },
    /// Its newest snapshot may not be used.
    HeldBack {
        /// Why.
        reason: String,
    },
    /// Kept for history; it will not change any more.
    Stopped,
    /// The last try to read it failed.
    Failing {
        /// Why.
        error: String,
    },
    /// It was never read.
    NeverRead,
}

/// A claim that leans on a benchmark or a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaning {
    /// The claim.
    pub id: ClaimId,
    /// Its address.
    pub slug: String,
    /// Its statement.
    pub title: String,
}

/// One benchmark as it stands.
#[derive(Clone, Debug)]
pub struct BenchmarkSummary {
    /// `source/benchmark`.
    pub id: BenchmarkId,
    /// Its title.
    pub title: String,
    /// What scores count.
    pub unit: Unit,
    /// Which end is better.
    pub direction: Direction,
    /// Flags that stand on every row.
    pub flags: Vec<String>,
    /// The source's title.
    pub source_title: String,
    /// Whose figures these are; shown wherever they are.
    pub attribution: String,
    /// Under which licence.
    pub licence: String,
    /// Both frontiers as they stand; `None`: nothing trusted yet.
    pub step: Option<Step>,
    /// The trusted steps of the last year, oldest first.
    pub year: Vec<Step>,
    /// When the content last changed.
    pub changed: Option<DateTime<Utc>>,
    /// How it does.
    pub health: Health,
    /// The claims that lean on it.
    pub claims: Vec<Leaning>,
}

/// All benchmarks.
#[derive(Clone, Debug)]
pub struct BenchmarksPage {
    /// The finding in a sentence.
    pub sentence: String,
    /// What it rests on.
    pub basis: String,
    /// The benchmarks: those that live claims lean on first, then by title.
    pub rows: Vec<BenchmarkSummary>,
}

/// Something a reader of a benchmark must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchmarkNotice {
    /// Since when.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// One benchmark with its history.
#[derive(Clone, Debug)]
pub struct BenchmarkPage {
    /// What stands.
    pub summary: BenchmarkSummary,
    /// The finding in a sentence.
    pub sentence: String,
    /// Both frontiers, one step per snapshot, oldest first, quarantined ones with their reason.
    pub steps: Vec<Step>,
    /// The rows of the snapshot that stands, the best first.
    pub rows: Vec<Row>,
    /// Rows with a score whose openness nobody knows.
    pub unknown: usize,
    /// Version changes, quarantines, held rows.
    pub notices: Vec<BenchmarkNotice>,
    /// The instant whose knowledge is shown.
    pub known_at: DateTime<Utc>,
}

/// The claims that are listed, by the benchmarks their rules look at.
pub(crate) async fn leanings(tx: &mut Tx) -> Result<BTreeMap<BenchmarkId, Vec<Leaning>>> {
    use bellwether_core::status::ClaimStatus as S;
    let listed = [S::Open, S::AwaitingData, S::Proposed, S::Disputed, S::Resolved, S::UnderReview];
    let mut all: BTreeMap<BenchmarkId, Vec<Leaning>> = BTreeMap::new();
    for claim in tx.claims_with_status(&listed).await? {
        let Ok(document) = claim.document.read::<ClaimDocument>() else { continue };
        let rules = || document.rule.iter().chain(document.outcomes.values());
        let fallbacks = rules().flat_map(Rule::conditions).flat_map(Condition::fallback);
        let mut used: Vec<&BenchmarkId> = rules().flat_map(Rule::benchmarks).chain(fallbacks).collect();
        used.sort();
        used.dedup();
        for benchmark in used {
            let leaning = Leaning { id: claim.id, slug: claim.slug.to_string(), title: claim.title.clone() };
            all.entry(benchmark.clone()).or_default().push(leaning);
        }
    }
    Ok(all)
}

/// How a source does, apart from what the gate says.
pub(crate) fn source_health(document: &SourceDocument, state: &SourceState, now: DateTime<Utc>) -> Health {
    if document.retired {
        return Health::Stopped;
    }
    if let Some(error) = &state.last_error {
        return Health::Failing { error: error.clone() };
    }
    match crate::ingest::stale_since(document, state, now) {
        Some(since) => Health::Stale { since },
        None if state.last_poll_at.is_none() => Health::NeverRead,
        None => Health::Fresh,
    }
}

/// The documents in force of all sources, and how they do.
pub(crate) async fn catalogue(tx: &mut Tx) -> Result<BTreeMap<SourceId, (SourceDocument, SourceState)>> {
    let mut all = BTreeMap::new();
    let states: BTreeMap<_, _> =
        tx.source_states().await?.into_iter().map(|s| (s.source.clone(), s)).collect();
    for version in tx.source_documents().await? {
        let document = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
        if let Some(state) = states.get(&version.source) {
            all.insert(version.source, (document, state.clone()));
        }
    }
    Ok(all)
}

/// The frontiers of a stored table as they were known at an instant.
fn step_of(table: &SnapshotTable, known_at: DateTime<Utc>) -> Result<Step> {
    let trusted = table.trusted_at.is_some_and(|at| at <= known_at);
    let figures: Figures = table.figures.read()?;
    if let (true, Some(step)) = (trusted, figures.step) {
        return Ok(step);
    }
    let reason = table.reason.clone().unwrap_or_else(|| "held back then, trusted since".into());
    Ok(Step::quarantined(table.observed_at, table.version.clone(), reason))
}

impl Engine {
    /// Open versus closed on every benchmark that was ever read, as known at `at` (default: now).
    pub async fn benchmarks_page(&self, at: Option<DateTime<Utc>>) -> Result<BenchmarksPage> {
        let now = at.unwrap_or_else(|| self.now());
        let mut tx = self.read().await?;
        let catalogue = catalogue(&mut tx).await?;
        let leanings = leanings(&mut tx).await?;
        let mut rows = Vec::new();
        for table in tx.newest_tables(now).await? {
            if table.verdict == "not_there_yet" {
                continue;
            }
            if let Some((document, state)) = catalogue.get(&table.source) {
                let claims = leanings.get(&table.benchmark).cloned().unwrap_or_default();
                rows.push(summary(&mut tx, document, state, table, claims, now).await?);
            }
        }
        rows.sort_by(|a, b| {
            a.claims.is_empty().cmp(&b.claims.is_empty()).then_with(|| a.title.cmp(&b.title))
        });
        let (sentence, basis) = overall(&rows);
        Ok(BenchmarksPage { sentence, basis, rows })
    }

    /// One benchmark, as known at `at` (default: now).
    pub async fn benchmark_page(&self, id: &BenchmarkId, at: Option<DateTime<Utc>>) -> Result<BenchmarkPage> {
        let now = at.unwrap_or_else(|| self.now());
        let mut tx = self.read().await?;
        let catalogue = catalogue(&mut tx).await?;
        let (document, state) = catalogue.get(&id.source).ok_or(EngineError::NotFound("benchmark"))?;
        let tables = tx.tables_of_benchmark(id, DateTime::UNIX_EPOCH, now).await?;
        let newest = tables.last().cloned().ok_or(EngineError::NotFound("benchmark"))?;
        let claims = leanings(&mut tx).await?.remove(id).unwrap_or_default();
        let summary = summary(&mut tx, document, state, newest, claims, now).await?;
        let mut steps = Vec::new();
        let mut notices = Vec::new();
        let mut last_version: Option<Option<String>> = None;
        for table in tables.iter().filter(|t| t.verdict != "not_there_yet") {
            let step = step_of(table, now)?;
            if last_version.as_ref().is_some_and(|last| *last != table.version) {
                let name = table.version.as_deref().unwrap_or("an unnamed version");
                let text = format!("measured differently since this day: {name}");
                notices.push(BenchmarkNotice { at: table.observed_at, text });
            }
            last_version = Some(table.version.clone());
            if let Some(reason) = &step.quarantined {
                notices.push(BenchmarkNotice { at: table.observed_at, text: format!("held back: {reason}") });
            }
            steps.push(step);
        }
        for hold in tx.held_rows(Some(id)).await? {
            let text = format!("{} is held: {}", hold.row_key, hold.reason);
            notices.push(BenchmarkNotice { at: hold.held_at, text });
        }
        notices.sort_by_key(|notice| std::cmp::Reverse(notice.at));
        let rows = match tables.iter().rev().find(|t| t.trusted_at.is_some_and(|at| at <= now)) {
            Some(table) => rows_of(&mut tx, table, now).await?,
            None => Vec::new(),
        };
        let unknown = rows.iter().filter(|r| r.openness == Openness::Unknown && r.score.is_some()).count();
        let sentence = sentence(&summary);
        Ok(BenchmarkPage { summary, sentence, steps, rows, unknown, notices, known_at: now })
    }
}

/// A table's rows with persons' words applied, the best first.
async fn rows_of(tx: &mut Tx, table: &SnapshotTable, now: DateTime<Utc>) -> Result<Vec<Row>> {
    let spec: TableSpec = table.spec.read()?;
    let mut rows = crate::ingest::stored_rows(tx, table.fetch_id, &table.benchmark, now).await?;
    rows.sort_by(|a, b| match (a.score, b.score) {
        (Some(a), Some(b)) if spec.direction == Direction::Higher => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    Ok(rows)
}

async fn summary(
    tx: &mut Tx,
    document: &SourceDocument,
    state: &SourceState,
    newest: SnapshotTable,
    claims: Vec<Leaning>,
    now: DateTime<Utc>,
) -> Result<BenchmarkSummary> {
    let spec: TableSpec = newest.spec.read()?;
    let mut year = Vec::new();
    for table in tx.tables_of_benchmark(&newest.benchmark, now - TimeDelta::days(366), now).await? {
        let step = step_of(&table, now)?;
        if step.quarantined.is_none() {
            year.push(step);
        }
    }
    let mut step = year.last().cloned();
    if step.is_none() {
        // A benchmark that stopped long ago still has its last word.
        for table in tx.standing_tables(std::slice::from_ref(&newest.benchmark), now).await? {
            step = Some(step_of(&table, now)?);
        }
    }
    let quarantined = match tx.gate_memory(&newest.benchmark).await? {
        Some(memory) => memory.state.read::<GateState>()?.current().standing.quarantined(),
        None => None,
    };
    let health = match (source_health(document, state, now), quarantined) {
        (Health::Stopped, _) => Health::Stopped,
        (_, Some(reason)) => Health::HeldBack { reason },
        (health, None) => health,
    };
    Ok(BenchmarkSummary {
        id: newest.benchmark,
        title: spec.title,
        unit: spec.unit,
        direction: spec.direction,
        flags: spec.flags,
        source_title: document.title.clone(),
        attribution: document.attribution.clone(),
        licence: document.licence.clone(),
        step,
        year,
        changed: state.last_new_content_at,
        health,
        claims,
    })
}

/// What one benchmark says, in a sentence.
fn sentence(row: &BenchmarkSummary) -> String {
    let Some(step) = &row.step else {
        return format!("{}: nothing that can be trusted was read yet.", row.title);
    };
    let scored = |leader: &Leader| format!("{} {}", leader.model, figures::score(leader.score));
    let size = |gap: Decimal| figures::with_unit(gap.abs(), row.unit.difference());
    match (&step.open, &step.closed, step.gap) {
        (Some(open), Some(closed), Some(gap)) if gap > Decimal::ZERO => {
            format!("Closed leads open by {}: {} against {}.", size(gap), scored(closed), scored(open))
        }
        (Some(open), Some(closed), Some(gap)) if gap < Decimal::ZERO => {
            format!("Open leads closed by {}: {} against {}.", size(gap), scored(open), scored(closed))
        }
        (Some(open), Some(closed), Some(_)) => format!(
            "Open and closed stand level at {}: {} and {}.",
            figures::score(open.score),
            open.model,
            closed.model
        ),
        (Some(open), None, _) => format!("Best open: {}; no closed model is listed.", scored(open)),
        (None, Some(closed), _) => format!("Best closed: {}; no open model is listed.", scored(closed)),
        _ => format!("{}: nobody knows which of its models are open.", row.title),
    }
}

/// What all benchmarks say together, and on what that rests: live ones only, each within its own unit.
fn overall(rows: &[BenchmarkSummary]) -> (String, String) {
    let live: Vec<&BenchmarkSummary> =
        rows.iter().filter(|r| matches!(r.health, Health::Fresh | Health::Failing { .. })).collect();
    let basis_rows = if live.is_empty() { rows.iter().collect() } else { live.clone() };
    let with_gap: Vec<&&BenchmarkSummary> =
        basis_rows.iter().filter(|r| r.step.as_ref().is_some_and(|s| s.gap.is_some())).collect();
    let ahead = with_gap.iter().filter(|r| gap_of(r).is_some_and(|gap| gap <= Decimal::ZERO)).count();
    let narrower = with_gap
        .iter()
        .filter(|r| {
            let first = r
                .year
                .iter()
                .find(|s| s.gap.is_some() && s.version == r.step.as_ref().and_then(|s| s.version.clone()));
            matches!((first.and_then(|s| s.gap), gap_of(r)), (Some(was), Some(is)) if is < was)
        })
        .count();
    let n = with_gap.len();
    let sentence = if n == 0 {
        "No benchmark has both an open and a closed model that can be compared.".to_owned()
    } else if let [only] = with_gap.as_slice() {
        only_one(only, narrower == 1)
    } else {
        format!(
            "Open leads or ties on {ahead} of {n} benchmarks; the gap is narrower than a year ago on {narrower}."
        )
    };
    let basis = if live.is_empty() {
        format!("From {n} benchmarks, none of which is read any more.")
    } else {
        let are = if n == 1 { "benchmark that is" } else { "benchmarks that are" };
        format!("From {n} {are} read and fresh, of {} in all.", rows.len())
    };
    (sentence, basis)
}

/// The sentence of all benchmarks where one alone can be compared.
fn only_one(row: &BenchmarkSummary, narrower: bool) -> String {
    let gap = gap_of(row).unwrap_or_default();
    let size = figures::with_unit(gap.abs(), row.unit.difference());
    if gap <= Decimal::ZERO {
        format!("The best open model leads the best closed one by {size} on {}.", row.title)
    } else {
        let trend = if narrower { ", less than a year ago" } else { "" };
        format!("The best open model is {size} behind the best closed one on {}{trend}.", row.title)
    }
}

fn gap_of(row: &BenchmarkSummary) -> Option<Decimal> {
    let step = row.step.as_ref()?;
    let (open, closed) = (step.open.as_ref()?, step.closed.as_ref()?);
    Some(lead(row.direction, closed.score, open.score))
}
