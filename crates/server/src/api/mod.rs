//! The JSON API: `/api/v1`, described by `/api/openapi.json`.

mod benchmarks;
mod catalogue;
mod charts;
mod claims;
mod docs;
mod evidence;
mod lint;
mod once;
mod page;
mod refusals;
mod resolution;
mod rules;
mod signals;
mod sources;
mod status;
mod words;

pub(crate) use once::UnderWay;

use axum::{Router, routing::get};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    problem::{FieldProblem, ProblemDocument},
    state::AppState,
};

/// What the generated description says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bellwether",
        description = "Claims about the future, how likely each is, why that number moved, and the proof that settled it.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ProblemDocument, FieldProblem))
)]
struct Description;

/// The routes and their description, which are one thing: a route that is not described cannot be added.
fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(benchmarks::routes())
        .merge(catalogue::routes())
        .merge(charts::routes())
        .merge(claims::routes())
        .merge(evidence::routes())
        .merge(lint::routes())
        .merge(resolution::routes())
        .merge(rules::routes())
        .merge(signals::routes())
        .merge(sources::routes())
        .merge(status::routes())
}

/// All routes under `/api`.
pub fn router(state: AppState) -> Router<AppState> {
    let (router, mut description) = routes().split_for_parts();
    refusals::describe(&mut description);
    let description = docs::Documents::new(&description);
    router
        .layer(axum::middleware::from_fn_with_state(state, once::once))
        .route("/api/openapi.json", get(docs::openapi))
        .route("/api/docs", get(docs::page))
        .route("/api/docs.css", get(docs::style))
        .layer(axum::Extension(description))
}

/// The OpenAPI 3.1 description of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = routes().into_openapi();
    refusals::describe(&mut description);
    description
}

/// The description as indented JSON.
pub fn openapi_json() -> String {
    openapi().to_pretty_json().unwrap_or_default()
}
