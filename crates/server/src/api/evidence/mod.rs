//! Evidence: listed, read, previewed, added, corrected, taken back, undone.

mod read;

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{evidence::Side, ids::EvidenceId, people::Right};
use bellwether_engine::{
    claims::ClaimKey,
    evidence::{AddEvidence, Added, Changed, Correction, EvidenceInput, Preview, Target},
};
use chrono::{DateTime, NaiveDate, Utc};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::words::{Effect, MaybeReason, MoveRow, json};
use crate::{
    extract::{Json, Path},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(read::evidence))
        .route(Right::Curate, routes!(add))
        .route(Right::Read, routes!(read::item))
        .route(Right::Read, routes!(preview))
        .route(Right::Curate, routes!(revise))
        .route(Right::Curate, routes!(retract))
        .route(Right::Curate, routes!(undo))
}

/// An item of evidence as its author types it.
#[expect(dead_code, reason = "describes the engine's own input")]
#[derive(ToSchema)]
#[schema(as = EvidenceInput)]
struct EvidenceInputSchema {
    /// `for` or `against`.
    #[schema(pattern = "^(for|against)$")]
    side: String,
    /// The option it is about, where the claim names options.
    option: Option<String>,
    /// What it says: 3 to 4,000 characters.
    #[schema(min_length = 3, max_length = 4000)]
    text: String,
    /// What sort of thing it is; decides how it ages. `news` where absent.
    #[schema(pattern = "^(benchmark|news|expert|structural)$")]
    kind: Option<String>,
    /// `trace`, `weak`, `moderate`, `strong`, `decisive`; or 0 to 40 points; or `{"likelihood_ratio": 2}`. `weak` where
    /// absent.
    #[schema(value_type = Option<Value>)]
    strength: Option<Value>,
    /// How far its source is to be believed; `press` where a source is named, else `unsourced`.
    #[schema(pattern = "^(primary|replication|peer_reviewed|vendor|press|social|unsourced)$")]
    tier: Option<String>,
    /// How far it bears on the criteria, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    relevance: Option<f64>,
    /// Its address: http or https.
    #[schema(max_length = 2000)]
    url: Option<String>,
    /// The title of the page or paper.
    #[schema(max_length = 300)]
    title: Option<String>,
    /// Who published it.
    #[schema(max_length = 120)]
    publisher: Option<String>,
    /// The publisher's date.
    published_on: Option<NaiveDate>,
    /// What it goes back to, where several items tell the same.
    origin: Option<String>,
    /// When it was true; the publisher's date, or now, where absent.
    observed_at: Option<DateTime<Utc>>,
    /// The figure it states: `{"metric", "period", "value", "unit"}`.
    #[schema(value_type = Option<Object>)]
    measure: Option<Value>,
    /// An older item of the same claim that it replaces.
    supersedes: Option<Uuid>,
}

/// An item, and where it goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEvidence {
    /// The item.
    #[schema(value_type = EvidenceInputSchema)]
    item: EvidenceInput,
    /// Further claims that it is added to, all or none; at most 19.
    #[serde(default)]
    also: Vec<AlsoTo>,
    /// The page that was read and kept as proof.
    #[serde(default)]
    snapshot: Option<Uuid>,
}

/// A further claim that an item is added to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AlsoTo {
    /// Its id or slug.
    #[schema(value_type = String)]
    claim: ClaimKey,
    /// The item's side there, where it differs.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(for|against)$")]
    side: Option<Side>,
    /// The option there.
    #[serde(default)]
    option: Option<String>,
}

/// What adding an item did.
#[derive(Debug, Serialize, ToSchema)]
struct AddedEvidence {
    /// What it did to each claim, in the order they were named.
    items: Vec<AddedTo>,
}

/// What adding an item did to one claim.
#[derive(Debug, Serialize, ToSchema)]
struct AddedTo {
    #[serde(flatten)]
    effect: Effect,
    /// What the item counts, signed points.
    counts: f64,
    /// Items of the claim that tell nearly the same.
    alike: Vec<AlikeItem>,
    /// Contradictions that came with it.
    #[schema(value_type = Vec<Object>)]
    contradictions: Value,
    /// What a reader should know of the number now.
    warnings: Vec<String>,
    /// Until when it can be undone.
    undo_until: DateTime<Utc>,
}

/// An item that tells nearly the same.
#[derive(Debug, Serialize, ToSchema)]
struct AlikeItem {
    /// The item.
    #[schema(value_type = Uuid)]
    evidence: EvidenceId,
    /// What it says.
    text: String,
    /// Whether both go back to one origin; else their words are nearly the same.
    same_origin: bool,
}

impl From<Added> for AddedTo {
    fn from(added: Added) -> Self {
        Self {
            effect: Effect {
                claim: added.claim,
                slug: added.slug,
                evidence: added.evidence,
                option: added.option,
                p_before: added.before.value(),
                p_after: added.after.value(),
                moves: added.moves.iter().map(MoveRow::from).collect(),
            },
            counts: added.counts,
            alike: added.alike.into_iter().map(AlikeItem::from).collect(),
            contradictions: json(&added.contradictions),
            warnings: added.warnings.iter().map(ToString::to_string).collect(),
            undo_until: added.undo_until,
        }
    }
}

impl From<bellwether_engine::evidence::Alike> for AlikeItem {
    fn from(alike: bellwether_engine::evidence::Alike) -> Self {
        Self { evidence: alike.evidence, text: alike.text, same_origin: alike.same_origin }
    }
}

impl From<Changed> for Effect {
    fn from(changed: Changed) -> Self {
        Self {
            claim: changed.claim,
            slug: changed.slug,
            evidence: changed.evidence,
            option: changed.option,
            p_before: changed.before.value(),
            p_after: changed.after.value(),
            moves: changed.moves.iter().map(MoveRow::from).collect(),
        }
    }
}

/// What an item would do to a claim. Nothing is stored.
#[derive(Debug, Serialize, ToSchema)]
struct EvidencePreview {
    /// The item as it would be kept.
    #[schema(value_type = Object)]
    item: Value,
    /// Why it would count what it would.
    #[schema(value_type = Object)]
    factors: Value,
    /// The option it is about; 0 for yes.
    option: usize,
    /// Shown probability now, 0 to 1.
    p_before: f64,
    /// And with the item.
    p_after: f64,
    /// Items of the claim that tell nearly the same.
    alike: Vec<AlikeItem>,
    /// Contradictions it would bring.
    #[schema(value_type = Vec<Object>)]
    contradictions: Value,
    /// What a reader would be warned of.
    warnings: Vec<String>,
}

impl From<Preview> for EvidencePreview {
    fn from(preview: Preview) -> Self {
        Self {
            item: json(&preview.item),
            factors: json(&preview.factors),
            option: preview.option,
            p_before: preview.before.value(),
            p_after: preview.after.value(),
            alike: preview.alike.into_iter().map(AlikeItem::from).collect(),
            contradictions: json(&preview.contradictions),
            warnings: preview.warnings.iter().map(ToString::to_string).collect(),
        }
    }
}

/// An item to look at before it is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewRequest {
    /// The item.
    #[schema(value_type = EvidenceInputSchema)]
    item: EvidenceInput,
    /// The item that it would correct.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    replaces: Option<EvidenceId>,
}

/// A correction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Revision {
    /// The item as it should be, whole.
    #[schema(value_type = EvidenceInputSchema)]
    item: EvidenceInput,
    /// Why.
    #[serde(default)]
    reason: Option<String>,
    /// The revision its author saw; another one in force refuses the correction with 409.
    #[serde(default)]
    seen: Option<u32>,
}

/// Add an item of evidence to a claim
///
/// The item moves the claim's number at once; it can be undone for a minute, and retracted exactly at any time.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/evidence", tag = "evidence", operation_id = "add_evidence",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = NewEvidence,
    responses(
        (status = 201, body = AddedEvidence), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn add(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewEvidence>,
) -> Result<Response, Problem> {
    let also = new.also.into_iter().map(|to| Target { claim: to.claim, side: to.side, option: to.option });
    let targets = std::iter::once(Target::plain(claim)).chain(also).collect();
    let add = AddEvidence { input: new.item, targets, snapshot: new.snapshot };
    let added = state.engine().add_evidence(visitor.actor()?, add).await?;
    let location = added.first().map_or_else(String::new, |a| format!("/api/v1/evidence/{}", a.evidence));
    let items = added.into_iter().map(AddedTo::from).collect();
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Answer(AddedEvidence { items })).into_response())
}

/// See what an item of evidence would do to a claim
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/evidence/preview", tag = "evidence", operation_id = "preview_evidence",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = PreviewRequest,
    responses(
        (status = 200, body = EvidencePreview), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn preview(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Json(request): Json<PreviewRequest>,
) -> Result<Answer<EvidencePreview>, Problem> {
    let preview = state.engine().preview_evidence(&claim, &request.item, request.replaces).await?;
    Ok(Answer(preview.into()))
}

/// Correct an item of evidence
///
/// The correction replaces the item whole; the earlier wording stays readable.
#[utoipa::path(
    post, path = "/api/v1/evidence/{id}/revise", tag = "evidence", operation_id = "revise_evidence",
    params(("id" = Uuid, Path)),
    request_body = Revision,
    responses(
        (status = 200, body = Effect), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn revise(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<EvidenceId>,
    Json(revision): Json<Revision>,
) -> Result<Answer<Effect>, Problem> {
    let correction = Correction {
        input: &revision.item,
        reason: revision.reason.as_deref(),
        seen: revision.seen,
        snapshot: None,
    };
    let changed = state.engine().revise_evidence(visitor.actor()?, id, correction).await?;
    Ok(Answer(changed.into()))
}

/// Take an item of evidence back
///
/// Nothing is deleted: the exact opposite of what it counts is appended to the ledger.
#[utoipa::path(
    post, path = "/api/v1/evidence/{id}/retract", tag = "evidence", operation_id = "retract_evidence",
    params(("id" = Uuid, Path)),
    request_body = MaybeReason,
    responses(
        (status = 200, body = Effect), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn retract(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<EvidenceId>,
    Json(why): Json<MaybeReason>,
) -> Result<Answer<Effect>, Problem> {
    Ok(Answer(state.engine().retract_evidence(visitor.actor()?, id, why.reason.as_deref()).await?.into()))
}

/// Undo the addition of an item, within a minute of it
#[utoipa::path(
    post, path = "/api/v1/evidence/{id}/undo", tag = "evidence", operation_id = "undo_evidence",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Effect), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    ),
)]
async fn undo(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<EvidenceId>,
) -> Result<Answer<Effect>, Problem> {
    Ok(Answer(state.engine().undo_evidence(visitor.actor()?, id).await?.into()))
}
