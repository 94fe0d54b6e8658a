//! For whoever runs the server: is it alive, is it ready, how is it doing.

use std::{sync::atomic::AtomicU64, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use bellwether_core::people::Right;
use http::{HeaderValue, StatusCode, header};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{
    gate::Guarded,
    problem::Problem,
    state::AppState,
    throttle::{Peer, asker},
};

/// What is counted of requests. No label comes from what someone typed: a route's pattern, never an address.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// The figures of this process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    took: Family<Route, Histogram>,
    changes: Gauge<i64>,
}

impl Metrics {
    pub(crate) fn new(now: chrono::DateTime<chrono::Utc>) -> Self {
        let requests = Family::<Answered, Counter>::default();
        let took = Family::<Route, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 4.0, 8))
        });
        let (changes, started) = (Gauge::<i64>::default(), Gauge::<f64, AtomicU64>::default());
        started.set(now.timestamp() as f64);
        let mut registry = Registry::with_prefix("bellwether");
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit("http_request_duration", "Time to answer", Unit::Seconds, took.clone());
        registry.register("changes", "Changes recorded since the beginning", changes.clone());
        registry.register_with_unit("started", "When this process began", Unit::Seconds, started);
        Self { registry, requests, took, changes }
    }
}

/// The routes, all of them open: `/metrics` looks at the address that asks.
pub(crate) fn router() -> Guarded {
    Guarded::default().get("/healthz", Right::Enter, healthz).get("/readyz", Right::Enter, readyz).get(
        "/metrics",
        Right::Enter,
        metrics,
    )
}

/// Counts every answer.
pub(crate) async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let metrics = state.metrics();
    let status = response.status().as_u16();
    metrics.requests.get_or_create(&Answered { method, route: route.clone(), status }).inc();
    metrics.took.get_or_create(&Route { route }).observe(began.elapsed().as_secs_f64());
    response
}

/// `GET /healthz`: the process answers.
async fn healthz() -> Response {
    plain(StatusCode::OK, "ok\n".to_owned())
}

/// `GET /readyz`: the database answers too.
async fn readyz(State(state): State<AppState>) -> Response {
    match state.engine().last_event().await {
        Ok(_) => plain(StatusCode::OK, "ready\n".to_owned()),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n".to_owned()),
    }
}

/// `GET /metrics`, for the networks that the settings allow.
async fn metrics(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let settings = state.settings();
    let peer = request.extensions().get::<Peer>();
    let from = peer.map(|Peer(peer)| asker(*peer, request.headers(), &settings.proxies));
    if !from.is_some_and(|from| settings.metrics_for.iter().any(|net| net.contains(&from))) {
        return Err(Problem::not_found("page for you: metrics are for networks named with --metrics-for"));
    }
    let metrics = state.metrics();
    metrics.changes.set(state.engine().last_event().await?);
    let mut text = String::new();
    encode(&mut text, &metrics.registry).map_err(bellwether_engine::EngineError::internal)?;
    let mut answer = plain(StatusCode::OK, text);
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(answer)
}

fn plain(status: StatusCode, text: String) -> Response {
    let mut answer = (status, text).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
