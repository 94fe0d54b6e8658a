//! What is doubtful about a claim document, given the sources that are known.

use std::collections::BTreeMap;

use bellwether_core::{
    benchmark::BenchmarkId,
    document::ClaimDocument,
    ids::SourceId,
    lint::{KnownSource, Lint, lint},
};
use bellwether_sources::SourceDocument;

use crate::{Engine, Result, benchmarks::catalogue};

/// What the linter needs to know of a source.
pub fn known_source(document: &SourceDocument) -> (SourceId, KnownSource) {
    let id = |table: &bellwether_sources::document::TableDocument| BenchmarkId {
        source: document.id.clone(),
        name: table.benchmark.clone(),
    };
    let benchmarks = document.tables.iter().map(|table| (id(table), table.unit)).collect();
    (document.id.clone(), KnownSource { stopped: document.retired, benchmarks })
}

impl Engine {
    /// The sources of this installation, as the linter knows them.
    pub async fn known_sources(&self) -> Result<BTreeMap<SourceId, KnownSource>> {
        let mut tx = self.read().await?;
        Ok(catalogue(&mut tx).await?.values().map(|(document, _)| known_source(document)).collect())
    }

    /// What people will read in two ways in a claim document, what may never be settled, what cannot be meant.
    pub async fn lint(&self, document: &ClaimDocument) -> Result<Vec<Lint>> {
        Ok(lint(document, &self.known_sources().await?, self.now()))
    }
}
