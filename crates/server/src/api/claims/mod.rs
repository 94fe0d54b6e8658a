//! Claims: found, written down, opened, read as they stand or stood.

mod export;
mod ledger;
mod list;
mod read;
mod write;

use bellwether_core::people::Right;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::page::instant;
use crate::gate::Described;

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(list::list))
        .route(Right::Curate, routes!(write::create))
        .route(Right::Read, routes!(read::get))
        .route(Right::Curate, routes!(write::publish))
        .route(Right::Curate, routes!(write::criteria))
        .route(Right::Read, routes!(ledger::moves))
        .route(Right::Read, routes!(ledger::history))
        .route(Right::Read, routes!(export::export_json))
        .route(Right::Read, routes!(export::export_moves))
        .route(Right::Read, routes!(export::export_evidence))
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
