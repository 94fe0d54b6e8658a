//! What people do about outcomes: object, decide, withdraw, take back.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::{ClaimId, ObjectionId},
    ledger::By,
    resolution::{Basis, ResolutionRecord},
    status::{ClaimStatus, Outcome, Transition},
    text,
};
use bellwether_store::{Change, Claim, Decision, Objection, Proposal, Tx, Word};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    dependents, interest,
    proposal::{check_outcome, no_such_claim, step, word},
    record,
};
use crate::{
    Engine, EngineError, Result,
    forecasts::{self, Versions},
    ids::new_uuid,
    market,
};

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// This outcome is right.
    Uphold(Outcome),
    /// The proposal is wrong; the claim goes on.
    Refuse,
    /// The claim is void.
    Annul,
    /// The settled outcome is withdrawn; the claim goes on.
    Reverse,
}

impl Engine {
    /// Objects to a proposal, or to a settled outcome. The clock of the challenge window stands until a person decides.
    ///
    /// # Errors
    /// A field error without a reason; a conflict where nothing can be objected to.
    pub async fn object(
        &self,
        actor: &Actor,
        claim: ClaimId,
        reason: &str,
        link: Option<Uuid>,
    ) -> Result<ObjectionId> {
        let reason = read_reason(reason)?;
        let now = self.now();
        let mut tx = self.write().await?;
        let mut claim = tx.claim(claim).await.map_err(no_such_claim)?;
        let mut proposal = tx.standing_proposal(claim.id).await?;
        claim.status = step(&claim, Transition::Object)?;
        if let Some(proposal) = &mut proposal {
            // The window is half-open. Whether the outcome has been written down yet is nobody's merit.
            if proposal.challenge_until <= now {
                return Err(EngineError::TooLate { ended: proposal.challenge_until });
            }
            proposal.status = word::OBJECTED.into();
            proposal.remaining_seconds = Some((proposal.challenge_until - now).num_seconds());
            tx.save_proposal(proposal).await?;
        }
        let resolution = if proposal.is_none() { tx.resolutions(claim.id).await?.pop() } else { None };
        let objection = Objection {
            id: ObjectionId(new_uuid(now)),
            claim: claim.id,
            proposal: proposal.map(|p| p.id),
            resolution: resolution.map(|r| r.id),
            reason: reason.clone(),
            link_snapshot: link,
            actor: actor.clone(),
            at: now,
        };
        tx.insert_objection(&objection).await?;
        claim.updated_at = now;
        tx.save_claim(&mut claim).await?;
        let change = Change {
            at: now,
            actor,
            kind: "proposal.objected",
            claim: Some(claim.id),
            subject: objection.id.to_string(),
            body: json!({ "reason": reason }),
        };
        tx.record(&change).await?;
        tx.commit().await?;
        Ok(objection.id)
    }

    /// Decides a disputed proposal, a claim under review, or takes back a settled outcome. A decision by someone with
    /// an interest in the claim is marked so for good.
    ///
    /// # Errors
    /// A field error without a reason or with an outcome the claim does not have; a conflict where the claim's state
    /// does not allow it.
    pub async fn decide(&self, actor: &Actor, claim: ClaimId, ruling: Ruling, reason: &str) -> Result<()> {
        let reason = read_reason(reason)?;
        let now = self.now();
        let versions = match ruling {
            Ruling::Uphold(_) => self.versions_of(&[claim]).await.map_err(missing)?.remove(&claim),
            _ => None,
        };
        let mut tx = self.write().await?;
        let mut claim = tx.claim(claim).await.map_err(no_such_claim)?;
        let document: ClaimDocument = claim.document.read()?;
        let status = claim.status;
        if status == ClaimStatus::Proposed {
            return Err(EngineError::Conflict(
                "the proposal is within its window and becomes final by itself; object to it first if it is wrong".into(),
            ));
        }
        if let Ruling::Uphold(outcome) = &ruling {
            check_outcome(&document, outcome)?;
        }
        let interested = interest::check(&mut tx, &claim, actor).await?;
        let proposal = tx.standing_proposal(claim.id).await?;
        let versions = versions.unwrap_or_default();
        let case = Case { interested, versions, ..Case::new(actor, &reason, Basis::Person, now) };
        match &ruling {
            Ruling::Uphold(outcome) if status == ClaimStatus::UnderReview => {
                if claim.outcome.as_ref() == Some(outcome) {
                    claim.status = step(&claim, Transition::Keep)?;
                    case.announce(&mut tx, &claim, "review.kept", json!({ "outcome": outcome })).await?;
                } else {
                    return Err(EngineError::Conflict(
                        "a settled outcome is first reversed; the claim is then open and can be settled anew"
                            .into(),
                    ));
                }
            }
            Ruling::Uphold(outcome) => case.uphold(&mut tx, &mut claim, proposal.clone(), outcome).await?,
            Ruling::Refuse => case.refuse(&mut tx, &mut claim, &document, proposal.clone()).await?,
            Ruling::Annul => case.annul(&mut tx, &mut claim, proposal.clone()).await?,
            Ruling::Reverse => {
                dependents::may_count(&mut tx, &document).await?;
                case.reverse(&mut tx, &mut claim).await?;
            }
        }
        let objection = tx.objections(claim.id).await?.pop();
        let resolution = tx.resolutions(claim.id).await?.pop();
        let (kind, outcome) = match ruling {
            Ruling::Uphold(outcome) => ("upheld", Some(outcome)),
            Ruling::Refuse => ("refused", None),
            Ruling::Annul => ("annulled", None),
            Ruling::Reverse => ("reversed", None),
        };
        let decision = Decision {
            id: new_uuid(now),
            claim: claim.id,
            proposal: proposal.map(|p| p.id),
            objection: objection.map(|o| o.id),
            resolution: resolution.map(|r| r.id),
            kind: kind.into(),
            outcome,
            reason: reason.clone(),
            interested,
            actor: actor.clone(),
            at: now,
        };
        tx.insert_decision(&decision).await?;
        claim.updated_at = now;
        tx.save_claim(&mut claim).await?;
        dependents::follow(&mut tx, &claim, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Who decides, why, when.
pub(super) struct Case<'a> {
    actor: &'a Actor,
    reason: &'a str,
    basis: Basis,
    interested: bool,
    now: DateTime<Utc>,
    /// What other versions of the criteria come to.
    versions: Versions,
}

impl<'a> Case<'a> {
    pub(super) fn new(actor: &'a Actor, reason: &'a str, basis: Basis, now: DateTime<Utc>) -> Self {
        Self { actor, reason, basis, interested: false, now, versions: Versions::default() }
    }

    async fn uphold(
        &self,
        tx: &mut Tx,
        claim: &mut Claim,
        proposal: Option<Proposal>,
        outcome: &Outcome,
    ) -> Result<()> {
        claim.status = step(claim, Transition::Settle)?;
        let Some(mut proposal) = proposal else {
            return Err(EngineError::internal("a disputed claim without a proposal"));
        };
        let mut record: ResolutionRecord = proposal.record.read()?;
        if record.outcome.as_ref() != Some(outcome) {
            record = record::of_person(tx, claim, Some(outcome.clone()), self.reason, None, self.now).await?;
        }
        record.decided_by = self.actor.clone();
        record.interested = self.interested;
        record.at = self.now;
        close(tx, &mut proposal, word::ACCEPTED, self.now).await?;
        settle(tx, claim, &record, Some(&proposal), &self.versions).await
    }

    async fn refuse(
        &self,
        tx: &mut Tx,
        claim: &mut Claim,
        document: &ClaimDocument,
        proposal: Option<Proposal>,
    ) -> Result<()> {
        let after_deadline = self.now >= document.window.by;
        claim.status = step(claim, Transition::Withdraw { after_deadline })?;
        if let Some(mut proposal) = proposal {
            close(tx, &mut proposal, word::REFUSED, self.now).await?;
        }
        self.announce(tx, claim, "proposal.refused", json!({ "reason": self.reason })).await
    }

    pub(super) async fn annul(
        &self,
        tx: &mut Tx,
        claim: &mut Claim,
        proposal: Option<Proposal>,
    ) -> Result<()> {
        claim.status = step(claim, Transition::Annul)?;
        if let Some(mut proposal) = proposal {
            close(tx, &mut proposal, word::REFUSED, self.now).await?;
        }
        let mut record = record::of_person(tx, claim, None, self.reason, None, self.now).await?;
        self.sign(&mut record);
        record::append(tx, &record, "annulled", None).await?;
        tx.withdraw_scores(claim.id, self.now).await?;
        market::void(tx, claim, &self.by()).await?;
        claim.outcome = None;
        claim.resolved_at = Some(self.now);
        self.announce(tx, claim, "claim.annulled", json!({ "reason": self.reason })).await
    }

    pub(super) async fn reverse(&self, tx: &mut Tx, claim: &mut Claim) -> Result<()> {
        let withdrawn = claim.outcome.clone();
        claim.status = step(claim, Transition::Unresolve)?;
        let mut record = record::of_person(tx, claim, None, self.reason, None, self.now).await?;
        self.sign(&mut record);
        record::append(tx, &record, "reopened", None).await?;
        tx.withdraw_scores(claim.id, self.now).await?;
        market::reopen(tx, claim, &self.by()).await?;
        claim.outcome = None;
        claim.resolved_at = None;
        let body = json!({ "reason": self.reason, "outcome": withdrawn });
        self.announce(tx, claim, "claim.unresolved", body).await
    }

    fn sign(&self, record: &mut ResolutionRecord) {
        record.basis = self.basis;
        record.decided_by = self.actor.clone();
        record.interested = self.interested;
    }

    fn by(&self) -> By {
        By { actor: self.actor.clone(), at: self.now }
    }

    async fn announce(&self, tx: &mut Tx, claim: &Claim, kind: &str, body: serde_json::Value) -> Result<()> {
        let change = Change {
            at: self.now,
            actor: self.actor,
            kind,
            claim: Some(claim.id),
            subject: claim.slug.to_string(),
            body,
        };
        tx.record(&change).await?;
        Ok(())
    }
}

async fn close(tx: &mut Tx, proposal: &mut Proposal, status: &str, now: DateTime<Utc>) -> Result<()> {
    proposal.status = status.into();
    proposal.closed_at = Some(now);
    Ok(tx.save_proposal(proposal).await?)
}

/// Makes an outcome final: the record joins the chain. The claim's status is the caller's.
pub(super) async fn settle(
    tx: &mut Tx,
    claim: &mut Claim,
    record: &ResolutionRecord,
    proposal: Option<&Proposal>,
    versions: &Versions,
) -> Result<()> {
    let resolution = record::append(tx, record, "resolved", proposal).await?;
    claim.outcome.clone_from(&record.outcome);
    claim.resolved_at = Some(record.at);
    let change = Change {
        at: record.at,
        actor: &record.decided_by,
        kind: "claim.resolved",
        claim: Some(claim.id),
        subject: resolution.id.to_string(),
        body: json!({
            "outcome": record.outcome, "why": record.why, "first_hit": record.first_hit,
            "event_date": record.event_date, "hash": resolution.hash, "interested": record.interested,
        }),
    };
    tx.record(&change).await?;
    market::settle(tx, claim, record).await?;
    forecasts::score(tx, claim, &resolution, record, versions).await
}

/// The claims of proposals whose window has ended without objection, with what other versions of their criteria come to.
pub(super) async fn ended(engine: &Engine, now: DateTime<Utc>) -> Result<BTreeMap<ClaimId, Versions>> {
    let mut tx = engine.read().await?;
    let ended = tx.ended_proposals(&Word::from(word::STANDING), now).await?;
    drop(tx);
    let claims: Vec<ClaimId> = ended.into_iter().map(|proposal| proposal.claim).collect();
    engine.versions_of(&claims).await
}

/// Accepts the proposals of these claims whose window has ended without objection.
pub(super) async fn accept_ended(
    tx: &mut Tx,
    claims: &BTreeMap<ClaimId, Versions>,
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut accepted = 0;
    for mut proposal in tx.ended_proposals(&Word::from(word::STANDING), now).await? {
        let Some(versions) = claims.get(&proposal.claim) else { continue };
        let mut claim = tx.claim(proposal.claim).await?;
        // One that was settled before it in this round may have made it void.
        if claim.status != ClaimStatus::Proposed {
            continue;
        }
        accepted += 1;
        claim.status = step(&claim, Transition::Settle)?;
        let mut record: ResolutionRecord = proposal.record.read()?;
        record.at = now;
        close(tx, &mut proposal, word::ACCEPTED, now).await?;
        settle(tx, &mut claim, &record, Some(&proposal), versions).await?;
        claim.updated_at = now;
        tx.save_claim(&mut claim).await?;
        dependents::follow(tx, &claim, now).await?;
    }
    Ok(accepted)
}

/// A missing claim, said as such, where another use case looked for it.
fn missing(e: EngineError) -> EngineError {
    match e {
        EngineError::NotFound(_) => EngineError::NotFound("claim"),
        other => other,
    }
}

fn read_reason(reason: &str) -> Result<String> {
    text::prose(reason, 3, 4000).map_err(|e| EngineError::invalid("reason", "unreadable", e.to_string()))
}

/// How long after an outcome became final a correction of its source still puts it under review.
pub(super) const REVIEW: TimeDelta = TimeDelta::days(30);
