//! The JSON API.

use axum::Router;

use crate::state::AppState;

/// All routes under `/api`.
pub fn router() -> Router<AppState> {
    Router::new()
}
