//! The pages.

use axum::{
    Router,
    response::{Html, IntoResponse as _, Response},
};

use crate::{problem::Problem, state::AppState};

/// All pages and their assets.
pub fn router() -> Router<AppState> {
    Router::new()
}

/// The page of a refusal. The caller sets the status; the request's id helps to find it in the log.
pub(crate) fn error_page(_state: &AppState, problem: &Problem, request_id: &str) -> Response {
    Html(format!(
        "<!doctype html><html lang=\"en\"><title>{0}</title><h1>{0}</h1><p>{1}</p><p>{request_id}</p></html>",
        problem.kind.title(),
        problem.kind.name(),
    ))
    .into_response()
}
