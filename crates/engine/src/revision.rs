//! How far the record of changes has got.

use crate::{Engine, Result};

impl Engine {
    /// The number of the last change there was; 0 before the first. Two reads of one number show the same state.
    pub async fn last_event(&self) -> Result<i64> {
        let mut tx = self.read().await?;
        Ok(tx.last_event().await?)
    }
}
