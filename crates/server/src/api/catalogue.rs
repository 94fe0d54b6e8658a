//! Sources as they are read: listed, with their snapshots, the stored bytes, and a preview of a document.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{
    ids::{Sha256, SourceId},
    people::Right,
    table::Row,
};
use bellwether_engine::{
    benchmarks::Health,
    sources::{PreviewTable, Snapshot, SnapshotEntry, SourcePage, SourceSummary},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{page::Listing, words::json};
use crate::{
    cache::cacheable,
    extract::{Json, Path},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    web,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(list))
        .route(Right::Curate, routes!(preview))
        .route(Right::Read, routes!(get))
        .route(Right::Read, routes!(snapshots))
        .route(Right::Read, routes!(snapshot))
}

/// How a source or a benchmark does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Condition {
    /// fresh, stale, held_back, stopped, failing or never_read.
    state: &'static str,
    /// Since when, where it is stale.
    since: Option<DateTime<Utc>>,
    /// Why, where it is held back or fails.
    reason: Option<String>,
}

impl From<Health> for Condition {
    fn from(health: Health) -> Self {
        let (state, since, reason) = match health {
            Health::Fresh => ("fresh", None, None),
            Health::Stale { since } => ("stale", Some(since), None),
            Health::HeldBack { reason } => ("held_back", None, Some(reason)),
            Health::Stopped => ("stopped", None, None),
            Health::Failing { error } => ("failing", None, Some(error)),
            Health::NeverRead => ("never_read", None, None),
        };
        Self { state, since, reason }
    }
}

/// A claim that leans on a source or a benchmark.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Leaning {
    id: Uuid,
    slug: String,
    title: String,
}

impl From<bellwether_engine::benchmarks::Leaning> for Leaning {
    fn from(claim: bellwether_engine::benchmarks::Leaning) -> Self {
        Self { id: claim.id.0, slug: claim.slug, title: claim.title }
    }
}

/// A source in the list.
#[derive(Debug, Serialize, ToSchema)]
struct Source {
    id: String,
    title: String,
    url: String,
    /// Whose figures these are; show it wherever they are shown.
    attribution: String,
    licence: String,
    health: Condition,
    /// Whether it is not read until somebody says so.
    paused: bool,
    /// When it was last read.
    read_at: Option<DateTime<Utc>>,
    /// When its content last changed.
    changed_at: Option<DateTime<Utc>>,
    /// When it is read next.
    next_at: Option<DateTime<Utc>>,
    benchmarks: Vec<NamedBenchmark>,
    /// The claims whose rules look at it.
    claims: Vec<Leaning>,
}

/// A benchmark by its name.
#[derive(Debug, Serialize, ToSchema)]
struct NamedBenchmark {
    /// `source/benchmark`.
    id: String,
    title: String,
}

impl From<SourceSummary> for Source {
    fn from(s: SourceSummary) -> Self {
        Self {
            id: s.document.id.to_string(),
            title: s.document.title,
            url: s.document.url.to_string(),
            attribution: s.document.attribution,
            licence: s.document.licence,
            health: s.health.into(),
            paused: s.state.paused,
            read_at: s.state.last_poll_at,
            changed_at: s.state.last_new_content_at,
            next_at: s.state.next_due_at,
            benchmarks: s
                .benchmarks
                .into_iter()
                .map(|(id, title)| NamedBenchmark { id: id.to_string(), title })
                .collect(),
            claims: s.claims.into_iter().map(Leaning::from).collect(),
        }
    }
}

/// A source with its document.
#[derive(Debug, Serialize, ToSchema)]
struct WholeSource {
    #[serde(flatten)]
    source: Source,
    /// The document as it was written, in YAML.
    document: String,
    /// What is wrong, with its consequence.
    trouble: Option<String>,
    /// Versions of the document, oldest first.
    versions: Vec<Version>,
    /// Rows that are held now.
    held: Vec<HeldRow>,
    /// When and why the last tries failed.
    failures: Vec<Failure>,
}

/// A version of a document.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    n: i64,
    at: DateTime<Utc>,
    actor: String,
    reason: Option<String>,
}

/// A row that is held.
#[derive(Debug, Serialize, ToSchema)]
struct HeldRow {
    /// `source/benchmark`.
    benchmark: String,
    row: String,
    reason: String,
    /// The score that stood.
    was: Option<String>,
    /// The score that is held.
    score: Option<String>,
    at: DateTime<Utc>,
}

/// A try that failed.
#[derive(Debug, Serialize, ToSchema)]
struct Failure {
    at: DateTime<Utc>,
    error: String,
}

impl From<SourcePage> for WholeSource {
    fn from(page: SourcePage) -> Self {
        Self {
            source: page.summary.into(),
            document: page.text,
            trouble: page.trouble,
            versions: page
                .versions
                .into_iter()
                .map(|v| Version { n: v.n, at: v.at, actor: v.actor.to_string(), reason: v.reason })
                .collect(),
            held: page
                .held
                .into_iter()
                .map(|h| HeldRow {
                    benchmark: h.benchmark.to_string(),
                    row: h.row_key,
                    reason: h.reason,
                    was: h.was,
                    score: h.score,
                    at: h.held_at,
                })
                .collect(),
            failures: page.failures.into_iter().map(|(at, error)| Failure { at, error }).collect(),
        }
    }
}

/// A table of a snapshot.
#[derive(Debug, Serialize, ToSchema)]
struct SnapshotTable {
    /// Names the fetch.
    fetch: Uuid,
    /// `source/benchmark`.
    benchmark: String,
    /// Digest of the content.
    content: String,
    at: DateTime<Utc>,
    /// What the gate said of it.
    verdict: String,
    /// Why it was held back.
    reason: Option<String>,
    /// Since when it may be used.
    trusted_at: Option<DateTime<Utc>>,
    rows: i64,
    /// How many of them have a score.
    scored: usize,
    /// Who let it go.
    released_by: Option<String>,
    released_at: Option<DateTime<Utc>>,
    release_reason: Option<String>,
}

impl From<SnapshotEntry> for SnapshotTable {
    fn from(entry: SnapshotEntry) -> Self {
        let t = entry.table;
        Self {
            fetch: t.fetch_id.0,
            benchmark: t.benchmark.to_string(),
            content: t.content.to_string(),
            at: t.observed_at,
            verdict: t.verdict.as_str().to_owned(),
            reason: t.reason,
            trusted_at: t.trusted_at,
            rows: t.rows,
            scored: entry.figures.scored,
            released_by: t.released_by.map(|actor| actor.to_string()),
            released_at: t.released_at,
            release_reason: t.release_reason,
        }
    }
}

/// List sources
///
/// Those that stopped come last.
#[utoipa::path(
    get, path = "/api/v1/sources", tag = "sources", operation_id = "list_sources",
    responses((status = 200, body = Listing<Source>)),
)]
async fn list(State(state): State<AppState>) -> Result<Response, Problem> {
    let found = state.engine().sources_page().await?;
    Ok(cacheable(Answer(Listing::<Source>::whole(found.rows)).into_response()))
}

/// Read a source
#[utoipa::path(
    get, path = "/api/v1/sources/{id}", tag = "sources", operation_id = "get_source",
    params(("id" = String, Path)),
    responses((status = 200, body = WholeSource), (status = 404, body = ProblemDocument)),
)]
async fn get(State(state): State<AppState>, Path(source): Path<SourceId>) -> Result<Response, Problem> {
    let page = state.engine().source_page(&source).await?;
    Ok(cacheable(Answer(WholeSource::from(page)).into_response()))
}

/// List the tables of a source's newest snapshots
#[utoipa::path(
    get, path = "/api/v1/sources/{id}/snapshots", tag = "sources", operation_id = "list_snapshots",
    params(("id" = String, Path)),
    responses((status = 200, body = Listing<SnapshotTable>), (status = 404, body = ProblemDocument)),
)]
async fn snapshots(State(state): State<AppState>, Path(source): Path<SourceId>) -> Result<Response, Problem> {
    let page = state.engine().source_page(&source).await?;
    Ok(cacheable(Answer(Listing::<SnapshotTable>::whole(page.snapshots)).into_response()))
}

/// Take a stored file away, byte for byte
///
/// Of a snapshot of several files it is their list, as `sha256sum` prints it.
#[utoipa::path(
    get, path = "/api/v1/snapshots/{sha256}", tag = "sources", operation_id = "get_snapshot",
    params(("sha256" = String, Path, description = "64 hexadecimal digits")),
    responses(
        (status = 200, body = String, content_type = "text/plain"), (status = 404, body = ProblemDocument),
    ),
)]
async fn snapshot(state: State<AppState>, Path(sha256): Path<Sha256>) -> Result<Response, Problem> {
    web::snapshot(state, Path(sha256.to_string())).await
}

/// A source document to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Tried {
    /// The document, in YAML.
    document: String,
    /// What the source would answer; where absent, what is stored of it.
    #[serde(default)]
    answer: Option<String>,
}

/// What a document reads.
#[derive(Debug, Serialize, ToSchema)]
struct SourcePreview {
    id: String,
    /// Digest of what it was tried on.
    content: String,
    tables: Vec<TriedTable>,
    /// What was noticed while reading.
    remarks: Vec<String>,
    /// Whether a source of this id is there already.
    replaces: bool,
}

/// A table that a document reads.
#[derive(Debug, Serialize, ToSchema)]
struct TriedTable {
    /// `source/benchmark`.
    benchmark: String,
    /// How many rows.
    total: usize,
    /// The first of them.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Row>,
    /// Rows that stood and are not read any more.
    gone: Vec<String>,
    /// Rows that did not stand.
    new: Vec<String>,
    /// Rows whose score is another: row, was, is.
    #[schema(value_type = Vec<Vec<String>>)]
    changed: Value,
}

impl From<PreviewTable> for TriedTable {
    fn from(t: PreviewTable) -> Self {
        let benchmark = t.id.to_string();
        Self { benchmark, total: t.total, rows: t.rows, gone: t.gone, new: t.new, changed: json(&t.changed) }
    }
}

/// Try a source document without saving it
#[utoipa::path(
    post, path = "/api/v1/sources/preview", tag = "sources", operation_id = "preview_source",
    request_body = Tried,
    responses(
        (status = 200, body = SourcePreview), (status = 400, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn preview(
    State(state): State<AppState>,
    Json(tried): Json<Tried>,
) -> Result<Answer<SourcePreview>, Problem> {
    let found = state.engine().preview_source(&tried.document, tried.answer.map(Snapshot::file)).await?;
    Ok(Answer(SourcePreview {
        id: found.document.id.to_string(),
        content: found.content.to_string(),
        tables: found.tables.into_iter().map(TriedTable::from).collect(),
        remarks: found.remarks,
        replaces: found.replaces,
    }))
}
