//! How this installation stands.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::people::Right;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{gate::Described, problem::Problem, state::AppState};

pub(super) fn routes() -> Described {
    Described::new().route(Right::Read, routes!(status))
}

/// How this installation stands.
#[derive(Debug, Serialize, ToSchema)]
struct Status {
    /// Whether this is the demo, whose clock is moved by hand.
    demo: bool,
    /// What the clock shows.
    now: DateTime<Utc>,
    /// The title of the demo's next update.
    next_update: Option<String>,
    /// How many sources there are.
    sources: usize,
    /// When a source last answered.
    last_read: Option<DateTime<Utc>>,
    /// When a source is due next.
    next_read: Option<DateTime<Utc>>,
}

/// Read how this installation stands
#[utoipa::path(
    get, path = "/api/v1/status", tag = "status", operation_id = "get_status",
    responses((status = 200, body = Status)),
)]
async fn status(State(state): State<AppState>) -> Result<Response, Problem> {
    let demo = if state.is_demo() { state.engine().demo().await? } else { None };
    let sources = state.engine().sources_page().await?.rows;
    let status = Status {
        demo: state.is_demo(),
        now: state.engine().now(),
        next_update: demo.and_then(|stands| stands.next),
        sources: sources.len(),
        last_read: sources.iter().filter_map(|row| row.state.last_poll_at).max(),
        next_read: sources
            .iter()
            .filter(|row| !row.state.paused && !row.document.retired)
            .filter_map(|row| row.state.next_due_at)
            .min(),
    };
    Ok(Answer(status).into_response())
}
