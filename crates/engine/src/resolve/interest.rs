//! Who may not decide a claim because they have something at stake in it.

use bellwether_core::{actor::Actor, ids::ClaimId, people::Role};
use bellwether_store::{Claim, Tx};

use super::proposal::no_such_claim;
use crate::{Engine, EngineError, Result};

/// How someone stands to a claim that is to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stake {
    /// They have no interest in it.
    Free,
    /// They have an interest, and nobody else could decide: they may, and the decision is marked so for good.
    Alone(String),
    /// They have an interest, and someone else decides.
    Barred(String),
}

impl Engine {
    /// How someone stands to a claim, so that a page can say it before they write a decision.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn stake(&self, actor: &Actor, claim: ClaimId) -> Result<Stake> {
        let mut tx = self.read().await?;
        let claim = tx.claim(claim).await.map_err(no_such_claim)?;
        stake(&mut tx, &claim, actor).await
    }
}

/// Whether someone who decides a claim has an interest in it. Where nobody else could decide, they may all the same,
/// and the decision is marked so for good.
///
/// # Errors
/// [`EngineError::Forbidden`] when they have an interest and someone else could decide.
pub(super) async fn check(tx: &mut Tx, claim: &Claim, actor: &Actor) -> Result<bool> {
    match stake(tx, claim, actor).await? {
        Stake::Free => Ok(false),
        Stake::Alone(_) => Ok(true),
        Stake::Barred(why) => Err(EngineError::Forbidden(why)),
    }
}

async fn stake(tx: &mut Tx, claim: &Claim, actor: &Actor) -> Result<Stake> {
    let Some(interest) = of(tx, claim, actor).await? else { return Ok(Stake::Free) };
    let mut others = tx.accounts().await?;
    others
        .retain(|a| a.role >= Role::Arbiter && a.disabled_at.is_none() && !a.is_bot() && a.actor() != *actor);
    if others.is_empty() {
        return Ok(Stake::Alone(format!("{interest}, and nobody else here could decide it")));
    }
    for other in others {
        if of(tx, claim, &other.actor()).await?.is_none() {
            return Ok(Stake::Barred(format!("{interest}, so someone else decides it: {} can", other.name)));
        }
    }
    // An admin can always make one more arbiter; that two with an interest decide for each other is not wanted.
    Ok(Stake::Barred(format!(
        "{interest}, and so has every other arbiter something at stake: ask an admin to make someone else an arbiter"
    )))
}

/// What someone has at stake in a claim, as a sentence's beginning.
async fn of(tx: &mut Tx, claim: &Claim, actor: &Actor) -> Result<Option<&'static str>> {
    if claim.created_by == *actor {
        return Ok(Some("you wrote this claim"));
    }
    if tx.has_forecast(claim.id, actor).await? {
        return Ok(Some("you forecast this claim"));
    }
    if tx.evidence_of_claim(claim.id).await?.iter().any(|item| item.actor == *actor) {
        return Ok(Some("you added evidence to this claim"));
    }
    if !tx.trades_of(claim.id, actor).await?.is_empty() {
        return Ok(Some("you traded in this claim's market"));
    }
    if tx.proposals(claim.id).await?.iter().any(|proposal| proposal.actor == *actor) {
        return Ok(Some("you proposed an outcome of this claim"));
    }
    if tx.objections(claim.id).await?.iter().any(|objection| objection.actor == *actor) {
        return Ok(Some("you objected to an outcome of this claim"));
    }
    Ok(None)
}
