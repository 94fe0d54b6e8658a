//! Claims written down, opened, decided by other criteria.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_core::{
    document::ClaimDocument,
    ids::{ClaimId, Slug},
    status::ClaimStatus,
};
use bellwether_engine::claims::{ClaimKey, Created, CriteriaChange, NewClaim};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    extract::{Document, Json, Path, StrictQuery, document_fault},
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

/// A claim that was written down.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedClaim {
    #[schema(value_type = Uuid)]
    id: ClaimId,
    /// The readable part of its address.
    #[schema(value_type = String)]
    slug: Slug,
    /// draft or open.
    #[schema(value_type = String)]
    status: ClaimStatus,
}

impl From<Created> for CreatedClaim {
    fn from(created: Created) -> Self {
        Self { id: created.id, slug: created.slug, status: created.status }
    }
}

/// Whether a new claim is opened at once.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CreateQuery {
    /// Open it to readers at once; else it is a draft.
    #[serde(default)]
    publish: bool,
}

/// Write a claim down
///
/// The body is a claim document, in JSON or YAML.
#[utoipa::path(
    post, path = "/api/v1/claims", tag = "claims", operation_id = "create_claim",
    params(CreateQuery),
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 201, body = CreatedClaim), (status = 400, body = ProblemDocument),
        (status = 415, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    visitor: Visitor,
    StrictQuery(query): StrictQuery<CreateQuery>,
    Document(document): Document,
) -> Result<Response, Problem> {
    let new = NewClaim { document, publish: query.publish };
    let created = state.engine().create_claim(visitor.actor()?, new).await?;
    let location = format!("/api/v1/claims/{}", created.slug);
    let answer = Answer(CreatedClaim::from(created));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// Open a draft to readers
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/publish", tag = "claims", operation_id = "publish_claim",
    params(("id" = String, Path, description = "Id or slug")),
    responses(
        (status = 200, body = CreatedClaim), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument),
    ),
)]
pub(super) async fn publish(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
) -> Result<Answer<CreatedClaim>, Problem> {
    Ok(Answer(state.engine().publish_claim(visitor.actor()?, &claim).await?.into()))
}

/// A new version of the criteria.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCriteria {
    /// The claim document with its new criteria; title, options, start and headline stay as they were.
    #[schema(value_type = Object)]
    document: ClaimDocument,
    /// Why.
    reason: String,
    /// The version its author saw; another one in force refuses the change with 409.
    #[serde(default)]
    seen: Option<i64>,
}

/// The number of a version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CriteriaVersion {
    /// Counts from 1.
    version: i64,
}

/// Change what decides a claim
///
/// The earlier version stays readable; what settled before stays settled by it.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/criteria", tag = "claims", operation_id = "change_criteria",
    params(("id" = String, Path, description = "Id or slug")), request_body = NewCriteria,
    responses(
        (status = 200, body = CriteriaVersion), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
pub(super) async fn criteria(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewCriteria>,
) -> Result<Answer<CriteriaVersion>, Problem> {
    let document = new.document.checked().map_err(|e| Problem::invalid(vec![document_fault(e)]))?;
    let change = CriteriaChange { document, reason: new.reason, seen: new.seen };
    let version = state.engine().change_criteria(visitor.actor()?, &claim, change).await?;
    Ok(Answer(CriteriaVersion { version }))
}
