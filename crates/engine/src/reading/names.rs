//! Names that forms need: of benchmarks, of the claim an item belongs to.

use bellwether_core::{
    benchmark::BenchmarkId,
    document::ClaimDocument,
    ids::{EvidenceId, Slug},
    table::TableSpec,
};

use crate::{Engine, Result, claims::ClaimKey};

/// What a form needs to know of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimName {
    /// The readable part of its address.
    pub slug: Slug,
    /// Its statement.
    pub title: String,
    /// Its options; none for yes and no.
    pub options: Vec<String>,
}

impl Engine {
    /// A claim by its name, with what evidence can be about.
    pub async fn claim_name(&self, key: &ClaimKey) -> Result<ClaimName> {
        let mut tx = self.read().await?;
        let row = key.find(&mut tx).await?;
        let document: ClaimDocument = row.document.read()?;
        Ok(ClaimName { slug: row.slug, title: row.title, options: document.options })
    }

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
