//! A claim's chart as a file.

use axum::{extract::State, response::Response};
use bellwether_core::people::Right;
use bellwether_engine::claims::ClaimKey;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{claims::AsOf, page::instant};
use crate::{
    cache::cacheable,
    extract::{Path, StrictQuery},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
    web,
};

pub(super) fn routes() -> Described {
    Described::new().route(Right::Read, routes!(svg)).route(Right::Read, routes!(png))
}

/// How much of the past a chart shows.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
enum Range {
    #[serde(rename = "1m")]
    Month,
    #[serde(rename = "3m")]
    Quarter,
    #[serde(rename = "1y")]
    Year,
    #[serde(rename = "all")]
    All,
}

impl Range {
    /// The page's own word for it.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Month => Some("1m"),
            Self::Quarter => Some("3m"),
            Self::Year => Some("1y"),
            Self::All => None,
        }
    }
}

/// The colours of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Theme {
    Light,
    Dark,
}

/// What a chart is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChartQuery {
    /// Draw what was known at this instant.
    #[serde(default, deserialize_with = "instant")]
    at: Option<DateTime<Utc>>,
    /// How much of the past: 1m, 3m, 1y or all; all where absent.
    #[param(inline)]
    range: Option<Range>,
    /// light or dark; light where absent.
    #[param(inline)]
    theme: Option<Theme>,
}

/// Draw a claim's chart
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/chart.svg", tag = "claims", operation_id = "draw_chart",
    params(("id" = String, Path, description = "Id or slug"), ChartQuery),
    responses(
        (status = 200, body = String, content_type = "image/svg+xml"), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn svg(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(query): StrictQuery<ChartQuery>,
) -> Result<Response, Problem> {
    let range = query.range.and_then(Range::word);
    let dark = query.theme == Some(Theme::Dark);
    Ok(cacheable(web::drawn_svg(&state.engine_for(&visitor), &claim, query.at, range, dark).await?))
}

/// Draw a claim's picture for shared links
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/chart.png", tag = "claims", operation_id = "draw_picture",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/png"), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn png(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    Ok(cacheable(web::drawn_png(&state.engine_for(&visitor), &claim, as_of.at).await?))
}
