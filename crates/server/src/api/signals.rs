//! Signals: what a snapshot changed that may bear on claims.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{ids::SignalId, people::Right};
use bellwether_engine::{claims::ClaimKey, signals::SignalView};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use super::{
    page::{Limit, Listing, Wanted, begin},
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
    Described::new().route(Right::Read, routes!(list)).route(Right::Read, routes!(of_claim))
}

/// How many signals of a claim are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Newest {
    /// How many, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
}

/// What a snapshot changed.
#[derive(Debug, Serialize, ToSchema)]
struct Signal {
    id: Uuid,
    /// A word for programs: what sort of change it is.
    kind: String,
    title: String,
    /// Where it can be looked up.
    url: Option<String>,
    source: Option<String>,
    source_title: Option<String>,
    /// `source/benchmark`.
    benchmark: Option<String>,
    /// Its figures and witnesses.
    #[schema(value_type = Object)]
    detail: Value,
    /// When the sources said so.
    observed_at: DateTime<Utc>,
    /// When it was noticed.
    at: DateTime<Utc>,
    /// The claims beside which it stands.
    claims: Vec<Beside>,
}

/// A claim beside which a signal stands.
#[derive(Debug, Serialize, ToSchema)]
struct Beside {
    claim: Uuid,
    /// What became of it there.
    status: String,
    /// How it would count as evidence.
    #[schema(value_type = Object)]
    suggestion: Value,
    /// The item of evidence that was made of it.
    evidence: Option<Uuid>,
}

impl From<SignalView> for Signal {
    fn from(view: SignalView) -> Self {
        let signal = view.signal;
        Self {
            id: signal.id.0,
            kind: signal.kind.as_str().to_owned(),
            title: signal.title,
            url: signal.url,
            source: signal.source.map(|id| id.to_string()),
            source_title: view.source_title,
            benchmark: signal.benchmark.map(|id| id.to_string()),
            detail: view.detail,
            observed_at: signal.observed_at,
            at: signal.at,
            claims: view
                .claims
                .into_iter()
                .map(|beside| Beside {
                    claim: beside.claim.0,
                    status: beside.status.as_str().to_owned(),
                    suggestion: words::json(&beside.suggestion),
                    evidence: beside.evidence.map(|id| id.0),
                })
                .collect(),
        }
    }
}

/// Reads `next` of the page before: the last signal's instant and id.
fn after(cursor: &str) -> Option<(DateTime<Utc>, SignalId)> {
    let (at, id) = cursor.split_once('_')?;
    Some((DateTime::parse_from_rfc3339(at).ok()?.to_utc(), id.parse().ok()?))
}

/// List signals, newest first
#[utoipa::path(
    get, path = "/api/v1/signals", tag = "signals", operation_id = "list_signals", params(Wanted),
    responses((status = 200, body = Listing<Signal>), (status = 400, body = ProblemDocument)),
)]
async fn list(
    State(state): State<AppState>,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Response, Problem> {
    let after = begin(wanted.cursor.as_deref(), after)?;
    let found = state.engine().signals_page(after, i64::from(wanted.limit.0) + 1).await?;
    let page = Listing::<Signal>::page(found, wanted.limit, |last| {
        format!("{}_{}", last.signal.at.to_rfc3339_opts(SecondsFormat::AutoSi, true), last.signal.id)
    });
    Ok(cacheable(Answer(page).into_response()))
}

/// List the signals beside a claim, newest first
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/signals", tag = "signals", operation_id = "list_claim_signals",
    params(("id" = String, Path, description = "Id or slug"), Newest),
    responses(
        (status = 200, body = Listing<Signal>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn of_claim(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    StrictQuery(query): StrictQuery<Newest>,
) -> Result<Response, Problem> {
    let id = state.engine().claim_id(&claim).await?;
    let found = state.engine().claim_signals(id, query.limit.0.into()).await?;
    Ok(cacheable(Answer(Listing::<Signal>::whole(found)).into_response()))
}
