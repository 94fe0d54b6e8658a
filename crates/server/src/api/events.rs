//! What happened: as a list to catch up with, and as a stream that tells it as it happens.

use std::{borrow::Cow, convert::Infallible};

use axum::{
    Extension, Json as Answer,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::people::Right;
use bellwether_engine::{claims::ClaimKey, reading::Happening};
use chrono::{DateTime, Utc};
use futures::stream;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use super::page::Limit;
use crate::{
    cache::cacheable,
    extract::StrictQuery,
    gate::Described,
    live::{self, Begin, Listener},
    problem::{Kind, Problem, ProblemDocument},
    serve::Connection,
    state::AppState,
    visitor::shut_out,
};

pub(super) fn routes() -> Described {
    Described::new().route(Right::Read, routes!(list)).route(Right::Read, routes!(listen))
}

/// The longest number of an event that is read at all, in bytes. What is longer is no mistake of a browser.
const LONGEST: usize = 1_024;

/// Which events are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct After {
    /// The number of the last event that is known; 0, or absent, begins with the first.
    #[serde(default)]
    #[param(minimum = 0)]
    after: i64,
    /// How many events are read, 1 to 200; 50 where absent. Not all of them are for readers, so a page may have fewer.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its place among all changes. Numbers rise; those of changes that are not for readers are left out.
    seq: i64,
    /// A dotted word in the past tense: `evidence.added`, `claim.resolved`, `resolution.reversed`.
    kind: String,
    at: DateTime<Utc>,
    /// The claim it is about.
    claim: Option<Of>,
    /// The source it comes from or is about.
    source: Option<String>,
    /// What happened, one line.
    headline: String,
    /// Because of what, one line.
    because: Option<String>,
    /// The page to read it on.
    path: String,
    /// Where it moved a probability: from and to, 0 to 1.
    figures: Option<Moved>,
    /// The number of the event that this one takes back.
    undoes: Option<i64>,
}

/// A movement of a probability.
#[derive(Debug, Serialize, ToSchema)]
struct Moved {
    from: f64,
    to: f64,
}

/// The claim an event is about.
#[derive(Debug, Serialize, ToSchema)]
struct Of {
    id: Uuid,
    /// The event's place among the claim's own changes, gapless from 1.
    seq: i64,
    slug: String,
    title: String,
}

impl From<&Happening> for Event {
    fn from(told: &Happening) -> Self {
        Self {
            seq: told.seq,
            kind: told.kind.clone(),
            at: told.at,
            claim: told.claim.as_ref().map(|about| Of {
                id: about.id.0,
                seq: about.seq,
                slug: about.slug.to_string(),
                title: about.title.clone(),
            }),
            source: told.source.as_ref().map(ToString::to_string),
            headline: told.headline.clone(),
            because: told.because.clone(),
            path: told.path.clone(),
            figures: told.figures.as_ref().map(|f| Moved { from: f.from, to: f.to }),
            undoes: told.undoes,
        }
    }
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
struct EventPage {
    /// Oldest first.
    items: Vec<Event>,
    /// What to ask for as `after` next. Where it is `last`, nothing more has happened.
    next: i64,
    /// The number of the last event there is.
    last: i64,
}

/// Read what happened after an event, oldest first
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", operation_id = "list_events", params(After),
    responses((status = 200, body = EventPage)),
)]
async fn list(
    State(state): State<AppState>,
    StrictQuery(wanted): StrictQuery<After>,
) -> Result<Response, Problem> {
    if wanted.after < 0 {
        return Err(Problem::malformed_field(
            "after",
            "out_of_range",
            "give the number of an event, 0 or more",
        ));
    }
    let engine = state.engine();
    let (told, next) = engine.happenings_after(wanted.after, wanted.limit.0.into()).await?;
    let last = engine.last_event().await?;
    // A number beyond the last one is of another database: to count from it would miss what comes up to it.
    let page = EventPage { items: told.iter().map(Event::from).collect(), next: next.min(last), last };
    Ok(cacheable(Answer(page).into_response()))
}

/// What is listened to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Heard {
    /// Only what happens to this claim, by its slug or id.
    claim: Option<String>,
    /// The number of the last event that is known, for readers that cannot send `Last-Event-ID`.
    after: Option<String>,
}

/// Listen to what happens
///
/// Server-sent events: `id` is the event's number, `data` an event as the list gives it. Whoever comes back with
/// `Last-Event-ID` gets every later event once, in order; a number that is none of ours gets `event: reset` with the
/// last one there is. A comment comes every 15 seconds in which nothing happens.
#[utoipa::path(
    get, path = "/api/v1/events/stream", tag = "events", operation_id = "stream_events",
    params(Heard, ("Last-Event-ID" = Option<String>, Header, description = "The number of the last event that is known.")),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
async fn listen(
    State(state): State<AppState>,
    connection: Option<Extension<Connection>>,
    headers: HeaderMap,
    StrictQuery(heard): StrictQuery<Heard>,
) -> Result<Response, Problem> {
    let engine = state.engine();
    // An empty header is what a browser sends after an empty id: none.
    let header = headers.get("last-event-id").filter(|value| !value.is_empty());
    let (field, known) = match header {
        Some(value) => ("Last-Event-ID", Some(String::from_utf8_lossy(value.as_bytes()))),
        None => ("after", heard.after.as_deref().map(Cow::Borrowed)),
    };
    if known.as_ref().is_some_and(|text| text.len() > LONGEST) {
        return Err(Problem::malformed_field(field, "too_long", "send the number of an event"));
    }
    let claim = match &heard.claim {
        Some(key) => Some(engine.claim_id(&ClaimKey::from(key.clone())).await?),
        None => None,
    };
    let Some(place) = state.live().place() else {
        let why = "as many listen as this server can serve; try again in a minute, or read /api/v1/events";
        return Err(Problem::new(Kind::Busy, why).with_header(header::RETRY_AFTER, HeaderValue::from(60)));
    };
    let last = engine.last_event().await?;
    let listener = Listener {
        begin: Begin::read(known.as_deref(), last),
        last,
        claim,
        heartbeat: state.limits().heartbeat,
        patience: state.limits().patience,
        connection: connection.map(|Extension(connection)| connection).unwrap_or_default(),
    };
    let watched = state.clone();
    let shut_out = async move { shut_out(&watched, &headers).await };
    let lines = live::stream(state.live(), engine, listener, place, shut_out);
    let body = Body::from_stream(stream::unfold(lines, |mut lines| async {
        lines.recv().await.map(|line| (Ok::<_, Infallible>(line), lines))
    }));
    let mut answer = Response::new(body);
    let head = answer.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects an answer before it passes it on would never pass this one on.
    head.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(answer)
}
