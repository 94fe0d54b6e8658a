//! `Idempotency-Key`: a change that is sent twice happens once. A key belongs to whoever sent it: nobody gets the reply to
//! another's request by guessing its key, and strangers, who change nothing, have none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use bellwether_core::ids::Sha256;
use bellwether_engine::idempotency::{Turn, under};
use chrono::SecondsFormat;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::{
    extract::read_body,
    problem::{Kind, Problem},
    state::AppState,
    visitor::Visitor,
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Requests under way in this process, by key: others with the same key wait for the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>>);

impl UnderWay {
    fn of(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, lock| lock.strong_count() > 0);
        if let Some(lock) = all.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        all.insert(key.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

/// A reply as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Gives a `POST` with a key the reply of the first one with that key and the same body.
pub(super) async fn once(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let chosen = request.headers().get(&KEY).cloned().filter(|_| request.method() == Method::POST);
    let (Some(chosen), Ok(actor)) = (chosen, visitor.actor()) else {
        return Ok(next.run(request).await);
    };
    let sender = visitor.token.map_or_else(|| actor.to_string(), |token| format!("token:{token}"));
    let alone = request.headers().get_all(&KEY).iter().count() == 1;
    let chosen =
        chosen.to_str().ok().filter(|key| alone && (1..=255).contains(&key.len())).ok_or_else(|| {
            Problem::malformed_field(
                "Idempotency-Key",
                "unreadable",
                "write one key of 1 to 255 visible ASCII characters",
            )
        })?;
    let key = format!("{sender} {} {chosen}", request.uri().path());
    let lock = state.under_way().of(&key);
    let _turn = lock.lock().await;

    let (parts, body) = request.into_parts();
    let body = read_body(Request::from_parts(parts.clone(), body)).await?;
    let mut told = parts.headers.get(header::CONTENT_TYPE).map(|v| v.as_bytes().to_vec()).unwrap_or_default();
    told.push(b'\n');
    told.extend_from_slice(parts.uri.query().unwrap_or_default().as_bytes());
    told.push(b'\n');
    told.extend_from_slice(&body);

    match state.engine().begin_once(&key, Sha256::of(&told)).await? {
        Turn::First => {}
        Turn::Repeat(reply) => return repeat(reply),
        Turn::Different => {
            let why = "this key was used for another request; choose a new one";
            return Err(Problem::invalid(vec![bellwether_engine::FieldError::new(
                "Idempotency-Key",
                "used",
                why,
            )]));
        }
        Turn::AtWork => {
            let problem =
                Problem::new(Kind::Conflict, "the first request with this key has not ended: try again");
            return Err(problem.with_header(header::RETRY_AFTER, HeaderValue::from_static("5")));
        }
        Turn::Unanswered(at) => {
            let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let why = format!(
                "the first request with this key made its change at {at}, but the server stopped before it could answer: \
                 read what is there now"
            );
            return Err(Problem::new(Kind::Conflict, why));
        }
    }
    let response = under(key.clone(), next.run(Request::from_parts(parts, Body::from(body)))).await;
    if !response.status().is_success() {
        state.engine().finish_once(&key, None).await?;
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(bellwether_engine::EngineError::internal)?;
    let kept = Kept {
        status: head.status.as_u16(),
        headers: [header::CONTENT_TYPE, header::LOCATION, header::ETAG]
            .into_iter()
            .filter_map(|name| Some((name.to_string(), head.headers.get(&name)?.to_str().ok()?.to_owned())))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let kept = serde_json::to_value(kept).map_err(bellwether_engine::EngineError::internal)?;
    state.engine().finish_once(&key, Some(&kept)).await?;
    Ok(Response::from_parts(head, Body::from(body)))
}

fn repeat(kept: serde_json::Value) -> Result<Response, Problem> {
    let kept: Kept = serde_json::from_value(kept).map_err(bellwether_engine::EngineError::internal)?;
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
