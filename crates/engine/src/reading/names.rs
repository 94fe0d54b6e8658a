//! Names that forms need: of benchmarks, of the claim an item belongs to.

use bellwether_core::{
    benchmark::BenchmarkId,
    ids::{EvidenceId, Slug},
    table::TableSpec,
};

use crate::{Engine, Result};

impl Engine {
    /// Every benchmark that was read, with its title.
    pub async fn benchmark_names(&self) -> Result<Vec<(BenchmarkId, String)>> {
        let now = self.now();
        let mut tx = self.read().await?;
        let tables = tx.newest_tables(now).await?;
        tables
            .into_iter()
            .map(|table| {
                let spec: TableSpec = table.spec.read()?;
                Ok((table.benchmark, spec.title))
            })
            .collect()
    }

    /// The address of the claim that an item belongs to.
    pub async fn claim_of_evidence(&self, id: EvidenceId) -> Result<Slug> {
        let mut tx = self.read().await?;
        let item = tx.evidence(id).await?;
        Ok(tx.claim(item.claim).await?.slug)
    }
}
