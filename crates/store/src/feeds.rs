//! News feeds that are followed, and their items.

use bellwether_core::{
    actor::Actor,
    ids::{Sha256, SignalId},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Result, StoreError, Tx,
    sql::{many, many_in, maybe, run},
    table::table,
};

table! {
    /// A news feed that is followed.
    "feed" => pub struct NewsFeed {
        /// Identity.
        pub id: Uuid,
        /// Where it is. Of the feeds that are not removed only one has it.
        pub address: String,
        /// Its name on pages.
        pub title: String,
        /// When to read it next; absent once removed.
        pub next_due_at: Option<DateTime<Utc>>,
        /// To ask "changed since?" with.
        pub etag: Option<String>,
        /// To ask "changed since?" with.
        pub last_modified: Option<String>,
        /// The last answer that could be read, unchanged ones included.
        pub last_read_at: Option<DateTime<Utc>>,
        /// The last answer that held something new.
        pub last_new_at: Option<DateTime<Utc>>,
        /// Failures in a row.
        pub failures: i64,
        /// Not before: the site asked us to wait.
        pub wait_until: Option<DateTime<Utc>>,
        /// What went wrong last; absent after a success.
        pub last_error: Option<String>,
        /// Who added it.
        pub added_by: Actor,
        /// When.
        pub added_at: DateTime<Utc>,
        /// Who removed it.
        pub removed_by: Option<Actor>,
        /// When.
        pub removed_at: Option<DateTime<Utc>>,
        /// The last write.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// An item of a feed as it was seen first.
    "feed_item" => pub struct FeedItem {
        /// The feed.
        pub feed: Uuid,
        /// Digest of what names it within its feed.
        pub key: Sha256,
        /// The signal it is a source of; absent for one that was too old to tell.
        pub signal: Option<SignalId>,
        /// When it was seen first.
        pub at: DateTime<Utc>,
        /// Its headline.
        pub title: String,
        /// Where to read it.
        pub link: Option<String>,
        /// When it was published, as the feed says.
        pub published_at: Option<DateTime<Utc>>,
        /// The text below the headline, perhaps empty.
        pub summary: String,
    }
}

impl Tx {
    /// Writes a new feed. A second one of the same address is refused by the caller, who looks first.
    pub async fn insert_feed(&mut self, feed: &NewsFeed) -> Result<()> {
        self.insert(feed).await
    }

    /// Writes how a feed does. Its address stays as it is.
    pub async fn save_feed(&mut self, feed: &NewsFeed) -> Result<()> {
        const SQL: &str = "UPDATE feed SET title = $2, next_due_at = $3, etag = $4, last_modified = $5,
                last_read_at = $6, last_new_at = $7, failures = $8, wait_until = $9, last_error = $10,
                removed_by = $11, removed_at = $12, updated_at = $13
            WHERE id = $1";
        let f = feed;
        let written = run!(
            self,
            SQL,
            f.id,
            &f.title,
            f.next_due_at,
            &f.etag,
            &f.last_modified,
            f.last_read_at,
            f.last_new_at,
            f.failures,
            f.wait_until,
            &f.last_error,
            &f.removed_by,
            f.removed_at,
            f.updated_at
        )?;
        if written == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// A feed.
    pub async fn feed(&mut self, id: Uuid) -> Result<NewsFeed> {
        maybe!(self, NewsFeed, "SELECT * FROM feed WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// All feeds, removed ones included, by title.
    pub async fn feeds(&mut self) -> Result<Vec<NewsFeed>> {
        many!(self, NewsFeed, "SELECT * FROM feed ORDER BY title, id")
    }

    /// The feed at an address that is followed.
    pub async fn feed_at(&mut self, address: &str) -> Result<Option<NewsFeed>> {
        const SQL: &str = "SELECT * FROM feed WHERE address = $1 AND removed_at IS NULL";
        maybe!(self, NewsFeed, SQL, address)
    }

    /// Feeds that are due, the longest waiting first.
    pub async fn due_feeds(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<NewsFeed>> {
        const SQL: &str = "SELECT * FROM feed WHERE next_due_at <= $1 ORDER BY next_due_at, id LIMIT $2";
        many!(self, NewsFeed, SQL, now, limit)
    }

    /// Writes items that were seen for the first time.
    pub async fn insert_feed_items(&mut self, items: &[FeedItem]) -> Result<()> {
        self.insert_all(items).await
    }

    /// Those of some items of a feed that were seen before.
    pub async fn seen_items(&mut self, feed: Uuid, keys: &[Sha256]) -> Result<Vec<FeedItem>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        // The list of keys is bound first; the feed's other items of the same keys are few.
        let found: Vec<FeedItem> =
            many_in!(self, FeedItem, "SELECT * FROM feed_item WHERE key IN (", keys, ")")?;
        Ok(found.into_iter().filter(|item| item.feed == feed).collect())
    }

    /// The items of all feeds since an instant that are sources of signals, newest first.
    pub async fn items_since(&mut self, since: DateTime<Utc>, limit: i64) -> Result<Vec<FeedItem>> {
        const SQL: &str = "SELECT * FROM feed_item WHERE at >= $1 ORDER BY at DESC LIMIT $2";
        many!(self, FeedItem, SQL, since, limit)
    }

    /// The items that are sources of some signals, the first seen first.
    pub async fn items_of_signals(&mut self, signals: &[SignalId]) -> Result<Vec<FeedItem>> {
        if signals.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT * FROM feed_item WHERE signal IN (";
        many_in!(self, FeedItem, head, signals, ") ORDER BY signal, at, feed")
    }
}
