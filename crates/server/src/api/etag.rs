//! Validators: an answer's ETag is a digest of its bytes, and a request that has those bytes gets 304.

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use bellwether_core::ids::Sha256;
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// An answer of these bytes, or 304 when the request's `If-None-Match` names them. The tag is weak: compression
/// changes the bytes on the wire.
pub(crate) fn tagged(
    request: &HeaderMap,
    media_type: &'static str,
    cache: &'static str,
    bytes: impl Into<Bytes>,
) -> Response {
    let bytes = bytes.into();
    let digest = Sha256::of(&bytes).to_string();
    let tag = format!("W/\"{}\"", &digest[..24]);
    let known = matches(request, &tag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(bytes) });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// RFC 9110's weak comparison.
fn matches(request: &HeaderMap, tag: &str) -> bool {
    let bare = tag.trim_start_matches("W/");
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == bare)
}

/// May be kept, but must be asked about before each use.
pub(crate) const REVALIDATE: &str = "no-cache";

/// Named by its content: never changes.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_not_sent_twice() {
        let first = tagged(&HeaderMap::new(), "text/plain", REVALIDATE, "x");
        let tag = first.headers()[header::ETAG].clone();
        let mut request = HeaderMap::new();
        request.insert(header::IF_NONE_MATCH, tag);
        assert_eq!(tagged(&request, "text/plain", REVALIDATE, "x").status(), StatusCode::NOT_MODIFIED);
        assert_eq!(tagged(&request, "text/plain", REVALIDATE, "y").status(), StatusCode::OK);
    }
}
