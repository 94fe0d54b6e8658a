//! The pages: one file each for what a page shows, one template each for how.

mod assets;
mod benchmark_view;
mod claim_view;
mod evidence_view;
mod feed_view;
mod figures;
#[cfg(test)]
mod gallery;
mod new_claim_view;
mod parts;
mod resolution_view;
mod shell;
mod small_views;
mod source_view;

use askama::Template;
use axum::{
    Router,
    response::{Html, IntoResponse as _, Response},
    routing::get,
};

use crate::{
    problem::{Kind, Problem},
    state::AppState,
};

use self::{shell::Shell, small_views::ErrorPage};

/// All pages and their assets.
pub fn router() -> Router<AppState> {
    Router::new().route("/assets/{file}", get(assets::serve))
}

/// A page as an answer. A template that fails to render is a fault of ours.
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            Problem::new(Kind::Internal, "the server's log has the cause under this request's id")
                .into_response()
        }
    }
}

/// The page of a refusal. The caller sets the status; the request's id helps to find it in the log.
pub(crate) fn error_page(state: &AppState, problem: &Problem, request_id: &str) -> Response {
    let advice = match problem.kind {
        Kind::NotFound => "Check the address, or look for the claim in the list.",
        Kind::Busy | Kind::Slow => "Try again in a moment.",
        Kind::Internal => "Try again; if it stays so, tell whoever runs this installation.",
        Kind::CrossSite => "Open the page here and try again from its own form.",
        _ => "Go back, change what was asked, and try again.",
    };
    let shell = Shell {
        title: problem.kind.title().to_owned(),
        origin: state.base_url().as_str().trim_end_matches('/').to_owned(),
        ..Shell::default()
    };
    page(&ErrorPage {
        shell,
        status: problem.kind.status().as_u16(),
        what: problem.kind.title().to_owned(),
        detail: problem.detail.clone(),
        advice,
        id: request_id.to_owned(),
    })
}
