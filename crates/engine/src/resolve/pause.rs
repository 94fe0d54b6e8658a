//! Pausing proposals: for one claim, for a source, for all; and by itself when a source would settle too much at once.

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::{ClaimId, SourceId},
};
use bellwether_store::{Change, Claim, Tx};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::watched;
use crate::{Engine, Result};

/// Fewer claims than this never pause a source by themselves.
const MANY: usize = 5;
/// A source that would settle more than one in so many of its claims at one poll is looked at by a person first.
const ONE_IN: usize = 5;

/// What is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every claim.
    All,
    /// The claims that lean on a source.
    Source(SourceId),
    /// One claim.
    Claim(ClaimId),
}

/// A pause as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Scope {
    fn key(&self) -> String {
        match self {
            Self::All => "pause:all".to_owned(),
            Self::Source(id) => format!("pause:source:{id}"),
            Self::Claim(id) => format!("pause:claim:{id}"),
        }
    }
}

/// The pause in force for a scope.
pub(crate) async fn pause_of(tx: &mut Tx, scope: &Scope) -> Result<Option<Pause>> {
    Ok(tx.setting::<Option<Pause>>(&scope.key()).await?.flatten())
}

/// Whether proposals for a claim wait.
pub(super) async fn is_paused(tx: &mut Tx, claim: &Claim, document: &ClaimDocument) -> Result<bool> {
    let sources = watched::sources_of(document).into_iter().map(Scope::Source);
    for scope in [Scope::All, Scope::Claim(claim.id)].into_iter().chain(sources) {
        if pause_of(tx, &scope).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Pauses a source that would settle too many of its claims at one poll.
pub(super) async fn if_too_many(
    tx: &mut Tx,
    source: &SourceId,
    claims: usize,
    proposals: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    if claims < MANY || proposals * ONE_IN <= claims {
        return Ok(());
    }
    let reason = format!("{proposals} of the {claims} claims on this source would be settled by one reading");
    set(tx, &Actor::system("rule"), &Scope::Source(source.clone()), Some(reason), now).await
}

async fn set(
    tx: &mut Tx,
    actor: &Actor,
    scope: &Scope,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    let kind = if reason.is_some() { "proposals.paused" } else { "proposals.resumed" };
    let pause = reason.map(|reason| Pause { reason, since: now });
    tx.set_setting(&scope.key(), &pause, actor, now).await?;
    let claim = if let Scope::Claim(id) = scope { Some(*id) } else { None };
    let change =
        Change { at: now, actor, kind, claim, subject: scope.key(), body: json!({ "pause": pause }) };
    tx.record(&change).await?;
    Ok(())
}

impl Engine {
    /// Pauses (with a reason) or resumes (without) the proposals of a scope. Evaluation goes on; what was confirmed
    /// meanwhile is proposed when a person resumes, however many claims of a source that settles at once.
    pub async fn pause_proposals(&self, actor: &Actor, scope: &Scope, reason: Option<String>) -> Result<()> {
        let now = self.now();
        let resumes = reason.is_none();
        let mut tx = self.write().await?;
        set(&mut tx, actor, scope, reason, now).await?;
        if resumes {
            super::propose_what_waited(&mut tx, scope, now).await?;
        }
        Ok(tx.commit().await?)
    }
}
