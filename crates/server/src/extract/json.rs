//! `application/json` bodies.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::{body, strict_json, typed};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
};

/// A JSON body of type `T`: 415 for another media type, 400 for what is not strict JSON, 422 for what is not a `T`.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        if body::media_type(request.headers()).as_deref() != Some("application/json") {
            return Err(Problem::new(Kind::UnsupportedMediaType, "send application/json, in UTF-8"));
        }
        let bytes = body::read(request).await?;
        let value = strict_json::parse(&bytes, state.limits().json_depth)
            .map_err(|e| Problem::malformed_field("body", "malformed_json", e.to_string()))?;
        typed(value).map(Self).map_err(|e| Problem::invalid(vec![e]))
    }
}
