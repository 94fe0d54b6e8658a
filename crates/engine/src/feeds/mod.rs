//! News feeds: RSS, Atom and JSON Feed, read on schedule; what they bring becomes signals.
//!
//! - `follow`: following a feed after a first read, and ceasing to;
//! - `pull`: reading those that are due;
//! - `stories`: which items are new, which tell one story, and beside which claims that stands.

mod follow;
mod pull;
mod stories;

use bellwether_core::actor::Actor;
use bellwether_store::NewsFeed;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub use self::follow::FeedInput;
pub(crate) use self::stories::match_recent;
use crate::{Engine, Result};

/// The actor of everything that feeds bring.
pub const ACTOR: &str = "feeds";
/// No more feeds are followed at a time.
pub const MOST_FEEDS: usize = 200;
/// How long to wait until a feed is read again.
const PAUSE: TimeDelta = TimeDelta::hours(1);
/// A feed without a good answer for so long is stale.
const STALE: TimeDelta = TimeDelta::days(1);
/// A feed that brought nothing new for so long has gone quiet.
const QUIET: TimeDelta = TimeDelta::days(60);

/// A feed as pages show it.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedView {
    /// Identity.
    pub id: Uuid,
    /// Where it is.
    pub address: String,
    /// Its name.
    pub title: String,
    /// The last answer that could be read.
    pub last_read_at: Option<DateTime<Utc>>,
    /// The last answer that brought something new.
    pub last_new_at: Option<DateTime<Utc>>,
    /// It could not be read for over a day.
    pub stale: bool,
    /// It can be read and has brought nothing new for over 60 days.
    pub quiet: bool,
    /// Reads that failed since, in a row.
    pub failures: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it is read next.
    pub next_due_at: Option<DateTime<Utc>>,
    /// Who follows it.
    pub added_by: Actor,
    /// Since when.
    pub added_at: DateTime<Utc>,
    /// Who ceased to, and when. What it brought stays.
    pub removed: Option<(Actor, DateTime<Utc>)>,
}

impl FeedView {
    fn of(feed: NewsFeed, now: DateTime<Utc>) -> Self {
        let removed = feed.removed_by.zip(feed.removed_at);
        let longer = |since: Option<DateTime<Utc>>, time| now - since.unwrap_or(feed.added_at) > time;
        let stale = removed.is_none() && longer(feed.last_read_at, STALE);
        Self {
            stale,
            quiet: removed.is_none() && !stale && longer(feed.last_new_at, QUIET),
            id: feed.id,
            address: feed.address,
            title: feed.title,
            last_read_at: feed.last_read_at,
            last_new_at: feed.last_new_at,
            failures: feed.failures,
            last_error: feed.last_error,
            next_due_at: feed.next_due_at,
            added_by: feed.added_by,
            added_at: feed.added_at,
            removed,
        }
    }
}

impl Engine {
    /// All feeds by title, those that are no longer followed last.
    pub async fn news_feeds(&self) -> Result<Vec<FeedView>> {
        let now = self.now();
        let feeds = self.read().await?.feeds().await?;
        let mut views: Vec<FeedView> = feeds.into_iter().map(|feed| FeedView::of(feed, now)).collect();
        views.sort_by_key(|view| (view.removed.is_some(), view.title.to_lowercase()));
        Ok(views)
    }

    /// A feed.
    pub async fn news_feed(&self, id: Uuid) -> Result<FeedView> {
        let feed = self.read().await?.feed(id).await.map_err(|_| crate::EngineError::NotFound("feed"))?;
        Ok(FeedView::of(feed, self.now()))
    }
}
