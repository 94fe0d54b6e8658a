//! Following a feed after a first read, and ceasing to.

use bellwether_core::{actor::Actor, evidence::Link, text};
use bellwether_sources::{
    fetch::Validators,
    news::{FeedError, Pulled},
};
use bellwether_store::{Change, NewsFeed};
use serde_json::json;
use uuid::Uuid;

use super::{FeedView, MOST_FEEDS, pull::read_well, stories::Bringing};
use crate::{Engine, EngineError, Result, ids::new_uuid};

/// What a person asks to be followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedInput {
    /// The feed's address.
    pub address: String,
    /// Its name on pages; by default the one it gives itself.
    pub title: Option<String>,
}

impl Engine {
    /// Follows a feed: it is read now, what it told in the last seven days becomes signals, and from now on it is read
    /// on schedule.
    pub async fn follow_feed(&self, actor: &Actor, input: &FeedInput) -> Result<FeedView> {
        let address: Link = input.address.parse().map_err(|e: bellwether_core::evidence::BadLink| {
            EngineError::invalid("address", "unacceptable", e.to_string())
        })?;
        let mut url = address.url().clone();
        url.set_fragment(None);
        let address = url.to_string();
        let wanted = input.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let named = |title: &str| text::line(title, 1, 120);
        let wanted = wanted
            .map(named)
            .transpose()
            .map_err(|e| EngineError::invalid("title", "unacceptable", e.to_string()))?;
        let outside = self.outside()?;
        self.not_followed(&address).await?;
        let pulled = outside.fetcher().pull_feed(&address, Validators::default(), self.now()).await;
        let (meta, news) = match pulled {
            Ok(Pulled::Read { meta, news }) => (meta, news),
            Ok(Pulled::Unchanged(_)) => {
                return Err(EngineError::Upstream("the feed gave no answer".to_owned()));
            }
            // What is wrong with the address can be mended in the field; what is wrong with the site cannot.
            Err(error @ (FeedError::Unreadable(_) | FeedError::Moved(_))) => {
                return Err(EngineError::invalid("address", error.code(), error.to_string()));
            }
            Err(error) => return Err(EngineError::Upstream(format!("the feed could not be read: {error}"))),
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let own = || news.title.as_deref().and_then(|title| named(title).ok());
        let title = wanted.or_else(own).unwrap_or(host);

        let at = self.now();
        let mut tx = self.write().await?;
        // Somebody may have been faster while we waited for the feed.
        free(&tx.feeds().await?, &address)?;
        let mut feed = NewsFeed {
            id: new_uuid(at),
            address,
            title,
            next_due_at: None,
            etag: None,
            last_modified: None,
            last_read_at: None,
            last_new_at: None,
            failures: 0,
            wait_until: None,
            last_error: None,
            added_by: actor.clone(),
            added_at: at,
            removed_by: None,
            removed_at: None,
            updated_at: at,
        };
        read_well(&mut feed, &meta, at);
        tx.insert_feed(&feed).await?;
        tx.record(&Change {
            at,
            actor,
            kind: "feed.followed",
            claim: None,
            subject: feed.subject(),
            body: json!({ "feed": feed.id, "title": feed.title, "address": feed.address }),
        })
        .await?;
        Bringing { news, first: true, at }.take(&mut tx, &mut feed).await?;
        tx.save_feed(&feed).await?;
        tx.commit().await?;
        Ok(FeedView::of(feed, at))
    }

    /// Ceases to follow a feed. What it brought stays.
    pub async fn remove_feed(&self, actor: &Actor, id: Uuid) -> Result<()> {
        let at = self.now();
        let mut tx = self.write().await?;
        let mut feed = tx.feed(id).await.map_err(|_| EngineError::NotFound("feed"))?;
        if feed.removed_at.is_some() {
            return Err(EngineError::NotFound("feed"));
        }
        feed.removed_by = Some(actor.clone());
        feed.removed_at = Some(at);
        feed.next_due_at = None;
        feed.updated_at = at;
        tx.save_feed(&feed).await?;
        tx.record(&Change {
            at,
            actor,
            kind: "feed.removed",
            claim: None,
            subject: feed.subject(),
            body: json!({ "feed": feed.id, "title": feed.title, "address": feed.address }),
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn not_followed(&self, address: &str) -> Result<()> {
        let feeds = self.read().await?.feeds().await?;
        free(&feeds, address)
    }
}

fn free(feeds: &[NewsFeed], address: &str) -> Result<()> {
    let standing = || feeds.iter().filter(|feed| feed.removed_at.is_none());
    if let Some(same) = standing().find(|feed| feed.address == address) {
        let why = format!("this feed is followed already, as “{}”", same.title);
        return Err(EngineError::Conflict(why));
    }
    if standing().count() >= MOST_FEEDS {
        let why = format!("at most {MOST_FEEDS} feeds are followed: take one away first");
        return Err(EngineError::Conflict(why));
    }
    Ok(())
}

/// How events name a feed.
pub(super) trait Subject {
    /// `feed:ID`.
    fn subject(&self) -> String;
}

impl Subject for NewsFeed {
    fn subject(&self) -> String {
        format!("feed:{}", self.id)
    }
}
