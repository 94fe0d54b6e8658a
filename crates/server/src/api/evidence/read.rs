//! Evidence as it stands, with what it counts.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_core::ids::EvidenceId;
use bellwether_engine::claims::{ClaimKey, EvidenceView};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{claims::AsOf, page::Listing, words::json};
use crate::{
    cache::cacheable,
    extract::{Path, StrictQuery},
    problem::{Problem, ProblemDocument},
    state::AppState,
};

/// An item of evidence with everything that decides what it counts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvidenceItem {
    #[schema(value_type = Uuid)]
    id: EvidenceId,
    /// Counts its corrections; give it as `seen` when you correct it.
    revision: u32,
    /// active, superseded or retracted.
    #[schema(value_type = String)]
    status: Value,
    /// What it says, whence, how strong.
    #[schema(value_type = Object)]
    item: Value,
    /// What it is multiplied by, and why.
    #[schema(value_type = Object)]
    factors: Value,
    /// What it counts, signed points.
    counts: f64,
    /// Shown probability of its option without it.
    p_without: Option<f64>,
    /// Items that it contradicts.
    #[schema(value_type = Vec<Uuid>)]
    contradicts: Vec<EvidenceId>,
    added_by: String,
    added_at: DateTime<Utc>,
    /// The page kept as proof.
    snapshot: Option<Uuid>,
    /// Until when its addition can be undone.
    undo_until: Option<DateTime<Utc>>,
}

impl From<EvidenceView> for EvidenceItem {
    fn from(e: EvidenceView) -> Self {
        Self {
            id: e.id,
            revision: e.revision,
            status: json(&e.status),
            item: json(&e.item),
            factors: json(&e.factors),
            counts: e.counts,
            p_without: e.without.map(bellwether_core::probability::Probability::value),
            contradicts: e.contradicts,
            added_by: e.actor.to_string(),
            added_at: e.added_at,
            snapshot: e.snapshot,
            undo_until: e.undo_until,
        }
    }
}

/// List the evidence of a claim
///
/// Those that count most come first; retracted ones last.
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/evidence", tag = "evidence", operation_id = "list_evidence",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = Listing<EvidenceItem>), (status = 404, body = ProblemDocument)),
)]
pub(super) async fn evidence(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    let page = state.engine().claim_page(&claim, as_of.at).await?;
    let mut counted: Vec<EvidenceView> = page.items_for.into_iter().chain(page.items_against).collect();
    counted.sort_by(|a, b| b.counts.abs().total_cmp(&a.counts.abs()).then(a.id.cmp(&b.id)));
    let items = counted.into_iter().chain(page.retracted);
    Ok(cacheable(Answer(Listing::<EvidenceItem>::whole(items)).into_response()))
}

/// Read one item of evidence, with what it counts now
#[utoipa::path(
    get, path = "/api/v1/evidence/{id}", tag = "evidence", operation_id = "get_evidence",
    params(("id" = Uuid, Path), AsOf),
    responses((status = 200, body = EvidenceItem), (status = 404, body = ProblemDocument)),
)]
pub(super) async fn item(
    State(state): State<AppState>,
    Path(id): Path<EvidenceId>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    let slug = state.engine().claim_of_evidence(id).await?;
    let page = state.engine().claim_page(&ClaimKey::from(slug.to_string()), as_of.at).await?;
    let mut all = page.items_for.into_iter().chain(page.items_against).chain(page.retracted);
    let found = all.find(|item| item.id == id).ok_or_else(|| Problem::not_found("item of evidence"))?;
    Ok(cacheable(Answer(EvidenceItem::from(found)).into_response()))
}
