//! Benchmarks: open against closed, as it stands and stood.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{benchmark::BenchmarkId, people::Right};
use bellwether_engine::benchmarks::{BenchmarkPage, BenchmarkSummary};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{
    catalogue::{Condition, Leaning},
    claims::AsOf,
    page::Listing,
    words::json,
};
use crate::{
    cache::cacheable,
    extract::{Path, StrictQuery},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(list))
        .route(Right::Read, routes!(get))
        .route(Right::Read, routes!(frontiers))
}

/// A benchmark as it stands.
#[derive(Debug, Serialize, ToSchema)]
struct Benchmark {
    /// `source/benchmark`.
    id: String,
    title: String,
    /// What scores count: percent, fraction, elo, index or minutes.
    #[schema(value_type = String)]
    unit: Value,
    /// Which end is better: higher or lower.
    #[schema(value_type = String)]
    direction: Value,
    /// What stands on every row.
    flags: Vec<String>,
    source_title: String,
    /// Whose figures these are; show it wherever they are shown.
    attribution: String,
    licence: String,
    /// Both frontiers and the gap; absent: nothing trusted yet.
    #[schema(value_type = Option<Object>)]
    frontier: Value,
    /// When the content last changed.
    changed: Option<DateTime<Utc>>,
    health: Condition,
    /// The claims whose rules look at it.
    claims: Vec<Leaning>,
}

impl From<BenchmarkSummary> for Benchmark {
    fn from(b: BenchmarkSummary) -> Self {
        Self {
            id: b.id.to_string(),
            title: b.title,
            unit: json(&b.unit),
            direction: json(&b.direction),
            flags: b.flags,
            source_title: b.source_title,
            attribution: b.attribution,
            licence: b.licence,
            frontier: json(&b.step),
            changed: b.changed,
            health: Condition::from(b.health),
            claims: b.claims.into_iter().map(Leaning::from).collect(),
        }
    }
}

/// A benchmark with the rows that stand.
#[derive(Debug, Serialize, ToSchema)]
struct WholeBenchmark {
    #[serde(flatten)]
    benchmark: Benchmark,
    /// The finding in a sentence.
    sentence: String,
    /// The rows of the snapshot that stands, the best first.
    #[schema(value_type = Vec<Object>)]
    rows: Value,
    /// How many rows have a score and an openness that nobody knows.
    unknown: usize,
    /// What a reader must know: other versions, held-back snapshots and rows.
    notices: Vec<Notice>,
    /// The instant whose knowledge this is.
    known_at: DateTime<Utc>,
}

/// Something a reader must know.
#[derive(Debug, Serialize, ToSchema)]
struct Notice {
    at: DateTime<Utc>,
    text: String,
}

impl From<BenchmarkPage> for WholeBenchmark {
    fn from(page: BenchmarkPage) -> Self {
        Self {
            rows: json(&page.rows),
            benchmark: page.summary.into(),
            sentence: page.sentence,
            unknown: page.unknown,
            notices: page.notices.into_iter().map(|n| Notice { at: n.at, text: n.text }).collect(),
            known_at: page.known_at,
        }
    }
}

/// Both frontiers of a benchmark over time.
#[derive(Debug, Serialize, ToSchema)]
struct Frontiers {
    /// `source/benchmark`.
    benchmark: String,
    /// One step for each snapshot, oldest first; one that was held back has its reason and no figures.
    #[schema(value_type = Vec<Object>)]
    steps: Value,
    /// The instant whose knowledge this is.
    known_at: DateTime<Utc>,
}

fn benchmark_id(source: &str, name: &str) -> Result<BenchmarkId, Problem> {
    format!("{source}/{name}").parse().map_err(|_| Problem::not_found("benchmark"))
}

/// List benchmarks
///
/// Those that claims lean on come first.
#[utoipa::path(
    get, path = "/api/v1/benchmarks", tag = "benchmarks", operation_id = "list_benchmarks", params(AsOf),
    responses((status = 200, body = Listing<Benchmark>), (status = 400, body = ProblemDocument)),
)]
async fn list(
    State(state): State<AppState>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    let found = state.engine().benchmarks_page(as_of.at).await?;
    Ok(cacheable(Answer(Listing::<Benchmark>::whole(found.rows)).into_response()))
}

/// Read a benchmark with the rows that stand
#[utoipa::path(
    get, path = "/api/v1/benchmarks/{source}/{name}", tag = "benchmarks", operation_id = "get_benchmark",
    params(("source" = String, Path), ("name" = String, Path), AsOf),
    responses(
        (status = 200, body = WholeBenchmark), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn get(
    State(state): State<AppState>,
    Path((source, name)): Path<(String, String)>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    let page = state.engine().benchmark_page(&benchmark_id(&source, &name)?, as_of.at).await?;
    Ok(cacheable(Answer(WholeBenchmark::from(page)).into_response()))
}

/// Read both frontiers of a benchmark over time
#[utoipa::path(
    get, path = "/api/v1/benchmarks/{source}/{name}/frontiers", tag = "benchmarks",
    operation_id = "get_frontiers", params(("source" = String, Path), ("name" = String, Path), AsOf),
    responses(
        (status = 200, body = Frontiers), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn frontiers(
    State(state): State<AppState>,
    Path((source, name)): Path<(String, String)>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    let page = state.engine().benchmark_page(&benchmark_id(&source, &name)?, as_of.at).await?;
    let steps = json(&page.steps);
    let answer = Frontiers { benchmark: page.summary.id.to_string(), steps, known_at: page.known_at };
    Ok(cacheable(Answer(answer).into_response()))
}
