//! What just happened, for the first page.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::ids::{ClaimId, Slug};
use bellwether_store::Tx;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{Engine, Result};

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct News {
    /// When.
    pub at: DateTime<Utc>,
    /// What, a dotted word in the past tense.
    pub kind: String,
    /// What it is about.
    pub about: NewsAbout,
    /// What the change recorded.
    pub body: Value,
}

/// What a piece of news is about.
#[derive(Clone, Debug)]
pub enum NewsAbout {
    /// A claim.
    Claim {
        /// Its address.
        slug: Slug,
        /// Its title.
        title: String,
    },
    /// Something else, by its own name: a source.
    Other(String),
    /// A signal of a benchmark, beside so many claims.
    Signal {
        /// The benchmark, or the source.
        of: String,
        /// How many claims it bears on.
        claims: usize,
    },
}

/// Of the signals of one snapshot the first of these kinds is told.
const TELLING: [&str; 6] =
    ["gap_crossed", "new_leader", "source_stale", "held_back", "models_withdrawn", "models_added"];

/// The kinds that are worth a line.
const KINDS: [&str; 12] = [
    "claim.published",
    "claim.resolved",
    "claim.annulled",
    "claim.unresolved",
    "proposal.opened",
    "proposal.objected",
    "evidence.added",
    "evidence.retracted",
    "snapshot.held_back",
    "snapshot.released",
    "source.stale",
    "signal.appeared",
];

impl Engine {
    /// The newest changes that are worth a line, newest first; of one kind about one thing only the newest.
    pub async fn news(&self, limit: usize) -> Result<Vec<News>> {
        let mut tx = self.read().await?;
        let events = tx.newest_events(&KINDS, 60).await?;
        let mut news: Vec<News> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut signals: BTreeMap<(String, DateTime<Utc>), Signals> = BTreeMap::new();
        for event in &events {
            if event.kind == "signal.appeared" {
                let told = signals.entry((event.subject.clone(), event.at)).or_default();
                told.claims.extend(event.claim);
                told.offer(event.body.read()?);
            }
        }
        for event in events {
            if event.kind == "signal.appeared" {
                // All that one snapshot raised is one piece of news.
                let told = signals.remove(&(event.subject.clone(), event.at));
                if let Some(told) = told.filter(|_| news.len() < limit) {
                    news.push(News {
                        at: event.at,
                        kind: event.kind.as_str().to_owned(),
                        about: NewsAbout::Signal { of: event.subject, claims: told.claims.len() },
                        body: told.body,
                    });
                }
                continue;
            }
            let name = event.claim.map_or_else(|| event.subject.clone(), |claim| claim.to_string());
            if news.len() == limit || !seen.insert((event.kind.as_str().to_owned(), name)) {
                continue;
            }
            let about = match event.claim {
                Some(claim) => about(&mut tx, claim).await?,
                None => NewsAbout::Other(event.subject),
            };
            news.push(News {
                at: event.at,
                kind: event.kind.as_str().to_owned(),
                about,
                body: event.body.read()?,
            });
        }
        Ok(news)
    }
}

/// The signals of one snapshot.
#[derive(Default)]
struct Signals {
    claims: BTreeSet<ClaimId>,
    body: Value,
}

impl Signals {
    /// Keeps the more telling one.
    fn offer(&mut self, body: Value) {
        let rank = |body: &Value| {
            let kind = body.get("kind").and_then(Value::as_str);
            TELLING.iter().position(|k| Some(*k) == kind).unwrap_or(TELLING.len())
        };
        if self.body.is_null() || rank(&body) < rank(&self.body) {
            self.body = body;
        }
    }
}

async fn about(tx: &mut Tx, claim: ClaimId) -> Result<NewsAbout> {
    let claim = tx.claim(claim).await?;
    Ok(NewsAbout::Claim { slug: claim.slug, title: claim.title })
}
