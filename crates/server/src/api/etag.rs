//! Answers whose validator is known before their bytes are read.

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::cache::names;

/// An answer that is named by the digest of its content, or 304 when the request has it.
pub(crate) fn immutable(
    request: &HeaderMap,
    digest: &str,
    media_type: &'static str,
    bytes: impl Into<Bytes>,
) -> Response {
    let tag = format!("\"{digest}\"");
    let known = request.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let unchanged = known.is_some_and(|known| names(known, &tag));
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(bytes.into()) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, forever);
    response
}
