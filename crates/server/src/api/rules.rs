//! What a claim's rule said, and what it would have said.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::people::Right;
use bellwether_engine::claims::ClaimKey;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{
    page::{Listing, Wanted, begin, number},
    words,
};
use crate::{
    cache::cacheable,
    extract::{Path, StrictQuery},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

pub(super) fn routes() -> Described {
    Described::new().route(Right::Read, routes!(evaluations)).route(Right::Read, routes!(backtest))
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
    /// Digests of the snapshots it leans on.
    #[schema(value_type = Vec<String>)]
    snapshots: Value,
}

/// Read what a claim's rule said, newest first
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/evaluations", tag = "resolution", operation_id = "list_evaluations",
    params(("id" = String, Path, description = "Id or slug"), Wanted),
    responses(
        (status = 200, body = Listing<Evaluation>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn evaluations(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Response, Problem> {
    let before = begin(wanted.cursor.as_deref(), number)?.map(i64::from);
    let found = state.engine().claim_evaluations(&claim, before, i64::from(wanted.limit.0) + 1).await?;
    let found = found.into_iter().map(|e| Evaluation {
        seq: e.seq,
        criteria_version: e.criteria_n,
        at: e.at,
        observed_at: e.observed_at,
        verdict: e.verdict.as_str().to_owned(),
        margin: e.margin,
        step: words::json(&e.step),
        snapshots: words::json(&e.snapshots),
    });
    let page =
        Listing::<Evaluation>::page(found.collect(), wanted.limit, |last: &Evaluation| last.seq.to_string());
    Ok(cacheable(Answer(page).into_response()))
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
