//! What an outcome does to the claims that hang on it, in its own transaction.

use std::collections::BTreeSet;

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::ClaimId,
    resolution::{Basis, ResolutionRecord},
    status::{ClaimStatus, Outcome},
};
use bellwether_store::{Claim, Tx};
use chrono::{DateTime, Utc};

use super::decision::Case;
use crate::{EngineError, Result};

/// Brings the claims that hang on one up to how that stands now: those for which it came out otherwise are void, and
/// those that were void because of an outcome that was taken back are open again. What hangs on them follows.
pub(super) async fn follow(tx: &mut Tx, claim: &Claim, now: DateTime<Utc>) -> Result<()> {
    let mut changed = vec![claim.clone()];
    // No claim is visited twice, whatever the tables say: a circle ends where it began.
    let mut seen = BTreeSet::<ClaimId>::from([claim.id]);
    while let Some(on) = changed.pop() {
        for dependent in tx.claims_given(on.id).await? {
            if seen.insert(dependent.id) {
                changed.extend(bring_up(tx, &on, dependent, now).await?);
            }
        }
    }
    Ok(())
}

/// Refuses a claim that cannot count as long as the one it hangs on stays as it came out.
pub(super) async fn may_count(tx: &mut Tx, document: &ClaimDocument) -> Result<()> {
    let Some(given) = &document.given else { return Ok(()) };
    let Some(on) = tx.claim_by_slug(&given.claim).await? else { return Ok(()) };
    if !on.status.is_settled() || given.holds(on.outcome.as_ref()) {
        return Ok(());
    }
    Err(EngineError::Conflict(format!(
        "this claim counts only if “{}” comes out {}, and that came out {}: take that back first",
        on.title,
        given.outcome,
        told(on.outcome.as_ref()),
    )))
}

/// How a claim came out, in a word.
fn told(outcome: Option<&Outcome>) -> String {
    outcome.map_or_else(|| "void".to_owned(), Outcome::to_string)
}

/// The dependent, if it changed.
async fn bring_up(tx: &mut Tx, on: &Claim, mut claim: Claim, now: DateTime<Utc>) -> Result<Option<Claim>> {
    let document: ClaimDocument = claim.document.read()?;
    let Some(given) = &document.given else { return Ok(None) };
    let wanted = &given.outcome;
    let actor = Actor::system("condition");
    let came_out = match on.status {
        ClaimStatus::Resolved | ClaimStatus::Annulled if given.holds(on.outcome.as_ref()) => return Ok(None),
        ClaimStatus::Resolved | ClaimStatus::Annulled => told(on.outcome.as_ref()),
        // Its outcome may yet stand.
        ClaimStatus::UnderReview => return Ok(None),
        _ if claim.status == ClaimStatus::Annulled && by_condition(tx, &claim).await? => {
            let reason = format!("The outcome of “{}” was taken back: this claim may count again.", on.title);
            let case = Case::new(&actor, &reason, Basis::Given, now);
            case.reverse(tx, &mut claim).await?;
            return save(tx, claim, now).await;
        }
        _ => return Ok(None),
    };
    if matches!(claim.status, ClaimStatus::Draft | ClaimStatus::Annulled) {
        return Ok(None);
    }
    let reason =
        format!("“{}” came out {came_out}; this claim counts only if it comes out {wanted}.", on.title);
    let case = Case::new(&actor, &reason, Basis::Given, now);
    if claim.status == ClaimStatus::Resolved {
        case.reverse(tx, &mut claim).await?;
    }
    let proposal = tx.standing_proposal(claim.id).await?;
    case.annul(tx, &mut claim, proposal).await?;
    save(tx, claim, now).await
}

/// Whether the last word on a claim was that of the claim it hangs on.
async fn by_condition(tx: &mut Tx, claim: &Claim) -> Result<bool> {
    let Some(last) = tx.resolutions(claim.id).await?.pop() else { return Ok(false) };
    Ok(last.record.read::<ResolutionRecord>()?.basis == Basis::Given)
}

async fn save(tx: &mut Tx, mut claim: Claim, now: DateTime<Utc>) -> Result<Option<Claim>> {
    claim.updated_at = now;
    tx.save_claim(&mut claim).await?;
    if claim.status == ClaimStatus::Open {
        super::watch_claim(tx, claim.id, now).await?;
        claim = tx.claim(claim.id).await?;
    }
    Ok(Some(claim))
}
