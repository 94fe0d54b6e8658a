//! Signals: what was read that may bear on claims, and what becomes of it beside each.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{benchmark::BenchmarkId, evidence::Side, ids::SignalId, people::Right};
use bellwether_engine::{
    claims::ClaimKey,
    evidence::{CountSignal, StrengthInput},
    signals::{Decision, SignalView, SourceOf, Which},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use super::{
    page::{Limit, Listing, begin},
    words,
};
use crate::{
    cache::cacheable,
    extract::{Json, Path, StrictQuery},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(list))
        .route(Right::Read, routes!(of_claim))
        .route(Right::Curate, routes!(decide))
}

/// Which signals are asked for, and which page of them. At most one of `waiting`, `feed` and `benchmark`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedSignals {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// How many rows, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `true`: only those that wait beside a claim.
    #[serde(default)]
    waiting: bool,
    /// Only those that this news feed tells.
    feed: Option<Uuid>,
    /// Only those of this benchmark, `source/benchmark`.
    #[param(value_type = Option<String>)]
    benchmark: Option<BenchmarkId>,
}

impl WantedSignals {
    fn which(&self) -> Result<Which, Problem> {
        match (self.waiting, self.feed, &self.benchmark) {
            (false, None, None) => Ok(Which::All),
            (true, None, None) => Ok(Which::Waiting),
            (false, Some(feed), None) => Ok(Which::Feed(feed)),
            (false, None, Some(benchmark)) => Ok(Which::Benchmark(benchmark.clone())),
            _ => {
                let why = "ask for one of waiting, feed and benchmark at a time";
                Err(Problem::malformed_field("waiting", "ambiguous", why))
            }
        }
    }
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

/// A dated observation that may bear on claims.
#[derive(Debug, Serialize, ToSchema)]
struct Signal {
    id: Uuid,
    /// A word for programs: `new_leader`, `gap_crossed`, `models_added`, `models_withdrawn`, `held_back`, `recovered`,
    /// `source_stale`, `source_recovered`, `rebased`, `views_apart`, `news`.
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
    /// Where it was read: the source, or every feed that tells the story.
    sources: Vec<ToldBy>,
    /// When the sources said so.
    observed_at: DateTime<Utc>,
    /// When it was noticed.
    at: DateTime<Utc>,
    /// The claims beside which it stands.
    claims: Vec<Beside>,
}

/// Where a signal was read.
#[derive(Debug, Serialize, ToSchema)]
struct ToldBy {
    /// The name of the source or the feed.
    name: String,
    /// Where to read it there.
    url: Option<String>,
    /// The headline there, of news.
    title: Option<String>,
    /// When it was published there, of news that says so.
    published_at: Option<DateTime<Utc>>,
}

impl From<SourceOf> for ToldBy {
    fn from(source: SourceOf) -> Self {
        let SourceOf { name, url, title, published_at } = source;
        Self { name, url, title, published_at }
    }
}

/// A claim beside which a signal stands.
#[derive(Debug, Serialize, ToSchema)]
struct Beside {
    claim: Uuid,
    /// `waiting`, `counted`, `not_relevant` or `later`.
    status: String,
    /// Whether a person is to decide now: nobody has, or it was put off until an instant that has passed.
    waits: bool,
    /// Why it stands there: what follows "because it", such as `names GPQA`.
    because: Option<String>,
    /// How it would count as evidence.
    #[schema(value_type = Object)]
    suggestion: Value,
    /// The item of evidence that was made of it.
    evidence: Option<Uuid>,
    /// Who decided, and when.
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    /// When it comes back, of one that was put off.
    until: Option<DateTime<Utc>>,
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
            sources: view.sources.into_iter().map(Into::into).collect(),
            observed_at: signal.observed_at,
            at: signal.at,
            claims: view
                .claims
                .into_iter()
                .map(|beside| Beside {
                    claim: beside.row.claim.0,
                    status: beside.row.status.as_str().to_owned(),
                    waits: beside.waits,
                    because: beside.because,
                    suggestion: words::json(&beside.row.suggestion),
                    evidence: beside.row.evidence.map(|id| id.0),
                    decided_by: beside.row.decided_by.map(|by| by.to_string()),
                    decided_at: beside.row.decided_at,
                    until: beside.row.until,
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
    get, path = "/api/v1/signals", tag = "signals", operation_id = "list_signals", params(WantedSignals),
    responses((status = 200, body = Listing<Signal>), (status = 400, body = ProblemDocument)),
)]
async fn list(
    State(state): State<AppState>,
    StrictQuery(wanted): StrictQuery<WantedSignals>,
) -> Result<Response, Problem> {
    let which = wanted.which()?;
    let after = begin(wanted.cursor.as_deref(), after)?;
    let found = state.engine().signals_page(&which, after, i64::from(wanted.limit.0) + 1).await?;
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

/// What becomes of a signal beside a claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignalDecision {
    /// `count` it as evidence; it is `not_relevant`; `later`: it comes back in seven days; `undo` the last two.
    decision: Word,
    /// To count it: the side, `for` or `against`, where none is suggested or it differs.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(for|against)$")]
    side: Option<Side>,
    /// To count it: the strength, where it differs from the suggested one; 0 to 40 points.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 40)]
    points: Option<f64>,
    /// To count it: the wording, where it differs from the signal's title.
    #[serde(default)]
    #[schema(min_length = 3, max_length = 4000)]
    text: Option<String>,
}

/// What can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignalDecisionWord)]
enum Word {
    /// Make an item of evidence of it.
    Count,
    /// It does not bear on the claim.
    NotRelevant,
    /// Not now.
    Later,
    /// It waits again.
    Undo,
}

/// How a signal stands beside a claim after a decision.
#[derive(Debug, Serialize, ToSchema)]
struct DecidedSignal {
    /// `waiting`, `counted`, `not_relevant` or `later`.
    #[schema(value_type = String)]
    status: Value,
    /// When it comes back, of one that was put off.
    until: Option<DateTime<Utc>>,
    /// The item of evidence that was made of it.
    evidence: Option<Uuid>,
}

/// Decide on a signal beside a claim
///
/// Counting it adds an item of evidence with the suggested side and strength and carries its source over; a signal that
/// was counted is taken back by retracting that item. No signal moves a probability before it is counted.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/signals/{signal}", tag = "signals", operation_id = "decide_signal",
    params(("id" = String, Path, description = "Id or slug"), ("signal" = Uuid, Path)),
    request_body = SignalDecision,
    responses(
        (status = 200, body = DecidedSignal), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn decide(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((claim, signal)): Path<(ClaimKey, Uuid)>,
    Json(asked): Json<SignalDecision>,
) -> Result<Answer<DecidedSignal>, Problem> {
    let (actor, signal) = (visitor.actor()?, SignalId(signal));
    let decision = match asked.decision {
        Word::Count => {
            let strength = asked.points.map(StrengthInput::Points);
            let count = CountSignal { claim, signal, side: asked.side, strength, text: asked.text };
            let added = state.engine().count_signal(actor, count).await?;
            let status = words::json(&bellwether_core::signal::SignalStatus::Counted);
            return Ok(Answer(DecidedSignal { status, until: None, evidence: Some(added.evidence.0) }));
        }
        Word::NotRelevant => Decision::NotRelevant,
        Word::Later => Decision::Later,
        Word::Undo => Decision::Undo,
    };
    let stray =
        [("side", asked.side.is_some()), ("points", asked.points.is_some()), ("text", asked.text.is_some())];
    if let Some((field, _)) = stray.into_iter().find(|(_, given)| *given) {
        let why = "only a signal that is counted takes this: leave it out";
        return Err(Problem::invalid(vec![bellwether_engine::FieldError::new(field, "unexpected", why)]));
    }
    let decided = state.engine().decide_signal(actor, &claim, signal, decision).await?;
    Ok(Answer(DecidedSignal { status: words::json(&decided.status), until: decided.until, evidence: None }))
}
