//! How claims are decided: proposals, objections, decisions, proofs, and what waits for a person.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{
    ids::ClaimId,
    people::Right,
    status::{ClaimStatus, Outcome},
};
use bellwether_engine::{
    claims::ClaimKey,
    idempotency::beside,
    resolve::{Proof, Ruling},
};
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{page::Listing, words};
use crate::{
    cache::cacheable,
    extract::{Json, Path},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(proof))
        .route(Right::Curate, routes!(propose))
        .route(Right::Object, routes!(object))
        .route(Right::Decide, routes!(decide))
        .route(Right::Curate, routes!(review))
}

/// How a claim was decided, or is being decided.
#[derive(Debug, Serialize, ToSchema)]
struct Resolution {
    #[schema(value_type = Uuid)]
    claim: ClaimId,
    slug: String,
    /// draft, open, awaiting_data, proposed, disputed, resolved, annulled or under_review.
    #[schema(value_type = String)]
    status: ClaimStatus,
    /// yes, no or `option:NAME`; absent while nothing is final, and for a void claim.
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// When the outcome became final.
    at: Option<DateTime<Utc>>,
    /// Names the resolution in the chain of all resolutions.
    hash: Option<String>,
    /// The hash of the one before it.
    previous: Option<String>,
    /// What it stands on: criteria, conditions, witnesses, snapshots.
    #[schema(value_type = Option<Object>)]
    record: Value,
    /// The outcome that is proposed now.
    proposal: Option<Proposal>,
    /// What was said against it.
    objections: Vec<Objection>,
    /// What happened, oldest first.
    story: Vec<Happening>,
}

/// An outcome that becomes final when nobody objects.
#[derive(Debug, Serialize, ToSchema)]
struct Proposal {
    /// yes, no or `option:NAME`.
    #[schema(value_type = String)]
    outcome: Outcome,
    /// rule or person.
    basis: String,
    objected: bool,
    /// Objections are taken until then.
    until: DateTime<Utc>,
    at: DateTime<Utc>,
    /// What it stands on.
    #[schema(value_type = Object)]
    record: Value,
}

/// An objection.
#[derive(Debug, Serialize, ToSchema)]
struct Objection {
    id: Uuid,
    reason: String,
    actor: String,
    at: DateTime<Utc>,
}

/// A step on the way to an outcome.
#[derive(Debug, Serialize, ToSchema)]
struct Happening {
    at: DateTime<Utc>,
    actor: String,
    /// claim.published, proposal.opened, claim.resolved...
    kind: String,
    reason: Option<String>,
}

impl From<Proof> for Resolution {
    fn from(proof: Proof) -> Self {
        let (resolution, record) = proof.resolution.unzip();
        Self {
            claim: proof.claim,
            slug: proof.slug.to_string(),
            status: proof.status,
            outcome: record.as_ref().and_then(|r| r.outcome.clone()),
            at: resolution.as_ref().map(|r| r.at),
            hash: resolution.as_ref().map(|r| r.hash.to_string()),
            previous: proof.previous.map(|hash| hash.to_string()),
            record: words::json(&record),
            proposal: proof.proposal.map(|p| Proposal {
                outcome: p.outcome,
                basis: p.basis,
                objected: p.objected,
                until: p.until,
                at: p.at,
                record: words::json(&p.record),
            }),
            objections: proof
                .objections
                .into_iter()
                .map(|o| Objection { id: o.id.0, reason: o.reason, actor: o.actor.to_string(), at: o.at })
                .collect(),
            story: proof
                .steps
                .into_iter()
                .map(|s| Happening { at: s.at, actor: s.actor.to_string(), kind: s.kind, reason: s.reason })
                .collect(),
        }
    }
}

/// Read how a claim was decided, with its proof
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/resolution", tag = "resolution", operation_id = "get_resolution",
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, body = Resolution), (status = 404, body = ProblemDocument)),
)]
async fn proof(State(state): State<AppState>, Path(claim): Path<ClaimKey>) -> Result<Response, Problem> {
    let id = state.engine().claim_id(&claim).await?;
    Ok(cacheable(Answer(Resolution::from(state.engine().proof(id).await?)).into_response()))
}

/// An outcome that a person states.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewProposal {
    /// yes, no or `option:NAME`.
    #[schema(value_type = String)]
    outcome: Outcome,
    /// Why.
    reason: String,
    /// A page that shows it; it is read and kept as proof.
    url: String,
}

/// Propose the outcome of a claim that no rule decides
///
/// The page behind the link is fetched and kept; the outcome stands under the claim's challenge window.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/propose", tag = "resolution", operation_id = "propose_outcome",
    params(("id" = String, Path, description = "Id or slug")), request_body = NewProposal,
    responses(
        (status = 200, body = Resolution), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn propose(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewProposal>,
) -> Result<Answer<Resolution>, Problem> {
    let engine = state.engine();
    let id = engine.claim_id(&claim).await?;
    let read = engine.read_link(visitor.actor()?, engine.outside()?.fetcher(), &new.url);
    // To keep the page twice does no harm: only the proposal is what a key is for.
    let link = beside(read).await?;
    engine.propose(visitor.actor()?, id, new.outcome, &new.reason, Some(link.snapshot)).await?;
    Ok(Answer(engine.proof(id).await?.into()))
}

/// Object to a proposed or settled outcome
///
/// The clock of the challenge window stands until a person decides.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/object", tag = "resolution", operation_id = "object",
    params(("id" = String, Path, description = "Id or slug")), request_body = words::Reason,
    responses(
        (status = 201, body = Object), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn object(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(why): Json<words::Reason>,
) -> Result<(StatusCode, Answer<Value>), Problem> {
    let id = state.engine().claim_id(&claim).await?;
    let objection = state.engine().object(visitor.actor()?, id, &why.reason, None).await?;
    Ok((StatusCode::CREATED, Answer(json!({ "id": objection }))))
}

/// What a person decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// uphold, refuse, annul or reverse.
    ruling: Word,
    /// The outcome that is upheld: yes, no or `option:NAME`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// Why.
    reason: String,
}

/// The ways to decide.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Ruling)]
enum Word {
    /// The outcome is right.
    Uphold,
    /// The proposal is wrong; the claim goes on.
    Refuse,
    /// The claim is void.
    Annul,
    /// The settled outcome is withdrawn; the claim goes on.
    Reverse,
}

impl Decision {
    fn ruling(&self) -> Result<Ruling, Problem> {
        let bad = |code, message: &str| {
            Problem::invalid(vec![bellwether_engine::FieldError::new("outcome", code, message)])
        };
        match (self.ruling, &self.outcome) {
            (Word::Uphold, Some(outcome)) => Ok(Ruling::Uphold(outcome.clone())),
            (Word::Uphold, None) => Err(bad("required", "say which outcome is upheld")),
            (_, Some(_)) => Err(bad("unacceptable", "only what is upheld has an outcome")),
            (Word::Refuse, None) => Ok(Ruling::Refuse),
            (Word::Annul, None) => Ok(Ruling::Annul),
            (Word::Reverse, None) => Ok(Ruling::Reverse),
        }
    }
}

/// Decide a disputed outcome, a claim under review, or take a settled outcome back
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/decide", tag = "resolution", operation_id = "decide",
    params(("id" = String, Path, description = "Id or slug")), request_body = Decision,
    responses(
        (status = 200, body = Resolution), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn decide(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(decision): Json<Decision>,
) -> Result<Answer<Resolution>, Problem> {
    let id = state.engine().claim_id(&claim).await?;
    let ruling = decision.ruling()?;
    state.engine().decide(visitor.actor()?, id, ruling, &decision.reason).await?;
    Ok(Answer(state.engine().proof(id).await?.into()))
}

/// A question that only a person can answer.
#[derive(Debug, Serialize, ToSchema)]
struct ReviewQuestion {
    id: Uuid,
    /// When it came up.
    opened_at: DateTime<Utc>,
    /// What is asked: `asks` is openness or cell, with what it is about.
    #[schema(value_type = Object)]
    question: Value,
}

/// List the questions that wait for a person
#[utoipa::path(
    get, path = "/api/v1/review", tag = "resolution", operation_id = "list_questions",
    responses((status = 200, body = Listing<ReviewQuestion>)),
)]
async fn review(State(state): State<AppState>) -> Result<Response, Problem> {
    let queue = state.engine().review_queue().await?;
    let items = queue.questions.into_iter().map(|(id, opened_at, question)| ReviewQuestion {
        id,
        opened_at,
        question: words::json(&question),
    });
    Ok(cacheable(Answer(Listing::<ReviewQuestion>::whole(items)).into_response()))
}
