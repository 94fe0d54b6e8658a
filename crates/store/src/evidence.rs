//! Items of evidence as they stand, and every revision they went through.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, EvidenceId, SignalId},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, run},
    table::table,
};

table! {
    /// An item for or against a claim, as it stands after its corrections.
    "evidence" => pub struct Evidence {
        /// Identity; corrections keep it.
        pub id: EvidenceId,
        /// The claim.
        pub claim: ClaimId,
        /// Number of its latest revision, from 1.
        pub n: i64,
        /// Active or retracted.
        pub status: Word,
        /// The option it speaks of, where the claim names options.
        pub option: Option<String>,
        /// For or against.
        pub side: Word,
        /// Points as stated, 0 to 40, without sign.
        pub points: f64,
        /// Points it counts now, signed; 0 when retracted.
        pub effective: f64,
        /// What it says.
        pub text: String,
        /// Where it says so.
        pub url: Option<String>,
        /// What it stems from; items of one origin are one cluster.
        pub origin: Option<String>,
        /// Who published it.
        pub publisher: Option<String>,
        /// Since when it ages.
        pub observed_at: DateTime<Utc>,
        /// The whole item.
        pub item: JsonText,
        /// The factors that make the effective points.
        pub factors: JsonText,
        /// The page kept as proof.
        pub link_snapshot: Option<Uuid>,
        /// The signal it came from.
        pub signal: Option<SignalId>,
        /// Who added it.
        pub actor: Actor,
        /// When.
        pub added_at: DateTime<Utc>,
        /// Its last change.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// A revision of an item: its addition, a correction, its retraction.
    "evidence_revision" => pub struct EvidenceRevision {
        /// The item.
        pub evidence: EvidenceId,
        /// Its number, gapless from 1.
        pub n: i64,
        /// Added, revised, retracted or restored.
        pub kind: Word,
        /// The whole item after it.
        pub item: JsonText,
        /// Why.
        pub reason: Option<String>,
        /// Who.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

impl Tx {
    /// Writes a new item and its first revision.
    pub async fn insert_evidence(&mut self, item: &Evidence, first: &EvidenceRevision) -> Result<()> {
        self.insert(item).await?;
        self.insert(first).await
    }

    /// Appends a revision and writes the item as it stands after it. The revision's number is the next one, and the
    /// item's own number equals it; who saw another is refused with [`StoreError::Conflict`].
    pub async fn revise_evidence(&mut self, item: &Evidence, revision: &EvidenceRevision) -> Result<()> {
        const SQL: &str = "UPDATE evidence SET n = $2, status = $3, option = $4, side = $5, points = $6,
                effective = $7, text = $8, url = $9, origin = $10, publisher = $11, observed_at = $12, item = $13,
                factors = $14, link_snapshot = $15, updated_at = $16
            WHERE id = $1 AND n = $2 - 1";
        let written = run!(
            self,
            SQL,
            item.id,
            revision.n,
            &item.status,
            &item.option,
            &item.side,
            item.points,
            item.effective,
            &item.text,
            &item.url,
            &item.origin,
            &item.publisher,
            item.observed_at,
            &item.item,
            &item.factors,
            item.link_snapshot,
            item.updated_at,
        )?;
        if written != 1 || item.n != revision.n {
            return Err(StoreError::Conflict);
        }
        self.insert(revision).await
    }

    /// Sets what an item counts now, after its cluster or its age changed; no revision, for nobody edited it.
    pub async fn weigh_evidence(
        &mut self,
        id: EvidenceId,
        effective: f64,
        factors: &JsonText,
        at: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "UPDATE evidence SET effective = $2, factors = $3, updated_at = $4 WHERE id = $1";
        match run!(self, SQL, id, effective, factors, at)? {
            1 => Ok(()),
            _ => Err(StoreError::NotFound),
        }
    }

    /// An item by its id.
    pub async fn evidence(&mut self, id: EvidenceId) -> Result<Evidence> {
        maybe!(self, Evidence, "SELECT * FROM evidence WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// All items of a claim, retracted ones too, in the order in which they were added.
    pub async fn evidence_of_claim(&mut self, claim: ClaimId) -> Result<Vec<Evidence>> {
        many!(self, Evidence, "SELECT * FROM evidence WHERE claim = $1 ORDER BY added_at, id", claim)
    }

    /// All items of some claims, by claim in the order in which they were added.
    pub async fn evidence_of_claims(&mut self, claims: &[ClaimId]) -> Result<Vec<Evidence>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let tail = ") ORDER BY claim, added_at, id";
        many_in!(self, Evidence, "SELECT * FROM evidence WHERE claim IN (", claims, tail)
    }

    /// The items that came from a signal.
    pub async fn evidence_of_signal(&mut self, signal: SignalId) -> Result<Vec<Evidence>> {
        many!(self, Evidence, "SELECT * FROM evidence WHERE signal = $1 ORDER BY added_at, id", signal)
    }

    /// Items of all claims, newest first, after a cursor of instant and id.
    pub async fn newest_evidence(
        &mut self,
        after: Option<(DateTime<Utc>, EvidenceId)>,
        limit: i64,
    ) -> Result<Vec<Evidence>> {
        const FIRST: &str = "SELECT * FROM evidence ORDER BY added_at DESC, id DESC LIMIT $1";
        const NEXT: &str =
            "SELECT * FROM evidence WHERE (added_at, id) < ($2, $3) ORDER BY added_at DESC, id DESC LIMIT $1";
        match after {
            None => many!(self, Evidence, FIRST, limit),
            Some((at, id)) => many!(self, Evidence, NEXT, limit, at, id),
        }
    }

    /// The revisions of an item, oldest first.
    pub async fn evidence_revisions(&mut self, id: EvidenceId) -> Result<Vec<EvidenceRevision>> {
        many!(self, EvidenceRevision, "SELECT * FROM evidence_revision WHERE evidence = $1 ORDER BY n", id)
    }

    /// The revisions of all items of a claim up to an instant, oldest first: what was known then.
    pub async fn evidence_revisions_at(
        &mut self,
        claim: ClaimId,
        at: DateTime<Utc>,
    ) -> Result<Vec<EvidenceRevision>> {
        const SQL: &str = "SELECT r.* FROM evidence e JOIN evidence_revision r ON r.evidence = e.id
            WHERE e.claim = $1 AND r.at <= $2 ORDER BY r.at, r.evidence, r.n";
        many!(self, EvidenceRevision, SQL, claim, at)
    }
}
