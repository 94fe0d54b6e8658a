//! Forecasts that end by themselves.

use std::collections::BTreeSet;

use super::batch::Batch;
use crate::{Engine, Result, claims::ClaimKey};

impl Engine {
    /// Takes forecasts out of their crowds that have ended by themselves. Returns how many claims changed.
    pub async fn expire_forecasts(&self) -> Result<usize> {
        let now = self.now();
        let mut tx = self.read().await?;
        let due = tx.expired_forecasts(now).await?;
        drop(tx);
        if due.is_empty() {
            return Ok(0);
        }
        let claims: BTreeSet<_> = due.into_iter().map(|one| one.claim).collect();
        let mut tx = self.write().await?;
        let mut batch = Batch::new(&mut tx, self.desk().kept(), now);
        let claims: Vec<ClaimKey> = claims.into_iter().map(ClaimKey::Id).collect();
        batch.open_all(claims.iter()).await?;
        let (changed, crowds) = batch.write().await?;
        tx.commit().await?;
        self.desk().kept().give_back(crowds);
        Ok(changed)
    }
}
