//! The bytes of stored files.

use bellwether_core::ids::Sha256;
use bellwether_store::StoreError;

use crate::{Engine, EngineError, Result};

impl Engine {
    /// The bytes of a stored file, as they were fetched.
    pub async fn stored_bytes(&self, sha256: Sha256) -> Result<Vec<u8>> {
        let mut tx = self.read().await?;
        let snapshot = tx.snapshot(sha256).await.map_err(|e| match e {
            StoreError::NotFound => EngineError::NotFound("snapshot"),
            other => other.into(),
        })?;
        drop(tx);
        zstd::decode_all(snapshot.zstd.as_slice()).map_err(EngineError::internal)
    }
}
