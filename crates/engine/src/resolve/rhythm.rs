//! What a rule's sources promise of their polls, and what they did around a deadline.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    confirm::{Coverage, GRACE},
    document::ClaimDocument,
    ids::SourceId,
};
use bellwether_sources::SourceDocument;
use bellwether_store::Tx;
use chrono::{DateTime, TimeDelta, Utc};

use super::watched;
use crate::Result;

/// The longest silence between two polls that still counts as standing, whatever the schedule.
const LEAST_SLACK: TimeDelta = TimeDelta::days(2);
/// How long a source may have no new content, where its document cannot be read.
const PATIENCE: TimeDelta = TimeDelta::days(30);

/// How often some sources are asked and how long they may say nothing new, by their present documents.
pub(crate) struct Rhythms(BTreeMap<SourceId, Rhythm>);

struct Rhythm {
    interval: TimeDelta,
    stale_after: TimeDelta,
}

impl Rhythms {
    /// Of the sources that some claims' rules lean on; each document is read once.
    pub(super) async fn load(tx: &mut Tx, sources: BTreeSet<SourceId>) -> Result<Self> {
        let mut documents = Vec::with_capacity(sources.len());
        for source in sources {
            let document = document_of(tx, &source).await?;
            documents.push((source, document));
        }
        Ok(Self::of(documents.iter().map(|(source, document)| (source.clone(), document.as_ref()))))
    }

    /// By the documents themselves.
    pub(crate) fn of<'a>(
        documents: impl IntoIterator<Item = (SourceId, Option<&'a SourceDocument>)>,
    ) -> Self {
        let rhythm = |document: Option<&SourceDocument>| {
            let interval = document.and_then(|d| d.schedule.as_ref()).and_then(|schedule| {
                let first = schedule.next_after(DateTime::UNIX_EPOCH)?;
                Some(schedule.next_after(first)? - first)
            });
            let stale_after = document.map_or(PATIENCE, |d| d.stale_after);
            Rhythm { interval: interval.unwrap_or_default(), stale_after }
        };
        Self(documents.into_iter().map(|(source, document)| (source, rhythm(document))).collect())
    }

    /// How long a source may have no new content before it is stale.
    pub(crate) fn stale_after(&self, source: &SourceId) -> TimeDelta {
        self.0.get(source).map_or(PATIENCE, |rhythm| rhythm.stale_after)
    }

    /// The longest silence between polls that still counts as standing: twice the slowest schedule of a rule's sources.
    pub(crate) fn slack(&self, document: &ClaimDocument) -> TimeDelta {
        let intervals =
            watched::sources_of(document).into_iter().filter_map(|s| Some(self.0.get(&s)?.interval * 2));
        intervals.fold(LEAST_SLACK, TimeDelta::max)
    }

    /// What the sources of a claim did around its deadline.
    pub(super) async fn coverage(
        &self,
        tx: &mut Tx,
        document: &ClaimDocument,
        now: DateTime<Utc>,
    ) -> Result<Coverage> {
        let by = document.window.by;
        if now < by {
            return Ok(Coverage::default());
        }
        let mut coverage = Coverage { polled: true, stale: false };
        for source in watched::sources_of(document) {
            coverage.polled &= !tx.polls(&source, by, by + GRACE).await?.is_empty();
            let patience = self.stale_after(&source);
            let fresh = tx.new_content_between(&source, by - patience, by).await?;
            coverage.stale |= !fresh;
        }
        Ok(coverage)
    }
}

/// The present document of a source; `None` where there is none that reads.
pub(crate) async fn document_of(tx: &mut Tx, source: &SourceId) -> Result<Option<SourceDocument>> {
    match tx.source(source).await {
        Ok(found) => {
            let version = tx.source_version(source, found.n).await?;
            Ok(SourceDocument::parse(&version.document).ok())
        }
        Err(bellwether_store::StoreError::NotFound) => Ok(None),
        Err(e) => Err(e.into()),
    }
}
