//! Validators for every answer, and answers rendered once for many readers.
//!
//! A page is a pure function of what is stored, its address and the time, so it may be sent again as long as nothing
//! was stored and not much time has passed. A change made through this server is seen by the next request; one that
//! something else made (the scheduler, another replica, a command beside the server) within [`LAG`].

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use bellwether_core::{ids::Sha256, people::Right};
use bellwether_engine::EngineError;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{problem::Problem, state::AppState, visitor::Visitor, web::theme};

/// How late a change that did not come through this server may be seen. Long enough that a crowd of readers asks the
/// database once, and too short for a person.
const LAG: Duration = Duration::from_millis(50);
/// How long an answer may be sent again; it shows times such as "356 days left".
const AGE: TimeDelta = TimeDelta::seconds(10);
/// Bytes of answers kept at most; when there are more, all are forgotten. Anyone can ask for any instant of any claim.
const MOST: usize = 16 * 1024 * 1024;
/// What an entry takes beside its body, roughly: its address and its headers.
const OVERHEAD: usize = 1024;
/// The longest answer that is kept or gets a validator here, in bytes. A longer one is sent as it is.
const LONGEST: usize = 4 * 1024 * 1024;

/// Marks an answer that depends on nothing but its address, what is stored, and roughly the time.
#[derive(Clone, Copy)]
struct Cacheable;

/// Lets an answer be sent again to other readers of the same address and theme. Not for answers that depend on who
/// reads, on another cookie or on a last visit.
pub(crate) fn cacheable(mut response: Response) -> Response {
    response.extensions_mut().insert(Cacheable);
    response
}

/// Answers that were rendered already.
#[derive(Default)]
pub(crate) struct Cache {
    entries: Mutex<Entries>,
    changes: AtomicU64,
    seen: Mutex<Option<(Instant, i64)>>,
    private: Mutex<Option<(Generation, bool)>>,
}

#[derive(Default)]
struct Entries {
    by_address: HashMap<String, Entry>,
    bytes: usize,
}

#[derive(Clone)]
struct Entry {
    generation: Generation,
    made: DateTime<Utc>,
    headers: HeaderMap,
    body: Bytes,
}

/// The state that an answer was rendered from: changes made here, and the last event there was.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Generation(u64, i64);

impl Cache {
    async fn generation(&self, state: &AppState) -> Result<Generation, EngineError> {
        // The order matters: a change between the two reads must make the answer look old, not new.
        let changes = self.changes.load(Ordering::Acquire);
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let event = match seen {
            Some((at, event)) if at.elapsed() < LAG => event,
            _ => {
                let event = state.engine().last_event().await?;
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), event));
                event
            }
        };
        Ok(Generation(changes, event))
    }

    /// Whether strangers are shut out, asked of the database only when something has changed.
    pub(crate) async fn is_private(&self, state: &AppState) -> Result<bool, EngineError> {
        let generation = self.generation(state).await?;
        let known = *self.private.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, private)) = known.filter(|(of, _)| *of == generation) {
            return Ok(private);
        }
        let private = state.engine().is_private().await?;
        *self.private.lock().unwrap_or_else(PoisonError::into_inner) = Some((generation, private));
        Ok(private)
    }

    fn find(&self, address: &str, generation: Generation, now: DateTime<Utc>) -> Option<Entry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .by_address
            .get(address)
            .filter(|e| e.generation == generation && (now - e.made).abs() < AGE)
            .cloned()
    }

    fn keep(&self, address: String, entry: Entry) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let size = |entry: &Entry| OVERHEAD + address.len() + entry.body.len();
        if entries.bytes + size(&entry) > MOST {
            *entries = Entries::default();
        }
        entries.bytes += size(&entry);
        let old = entries.by_address.get(&address).map_or(0, size);
        entries.bytes -= old;
        entries.by_address.insert(address, entry);
    }
}

/// Answers from what is kept, or gives the handler's answer a validator and keeps it where it may be kept.
pub(crate) async fn conditional(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let cache = state.cache();
    if request.method() != Method::GET {
        let changes = !request.method().is_safe();
        let response = next.run(request).await;
        if changes {
            cache.changes.fetch_add(1, Ordering::Release);
        }
        return Ok(response);
    }
    // Whoever is signed in sees pages of their own; a stranger to a private installation must not pass the gate here.
    let shared = request.extensions().get::<Visitor>().is_some_and(|v| v.is_anyone() && v.has(Right::Read));
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let address = address(&request);
    let now = state.engine().now();
    let generation = cache.generation(&state).await?;
    if shared && let Some(entry) = cache.find(&address, generation, now) {
        return Ok(answer(entry.headers, entry.body, known.as_ref()));
    }
    let response = next.run(request).await;
    let whole = response.body().size_hint().upper().is_some_and(|bytes| bytes <= LONGEST as u64);
    if response.status() != StatusCode::OK || response.headers().contains_key(header::ETAG) || !whole {
        return Ok(response);
    }
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, LONGEST).await.map_err(EngineError::internal)?;
    // Weak: compression changes the bytes on the wire.
    let tag = format!("W/\"{}\"", &Sha256::of(&body).to_string()[..24]);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        head.headers.insert(header::ETAG, tag);
    }
    let revalidate = HeaderValue::from_static(if shared { "no-cache" } else { "private, no-cache" });
    head.headers.entry(header::CACHE_CONTROL).or_insert(revalidate);
    if head.extensions.remove::<Cacheable>().is_some() && shared {
        let entry = Entry { generation, made: now, headers: head.headers.clone(), body: body.clone() };
        cache.keep(address, entry);
    }
    Ok(answer(head.headers, body, known.as_ref()))
}

/// What an answer is kept under: the address, and the one choice of a reader that pages are drawn by.
fn address(request: &Request) -> String {
    let theme = theme(request.headers()).unwrap_or("system");
    let address = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    format!("{theme} {address}")
}

fn answer(headers: HeaderMap, body: Bytes, known: Option<&HeaderValue>) -> Response {
    let unchanged = headers
        .get(header::ETAG)
        .zip(known)
        .and_then(|(tag, known)| Some(names(known.to_str().ok()?, tag.to_str().ok()?)))
        .unwrap_or(false);
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(body) });
    *response.headers_mut() = headers;
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

/// Whether an `If-None-Match` names a tag, by RFC 9110's weak comparison.
pub(crate) fn names(known: &str, tag: &str) -> bool {
    let bare = tag.trim_start_matches("W/");
    known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == bare)
}
