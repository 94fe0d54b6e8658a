//! `/lint`: what is doubtful about a claim document, before it is a claim.

use axum::{Json, extract::State};
use bellwether_core::document::ClaimDocument;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::Document,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(lint))
}

/// What a claim document says, and what is doubtful about it.
#[derive(Debug, Serialize, ToSchema)]
struct Lint {
    /// The document as it was understood, with its defaults filled in.
    #[schema(value_type = Object)]
    document: ClaimDocument,
}

/// Read a claim document and report what is doubtful about it
#[utoipa::path(
    post, path = "/api/v1/lint", tag = "claims",
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses((status = 200, body = Lint), (status = 400, body = ProblemDocument), (status = 422, body = ProblemDocument)),
)]
async fn lint(State(state): State<AppState>, Document(document): Document) -> Result<Json<Lint>, Problem> {
    document.window.check_new(state.engine().now()).map_err(|e| {
        Problem::invalid(vec![bellwether_engine::FieldError::new("window.by", "unacceptable", e.to_string())])
    })?;
    Ok(Json(Lint { document }))
}
