//! Signals: dated observations that may bear on claims, beside the claims they bear on.
//!
//! - `tables`: what new content of a benchmark changed;
//! - `views`: a claim's own views came apart;
//! - `watching`: what claims look for in news (the feeds are in [`crate::feeds`]);
//! - `raise`: writing them, each with its reason;
//! - [`decide`]: not relevant, later, and taking that back. Counting one as evidence is in [`crate::evidence`].
//!
//! A signal never moves a probability by itself.

pub mod decide;
mod raise;
mod tables;
mod views;
mod watching;

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    ids::{ClaimId, SignalId, Slug},
    signal::{SignalStatus, matching::because},
};
use bellwether_store::{FeedItem, NewsFeed, Signal, SignalClaim, SignalsOf, Tx};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use self::{
    decide::{Decided, Decision},
    raise::Suggestion,
};
pub(crate) use self::{
    raise::{LIVE, join, put},
    tables::{after_release, of_source, of_table, standing_step, without_held},
    views::came_apart,
    watching::Watching,
};
use crate::{Engine, Result};

/// The kind of a signal that an item of news is.
pub const NEWS: &str = "news";
/// The kind of a signal that says that a claim's views are apart.
pub const VIEWS_APART: &str = "views_apart";

/// A signal as pages show it.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalView {
    /// The signal: kind, title, source, benchmark, address, times.
    pub signal: Signal,
    /// Its figures and witnesses.
    pub detail: Value,
    /// The title of the source it comes from.
    pub source_title: Option<String>,
    /// Where it was read: the source, or every feed that tells the story, the first one first.
    pub sources: Vec<SourceOf>,
    /// The claims beside which it stands, and what became of it there.
    pub claims: Vec<BesideView>,
}

/// Where a signal was read.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceOf {
    /// The name of the source or the feed.
    pub name: String,
    /// Where to read it there.
    pub url: Option<String>,
    /// The headline there, of news.
    pub title: Option<String>,
    /// When it was published there, of news that says so.
    pub published_at: Option<DateTime<Utc>>,
}

/// A signal beside a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct BesideView {
    /// The row: claim, who decided, when, until when it was put off.
    pub row: SignalClaim,
    /// What became of it.
    pub status: SignalStatus,
    /// Whether a person is to decide now.
    pub waits: bool,
    /// How it would count.
    pub suggestion: Suggestion,
    /// What follows "because it": `names GPQA`.
    pub because: Option<String>,
}

/// Which of all signals are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// All.
    #[default]
    All,
    /// Those that wait beside a claim.
    Waiting,
    /// Those that a feed tells.
    Feed(Uuid),
    /// Those of a benchmark.
    Benchmark(bellwether_core::benchmark::BenchmarkId),
}

/// A claim as lists of signals name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimName {
    /// Its address.
    pub slug: Slug,
    /// Its statement.
    pub title: String,
    /// Whether evidence can be added.
    pub takes_evidence: bool,
}

impl Engine {
    /// How some claims are named.
    pub async fn claim_names(&self, ids: &[ClaimId]) -> Result<BTreeMap<ClaimId, ClaimName>> {
        let unique: Vec<ClaimId> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let rows = self.read().await?.claims(&unique).await?;
        let named = rows.into_iter().map(|row| {
            let takes_evidence = row.status.takes_evidence();
            (row.id, ClaimName { slug: row.slug, title: row.title, takes_evidence })
        });
        Ok(named.collect())
    }

    /// The signals beside a claim, newest first, with what became of them there.
    pub async fn claim_signals(&self, claim: ClaimId, limit: i64) -> Result<Vec<SignalView>> {
        let mut tx = self.read().await?;
        let signals = tx.signals_of_claim(claim, limit).await?;
        let beside = tx.signal_claims(claim).await?;
        views_of(&mut tx, signals, beside, self.now()).await
    }

    /// Some of all signals, newest first, after a cursor of instant and id.
    pub async fn signals_page(
        &self,
        which: &Which,
        after: Option<(DateTime<Utc>, SignalId)>,
        limit: i64,
    ) -> Result<Vec<SignalView>> {
        let now = self.now();
        let mut tx = self.read().await?;
        let of = match which {
            Which::All => SignalsOf::All,
            Which::Waiting => SignalsOf::Waiting(now),
            Which::Feed(feed) => SignalsOf::Feed(*feed),
            Which::Benchmark(benchmark) => SignalsOf::Benchmark(benchmark.clone()),
        };
        let signals = tx.newest_signals(&of, after, limit).await?;
        let ids: Vec<SignalId> = signals.iter().map(|signal| signal.id).collect();
        let beside = tx.claims_of_signals(&ids).await?;
        views_of(&mut tx, signals, beside, now).await
    }
}

async fn views_of(
    tx: &mut Tx,
    signals: Vec<Signal>,
    beside: Vec<SignalClaim>,
    now: DateTime<Utc>,
) -> Result<Vec<SignalView>> {
    let titles: BTreeMap<_, _> = tx.sources().await?.into_iter().map(|s| (s.id, s.title)).collect();
    let news: Vec<SignalId> = signals.iter().filter(|s| s.kind == NEWS).map(|s| s.id).collect();
    let items = tx.items_of_signals(&news).await?;
    let feeds = if items.is_empty() { Vec::new() } else { tx.feeds().await? };
    let mut claims: BTreeMap<SignalId, Vec<BesideView>> = BTreeMap::new();
    for row in beside {
        claims.entry(row.signal).or_default().push(BesideView::of(row, now)?);
    }
    let view = |signal: Signal| {
        let source_title = signal.source.as_ref().and_then(|source| titles.get(source)).cloned();
        let told = items.iter().filter(|item| item.signal == Some(signal.id));
        let mut sources: Vec<SourceOf> = told.map(|item| source_of(item, &feeds)).collect();
        if sources.is_empty()
            && let Some(source) = &signal.source
        {
            let name = source_title.clone().unwrap_or_else(|| source.to_string());
            sources.push(SourceOf { name, url: signal.url.clone(), title: None, published_at: None });
        }
        Ok(SignalView {
            detail: signal.detail.read()?,
            source_title,
            sources,
            claims: claims.remove(&signal.id).unwrap_or_default(),
            signal,
        })
    };
    signals.into_iter().map(view).collect()
}

fn source_of(item: &FeedItem, feeds: &[NewsFeed]) -> SourceOf {
    let feed = feeds.iter().find(|feed| feed.id == item.feed);
    SourceOf {
        name: feed.map_or_else(|| "a feed".to_owned(), |feed| feed.title.clone()),
        url: item.link.clone(),
        title: Some(item.title.clone()),
        published_at: item.published_at,
    }
}

impl BesideView {
    fn of(row: SignalClaim, now: DateTime<Utc>) -> Result<Self> {
        let status: SignalStatus = row.status.read()?;
        let suggestion: Suggestion = row.suggestion.read()?;
        Ok(Self {
            waits: status.waits(row.until, now),
            because: because(&suggestion.because),
            status,
            suggestion,
            row,
        })
    }
}

impl SignalView {
    /// How it stands beside a claim.
    pub fn beside(&self, claim: ClaimId) -> Option<&BesideView> {
        self.claims.iter().find(|beside| beside.row.claim == claim)
    }

    /// Whether it can be counted as evidence: what is said of a claim's own views is no evidence about it.
    pub fn counts(&self) -> bool {
        self.signal.kind != VIEWS_APART
    }
}
