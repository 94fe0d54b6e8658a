//! Reading feeds that are due.

use bellwether_sources::{
    fetch::{Meta, Validators, retry},
    news::{FeedError, Pulled},
};
use bellwether_store::NewsFeed;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{PAUSE, stories::Bringing};
use crate::{Engine, EngineError, Result};

/// Reads begin up to so many seconds after their time, so that not all feeds are asked for at one instant.
const SPREAD: f64 = 120.0;

/// What came back for a feed that was due; not taken in yet.
pub(crate) struct Came {
    feed: Uuid,
    pulled: Result<Pulled, FeedError>,
}

impl Engine {
    /// Asks for a feed; nothing is written.
    pub(crate) async fn ask_feed(&self, id: Uuid) -> Result<Came> {
        let outside = self.outside()?;
        let feed = self.read().await?.feed(id).await?;
        let validators = Validators { etag: feed.etag, last_modified: feed.last_modified };
        let pulled = outside.fetcher().pull_feed(&feed.address, validators, self.now()).await;
        Ok(Came { feed: id, pulled })
    }

    /// Takes in what came back: what is new becomes signals. In words.
    pub(crate) async fn take_feed(&self, came: Came) -> Result<String> {
        let at = self.now();
        let mut tx = self.write().await?;
        let mut feed = tx.feed(came.feed).await?;
        if feed.removed_at.is_some() {
            return Ok("removed meanwhile".to_owned());
        }
        feed.updated_at = at;
        let said = match came.pulled {
            Err(error) => {
                self.feed_failed(&mut feed, &format!("{error} ({})", error.code()), error.wait_until(), at)?
            }
            Ok(Pulled::Unchanged(meta)) => {
                read_well(&mut feed, &meta, at);
                "not modified".to_owned()
            }
            Ok(Pulled::Read { meta, news }) => {
                read_well(&mut feed, &meta, at);
                let brought = Bringing { news, first: false, at }.take(&mut tx, &mut feed).await?;
                brought.to_string()
            }
        };
        tx.save_feed(&feed).await?;
        tx.commit().await?;
        Ok(said)
    }

    /// Puts off a feed whose answer could not be taken in for a reason of ours.
    pub(crate) async fn postpone_feed(&self, id: Uuid, error: &EngineError) -> Result<()> {
        let at = self.now();
        let mut tx = self.write().await?;
        let mut feed = tx.feed(id).await?;
        if feed.removed_at.is_none() {
            self.feed_failed(&mut feed, &error.to_string(), None, at)?;
            feed.updated_at = at;
            tx.save_feed(&feed).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Notes a failure: later and later, and not before the site wants to be asked again.
    fn feed_failed(
        &self,
        feed: &mut NewsFeed,
        why: &str,
        wait_until: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    ) -> Result<String> {
        feed.failures = feed.failures.saturating_add(1);
        let in_a_row = u32::try_from(feed.failures).unwrap_or(u32::MAX);
        let default = retry::Backoff::default();
        let backoff = self.outside().map_or(&default, |outside| outside.fetcher().backoff());
        let pause =
            TimeDelta::from_std(backoff.delay(in_a_row, retry::jitter())).map_err(EngineError::internal)?;
        feed.next_due_at = Some((at + pause).max(wait_until.unwrap_or(at)));
        feed.wait_until = wait_until;
        feed.last_error = Some(why.to_owned());
        Ok(why.to_owned())
    }
}

/// Notes an answer that could be read; the next read is not before the answer's own freshness is over.
pub(super) fn read_well(feed: &mut NewsFeed, meta: &Meta, at: DateTime<Utc>) {
    feed.etag.clone_from(&meta.validators.etag);
    feed.last_modified.clone_from(&meta.validators.last_modified);
    feed.last_read_at = Some(at);
    feed.failures = 0;
    feed.wait_until = None;
    feed.last_error = None;
    #[expect(clippy::cast_possible_truncation, reason = "less than two minutes")]
    let spread = TimeDelta::milliseconds((retry::jitter() * SPREAD * 1000.0) as i64);
    feed.next_due_at = Some((at + PAUSE).max(meta.fresh_until.unwrap_or(at)) + spread);
}
