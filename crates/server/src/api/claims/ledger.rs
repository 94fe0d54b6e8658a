//! A claim's ledger, row by row and as lines over time.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_core::ids::{ClaimId, EvidenceId};
use bellwether_engine::claims::{ClaimKey, MoveView};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        page::{Limit, Listing, begin, instant, number},
        words::{json, values},
    },
    AsOf,
};
use crate::{
    cache::cacheable,
    extract::{Path, StrictQuery},
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

/// A row of a claim's ledger with its reason.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LedgerRow {
    /// Its place in the ledger, gapless from 1.
    seq: u64,
    at: DateTime<Utc>,
    actor: String,
    /// start, evidence_added, evidence_revised, evidence_retracted, ageing...
    #[schema(value_type = String)]
    cause: Value,
    /// The item it is about.
    #[schema(value_type = Option<Uuid>)]
    evidence: Option<EvidenceId>,
    /// Why, in a line.
    reason: String,
    /// The stream that moved.
    stream: String,
    /// The option it is chiefly about; 0 for yes.
    option: usize,
    /// Impact on the headline, signed points.
    points: f64,
    /// Shown probability before, 0 to 1.
    p_before: f64,
    /// And after.
    p_after: f64,
}

impl From<MoveView> for LedgerRow {
    fn from(m: MoveView) -> Self {
        Self {
            seq: m.seq,
            at: m.at,
            actor: m.actor.to_string(),
            cause: json(&m.cause),
            evidence: m.evidence,
            reason: m.reason,
            stream: m.stream.to_string(),
            option: m.option,
            points: m.points.value(),
            p_before: m.before.value(),
            p_after: m.after.value(),
        }
    }
}

/// What some rows of a ledger are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MovesQuery {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// How many rows, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Tell what was known at this instant.
    #[serde(default, deserialize_with = "instant")]
    at: Option<DateTime<Utc>>,
}

/// Read a claim's ledger, newest row first
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/moves", tag = "claims", operation_id = "list_moves",
    params(("id" = String, Path, description = "Id or slug"), MovesQuery),
    responses(
        (status = 200, body = Listing<LedgerRow>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
pub(super) async fn moves(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(query): StrictQuery<MovesQuery>,
) -> Result<Response, Problem> {
    let before = begin(query.cursor.as_deref(), number)?.map(u64::from);
    let page = state.engine_for(&visitor).moves(&claim, before, query.limit.0, query.at).await?;
    let items = page.moves.into_iter().map(LedgerRow::from).collect();
    Ok(cacheable(Answer(Listing { items, next: page.next.map(|n| n.to_string()) }).into_response()))
}

/// A claim's lines over time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClaimHistory {
    #[schema(value_type = Uuid)]
    claim: ClaimId,
    /// The options, in the order of every `p`.
    options: Vec<String>,
    /// The headline: a step at every instant at which it moved, oldest first.
    headline: Vec<Step>,
    /// Every stream likewise.
    streams: Vec<StreamSteps>,
    /// The last instant that is told of.
    at: DateTime<Utc>,
}

/// The shown probabilities from an instant on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Step {
    at: DateTime<Utc>,
    /// One per option, 0 to 1.
    p: Vec<f64>,
}

/// A stream over time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StreamSteps {
    stream: String,
    steps: Vec<Step>,
}

/// Read a claim's lines over time
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/history", tag = "claims", operation_id = "get_history",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = ClaimHistory), (status = 404, body = ProblemDocument)),
)]
pub(super) async fn history(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    let history = state.engine_for(&visitor).history(&claim, as_of.at).await?;
    let steps = |points: &[bellwether_engine::claims::Point]| {
        points.iter().map(|point| Step { at: point.at, p: values(&point.p) }).collect()
    };
    let answer = ClaimHistory {
        claim: history.claim,
        options: history.options.names().into_iter().map(ToString::to_string).collect(),
        headline: steps(&history.headline),
        streams: history
            .streams
            .iter()
            .map(|line| StreamSteps { stream: line.stream.to_string(), steps: steps(&line.points) })
            .collect(),
        at: history.at,
    };
    Ok(cacheable(Answer(answer).into_response()))
}
