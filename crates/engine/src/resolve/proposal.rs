//! Opening a proposal: by a confirmed rule, or by a person with a link.

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::{ClaimId, ProposalId},
    resolution::ResolutionRecord,
    status::{ClaimStatus, Outcome, Transition},
    text,
};
use bellwether_store::{Change, Claim, JsonText, Proposal, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    record,
    watched::{Finding, Watched},
};
use crate::{Engine, EngineError, Result, ids::new_uuid};

/// The words that `proposal.status` can hold.
pub(crate) mod word {
    /// Within its window.
    pub(crate) const STANDING: &str = "standing";
    /// Objected to: the clock stands.
    pub(crate) const OBJECTED: &str = "objected";
    /// It became the outcome.
    pub(crate) const ACCEPTED: &str = "accepted";
    /// A person refused it, or made the claim void.
    pub(crate) const REFUSED: &str = "refused";
}

/// The state of a claim after a transition, or the refusal as a conflict.
pub(super) fn step(claim: &Claim, transition: Transition) -> Result<ClaimStatus> {
    claim.status.after(transition).map_err(|e| EngineError::Conflict(e.to_string()))
}

/// Opens the proposal that a rule has earned. Called again for the same finding, it does nothing: the claim is
/// proposed already.
pub(super) async fn open_by_rule(
    tx: &mut Tx,
    claim: &mut Claim,
    document: &ClaimDocument,
    finding: &Finding,
    watched: &Watched,
    now: DateTime<Utc>,
) -> Result<()> {
    let record = record::of_rule(tx, claim, document, finding, watched, now).await?;
    open(tx, claim, document, &record, "rule", None, &Actor::system("rule"), now).await
}

/// Whether the same finding was proposed before under the same criteria and a person has spoken: it was refused, or what
/// it settled was withdrawn. The rule has said all it has to say of it.
pub(super) async fn was_decided(tx: &mut Tx, claim: &Claim, finding: &Finding) -> Result<bool> {
    let before = tx.proposals(claim.id).await?;
    Ok(before.iter().any(|p| {
        p.basis == "rule"
            && p.closed_at.is_some()
            && p.criteria_n == claim.criteria_n
            && Some(&p.outcome) == finding.outcome.as_ref()
            && p.first_hit == finding.conclusion.first_hit
    }))
}

#[expect(clippy::too_many_arguments, reason = "a proposal has this many independent parts")]
async fn open(
    tx: &mut Tx,
    claim: &mut Claim,
    document: &ClaimDocument,
    record: &ResolutionRecord,
    basis: &str,
    link: Option<Uuid>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(outcome) = record.outcome.clone() else {
        return Err(EngineError::internal("a proposal without an outcome"));
    };
    claim.status = step(claim, Transition::Propose)?;
    let challenge_until = now + document.challenge.delta();
    let proposal = Proposal {
        id: ProposalId(new_uuid(now)),
        claim: claim.id,
        criteria_n: claim.criteria_n,
        outcome: outcome.clone(),
        basis: basis.into(),
        status: word::STANDING.into(),
        first_hit: record.first_hit,
        event_date: record.event_date.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc()),
        resolved_on: record.resolved_on,
        challenge_until,
        remaining_seconds: None,
        record: JsonText::of(record)?,
        link_snapshot: link,
        actor: actor.clone(),
        at: now,
        closed_at: None,
    };
    tx.insert_proposal(&proposal).await?;
    claim.updated_at = now;
    tx.save_claim(claim).await?;
    tx.record(&Change {
        at: now,
        actor,
        kind: "proposal.opened",
        claim: Some(claim.id),
        subject: proposal.id.to_string(),
        body: json!({
            "outcome": outcome, "basis": basis, "why": record.why,
            "first_hit": record.first_hit, "challenge_until": challenge_until,
        }),
    })
    .await?;
    Ok(())
}

impl Engine {
    /// A person states an outcome, with a reason and the kept page that shows it; it stands under the claim's own
    /// challenge window. For claims of words only, for those whose rule cannot say, and for no others.
    ///
    /// # Errors
    /// A field error for an outcome the claim does not have or a missing reason; a conflict when the claim is not open,
    /// or when its rule will decide.
    pub async fn propose(
        &self,
        actor: &Actor,
        claim: ClaimId,
        outcome: Outcome,
        reason: &str,
        link: Option<Uuid>,
    ) -> Result<()> {
        let reason = text::prose(reason, 3, 4000)
            .map_err(|e| EngineError::invalid("reason", "unreadable", e.to_string()))?;
        let now = self.now();
        let mut tx = self.write().await?;
        let mut claim = tx.claim(claim).await.map_err(no_such_claim)?;
        let document: ClaimDocument = claim.document.read()?;
        check_outcome(&document, &outcome)?;
        let status = claim.status;
        let has_rule = document.rule.is_some() || !document.outcomes.is_empty();
        if has_rule && status == ClaimStatus::Open {
            return Err(EngineError::Conflict(
                "this claim is decided by its rule; a person can propose an outcome when the deadline has passed and the rule cannot say"
                    .into(),
            ));
        }
        let page = match link {
            Some(id) => tx.link_snapshot(id).await?.sha256,
            None => {
                return Err(EngineError::invalid(
                    "url",
                    "required",
                    "give a link that shows the outcome; it is kept as proof",
                ));
            }
        };
        let record = record::of_person(&mut tx, &claim, Some(outcome), &reason, page, now).await?;
        open(&mut tx, &mut claim, &document, &record, "person", link, actor, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Whether a claim can end so.
pub(crate) fn check_outcome(document: &ClaimDocument, outcome: &Outcome) -> Result<()> {
    let fits = match outcome {
        Outcome::Yes | Outcome::No => document.options.is_empty(),
        Outcome::Option(name) => document.options.contains(name),
    };
    if fits {
        return Ok(());
    }
    let can = if document.options.is_empty() {
        "yes or no".to_owned()
    } else {
        document.options.iter().map(|o| format!("option:{o}")).collect::<Vec<_>>().join(", ")
    };
    Err(EngineError::invalid(
        "outcome",
        "out_of_range",
        format!("`{outcome}` cannot be: this claim ends in {can}"),
    ))
}

/// A missing claim, said as such.
pub(super) fn no_such_claim(e: bellwether_store::StoreError) -> EngineError {
    match e {
        bellwether_store::StoreError::NotFound => EngineError::NotFound("claim"),
        other => other.into(),
    }
}
