//! Final outcomes and their reversals: one append-only chain over all claims.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, ProposalId, ResolutionId, Sha256},
    status::Outcome,
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe},
    table::table,
};

table! {
    /// A final outcome or the reversal of one.
    "resolution" => pub struct Resolution {
        /// Its place in the chain, gapless from 1; set by [`Tx::append_resolution`].
        pub seq: i64,
        /// Identity.
        pub id: ResolutionId,
        /// The claim.
        pub claim: ClaimId,
        /// Resolved, annulled, or back to open.
        pub kind: Word,
        /// The outcome; absent where it was annulled or taken back.
        pub outcome: Option<Outcome>,
        /// The criteria version in force at the event.
        pub criteria_n: i64,
        /// The proposal that led to it.
        pub proposal: Option<ProposalId>,
        /// When it happened by the sources' own dates.
        pub event_date: Option<DateTime<Utc>>,
        /// When the rule counts it as settled.
        pub resolved_on: Option<DateTime<Utc>>,
        /// All that is needed to check it offline.
        pub record: JsonText,
        /// Hash of the previous one, 64 zeros for the first; set by [`Tx::append_resolution`].
        pub prev_hash: Sha256,
        /// [`resolution_hash`] of this one; set by [`Tx::append_resolution`].
        pub hash: Sha256,
        /// Who.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

/// SHA-256 of the previous hash in hexadecimal, followed by the record's text.
pub fn resolution_hash(previous: Sha256, record: &JsonText) -> Sha256 {
    Sha256::of(format!("{previous}{}", record.as_str()).as_bytes())
}

/// What the first resolution follows.
pub const NO_RESOLUTION: Sha256 = Sha256([0; 32]);

impl Tx {
    /// The hash that the next resolution follows, for its record.
    pub async fn resolution_head(&mut self) -> Result<Sha256> {
        Ok(self.last_resolution().await?.map_or(NO_RESOLUTION, |last| last.hash))
    }

    async fn last_resolution(&mut self) -> Result<Option<Resolution>> {
        maybe!(self, Resolution, "SELECT * FROM resolution ORDER BY seq DESC LIMIT 1")
    }

    /// Appends a resolution to the chain: sets its number, the hash it follows and its own.
    pub async fn append_resolution(&mut self, mut resolution: Resolution) -> Result<Resolution> {
        let last = self.last_resolution().await?;
        resolution.seq = last.as_ref().map_or(0, |last| last.seq) + 1;
        resolution.prev_hash = last.map_or(NO_RESOLUTION, |last| last.hash);
        resolution.hash = resolution_hash(resolution.prev_hash, &resolution.record);
        self.insert(&resolution).await?;
        Ok(resolution)
    }

    /// All outcomes and reversals before an instant, oldest first.
    pub async fn resolutions_until(&mut self, before: DateTime<Utc>) -> Result<Vec<Resolution>> {
        many!(self, Resolution, "SELECT * FROM resolution WHERE at < $1 ORDER BY seq", before)
    }

    /// A resolution.
    pub async fn resolution(&mut self, id: ResolutionId) -> Result<Resolution> {
        maybe!(self, Resolution, "SELECT * FROM resolution WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// A claim's resolutions, oldest first; the last one stands.
    pub async fn resolutions(&mut self, claim: ClaimId) -> Result<Vec<Resolution>> {
        many!(self, Resolution, "SELECT * FROM resolution WHERE claim = $1 ORDER BY seq", claim)
    }

    /// The standing resolution of each of some claims.
    pub async fn last_resolutions(&mut self, claims: &[ClaimId]) -> Result<Vec<Resolution>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT r.* FROM resolution r WHERE
            r.seq = (SELECT max(x.seq) FROM resolution x WHERE x.claim = r.claim) AND r.claim IN (";
        many_in!(self, Resolution, head, claims, ")")
    }

    /// Resolutions before a number, newest first; `i64::MAX` begins with the newest.
    pub async fn resolutions_before(&mut self, seq: i64, limit: i64) -> Result<Vec<Resolution>> {
        many!(
            self,
            Resolution,
            "SELECT * FROM resolution WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
            seq,
            limit
        )
    }

    /// Checks the chain of resolutions; the first place where it does not hold, in words.
    pub async fn verify_resolutions(&mut self) -> Result<Option<String>> {
        let all = many!(self, Resolution, "SELECT * FROM resolution ORDER BY seq")?;
        let mut head = NO_RESOLUTION;
        for (n, resolution) in (1..).zip(&all) {
            if resolution.seq != n {
                return Ok(Some(format!("resolution {n} is missing")));
            }
            if resolution.prev_hash != head || resolution.hash != resolution_hash(head, &resolution.record) {
                return Ok(Some(format!("resolution {n} does not follow from resolution {}", n - 1)));
            }
            head = resolution.hash;
        }
        Ok(None)
    }
}
