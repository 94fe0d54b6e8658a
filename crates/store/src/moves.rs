//! The ledger: which cause moved which stream and the headline from where to where. Append-only.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, MoveId},
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, on},
    table::{reading, table},
    value::Fit as _,
};

table! {
    /// One entry of a claim's ledger.
    "move" => pub struct Move {
        /// Identity.
        pub id: MoveId,
        /// The claim.
        pub claim: ClaimId,
        /// Its number, gapless from 1; 1 is the start.
        pub seq: i64,
        /// When.
        pub at: DateTime<Utc>,
        /// What kind of cause: the start, evidence, ageing, a change of the pool.
        pub cause_kind: Word,
        /// The cause: an item of evidence, a signal.
        pub cause_id: Option<String>,
        /// Who.
        pub actor: Actor,
        /// The stream that moved.
        pub stream: String,
        /// Impact in points, signed, where evidence moved it.
        pub points: Option<f64>,
        /// The stream's log-odds before, per option.
        pub stream_before: JsonText,
        /// And after.
        pub stream_after: JsonText,
        /// The headline's log-odds before, per option.
        pub headline_before: JsonText,
        /// And after.
        pub headline_after: JsonText,
        /// The shown probability of yes, or of the leading option, before.
        pub p_before: Option<f64>,
        /// And after.
        pub p_after: Option<f64>,
        /// What each item contributes by this entry, in points.
        pub parts: JsonText,
        /// A remark for readers.
        pub note: Option<String>,
    }
}

reading! {
    /// A point of a claim's headline over time.
    pub struct HeadlinePoint {
        /// The claim.
        pub claim: ClaimId,
        /// The move's number.
        pub seq: i64,
        /// From when on.
        pub at: DateTime<Utc>,
        /// The shown probability.
        pub p_after: Option<f64>,
    }
}

reading! {
    /// The number of a claim's last entry.
    struct LastOfClaim {
        pub claim: ClaimId,
        pub seq: i64,
    }
}

impl Tx {
    /// Appends entries. Those of each claim must go on from its last number without a gap; who read an older state is
    /// refused with [`StoreError::Conflict`].
    pub async fn append_moves(&mut self, moves: &[Move]) -> Result<()> {
        if moves.is_empty() {
            return Ok(());
        }
        let mut claims: Vec<ClaimId> = moves.iter().map(|m| m.claim).collect();
        claims.sort_unstable();
        claims.dedup();
        let mut last = self.last_move_seqs(&claims).await?;
        for m in moves {
            let last = last.entry(m.claim).or_default();
            *last += 1;
            if m.seq != *last {
                return Err(StoreError::Conflict);
            }
        }
        self.insert_all(moves).await
    }

    async fn last_move_seqs(&mut self, claims: &[ClaimId]) -> Result<BTreeMap<ClaimId, i64>> {
        const HEAD: &str = "SELECT c.id AS claim, m.seq AS seq FROM claim c JOIN move m ON m.claim = c.id
            AND m.seq = (SELECT x.seq FROM move x WHERE x.claim = c.id ORDER BY x.seq DESC LIMIT 1) WHERE c.id IN (";
        let last = many_in!(self, LastOfClaim, HEAD, claims, ")")?;
        Ok(last.into_iter().map(|last| (last.claim, last.seq)).collect())
    }

    /// The last entry of a claim.
    pub async fn last_move(&mut self, claim: ClaimId) -> Result<Option<Move>> {
        maybe!(self, Move, "SELECT * FROM move WHERE claim = $1 ORDER BY seq DESC LIMIT 1", claim)
    }

    /// The entry that stood at an instant.
    pub async fn move_at(&mut self, claim: ClaimId, at: DateTime<Utc>) -> Result<Option<Move>> {
        const SQL: &str =
            "SELECT * FROM move WHERE claim = $1 AND at <= $2 ORDER BY at DESC, seq DESC LIMIT 1";
        maybe!(self, Move, SQL, claim, at)
    }

    /// The last entry of a claim that had a kind of cause.
    pub async fn last_move_of_kind(&mut self, claim: ClaimId, kind: &Word) -> Result<Option<Move>> {
        const SQL: &str = "SELECT * FROM move WHERE claim = $1 AND cause_kind = $2 ORDER BY seq DESC LIMIT 1";
        maybe!(self, Move, SQL, claim, kind)
    }

    /// One entry.
    pub async fn find_move(&mut self, id: MoveId) -> Result<Move> {
        maybe!(self, Move, "SELECT * FROM move WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// All entries of a claim, oldest first.
    pub async fn moves(&mut self, claim: ClaimId) -> Result<Vec<Move>> {
        many!(self, Move, "SELECT * FROM move WHERE claim = $1 ORDER BY seq", claim)
    }

    /// Entries of a claim after a number, oldest first.
    pub async fn moves_after(&mut self, claim: ClaimId, seq: i64) -> Result<Vec<Move>> {
        many!(self, Move, "SELECT * FROM move WHERE claim = $1 AND seq > $2 ORDER BY seq", claim, seq)
    }

    /// Entries of a claim before a number, newest first; `i64::MAX` begins with the newest.
    pub async fn moves_before(&mut self, claim: ClaimId, seq: i64, limit: i64) -> Result<Vec<Move>> {
        const SQL: &str = "SELECT * FROM move WHERE claim = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
        many!(self, Move, SQL, claim, seq, limit)
    }

    /// Entries of a claim in `[from, to)`, oldest first: what a movement is made of.
    pub async fn moves_between(
        &mut self,
        claim: ClaimId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Move>> {
        const SQL: &str = "SELECT * FROM move WHERE claim = $1 AND at >= $2 AND at < $3 ORDER BY at, seq";
        many!(self, Move, SQL, claim, from, to)
    }

    /// The entries that one cause made, oldest first.
    pub async fn moves_of_cause(&mut self, cause: &str) -> Result<Vec<Move>> {
        many!(self, Move, "SELECT * FROM move WHERE cause_id = $1 ORDER BY at, claim, seq", cause)
    }

    /// Entries of all claims, newest first, after a cursor of instant and id.
    pub async fn newest_moves(
        &mut self,
        after: Option<(DateTime<Utc>, MoveId)>,
        limit: i64,
    ) -> Result<Vec<Move>> {
        const FIRST: &str = "SELECT * FROM move ORDER BY at DESC, id DESC LIMIT $1";
        const NEXT: &str = "SELECT * FROM move WHERE (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $1";
        match after {
            None => many!(self, Move, FIRST, limit),
            Some((at, id)) => many!(self, Move, NEXT, limit, at, id),
        }
    }

    /// The last entry of each of some claims.
    pub async fn last_moves(&mut self, claims: &[ClaimId]) -> Result<Vec<Move>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let head =
            "SELECT m.* FROM claim c JOIN move m ON m.claim = c.id AND m.seq = c.move_seq WHERE c.id IN (";
        many_in!(self, Move, head, claims, ")")
    }

    /// Where the headlines of some claims stood at an instant, by claim; of a younger claim, where it started.
    pub async fn headlines_at(
        &mut self,
        claims: &[ClaimId],
        at: DateTime<Utc>,
    ) -> Result<Vec<HeadlinePoint>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new(
                "SELECT m.claim, m.seq, m.at, m.p_after FROM claim c JOIN move m ON m.claim = c.id AND m.seq =
                    coalesce((SELECT x.seq FROM move x WHERE x.claim = c.id AND x.at <= ",
            );
            q.push_bind(at.fit()?).push(" ORDER BY x.at DESC, x.seq DESC LIMIT 1), 1) WHERE c.id IN (");
            let mut list = q.separated(", ");
            for claim in claims {
                list.push_bind(claim.fit()?);
            }
            q.push(") ORDER BY m.claim");
            q.build_query_as::<HeadlinePoint>().fetch_all(c).await
        })
        .map_err(StoreError::reading("move"))
    }

    /// The headlines of some claims since an instant, for sparklines: by claim, oldest first.
    pub async fn headlines_since(
        &mut self,
        claims: &[ClaimId],
        since: DateTime<Utc>,
    ) -> Result<Vec<HeadlinePoint>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new("SELECT claim, seq, at, p_after FROM move WHERE at >= ");
            q.push_bind(since.fit()?).push(" AND claim IN (");
            let mut list = q.separated(", ");
            for claim in claims {
                list.push_bind(claim.fit()?);
            }
            q.push(") ORDER BY claim, seq");
            q.build_query_as::<HeadlinePoint>().fetch_all(c).await
        })
        .map_err(StoreError::reading("move"))
    }
}
