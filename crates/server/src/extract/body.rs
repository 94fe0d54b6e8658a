//! Reading a whole body, bounded in size and time by the frame.

use std::error::Error;

use axum::{
    body::Bytes,
    extract::{FromRequest as _, Request},
};
use http::{HeaderMap, StatusCode, header};
use tower_http::timeout::TimeoutError;

use crate::problem::{Kind, Problem};

/// The body, or 413 (too large), 408 (too slow) or 400 (cut off).
pub(crate) async fn read(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &()).await.map_err(|rejection| {
        let mut cause = Some(&rejection as &(dyn Error + 'static));
        while let Some(error) = cause {
            if error.is::<TimeoutError>() {
                return Problem::new(Kind::Slow, "the body did not arrive in time");
            }
            cause = error.source();
        }
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(Kind::TooLarge, "a request's body may have at most 1 MiB")
        } else {
            Problem::malformed("the body ended early or is not framed as its headers say")
        }
    })
}

/// The media type without its parameters, in lower case. A charset other than UTF-8 makes it nothing we take.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let mut parts = value.to_str().ok()?.split(';');
    let kind = parts.next()?.trim().to_ascii_lowercase();
    let utf8 = parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    utf8.then_some(kind)
}
