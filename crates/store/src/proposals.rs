//! Proposals, objections to them, and the decisions of people.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, ObjectionId, ProposalId, ResolutionId},
    status::Outcome,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// An outcome that is proposed and may be objected to. A claim has at most one that is not closed.
    "proposal" => pub struct Proposal {
        /// Identity.
        pub id: ProposalId,
        /// The claim.
        pub claim: ClaimId,
        /// The criteria version it follows.
        pub criteria_n: i64,
        /// What is proposed.
        pub outcome: Outcome,
        /// The rule, or a person.
        pub basis: Word,
        /// Standing, objected, accepted, withdrawn...
        pub status: Word,
        /// First instant of the confirmed run.
        pub first_hit: Option<DateTime<Utc>>,
        /// When it happened by the sources' own dates.
        pub event_date: Option<DateTime<Utc>>,
        /// When the rule counts it as settled.
        pub resolved_on: Option<DateTime<Utc>>,
        /// Until when objections are taken.
        pub challenge_until: DateTime<Utc>,
        /// What was left of that window when somebody objected.
        pub remaining_seconds: Option<i64>,
        /// Witnesses, run, snapshots: the proof so far.
        pub record: JsonText,
        /// The page kept as proof of a person's proposal.
        pub link_snapshot: Option<Uuid>,
        /// Who.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
        /// When it was accepted, withdrawn or refused.
        pub closed_at: Option<DateTime<Utc>>,
    }
}

table! {
    /// An objection to a proposal or to a resolution.
    "objection" => pub struct Objection {
        /// Identity.
        pub id: ObjectionId,
        /// The claim.
        pub claim: ClaimId,
        /// The proposal.
        pub proposal: Option<ProposalId>,
        /// Or the resolution.
        pub resolution: Option<ResolutionId>,
        /// Why.
        pub reason: String,
        /// The page kept as proof.
        pub link_snapshot: Option<Uuid>,
        /// Who.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

table! {
    /// What a person decided, and why.
    "decision" => pub struct Decision {
        /// Identity.
        pub id: Uuid,
        /// The claim.
        pub claim: ClaimId,
        /// The proposal it is about.
        pub proposal: Option<ProposalId>,
        /// The objection it answers.
        pub objection: Option<ObjectionId>,
        /// The resolution it is about.
        pub resolution: Option<ResolutionId>,
        /// What was done: upheld, refused, kept, reversed, annulled...
        pub kind: Word,
        /// The outcome that stands after it.
        pub outcome: Option<Outcome>,
        /// Why.
        pub reason: String,
        /// Whether the decider has an interest in the claim; shown for good.
        pub interested: bool,
        /// Who.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

impl Tx {
    /// Opens a proposal; refused as [`StoreError::Duplicate`] while another one of the claim is not closed.
    pub async fn insert_proposal(&mut self, proposal: &Proposal) -> Result<()> {
        self.insert(proposal).await
    }

    /// Writes what became of a proposal that is not closed yet.
    pub async fn save_proposal(&mut self, proposal: &Proposal) -> Result<()> {
        const SQL: &str = "UPDATE proposal SET status = $2, challenge_until = $3, remaining_seconds = $4,
                closed_at = $5, outcome = $6, record = $7 WHERE id = $1 AND closed_at IS NULL";
        let p = proposal;
        let written = run!(
            self,
            SQL,
            p.id,
            &p.status,
            p.challenge_until,
            p.remaining_seconds,
            p.closed_at,
            &p.outcome,
            &p.record,
        )?;
        if written == 1 {
            return Ok(());
        }
        self.proposal(p.id).await?;
        Err(StoreError::Conflict)
    }

    /// A proposal.
    pub async fn proposal(&mut self, id: ProposalId) -> Result<Proposal> {
        maybe!(self, Proposal, "SELECT * FROM proposal WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// The claim's proposal that is not closed.
    pub async fn standing_proposal(&mut self, claim: ClaimId) -> Result<Option<Proposal>> {
        maybe!(self, Proposal, "SELECT * FROM proposal WHERE claim = $1 AND closed_at IS NULL", claim)
    }

    /// All proposals that are not closed, next to end first.
    pub async fn standing_proposals(&mut self) -> Result<Vec<Proposal>> {
        many!(self, Proposal, "SELECT * FROM proposal WHERE closed_at IS NULL ORDER BY challenge_until, id")
    }

    /// Proposals of a status whose window has ended.
    pub async fn ended_proposals(&mut self, status: &Word, now: DateTime<Utc>) -> Result<Vec<Proposal>> {
        const SQL: &str = "SELECT * FROM proposal WHERE status = $1 AND challenge_until <= $2
            AND closed_at IS NULL ORDER BY challenge_until, id";
        many!(self, Proposal, SQL, status, now)
    }

    /// A claim's proposals, oldest first.
    pub async fn proposals(&mut self, claim: ClaimId) -> Result<Vec<Proposal>> {
        many!(self, Proposal, "SELECT * FROM proposal WHERE claim = $1 ORDER BY at, id", claim)
    }

    /// Appends an objection.
    pub async fn insert_objection(&mut self, objection: &Objection) -> Result<()> {
        self.insert(objection).await
    }

    /// A claim's objections, oldest first.
    pub async fn objections(&mut self, claim: ClaimId) -> Result<Vec<Objection>> {
        many!(self, Objection, "SELECT * FROM objection WHERE claim = $1 ORDER BY at, id", claim)
    }

    /// Appends a decision.
    pub async fn insert_decision(&mut self, decision: &Decision) -> Result<()> {
        self.insert(decision).await
    }

    /// A claim's decisions, oldest first.
    pub async fn decisions(&mut self, claim: ClaimId) -> Result<Vec<Decision>> {
        many!(self, Decision, "SELECT * FROM decision WHERE claim = $1 ORDER BY at, id", claim)
    }
}
