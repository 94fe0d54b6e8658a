//! Claims: found, written down, opened, read as they stand or stood.

mod export;
mod ledger;
mod list;
mod read;
mod write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::page::instant;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, write::create))
        .routes(routes!(read::get))
        .routes(routes!(write::publish))
        .routes(routes!(write::criteria))
        .routes(routes!(ledger::moves))
        .routes(routes!(ledger::history))
        .routes(routes!(export::export_json))
        .routes(routes!(export::export_moves))
        .routes(routes!(export::export_evidence))
}

/// As of when a claim is told.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AsOf {
    /// Tell what was known at this instant.
    #[serde(default, deserialize_with = "instant")]
    pub at: Option<DateTime<Utc>>,
}

/// A realised change of a claim's number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Movement {
    /// Percentage points, signed.
    pts: f64,
    /// Over how many days.
    days: i64,
    /// Of how many moves it is made.
    moves: usize,
}

impl From<bellwether_engine::claims::Movement> for Movement {
    fn from(m: bellwether_engine::claims::Movement) -> Self {
        Self { pts: m.pts, days: m.window.num_days(), moves: m.moves }
    }
}
