//! Evaluations: what a claim's rule said of the state standing at an instant. Append-only.

use bellwether_core::ids::{ClaimId, Sha256};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, Tx, Word,
    sql::{many, many_in, maybe, scalar},
    table::table,
};

table! {
    /// What a claim's rule said of the state standing at an instant.
    "evaluation" => pub struct Evaluation {
        /// The claim.
        pub claim: ClaimId,
        /// Its number, gapless from 1; set by [`Tx::append_evaluation`].
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

impl Tx {
    /// Appends an evaluation under its next number. `None`: this state was evaluated before, and nothing was written.
    pub async fn append_evaluation(&mut self, mut evaluation: Evaluation) -> Result<Option<Evaluation>> {
        const KNOWN: &str = "SELECT seq FROM evaluation WHERE claim = $1 AND fingerprint = $2";
        const LAST: &str = "SELECT seq FROM evaluation WHERE claim = $1 ORDER BY seq DESC LIMIT 1";
        if scalar!(self, i64, KNOWN, evaluation.claim, &evaluation.fingerprint)?.is_some() {
            return Ok(None);
        }
        evaluation.seq = scalar!(self, i64, LAST, evaluation.claim)?.unwrap_or(0) + 1;
        self.insert(&evaluation).await?;
        Ok(Some(evaluation))
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
