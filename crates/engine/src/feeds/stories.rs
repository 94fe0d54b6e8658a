//! Which items of a feed are new, which of them tell one story, and beside which claims that stands.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
};

use bellwether_core::{
    actor::Actor,
    evidence::Link,
    figures,
    ids::{ClaimId, Sha256, SignalId},
    signal::story::{self, Story},
};
use bellwether_sources::news::{Item, News};
use bellwether_store::{Change, FeedItem, JsonText, NewsFeed, Signal, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::follow::Subject as _;
use crate::{
    Result,
    ids::new_uuid,
    signals::{self, NEWS, Watching},
};

/// Of one read, so many of the newest items are told.
const MOST_TOLD: usize = 50;
/// Among so many items of all feeds the same story is looked for.
const MOST_COMPARED: i64 = 3000;

/// What a feed brings.
pub(super) struct Bringing {
    pub(super) news: News,
    /// The feed was never read before: what bears no date may be years old, and is not told.
    pub(super) first: bool,
    pub(super) at: DateTime<Utc>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Brought {
    /// Items that were seen for the first time.
    new: usize,
    /// Signals that were raised.
    signals: usize,
    /// Items that tell the story of a signal that was there.
    joined: usize,
    /// Claims beside which these stand, each as often as one does.
    beside: usize,
}

impl fmt::Display for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.new == 0 {
            return f.write_str("nothing new");
        }
        let items = figures::counted(self.new as u64, "item");
        let signals = figures::counted(self.signals as u64, "signal");
        write!(f, "{items} new, {signals} raised, {} matched to claims", self.beside)
    }
}

/// An item that was told within the last days, and its signal.
struct Told {
    feed: Uuid,
    signal: SignalId,
    story: Story,
}

impl Bringing {
    /// Keeps the items that are new, and raises their signals.
    pub(super) async fn take(self, tx: &mut Tx, feed: &mut NewsFeed) -> Result<Brought> {
        let at = self.at;
        let fresh = unseen(tx, feed.id, self.news.items).await?;
        let mut brought = Brought { new: fresh.len(), ..Brought::default() };
        if fresh.is_empty() {
            return Ok(brought);
        }
        feed.last_new_at = Some(at);
        let told = newest(&fresh, self.first, at);
        let mut rows = Vec::with_capacity(fresh.len());
        if !told.is_empty() {
            let mut telling = Telling::load(tx, feed, told.len(), at).await?;
            // The oldest first, so that the newest stands on top.
            for item in fresh.iter().filter(|item| told.contains(&item.key)) {
                let signal = telling.tell(tx, item, &mut brought).await?;
                rows.push(row(feed.id, item, Some(signal), at));
            }
        }
        rows.extend(fresh.iter().filter(|i| !told.contains(&i.key)).map(|i| row(feed.id, i, None, at)));
        tx.insert_feed_items(&rows).await?;
        let actor = Actor::system(super::ACTOR);
        tx.record(&Change {
            at,
            actor: &actor,
            kind: "feed.brought",
            claim: None,
            subject: feed.subject(),
            body: json!({
                "feed": feed.id, "title": feed.title, "items": brought.new, "signals": brought.signals,
                "joined": brought.joined, "beside": brought.beside,
            }),
        })
        .await?;
        Ok(brought)
    }
}

/// The items that were never seen before, each once, the oldest first; those without a date as the feed has them, which
/// is the newest first.
async fn unseen(tx: &mut Tx, feed: Uuid, items: Vec<Item>) -> Result<Vec<Item>> {
    let keys: Vec<Sha256> = items.iter().map(|item| item.key).collect();
    let seen = tx.seen_items(feed, &keys).await?;
    let mut seen: HashSet<Sha256> = seen.into_iter().map(|item| item.key).collect();
    let mut fresh: Vec<Item> = items.into_iter().filter(|item| seen.insert(item.key)).collect();
    fresh.reverse();
    fresh.sort_by_key(|item| item.published);
    Ok(fresh)
}

/// The keys of those that are told: not older than a story lasts, and the newest of them.
fn newest(fresh: &[Item], first: bool, at: DateTime<Utc>) -> BTreeSet<Sha256> {
    let young = |item: &&Item| match item.published {
        Some(published) => published > at - story::WINDOW,
        None => !first,
    };
    let mut young: Vec<&Item> = fresh.iter().filter(young).collect();
    // One without a date appeared since the last read.
    young.sort_by_key(|item| std::cmp::Reverse(item.published.unwrap_or(at).min(at)));
    young.into_iter().take(MOST_TOLD).map(|item| item.key).collect()
}

fn row(feed: Uuid, item: &Item, signal: Option<SignalId>, at: DateTime<Utc>) -> FeedItem {
    FeedItem {
        feed,
        key: item.key,
        signal,
        at,
        title: item.title.clone(),
        link: item.link.as_ref().map(|link| link.as_str().to_owned()),
        published_at: item.published,
        summary: item.summary.clone(),
    }
}

/// Puts the news of the last days beside a claim that looks for it since now: it was just opened, or looks for other
/// words.
pub(crate) async fn match_recent(tx: &mut Tx, claim: ClaimId, at: DateTime<Utc>) -> Result<()> {
    let items = tx.items_since(at - story::WINDOW, MOST_COMPARED).await?;
    if items.is_empty() {
        return Ok(());
    }
    let watching = Watching::of_claim(tx, claim).await?;
    if watching.is_empty() {
        return Ok(());
    }
    let there = tx.signal_claims(claim).await?;
    let mut there: HashSet<SignalId> = there.into_iter().map(|row| row.signal).collect();
    let actor = Actor::system(super::ACTOR);
    for item in items.iter().rev() {
        let Some(id) = item.signal.filter(|id| !there.contains(id)) else { continue };
        let beside = watching.beside(&format!("{}\n{}", item.title, item.summary));
        if !beside.is_empty() {
            there.insert(id);
            let signal = tx.signal(id).await?;
            signals::join(tx, &actor, &signal, &beside, &format!("feed:{}", item.feed), at).await?;
        }
    }
    Ok(())
}

/// Telling the items of one feed.
struct Telling {
    feed: Uuid,
    feed_title: String,
    subject: String,
    actor: Actor,
    recent: Vec<Told>,
    watching: Watching,
    /// For signals to come, the last first: of one instant the later item is the newer signal.
    ids: Vec<Uuid>,
    at: DateTime<Utc>,
}

impl Telling {
    async fn load(tx: &mut Tx, feed: &NewsFeed, told: usize, at: DateTime<Utc>) -> Result<Self> {
        let mut ids: Vec<Uuid> = std::iter::repeat_with(|| new_uuid(at)).take(told).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(*id));
        let items = tx.items_since(at - story::WINDOW, MOST_COMPARED).await?;
        let told = |item: FeedItem| {
            let link: Option<Link> = item.link.as_deref().and_then(|link| link.parse().ok());
            let story = Story::of(&item.title, &item.summary, link.as_ref());
            Some(Told { feed: item.feed, signal: item.signal?, story })
        };
        Ok(Self {
            feed: feed.id,
            feed_title: feed.title.clone(),
            subject: feed.subject(),
            actor: Actor::system(super::ACTOR),
            recent: items.into_iter().filter_map(told).collect(),
            watching: Watching::load(tx).await?,
            ids,
            at,
        })
    }

    /// The signal of an item: the one of its story, else a new one; beside every claim that the item bears on.
    async fn tell(&mut self, tx: &mut Tx, item: &Item, brought: &mut Brought) -> Result<SignalId> {
        let story = Story::of(&item.title, &item.summary, item.link.as_ref());
        let twin = self.recent.iter().find(|told| told.story.same(&story, told.feed == self.feed));
        let beside = self.watching.beside(&format!("{}\n{}", item.title, item.summary));
        let signal = if let Some(id) = twin.map(|told| told.signal) {
            let signal = tx.signal(id).await?;
            let there: Vec<ClaimId> =
                tx.claims_of_signals(&[id]).await?.into_iter().map(|row| row.claim).collect();
            let more: Vec<_> = beside.into_iter().filter(|(claim, _)| !there.contains(claim)).collect();
            brought.joined += 1;
            brought.beside += more.len();
            signals::join(tx, &self.actor, &signal, &more, &self.subject, self.at).await?;
            id
        } else {
            let signal = self.signal(item)?;
            brought.signals += 1;
            brought.beside += beside.len();
            // Beside no claim it is one of many in the feed's own event.
            signals::put(tx, &self.actor, &signal, &beside, &self.subject, false).await?;
            signal.id
        };
        self.recent.push(Told { feed: self.feed, signal, story });
        Ok(signal)
    }
    fn signal(&mut self, item: &Item) -> Result<Signal> {
        Ok(Signal {
            id: SignalId(self.ids.pop().unwrap_or_else(|| new_uuid(self.at))),
            kind: NEWS.into(),
            key: format!("{NEWS} {} {}", self.feed, item.key),
            source: None,
            benchmark: None,
            title: item.title.clone(),
            url: item.link.as_ref().map(|link| link.as_str().to_owned()),
            detail: JsonText::of(&json!({ "feed": self.feed_title, "summary": item.summary }))?,
            // Nothing is read before it is written, whatever the feed says.
            observed_at: item.published.unwrap_or(self.at).min(self.at),
            at: self.at,
        })
    }
}
