//! What a claim's rule said, and what it would have said.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_engine::claims::ClaimKey;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    page::{Limit, Listing},
    words,
};
use crate::{
    cache::cacheable,
    extract::{Path, Query},
    problem::{Problem, ProblemDocument},
    state::AppState,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(evaluations)).routes(routes!(backtest))
}

/// What a list of evaluations is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EvaluationsQuery {
    /// Where the page begins: `next` of the page before.
    cursor: Option<u32>,
    /// How many rows, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
}

/// What a rule said of one state of its sources.
#[derive(Debug, Serialize, ToSchema)]
struct Evaluation {
    /// Its place among the claim's evaluations.
    seq: i64,
    /// Under which version of the criteria.
    criteria_version: i64,
    /// When it was evaluated.
    at: DateTime<Utc>,
    /// When the state was seen.
    observed_at: DateTime<Utc>,
    /// holds, fails or unknown.
    verdict: String,
    /// How far from the threshold, where that is a number.
    margin: Option<f64>,
    /// Every condition with its figures.
    #[schema(value_type = Object)]
    step: Value,
    /// The fetches it leans on.
    #[schema(value_type = Object)]
    snapshots: Value,
}

/// Read what a claim's rule said, newest first
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/evaluations", tag = "resolution", operation_id = "list_evaluations",
    params(("id" = String, Path, description = "Id or slug"), EvaluationsQuery),
    responses(
        (status = 200, body = Listing<Evaluation>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn evaluations(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(query): Query<EvaluationsQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.0 as usize;
    let before = query.cursor.map(i64::from);
    let mut found = state.engine().claim_evaluations(&claim, before, i64::from(query.limit.0) + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.seq.to_string());
    let items = found
        .into_iter()
        .map(|e| Evaluation {
            seq: e.seq,
            criteria_version: e.criteria_n,
            at: e.at,
            observed_at: e.observed_at,
            verdict: e.verdict.as_str().to_owned(),
            margin: e.margin,
            step: words::json(&e.step),
            snapshots: words::json(&e.snapshots),
        })
        .collect();
    Ok(cacheable(Answer(Listing { items, next }).into_response()))
}

/// What a claim's rules would have said over everything its sources have said.
#[derive(Debug, Serialize, ToSchema)]
struct Backtest {
    /// One answer for each rule, with how it would change under other margins and standing times.
    #[schema(value_type = Vec<Object>)]
    rules: Value,
}

/// Replay a claim's rules over the stored snapshots
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/backtest", tag = "resolution", operation_id = "backtest_claim",
    params(("id" = String, Path, description = "Id or slug")),
    responses(
        (status = 200, body = Backtest), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
    ),
)]
async fn backtest(State(state): State<AppState>, Path(claim): Path<ClaimKey>) -> Result<Response, Problem> {
    let page = state.engine().claim_page(&claim, None).await?;
    let said = state.engine().would_have_said(&page.document).await?;
    Ok(cacheable(Answer(Backtest { rules: words::json(&said) }).into_response()))
}
