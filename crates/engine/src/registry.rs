//! The model registry as the engine keeps it.

use bellwether_core::registry::ModelEntry;
use bellwether_store::Tx;

use crate::Result;

/// The models of all registry files, in the files' order, those that sources describe last.
pub(crate) async fn models(tx: &mut Tx) -> Result<Vec<ModelEntry>> {
    Ok(crate::ingest::load_registry(tx).await?.models().cloned().collect())
}
