//! The JSON API: `/api/v1`, described by `/api/openapi.json`.

mod benchmarks;
mod catalogue;
mod charts;
mod claims;
mod docs;
mod events;
mod evidence;
mod external;
mod feeds;
mod forecasters;
mod forecasts;
mod lint;
mod market;
mod once;
mod page;
mod people;
mod refusals;
mod resolution;
mod rules;
mod signals;
mod sources;
mod status;
mod words;

pub(crate) use events::Event;
pub(crate) use once::UnderWay;

use axum::Router;
use bellwether_core::people::Right;
use utoipa::{
    OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{
    gate::{BEARER, Described, Guard, Guarded},
    problem::{FieldProblem, ProblemDocument},
    state::AppState,
};

/// What the generated description says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bellwether",
        version = "1",
        description = "Claims about the future, how likely each is, why that number moved, and the proof that settled it.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ProblemDocument, FieldProblem))
)]
struct Description;

/// The routes and their description, which are one thing: a route that is not described cannot be added.
fn routes() -> Described {
    Described::with_openapi(Description::openapi())
        .merge(benchmarks::routes())
        .merge(catalogue::routes())
        .merge(charts::routes())
        .merge(claims::routes())
        .merge(evidence::routes())
        .merge(external::routes())
        .merge(feeds::routes())
        .merge(forecasters::routes())
        .merge(forecasts::routes())
        .merge(lint::routes())
        .merge(market::routes())
        .merge(people::routes())
        .merge(resolution::routes())
        .merge(rules::routes())
        .merge(signals::routes())
        .merge(sources::routes())
        .merge(events::routes())
        .merge(status::routes())
}

/// The description itself, for programs and for people.
fn documents() -> Guarded {
    Guarded::default()
        .get("/api/openapi.json", Right::Enter, docs::openapi)
        .get("/api/docs", Right::Enter, docs::page)
        .get("/api/docs.css", Right::Enter, docs::style)
}

/// What every route under `/api` needs.
pub(crate) fn guards() -> Vec<Guard> {
    let mut all = routes().open().1;
    all.extend(documents().open().1);
    all
}

/// All routes under `/api`.
pub fn router(state: AppState) -> Router<AppState> {
    let (router, mut description) = routes().open().0.split_for_parts();
    complete(&mut description);
    let description = docs::Documents::new(&description);
    router
        .layer(axum::middleware::from_fn_with_state(state, once::once))
        .merge(documents().open().0)
        .layer(axum::Extension(description))
}

/// The OpenAPI 3.1 description of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = routes().open().0.into_openapi();
    complete(&mut description);
    description
}

/// Adds what holds for every route: how programs sign in, and how refusals look.
fn complete(description: &mut utoipa::openapi::OpenApi) {
    refusals::describe(description);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of an account, made on its page or by `bellwether token`."))
        .build();
    description.components.get_or_insert_default().add_security_scheme(BEARER, SecurityScheme::Http(bearer));
}

/// The description as indented JSON.
pub fn openapi_json() -> String {
    openapi().to_pretty_json().unwrap_or_default()
}
