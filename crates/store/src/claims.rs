//! Claims as they stand, their tags and their criteria.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, CriteriaId, Sha256, Slug},
    status::{ClaimStatus, Outcome},
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, run, scalar},
    table::{reading, table},
};

table! {
    /// A claim as it stands. What its author wrote is in `document`; beside it are the fields that lists ask for and
    /// what was last derived.
    "claim" => pub struct Claim {
        /// Identity.
        pub id: ClaimId,
        /// The readable part of its address.
        pub slug: Slug,
        /// The statement.
        pub title: String,
        /// A line of background, may be empty.
        pub context: String,
        /// Its state.
        pub status: ClaimStatus,
        /// The claim document in force.
        pub document: JsonText,
        /// Start of the window, where one is given; inclusive.
        pub window_from: Option<DateTime<Utc>>,
        /// The deadline; exclusive.
        pub window_by: DateTime<Utc>,
        /// The criteria version in force.
        pub criteria_n: i64,
        /// Log-odds per stream and option after the last move.
        pub standing: JsonText,
        /// The shown probability of yes, or of the leading option; in `[0, 1]`.
        pub headline_p: Option<f64>,
        /// Number of the last move, 0 before the first.
        pub move_seq: i64,
        /// How many items of evidence are active.
        pub evidence_count: i64,
        /// Computed confidence.
        pub confidence: Word,
        /// What the rule said at the last evaluation.
        pub verdict: Option<Word>,
        /// How many conditions do not hold.
        pub missing_legs: Option<i64>,
        /// The largest remaining distance, in usual changes of that gap in 90 days; what "closest first" sorts by.
        pub distance: Option<f64>,
        /// The distances of all conditions, for lists.
        pub distance_json: Option<JsonText>,
        /// The outcome, once resolved.
        pub outcome: Option<Outcome>,
        /// Counts the writes; an editor who saw another version is refused.
        pub version: i64,
        /// When it was written first.
        pub created_at: DateTime<Utc>,
        /// By whom.
        pub created_by: Actor,
        /// When it was opened to readers.
        pub published_at: Option<DateTime<Utc>>,
        /// When its outcome became final.
        pub resolved_at: Option<DateTime<Utc>>,
        /// The last write.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// One version of what decides a claim.
    "criteria" => pub struct Criteria {
        /// Identity.
        pub id: CriteriaId,
        /// The claim.
        pub claim: ClaimId,
        /// Its number, from 1.
        pub n: i64,
        /// The words.
        pub words: String,
        /// The rule, or the rules per option, where there are any.
        pub rule: Option<JsonText>,
        /// The claim document as of this version.
        pub document: JsonText,
        /// Digest of what decides.
        pub sha256: Sha256,
        /// Why it was changed; absent for the first.
        pub reason: Option<String>,
        /// By whom.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

table! {
    /// A claim's tag.
    "claim_tag" => pub struct ClaimTag {
        /// The claim.
        pub claim: ClaimId,
        /// The tag.
        pub tag: String,
    }
}

reading! {
    /// A tag and how many published claims carry it.
    pub struct TagCount {
        /// The tag.
        pub tag: String,
        /// How many.
        pub claims: i64,
    }
}

reading! {
    /// A status and how many claims have it.
    pub struct StatusCount {
        /// The status.
        pub status: ClaimStatus,
        /// How many.
        pub claims: i64,
    }
}

impl Tx {
    /// Writes a new claim; its slug must be free.
    pub async fn insert_claim(&mut self, claim: &Claim) -> Result<()> {
        self.insert(claim).await
    }

    /// A claim by its id.
    pub async fn claim(&mut self, id: ClaimId) -> Result<Claim> {
        maybe!(self, Claim, "SELECT * FROM claim WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// A claim by its slug.
    pub async fn claim_by_slug(&mut self, slug: &Slug) -> Result<Option<Claim>> {
        maybe!(self, Claim, "SELECT * FROM claim WHERE slug = $1", slug)
    }

    /// Claims by their slugs, in no particular order; unknown ones are left out.
    pub async fn claims_by_slugs(&mut self, slugs: &[&Slug]) -> Result<Vec<Claim>> {
        if slugs.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Claim, "SELECT * FROM claim WHERE slug IN (", slugs.iter().copied(), ")")
    }

    /// Claims by their ids, in no particular order; unknown ids are left out.
    pub async fn claims(&mut self, ids: &[ClaimId]) -> Result<Vec<Claim>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Claim, "SELECT * FROM claim WHERE id IN (", ids, ")")
    }

    /// All claims of some states, by deadline: what the scheduler works on.
    pub async fn claims_with_status(&mut self, statuses: &[ClaimStatus]) -> Result<Vec<Claim>> {
        if statuses.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Claim, "SELECT * FROM claim WHERE status IN (", statuses, ") ORDER BY window_by, id")
    }

    /// Writes a claim back. `claim.version` is the version that was read; it is counted up here.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another version stands by now, [`StoreError::NotFound`] for an unknown claim.
    pub async fn save_claim(&mut self, claim: &mut Claim) -> Result<()> {
        const SQL: &str = "UPDATE claim SET slug = $3, title = $4, context = $5, status = $6, document = $7,
                window_from = $8, window_by = $9, criteria_n = $10, standing = $11, headline_p = $12,
                move_seq = $13, evidence_count = $14, confidence = $15, verdict = $16, missing_legs = $17,
                distance = $18, distance_json = $19, outcome = $20, published_at = $21, resolved_at = $22,
                updated_at = $23, version = version + 1
            WHERE id = $1 AND version = $2";
        let written = run!(
            self,
            SQL,
            claim.id,
            claim.version,
            &claim.slug,
            &claim.title,
            &claim.context,
            &claim.status,
            &claim.document,
            claim.window_from,
            claim.window_by,
            claim.criteria_n,
            &claim.standing,
            claim.headline_p,
            claim.move_seq,
            claim.evidence_count,
            &claim.confidence,
            &claim.verdict,
            claim.missing_legs,
            claim.distance,
            &claim.distance_json,
            &claim.outcome,
            claim.published_at,
            claim.resolved_at,
            claim.updated_at,
        )?;
        self.count_up(claim, written).await
    }

    /// Writes back what moves of its ledger changed of a claim; as [`Self::save_claim`], without touching what else
    /// stands in its row.
    ///
    /// # Errors
    /// As [`Self::save_claim`].
    pub async fn save_ledger(&mut self, claim: &mut Claim) -> Result<()> {
        const SQL: &str =
            "UPDATE claim SET standing = $3, headline_p = $4, move_seq = $5, evidence_count = $6,
                confidence = $7, updated_at = $8, version = version + 1
            WHERE id = $1 AND version = $2";
        let written = run!(
            self,
            SQL,
            claim.id,
            claim.version,
            &claim.standing,
            claim.headline_p,
            claim.move_seq,
            claim.evidence_count,
            &claim.confidence,
            claim.updated_at,
        )?;
        self.count_up(claim, written).await
    }

    async fn count_up(&mut self, claim: &mut Claim, written: u64) -> Result<()> {
        if written == 1 {
            claim.version += 1;
            return Ok(());
        }
        match scalar!(self, i64, "SELECT version FROM claim WHERE id = $1", claim.id)? {
            Some(_) => Err(StoreError::Conflict),
            None => Err(StoreError::NotFound),
        }
    }

    /// Replaces a claim's tags.
    pub async fn set_claim_tags(&mut self, claim: ClaimId, tags: &[String]) -> Result<()> {
        run!(self, "DELETE FROM claim_tag WHERE claim = $1", claim)?;
        let mut rows: Vec<_> = tags.iter().map(|tag| ClaimTag { claim, tag: tag.clone() }).collect();
        rows.sort_by(|a, b| a.tag.cmp(&b.tag));
        rows.dedup();
        self.insert_all(&rows).await
    }

    /// The tags of some claims, by claim and tag.
    pub async fn tags_of(&mut self, claims: &[ClaimId]) -> Result<Vec<ClaimTag>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(
            self,
            ClaimTag,
            "SELECT claim, tag FROM claim_tag WHERE claim IN (",
            claims,
            ") ORDER BY claim, tag"
        )
    }

    /// All tags with their number of published claims, most used first.
    pub async fn tag_counts(&mut self) -> Result<Vec<TagCount>> {
        const SQL: &str =
            "SELECT t.tag AS tag, count(*) AS claims FROM claim_tag t JOIN claim c ON c.id = t.claim
            WHERE c.published_at IS NOT NULL GROUP BY t.tag ORDER BY count(*) DESC, t.tag";
        many!(self, TagCount, SQL)
    }

    /// How many claims each status has.
    pub async fn status_counts(&mut self) -> Result<Vec<StatusCount>> {
        const SQL: &str = "SELECT status, count(*) AS claims FROM claim GROUP BY status ORDER BY status";
        many!(self, StatusCount, SQL)
    }

    /// Writes a further version of a claim's criteria; a taken number is refused.
    pub async fn insert_criteria(&mut self, criteria: &Criteria) -> Result<()> {
        self.insert(criteria).await
    }

    /// All versions of a claim's criteria, oldest first.
    pub async fn criteria(&mut self, claim: ClaimId) -> Result<Vec<Criteria>> {
        many!(self, Criteria, "SELECT * FROM criteria WHERE claim = $1 ORDER BY n", claim)
    }

    /// One version of a claim's criteria.
    pub async fn criteria_version(&mut self, claim: ClaimId, n: i64) -> Result<Criteria> {
        maybe!(self, Criteria, "SELECT * FROM criteria WHERE claim = $1 AND n = $2", claim, n)?
            .ok_or(StoreError::NotFound)
    }
}
