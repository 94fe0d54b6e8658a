//! The bytes of stored files.

use bellwether_core::ids::Sha256;
use bellwether_sources::snapshot::list_of;
use bellwether_store::{StoreError, Tx};

use crate::{Engine, EngineError, Result, ingest::File};

impl Engine {
    /// What a digest names: the bytes of a stored file as they were fetched; or, of a snapshot of several files, their
    /// list as `sha256sum` prints it, in which each file stands with the digest that names it.
    pub async fn stored_bytes(&self, sha256: Sha256) -> Result<Vec<u8>> {
        let mut tx = self.read().await?;
        match tx.snapshot(sha256).await {
            Ok(snapshot) => {
                drop(tx);
                zstd::decode_all(snapshot.zstd.as_slice()).map_err(EngineError::internal)
            }
            Err(StoreError::NotFound) => list(&mut tx, sha256).await,
            Err(other) => Err(other.into()),
        }
    }
}

async fn list(tx: &mut Tx, content: Sha256) -> Result<Vec<u8>> {
    // A fetch that found nothing new names the content too, without its files.
    for fetch in tx.fetches_of_content(content).await? {
        let files: Vec<File> = fetch.files.read()?;
        let list = list_of(files.iter().map(|file| (file.name.as_str(), file.sha256)));
        if Sha256::of(list.as_bytes()) == content {
            return Ok(list.into_bytes());
        }
    }
    Err(EngineError::NotFound("snapshot"))
}
