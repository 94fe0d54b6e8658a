//! Sources: saved, pulled, and what the gate held back let go.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{
    benchmark::BenchmarkId,
    ids::{BenchmarkName, SourceId},
    people::Right,
};
use bellwether_engine::ingest::Taken;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::words;
use crate::{
    extract::{Json, Path},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Curate, routes!(save))
        .route(Right::Curate, routes!(pull))
        .route(Right::Curate, routes!(release))
}

/// A source document to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSource {
    /// The document, in YAML.
    document: String,
    /// Why, where a source of this id is there already.
    #[serde(default)]
    reason: Option<String>,
}

/// Save a source document
///
/// A document of a known id is a new version of that source.
#[utoipa::path(
    post, path = "/api/v1/sources", tag = "sources", operation_id = "save_source",
    request_body = NewSource,
    responses(
        (status = 201, body = Object), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    Json(new): Json<NewSource>,
) -> Result<Response, Problem> {
    let id = state.engine().save_source(visitor.actor()?, &new.document, new.reason.as_deref()).await?;
    let location = [(header::LOCATION, format!("/api/v1/sources/{id}"))];
    Ok((StatusCode::CREATED, location, Answer(json!({ "id": id }))).into_response())
}

/// What came of asking a source.
#[derive(Debug, Serialize, ToSchema)]
struct Pulled {
    /// Names the fetch.
    fetch: uuid::Uuid,
    /// new, same, not_modified, moved or failed.
    #[schema(value_type = String)]
    outcome: Value,
    /// Digest of the content that stands now.
    content: Option<String>,
    /// Its tables, where the content is new.
    tables: Vec<PulledTable>,
    /// How many signals were raised.
    signals: usize,
    /// What went wrong.
    error: Option<String>,
}

/// A table of what a source answered.
#[derive(Debug, Serialize, ToSchema)]
struct PulledTable {
    /// `source/benchmark`.
    benchmark: String,
    /// What the gate says of it.
    #[schema(value_type = String)]
    verdict: Value,
    /// Why it is held back.
    reason: Option<String>,
    /// How many rows it has.
    rows: usize,
    /// Rows that are held.
    held: Vec<String>,
}

impl From<Taken> for Pulled {
    fn from(taken: Taken) -> Self {
        Self {
            fetch: taken.fetch.0,
            outcome: words::json(&taken.outcome),
            content: taken.content.map(|sha256| sha256.to_string()),
            tables: taken
                .tables
                .into_iter()
                .map(|t| PulledTable {
                    benchmark: t.benchmark.to_string(),
                    verdict: words::json(&t.word),
                    reason: t.reason,
                    rows: t.rows,
                    held: t.held,
                })
                .collect(),
            signals: taken.signals,
            error: taken.error,
        }
    }
}

/// Ask a source now
#[utoipa::path(
    post, path = "/api/v1/sources/{id}/pull", tag = "sources", operation_id = "pull_source",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Pulled), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn pull(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(source): Path<SourceId>,
) -> Result<Answer<Pulled>, Problem> {
    Ok(Answer(state.engine().pull(visitor.actor()?, &source).await?.into()))
}

/// What is let go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Release {
    /// The benchmark's name within the source.
    #[schema(value_type = String)]
    benchmark: BenchmarkName,
    /// The row that is held; without one the whole table is let go.
    #[serde(default)]
    row: Option<String>,
    /// Why.
    reason: String,
}

/// Trust a table or a row that was held back
///
/// Every rule that leans on it is evaluated again.
#[utoipa::path(
    post, path = "/api/v1/sources/{id}/release", tag = "sources", operation_id = "release",
    params(("id" = String, Path)), request_body = Release,
    responses(
        (status = 204), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
    ),
)]
async fn release(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(source): Path<SourceId>,
    Json(release): Json<Release>,
) -> Result<StatusCode, Problem> {
    let benchmark = BenchmarkId { source, name: release.benchmark };
    match &release.row {
        None => state.engine().release_table(visitor.actor()?, &benchmark, &release.reason).await?,
        Some(row) => state.engine().release_row(visitor.actor()?, &benchmark, row, &release.reason).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}
