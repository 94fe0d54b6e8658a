//! Who may not decide a claim because they have something at stake in it.

use bellwether_core::{actor::Actor, people::Role};
use bellwether_store::{Claim, Tx};

use crate::{EngineError, Result};

/// Whether someone who decides a claim has an interest in it. Where nobody else could decide, they may all the same,
/// and the decision is marked so for good.
///
/// # Errors
/// [`EngineError::Forbidden`] when they have an interest and someone else could decide.
pub(super) async fn check(tx: &mut Tx, claim: &Claim, actor: &Actor) -> Result<bool> {
    let Some(interest) = of(tx, claim, actor).await? else { return Ok(false) };
    let mut others = tx.accounts().await?;
    others
        .retain(|a| a.role >= Role::Arbiter && a.disabled_at.is_none() && !a.is_bot() && a.actor() != *actor);
    match others.first() {
        None => Ok(true),
        Some(other) => Err(EngineError::Forbidden(format!(
            "{interest}, so someone else decides this claim: {} can",
            other.name
        ))),
    }
}

/// What someone has at stake in a claim, as a sentence's beginning.
async fn of(tx: &mut Tx, claim: &Claim, actor: &Actor) -> Result<Option<&'static str>> {
    if claim.created_by == *actor {
        return Ok(Some("you wrote this claim"));
    }
    if tx.evidence_of_claim(claim.id).await?.iter().any(|item| item.actor == *actor) {
        return Ok(Some("you added evidence to this claim"));
    }
    if tx.proposals(claim.id).await?.iter().any(|proposal| proposal.actor == *actor) {
        return Ok(Some("you proposed an outcome of this claim"));
    }
    if tx.objections(claim.id).await?.iter().any(|objection| objection.actor == *actor) {
        return Ok(Some("you objected to an outcome of this claim"));
    }
    Ok(None)
}
