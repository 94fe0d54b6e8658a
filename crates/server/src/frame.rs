//! What stands around every handler, from the outside in: request id, log line, security headers, compression, the
//! writing of problems, panics, names, origins, bounds.

use std::any::Any;

use axum::{
    Router,
    body::Body,
    extract::{Extension, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    csrf::{CsrfLayer, ProtectionError},
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyDeadlineLayer, TimeoutLayer},
};

use crate::{
    api,
    cache::conditional,
    gate::Guard,
    headers::secure,
    log::{RequestId, logged},
    ops,
    origin::check_host,
    problem::{Kind, Problem},
    state::AppState,
    throttle::throttle,
    visitor::{Visitor, know},
    web,
};

/// Every route of this server and what it needs, in the order of addresses.
pub fn guards() -> Vec<Guard> {
    let mut all = web::router().merge(ops::router()).open().1;
    all.extend(api::guards());
    all.sort();
    all
}

/// The whole server: the JSON API under `/api`, the pages everywhere else.
pub fn app(state: AppState) -> Router {
    let limits = state.limits();
    let origin = state.base_url().origin().ascii_serialization();
    let same_origin = CsrfLayer::new();
    let same_origin = same_origin.clone().add_trusted_origin(&origin).unwrap_or(same_origin);

    Router::new()
        .merge(web::router().merge(ops::router()).open().0)
        .merge(api::router(state.clone()))
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(state.clone(), conditional))
        .layer(middleware::from_fn_with_state(state.clone(), throttle))
        .layer(middleware::from_fn_with_state(state.clone(), know))
        .layer(RequestBodyLimitLayer::new(limits.body))
        .layer(RequestBodyDeadlineLayer::new(limits.body_time))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limits.answer_time))
        .layer(middleware::from_fn(refuse_encoded_bodies))
        .layer(same_origin)
        .layer(middleware::from_fn_with_state(state.clone(), check_host))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), write_problems))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), secure))
        .layer(middleware::from_fn_with_state(state.clone(), ops::count))
        .layer(middleware::from_fn(logged))
        .with_state(state)
}

async fn nothing_here() -> Problem {
    Problem::new(Kind::NotFound, "there is nothing at this address")
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the cause over")]
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let message = cause
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(message, "a handler panicked");
    Problem::new(Kind::Internal, "the server's log has the cause under this request's id").into_response()
}

/// A compressed body could unfold to any size: none is taken.
async fn refuse_encoded_bodies(request: Request, next: Next) -> Result<Response, Problem> {
    let mut codings = request.headers().get_all(header::CONTENT_ENCODING).iter();
    if codings.any(|coding| coding.as_bytes() != b"identity") {
        let problem = Problem::new(Kind::UnsupportedMediaType, "send the body without Content-Encoding");
        return Err(problem.with_header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity")));
    }
    Ok(next.run(request).await)
}

/// Gives every refusal its body: handlers' problems, and the bare ones of the HTTP layers.
async fn write_problems(
    State(state): State<AppState>,
    Extension(id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    let api = request.uri().path() == "/api" || request.uri().path().starts_with("/api/");
    let mut reader = web::Reader::of(request.uri(), request.headers(), Visitor::default());
    if !request.method().is_safe() {
        // Nobody comes back to a form's address.
        reader.path.clear();
    }
    let mut response = next.run(request).await;
    let visitor = response.extensions_mut().remove::<Visitor>().unwrap_or_default();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_bare_refusal(&response) => bare(&response),
        None => return response,
    };
    let mut written = if api {
        let body = serde_json::to_vec(&problem.document(&id.0)).unwrap_or_default();
        let mut written = Response::new(Body::from(body));
        let kind = HeaderValue::from_static("application/problem+json");
        written.headers_mut().insert(header::CONTENT_TYPE, kind);
        written
    } else {
        reader.visitor = visitor;
        web::error_page(&state, reader, &problem, &id.0)
    };
    *written.status_mut() = problem.kind.status();
    written.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in kept(response.headers()) {
        written.headers_mut().insert(name, value.clone());
    }
    written
}

/// An error answer that no handler of ours wrote: axum's and tower's come as plain text or empty.
fn is_bare_refusal(response: &Response) -> bool {
    let status = response.status();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    (status.is_client_error() || status.is_server_error()) && plain
}

fn bare(response: &Response) -> Problem {
    let kind = Kind::from(response.status());
    let detail = match kind {
        Kind::CrossSite if response.extensions().get::<ProtectionError>().is_some() => {
            "a change must come from this site's own pages, or from a program that sends neither Origin nor Sec-Fetch-Site"
        }
        Kind::NotFound => "there is nothing at this address",
        Kind::MethodNotAllowed => "see the Allow header for what can be done here",
        Kind::TooLarge => "a request's body may have at most 1 MiB",
        Kind::Slow => "the body did not arrive in time",
        Kind::Busy => "this took too long; try again",
        _ => kind.title(),
    };
    Problem::new(kind, detail)
}

/// Headers of the refusal that stay when its body is written anew.
fn kept(headers: &HeaderMap) -> impl Iterator<Item = (&http::HeaderName, &HeaderValue)> {
    headers.iter().filter(|(name, _)| **name != header::CONTENT_TYPE && **name != header::CONTENT_LENGTH)
}
