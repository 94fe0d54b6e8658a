//! What a claim's rule said each time it was evaluated.

use bellwether_store::Evaluation;

use crate::{Engine, Result, claims::ClaimKey};

impl Engine {
    /// A claim's evaluations with a number below `before` (default: all), newest first.
    pub async fn claim_evaluations(
        &self,
        claim: &ClaimKey,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Evaluation>> {
        let mut tx = self.read().await?;
        let id = claim.find(&mut tx).await?.id;
        Ok(tx.evaluations_before(id, before.unwrap_or(i64::MAX), limit).await?)
    }
}
