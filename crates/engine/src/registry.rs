//! The model registry as the engine keeps it.

use bellwether_core::registry::ModelEntry;
use bellwether_store::Tx;

use crate::{EngineError, Result};

/// The models of all registry files, in the files' order.
pub(crate) async fn models(tx: &mut Tx) -> Result<Vec<ModelEntry>> {
    let mut models = Vec::new();
    for file in tx.registry_files().await? {
        models.extend(
            bellwether_sources::read_registry(file.content.as_bytes()).map_err(EngineError::internal)?,
        );
    }
    Ok(models)
}
