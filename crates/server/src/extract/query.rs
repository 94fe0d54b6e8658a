//! Query strings.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::typed::{Blank, typed_pairs};
use crate::problem::Problem;

/// The query as `T`: 400 that names the parameter for an unknown value, an unknown name (where `T` denies those) or a
/// parameter that stands twice.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts, Blank::IsAbsent).map(Self)
    }
}

/// [`Query`] for programs: a parameter that is there has a value, while forms send their empty fields too.
#[derive(Clone, Debug)]
pub struct StrictQuery<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts, Blank::IsAValue).map(Self)
    }
}

fn read<T: DeserializeOwned>(parts: &Parts, blank: Blank) -> Result<T, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    typed_pairs(pairs, blank).map_err(|e| Problem::malformed_field(&e.field, e.code, e.message))
}
