//! The pages: one file each for what a page shows, one template each for how.

mod about;
mod assets;
mod benchmark_view;
mod catalogue;
mod charting;
mod claim;
mod claim_files;
mod claim_read;
mod claim_view;
mod dry_run;
mod evidence;
mod evidence_view;
mod far;
mod feed;
mod feed_view;
mod figures;
mod held;
mod new_claim;
mod new_claim_view;
mod parts;
mod request;
mod resolution;
mod resolution_view;
mod review;
mod review_view;
mod shell;
mod signals;
mod small_views;
mod source_new;
mod source_new_view;
mod source_view;
mod sources;

use askama::Template;
use axum::{
    Router,
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};

use crate::{
    problem::{Kind, Problem},
    state::AppState,
};

pub(crate) use self::{
    claim_files::{drawn_png, drawn_svg},
    request::theme,
    resolution::snapshot,
};
use self::{shell::Shell, small_views::ErrorPage};

/// All pages and their assets.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(feed::show))
        .route("/claims/new", get(new_claim::show).post(new_claim::save))
        .route("/claims/{slug}", get(claim::show))
        .route("/claims/{slug}/moves", get(claim::moves))
        .route("/claims/{slug}/chart.svg", get(claim_files::chart_svg))
        .route("/claims/{slug}/chart.png", get(claim_files::chart_png))
        .route("/claims/{slug}/export.csv", get(claim_files::export_csv))
        .route("/claims/{slug}/export.json", get(claim_files::export_json))
        .route("/claims/{slug}/card", get(claim_files::card))
        .route("/claims/{slug}/evidence", post(evidence::add_to))
        .route("/claims/{slug}/signals", get(signals::show))
        .route("/claims/{slug}/dry-run", get(dry_run::show))
        .route("/claims/{slug}/proof", get(resolution::proof))
        .route("/claims/{slug}/proof.json", get(resolution::bundle))
        .route("/claims/{slug}/object", post(resolution::object))
        .route("/claims/{slug}/decide", post(resolution::decide))
        .route("/evidence/new", get(evidence::new).post(evidence::add))
        .route("/evidence/{id}/revise", get(evidence::revise).post(evidence::save_revision))
        .route("/evidence/{id}/retract", get(evidence::retract).post(evidence::save_retraction))
        .route("/evidence/{id}/undo", post(evidence::undo))
        .route("/resolution", get(resolution::dashboard))
        .route("/review", get(review::show))
        .route("/review/{id}", post(review::answer))
        .route("/sources", get(sources::list))
        .route("/sources/new", get(source_new::show).post(source_new::save))
        .route("/sources/{id}", get(sources::show))
        .route("/sources/{id}/snapshots/{fetch}", get(held::show))
        .route("/sources/{id}/snapshots/{fetch}/release", post(held::release))
        .route("/benchmarks", get(catalogue::benchmarks))
        .route("/benchmarks/{source}/{name}", get(catalogue::benchmark))
        .route("/demo/next", post(catalogue::next_update))
        .route("/snapshots/{sha256}", get(resolution::snapshot))
        .route("/about", get(about::show))
        .route("/about/theme", post(about::theme))
        .route("/assets/{file}", get(assets::serve))
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
