//! A claim taken away as a file.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_engine::claims::ClaimKey;
use http::header;
use serde_json::Value;

use super::AsOf;
use crate::{
    extract::{Path, StrictQuery},
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

/// Take a claim away as JSON, with a README inside
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/export.json", tag = "claims", operation_id = "export_claim",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = Object), (status = 404, body = ProblemDocument)),
)]
pub(super) async fn export_json(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Answer<Value>, Problem> {
    Ok(Answer(state.engine_for(&visitor).export_json(&claim, as_of.at).await?))
}

/// Take a claim's ledger away as CSV
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/moves.csv", tag = "claims", operation_id = "export_moves",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = ProblemDocument)),
)]
pub(super) async fn export_moves(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    Ok(csv(state.engine_for(&visitor).export_moves_csv(&claim, as_of.at).await?, "moves"))
}

/// Take a claim's evidence away as CSV
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/evidence.csv", tag = "evidence", operation_id = "export_evidence",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = ProblemDocument)),
)]
pub(super) async fn export_evidence(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    Ok(csv(state.engine_for(&visitor).export_evidence_csv(&claim, as_of.at).await?, "evidence"))
}

fn csv(text: String, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, text).into_response()
}
