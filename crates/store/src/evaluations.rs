//! Evaluations: what a claim's rule said of the state standing at an instant. Append-only.

use std::collections::{HashMap, HashSet};

use bellwether_core::ids::{ClaimId, Sha256};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, on},
    table::{reading, table},
    value::Fit as _,
};

table! {
    /// What a claim's rule said of the state standing at an instant.
    "evaluation" => pub struct Evaluation {
        /// The claim.
        pub claim: ClaimId,
        /// Its number, gapless from 1; set by [`Tx::append_evaluations`].
        pub seq: i64,
        /// The criteria version that was evaluated.
        pub criteria_n: i64,
        /// When it was evaluated.
        pub at: DateTime<Utc>,
        /// From when on the state stands: the newest snapshot it used.
        pub observed_at: DateTime<Utc>,
        /// Digest of all that it used; one state is evaluated once.
        pub fingerprint: Sha256,
        /// Holds, fails or unknown.
        pub verdict: Word,
        /// Signed distance, positive when it holds.
        pub margin: Option<f64>,
        /// The whole step: legs, witnesses, the sentence.
        pub step: JsonText,
        /// Digests of the snapshots it used.
        pub snapshots: JsonText,
    }
}

reading! {
    /// An evaluation's place in its claim's history.
    struct Numbered {
        pub claim: ClaimId,
        pub seq: i64,
        pub fingerprint: Sha256,
    }
}

impl Tx {
    /// Appends evaluations, each of another claim, under the next number of its claim. Gives back those of a state
    /// that was not evaluated before; of the others nothing was written.
    pub async fn append_evaluations(&mut self, evaluations: Vec<Evaluation>) -> Result<Vec<Evaluation>> {
        if evaluations.is_empty() {
            return Ok(evaluations);
        }
        let claims: Vec<ClaimId> = evaluations.iter().map(|e| e.claim).collect();
        let known: HashSet<(ClaimId, Sha256)> = on!(self, c => {
            let head = "SELECT claim, seq, fingerprint FROM evaluation WHERE (claim, fingerprint) IN (VALUES ";
            let mut q = sqlx::QueryBuilder::new(head);
            for (i, evaluation) in evaluations.iter().enumerate() {
                q.push(if i == 0 { "(" } else { ", (" });
                q.push_bind(evaluation.claim.fit()?).push(", ");
                q.push_bind((&evaluation.fingerprint).fit()?).push(")");
            }
            q.push(")").build_query_as::<Numbered>().fetch_all(c).await
        })
        .map_err(StoreError::reading("evaluation"))?
        .into_iter()
        .map(|known| (known.claim, known.fingerprint))
        .collect();
        let head = "SELECT e.claim, e.seq, e.fingerprint FROM evaluation e WHERE
            e.seq = (SELECT max(x.seq) FROM evaluation x WHERE x.claim = e.claim) AND e.claim IN (";
        let last: HashMap<ClaimId, i64> = many_in!(self, Numbered, head, &claims, ")")?
            .into_iter()
            .map(|last| (last.claim, last.seq))
            .collect();
        let mut new: Vec<Evaluation> =
            evaluations.into_iter().filter(|e| !known.contains(&(e.claim, e.fingerprint))).collect();
        for evaluation in &mut new {
            evaluation.seq = last.get(&evaluation.claim).copied().unwrap_or(0) + 1;
        }
        self.insert_all(&new).await?;
        Ok(new)
    }

    /// The evaluations of some claims since an instant, oldest first.
    pub async fn evaluations_since(
        &mut self,
        claims: &[ClaimId],
        since: DateTime<Utc>,
    ) -> Result<Vec<Evaluation>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new("SELECT * FROM evaluation WHERE at >= ");
            q.push_bind(since.fit()?).push(" AND claim IN (");
            let mut list = q.separated(", ");
            for claim in claims {
                list.push_bind(claim.fit()?);
            }
            q.push(") ORDER BY claim, seq");
            q.build_query_as::<Evaluation>().fetch_all(c).await
        })
        .map_err(StoreError::reading("evaluation"))
    }

    /// A claim's evaluations, oldest first.
    pub async fn evaluations(&mut self, claim: ClaimId) -> Result<Vec<Evaluation>> {
        many!(self, Evaluation, "SELECT * FROM evaluation WHERE claim = $1 ORDER BY seq", claim)
    }

    /// A claim's evaluations before a number, newest first; `i64::MAX` begins with the newest.
    pub async fn evaluations_before(
        &mut self,
        claim: ClaimId,
        seq: i64,
        limit: i64,
    ) -> Result<Vec<Evaluation>> {
        const SQL: &str = "SELECT * FROM evaluation WHERE claim = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
        many!(self, Evaluation, SQL, claim, seq, limit)
    }

    /// What was known at an instant: the newest state evaluated by then.
    pub async fn evaluation_at(&mut self, claim: ClaimId, at: DateTime<Utc>) -> Result<Option<Evaluation>> {
        const SQL: &str = "SELECT * FROM evaluation WHERE claim = $1 AND observed_at <= $2 AND at <= $2
            ORDER BY observed_at DESC, seq DESC LIMIT 1";
        maybe!(self, Evaluation, SQL, claim, at)
    }

    /// The last evaluation of each of some claims.
    pub async fn last_evaluations(&mut self, claims: &[ClaimId]) -> Result<Vec<Evaluation>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT e.* FROM evaluation e WHERE
            e.seq = (SELECT max(x.seq) FROM evaluation x WHERE x.claim = e.claim) AND e.claim IN (";
        many_in!(self, Evaluation, head, claims, ")")
    }
}
