//! `/lint`: what is doubtful about a claim document, before it is a claim.

use axum::{Json, extract::State};
use bellwether_core::{document::ClaimDocument, people::Right};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::words;
use crate::{
    extract::Document,
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

pub(super) fn routes() -> Described {
    Described::new().route(Right::Read, routes!(lint))
}

/// What a claim document says, and what is doubtful about it.
#[derive(Debug, Serialize, ToSchema)]
struct Lint {
    /// The document as it was understood, with its defaults filled in.
    #[schema(value_type = Object)]
    document: ClaimDocument,
    /// What people will read in two ways, or may never be settled.
    warnings: Vec<Warning>,
}

/// A doubt.
#[derive(Debug, Serialize, ToSchema)]
struct Warning {
    /// error or warning.
    #[schema(value_type = String)]
    severity: Value,
    /// A word for programs: `ambiguous_percent`, `stopped_source`...
    code: &'static str,
    /// The key it is about.
    field: &'static str,
    /// What, and what to do.
    message: String,
}

/// Read a claim document and report what is doubtful about it
#[utoipa::path(
    post, path = "/api/v1/lint", tag = "claims",
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses((status = 200, body = Lint), (status = 400, body = ProblemDocument), (status = 422, body = ProblemDocument)),
)]
async fn lint(State(state): State<AppState>, Document(document): Document) -> Result<Json<Lint>, Problem> {
    let now = state.engine().now();
    document.window.check_new(now).map_err(|e| {
        Problem::invalid(vec![bellwether_engine::FieldError::new("window.by", "unacceptable", e.to_string())])
    })?;
    let doubts = state.engine().lint(&document).await?;
    let warnings = doubts
        .into_iter()
        .map(|doubt| Warning {
            severity: words::json(&doubt.severity),
            code: doubt.code,
            field: doubt.field,
            message: doubt.message,
        })
        .collect();
    Ok(Json(Lint { document, warnings }))
}
