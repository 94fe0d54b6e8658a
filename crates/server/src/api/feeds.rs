//! News feeds that are followed.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::people::Right;
use bellwether_engine::feeds::{FeedInput, FeedView};
use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::page::Listing;
use crate::{
    cache::cacheable,
    extract::{Json, Path},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(list))
        .route(Right::Curate, routes!(follow))
        .route(Right::Curate, routes!(remove))
}

/// A feed to be followed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFeed {
    /// The address of an RSS, Atom or JSON feed: http or https.
    #[schema(min_length = 1, max_length = 2000)]
    address: String,
    /// Its name on pages; the one it gives itself where absent.
    #[serde(default)]
    #[schema(max_length = 120)]
    title: Option<String>,
}

/// A news feed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewsFeed)]
struct Feed {
    id: Uuid,
    address: String,
    title: String,
    /// The last answer that could be read.
    last_read_at: Option<DateTime<Utc>>,
    /// The last answer that brought something new.
    last_new_at: Option<DateTime<Utc>>,
    /// It could not be read for over a day.
    stale: bool,
    /// It can be read and has brought nothing new for over 60 days.
    quiet: bool,
    /// Reads that failed since, in a row.
    failures: i64,
    /// What went wrong last.
    last_error: Option<String>,
    /// When it is read next.
    next_due_at: Option<DateTime<Utc>>,
    added_by: String,
    added_at: DateTime<Utc>,
    removed_by: Option<String>,
    /// When it was removed. What it brought stays.
    removed_at: Option<DateTime<Utc>>,
}

impl From<FeedView> for Feed {
    fn from(view: FeedView) -> Self {
        Self {
            id: view.id,
            address: view.address,
            title: view.title,
            last_read_at: view.last_read_at,
            last_new_at: view.last_new_at,
            stale: view.stale,
            quiet: view.quiet,
            failures: view.failures,
            last_error: view.last_error,
            next_due_at: view.next_due_at,
            added_by: view.added_by.to_string(),
            added_at: view.added_at,
            removed_by: view.removed.as_ref().map(|(by, _)| by.to_string()),
            removed_at: view.removed.map(|(_, at)| at),
        }
    }
}

/// List the news feeds
///
/// Those that were removed come last.
#[utoipa::path(
    get, path = "/api/v1/feeds", tag = "feeds", operation_id = "list_feeds",
    responses((status = 200, body = Listing<Feed>)),
)]
async fn list(State(state): State<AppState>) -> Result<Response, Problem> {
    let found = state.engine().news_feeds().await?;
    Ok(cacheable(Answer(Listing::<Feed>::whole(found)).into_response()))
}

/// Follow a news feed
///
/// It is read at once: what it told in the last seven days becomes signals, at most its newest 50 items. From then on it
/// is read by itself.
#[utoipa::path(
    post, path = "/api/v1/feeds", tag = "feeds", operation_id = "follow_feed", request_body = NewFeed,
    responses(
        (status = 201, body = Feed), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn follow(
    State(state): State<AppState>,
    visitor: Visitor,
    Json(new): Json<NewFeed>,
) -> Result<Response, Problem> {
    let input = FeedInput { address: new.address, title: new.title };
    let view = state.engine().follow_feed(visitor.actor()?, &input).await?;
    let location = [(header::LOCATION, "/api/v1/feeds")];
    Ok((StatusCode::CREATED, location, Answer(Feed::from(view))).into_response())
}

/// Stop following a news feed
///
/// Its signals stay.
#[utoipa::path(
    delete, path = "/api/v1/feeds/{id}", tag = "feeds", operation_id = "remove_feed",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is no longer followed"), (status = 404, body = ProblemDocument)),
)]
async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    state.engine().remove_feed(visitor.actor()?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
