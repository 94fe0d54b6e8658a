//! One name and one log line for every request.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::HeaderValue;
use tracing::{Instrument as _, Span, field::Empty};
use uuid::Uuid;

/// Names a request in the log, in its answer's `X-Request-Id`, and in its problem document.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Names a request, and says in the log how it was answered: faults loudly, changes plainly, reading only when asked
/// for. Neither the address nor the query nor any header enters the log: all can hold what a person typed, or a secret.
pub(crate) async fn logged(mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().simple().to_string();
    let value = HeaderValue::from_str(&id);
    let reads = request.method().is_safe();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", id, method = %request.method(), route, who = Empty);
    request.extensions_mut().insert(RequestId(id));
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took_ms) = (response.status().as_u16(), began.elapsed().as_millis());
    span.in_scope(|| match (status, reads) {
        (500.., _) => tracing::error!(status, took_ms, "answered"),
        (_, false) => tracing::info!(status, took_ms, "answered"),
        (_, true) => tracing::debug!(status, took_ms, "answered"),
    });
    if let Ok(value) = value {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// Notes who asks, on the line of their request.
pub(crate) fn note_who(who: &dyn std::fmt::Display) {
    Span::current().record("who", tracing::field::display(who));
}
