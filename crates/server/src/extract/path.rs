//! Parts of a path.

use axum::extract::FromRequestParts;
use bellwether_core::people::Handle;
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The path's parts as `T`. What is no id or name of anything is simply not there: 404.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(parts)) => Ok(Self(parts)),
            Err(rejection) if rejection.status() == StatusCode::BAD_REQUEST => {
                Err(Problem::not_found("thing: no id or name looks like this"))
            }
            Err(_) => Err(Problem::malformed("the address cannot be read")),
        }
    }
}

/// The account of an address, written as it is written there: one account has one address.
pub(crate) fn read_handle(text: &str) -> Result<Handle, Problem> {
    let handle = Handle::new(text).ok().filter(|handle| handle.as_str() == text);
    handle.ok_or_else(|| Problem::not_found("account"))
}
