//! The proof of an outcome: what it stands on, how it came about, what was said against it.

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::{ClaimId, Sha256, Slug},
    resolution::ResolutionRecord,
    status::{ClaimStatus, Outcome},
};
use bellwether_store::{Criteria, Decision, Objection, Resolution};
use chrono::{DateTime, Utc};

use crate::{Engine, EngineError, Result};

/// A step on the way to an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofStep {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What, a dotted word in the past tense: `proposal.opened`.
    pub kind: String,
    /// Why, where somebody said so.
    pub reason: Option<String>,
}

/// A standing proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingProposal {
    /// What is proposed.
    pub outcome: Outcome,
    /// By the rule or a person.
    pub basis: String,
    /// Whether somebody objected.
    pub objected: bool,
    /// Until when objections are taken.
    pub until: DateTime<Utc>,
    /// Since when.
    pub at: DateTime<Utc>,
    /// What it stands on.
    pub record: ResolutionRecord,
}

/// All there is to say of how a claim was, or is being, decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// Identity.
    pub claim: ClaimId,
    /// The readable part of its address.
    pub slug: Slug,
    /// The statement.
    pub title: String,
    /// Its state.
    pub status: ClaimStatus,
    /// The claim document that decides.
    pub document: ClaimDocument,
    /// The version of the criteria that decides.
    pub criteria: Criteria,
    /// The outcome that stands, with its place in the chain.
    pub resolution: Option<(Resolution, ResolutionRecord)>,
    /// The hash of the record before it.
    pub previous: Option<Sha256>,
    /// The proposal that stands.
    pub proposal: Option<StandingProposal>,
    /// Objections, oldest first.
    pub objections: Vec<Objection>,
    /// Decisions of people, oldest first.
    pub decisions: Vec<Decision>,
    /// How it came about, oldest first.
    pub steps: Vec<ProofStep>,
}

/// Kinds of events that belong to the story of an outcome.
const STORY: [&str; 12] = [
    "claim.published",
    "criteria.changed",
    "verdict.changed",
    "claim.awaiting_data",
    "proposal.opened",
    "proposal.objected",
    "proposal.refused",
    "claim.resolved",
    "claim.annulled",
    "claim.unresolved",
    "review.opened",
    "review.kept",
];

impl Engine {
    /// The proof of a claim's outcome, or the case so far.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown claim.
    pub async fn proof(&self, claim: ClaimId) -> Result<Proof> {
        let mut tx = self.read().await?;
        let claim = tx.claim(claim).await.map_err(|e| match e {
            bellwether_store::StoreError::NotFound => EngineError::NotFound("claim"),
            other => other.into(),
        })?;
        let resolution = match tx.resolutions(claim.id).await?.pop() {
            Some(resolution) => {
                let record: ResolutionRecord = resolution.record.read()?;
                Some((resolution, record))
            }
            None => None,
        };
        let proposal = match tx.standing_proposal(claim.id).await? {
            Some(p) => Some(StandingProposal {
                outcome: p.outcome,
                basis: p.basis.as_str().to_owned(),
                objected: p.status == super::proposal::word::OBJECTED,
                until: p.challenge_until,
                at: p.at,
                record: p.record.read()?,
            }),
            None => None,
        };
        let n = resolution.as_ref().map_or(claim.criteria_n, |(r, _)| r.criteria_n);
        let criteria = tx.criteria_version(claim.id, n).await?;
        let mut steps: Vec<ProofStep> = tx
            .claim_events_before(claim.id, i64::MAX, 10_000)
            .await?
            .into_iter()
            .filter(|event| STORY.iter().any(|kind| event.kind == *kind))
            .map(|event| {
                let body: serde_json::Value = event.body.read()?;
                let said = |key: &str| body.get(key).and_then(|v| v.as_str()).map(str::to_owned);
                Ok(ProofStep {
                    at: event.at,
                    actor: event.actor,
                    kind: event.kind.as_str().to_owned(),
                    reason: said("reason").or_else(|| said("why")).or_else(|| said("to")),
                })
            })
            .collect::<Result<_>>()?;
        steps.reverse();
        Ok(Proof {
            claim: claim.id,
            slug: claim.slug.clone(),
            title: claim.title.clone(),
            status: claim.status,
            document: criteria.document.read()?,
            criteria,
            previous: resolution.as_ref().map(|(r, _)| r.prev_hash),
            resolution,
            proposal,
            objections: tx.objections(claim.id).await?,
            decisions: tx.decisions(claim.id).await?,
            steps,
        })
    }
}
