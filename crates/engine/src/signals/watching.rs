//! What claims look for in news: their keywords, the benchmarks of their rules, and the models these stand on.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    document::ClaimDocument,
    ids::ClaimId,
    registry::Registry,
    rule::{Group, Rule},
    signal::matching::{Watch, Words},
};
use bellwether_sources::SourceDocument;
use bellwether_store::{Claim, Tx};

use super::{
    Suggestion,
    raise::{benchmarks, live_rows, rules},
};
use crate::{Result, ingest, resolve::HowFar};

/// What every live claim looks for.
pub(crate) struct Watching(Vec<(ClaimId, Watch)>);

impl Watching {
    /// As the claims stand now.
    pub(crate) async fn load(tx: &mut Tx) -> Result<Self> {
        let rows = live_rows(tx).await?;
        let titles = titles(tx).await?;
        let named: Vec<BTreeSet<String>> = rows.iter().map(|(row, document)| models(row, document)).collect();
        let registry = if named.iter().all(BTreeSet::is_empty) {
            Registry::default()
        } else {
            ingest::load_registry(tx).await?
        };
        let watches = rows.iter().zip(named).map(|((row, document), models)| {
            let mut watch = Watch::default();
            for keyword in &document.keywords {
                watch.keyword(keyword);
            }
            for benchmark in benchmarks(document) {
                if let Some(title) = titles.get(benchmark) {
                    watch.benchmark(title);
                }
            }
            for model in models {
                if let Some(entry) = registry.find(&model) {
                    watch.model(entry.display_name.as_ref().unwrap_or(&entry.id));
                }
                watch.model(&model);
            }
            (row.id, watch)
        });
        Ok(Self(watches.filter(|(_, watch)| !watch.is_empty()).collect()))
    }

    /// What one claim looks for.
    pub(crate) async fn of_claim(tx: &mut Tx, claim: ClaimId) -> Result<Self> {
        let mut all = Self::load(tx).await?;
        all.0.retain(|(id, _)| *id == claim);
        Ok(all)
    }

    /// Whether nothing is looked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims that a text bears on, each with why. The side is for a person to say.
    pub(crate) fn beside(&self, text: &str) -> Vec<(ClaimId, Suggestion)> {
        let words = Words::of(text);
        let found = self.0.iter().filter_map(|(claim, watch)| {
            let because = watch.reasons(&words);
            (!because.is_empty()).then(|| (*claim, Suggestion { because, ..Suggestion::default() }))
        });
        found.collect()
    }
}

/// The titles of all benchmarks.
async fn titles(tx: &mut Tx) -> Result<BTreeMap<BenchmarkId, String>> {
    let mut titles = BTreeMap::new();
    for version in tx.source_documents().await? {
        let Ok(document) = SourceDocument::parse(&version.document) else { continue };
        for table in document.tables {
            let id = BenchmarkId { source: document.id.clone(), name: table.benchmark };
            titles.insert(id, table.title);
        }
    }
    Ok(titles)
}

/// The models that a claim's rules name, and those they stand on as last evaluated.
fn models(row: &Claim, document: &ClaimDocument) -> BTreeSet<String> {
    let groups = rules(document)
        .flat_map(Rule::conditions)
        .flat_map(|condition| [Some(condition.of()), condition.other()].into_iter().flatten());
    let named = groups.filter_map(|group| match group {
        Group::With(properties) => properties.model.clone(),
        Group::Open | Group::Closed | Group::Any => None,
    });
    let far: Option<HowFar> = row.distance_json.as_ref().and_then(|json| json.read().ok());
    let stood_on = far.into_iter().flat_map(|far| far.conditions).flat_map(|condition| {
        [condition.left, condition.right].into_iter().flatten().map(|witness| witness.model)
    });
    named.chain(stood_on).collect()
}
