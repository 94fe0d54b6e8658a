//! What someone did, for their page; and all that is kept of them, for themselves.

use bellwether_core::{
    actor::Actor,
    ids::{AccountId, Slug},
    people::{Handle, Role},
};
use bellwether_store::{Event, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{AccountView, TokenView, accounts::find};
use crate::{Engine, Result};

/// One thing someone did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deed {
    /// When.
    pub at: DateTime<Utc>,
    /// What, as a dotted word in the past tense: `evidence.added`.
    pub kind: String,
    /// The claim, where there is one.
    pub claim: Option<Slug>,
    /// Its title.
    pub title: Option<String>,
    /// What was said of it.
    pub body: serde_json::Value,
}

/// A person's, or a bot's, page.
#[derive(Clone, Debug)]
pub struct PersonPage {
    /// Who.
    pub account: AccountView,
    /// Their bots.
    pub bots: Vec<Handle>,
    /// What they did to claims, newest first; at most 100.
    pub deeds: Vec<Deed>,
    /// How often they did each kind of thing.
    pub counts: Vec<(String, i64)>,
}

/// All that is kept of someone, for themselves.
#[derive(Clone, Debug, Serialize)]
pub struct OwnData {
    /// Their name in the ledger.
    pub handle: Handle,
    /// How they want to be called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they joined.
    pub joined_at: DateTime<Utc>,
    /// When they signed in, and last came, for each session that stands.
    pub sessions: Vec<OwnSession>,
    /// Their tokens, without the secrets.
    pub tokens: Vec<OwnToken>,
    /// All they did, newest first.
    pub deeds: Vec<Deed>,
}

/// A session of one's own.
#[derive(Clone, Debug, Serialize)]
pub struct OwnSession {
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to within some minutes.
    pub seen_at: DateTime<Utc>,
}

/// A token of one's own.
#[derive(Clone, Debug, Serialize)]
pub struct OwnToken {
    /// What it is called.
    pub name: String,
    /// The first characters of its secret.
    pub prefix: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub used_at: Option<DateTime<Utc>>,
}

/// Deeds on a person's page.
const SHOWN: i64 = 100;
/// Rows read at a time.
const CHUNK: i64 = 500;

impl Engine {
    /// The page of a person or a bot: what they did to claims.
    ///
    /// # Errors
    /// [`crate::EngineError::NotFound`] when nobody is called so.
    pub async fn person(&self, handle: &Handle) -> Result<PersonPage> {
        let mut tx = self.read().await?;
        let account = find(&mut tx, handle).await?;
        let everyone = tx.accounts().await?;
        let bots =
            everyone.iter().filter(|a| a.owner == Some(account.id)).map(|a| a.handle.clone()).collect();
        let actor = account.actor();
        let newest = tx.deeds_of_actor(&actor, SHOWN).await?;
        Ok(PersonPage {
            bots,
            deeds: deeds(&mut tx, newest).await?,
            counts: tx.deed_counts(&actor).await?,
            account: AccountView::of(account, &everyone),
        })
    }

    /// All that is kept of someone, for themselves.
    pub async fn own_data(&self, account: AccountId) -> Result<OwnData> {
        let tokens = self.tokens(account).await?;
        let mut tx = self.read().await?;
        let account = tx.account(account).await?;
        let sessions = tx.sessions(account.id).await?;
        let events = all_events(&mut tx, &account.actor()).await?;
        Ok(OwnData {
            sessions: sessions
                .into_iter()
                .map(|s| OwnSession { created_at: s.created_at, seen_at: s.seen_at })
                .collect(),
            tokens: tokens.into_iter().map(OwnToken::from).collect(),
            deeds: deeds(&mut tx, events).await?,
            handle: account.handle,
            name: account.name,
            role: account.role,
            joined_at: account.created_at,
        })
    }
}

impl From<TokenView> for OwnToken {
    fn from(token: TokenView) -> Self {
        Self { name: token.name, prefix: token.prefix, created_at: token.created_at, used_at: token.used_at }
    }
}

async fn all_events(tx: &mut Tx, actor: &Actor) -> Result<Vec<Event>> {
    let mut all: Vec<Event> = Vec::new();
    loop {
        let before = all.last().map_or(i64::MAX, |event| event.seq);
        let part = tx.events_of_actor(actor, before, CHUNK).await?;
        if part.is_empty() {
            return Ok(all);
        }
        all.extend(part);
    }
}

async fn deeds(tx: &mut Tx, events: Vec<Event>) -> Result<Vec<Deed>> {
    let mut claims = std::collections::BTreeMap::new();
    let mut deeds = Vec::with_capacity(events.len());
    for event in events {
        if let Some(id) = event.claim
            && !claims.contains_key(&id)
        {
            let claim = tx.claim(id).await?;
            claims.insert(id, (claim.slug, claim.title));
        }
        let claim = event.claim.and_then(|id| claims.get(&id));
        deeds.push(Deed {
            at: event.at,
            kind: event.kind.as_str().to_owned(),
            claim: claim.map(|(slug, _)| slug.clone()),
            title: claim.map(|(_, title)| title.clone()),
            body: event.body.read()?,
        });
    }
    Ok(deeds)
}
