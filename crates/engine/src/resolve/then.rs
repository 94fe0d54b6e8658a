//! What stood at an earlier instant: a claim's state, what was proposed, how far it was; and how fresh its data is by now.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    document::ClaimDocument,
    ids::SourceId,
    rule::Evaluation,
    status::{ClaimStatus, Outcome},
    table::TableSpec,
};
use bellwether_sources::SourceDocument;
use bellwether_store::{Claim, Tx};
use chrono::{DateTime, Utc};

use super::{
    distance::{self, Answered, HowFar},
    watched,
};
use crate::{EngineError, Result};

/// How a claim stood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stood {
    /// Its state.
    pub status: ClaimStatus,
    /// How it had ended.
    pub outcome: Option<Outcome>,
    /// When that had become final.
    pub resolved_at: Option<DateTime<Utc>>,
    /// What was proposed and not decided yet.
    pub proposed: Option<Outcome>,
}

/// How a claim stood at an instant, from its proposals, objections and resolutions.
pub(crate) async fn stood(tx: &mut Tx, claim: &Claim, at: DateTime<Utc>) -> Result<Stood> {
    let plain = |status| Stood { status, outcome: None, resolved_at: None, proposed: None };
    if claim.published_at.is_none_or(|published| published > at) {
        return Ok(plain(ClaimStatus::Draft));
    }
    let objections: Vec<_> = tx.objections(claim.id).await?.into_iter().filter(|o| o.at <= at).collect();
    let proposals = tx.proposals(claim.id).await?;
    let waiting =
        |p: &&bellwether_store::Proposal| p.at <= at && p.closed_at.is_none_or(|closed| closed > at);
    if let Some(proposal) = proposals.iter().rev().find(waiting) {
        let disputed = objections.iter().any(|o| o.proposal == Some(proposal.id));
        let status = if disputed { ClaimStatus::Disputed } else { ClaimStatus::Proposed };
        return Ok(Stood { proposed: Some(proposal.outcome.clone()), ..plain(status) });
    }
    let last = tx.resolutions(claim.id).await?.into_iter().rfind(|r| r.at <= at);
    let story: Vec<_> = tx
        .claim_events_before(claim.id, i64::MAX, 10_000)
        .await?
        .into_iter()
        .filter(|event| event.at <= at)
        .collect();
    if let Some(last) = last.filter(|last| last.kind != "reopened") {
        let reviewed = story
            .iter()
            .filter(|e| e.at >= last.at)
            .find(|e| {
                ["review.opened", "review.kept", "proposal.objected"].iter().any(|kind| e.kind == *kind)
            })
            .is_some_and(|newest| newest.kind != "review.kept");
        let status = match last.kind.as_str() {
            "annulled" => ClaimStatus::Annulled,
            _ if reviewed => ClaimStatus::UnderReview,
            _ => ClaimStatus::Resolved,
        };
        return Ok(Stood { outcome: last.outcome, resolved_at: Some(last.at), ..plain(status) });
    }
    let waited = story.iter().any(|event| event.kind == "claim.awaiting_data");
    Ok(plain(if waited && at >= claim.window_by { ClaimStatus::AwaitingData } else { ClaimStatus::Open }))
}

/// How far a claim was from Yes at an instant, as its last evaluation by then left it.
pub(crate) async fn how_far(
    tx: &mut Tx,
    claim: &Claim,
    document: &ClaimDocument,
    at: DateTime<Utc>,
) -> Result<Option<HowFar>> {
    let earlier: Vec<_> = tx.evaluations(claim.id).await?.into_iter().filter(|row| row.at <= at).collect();
    let Some(last) = earlier.last() else { return Ok(None) };
    let said: BTreeMap<String, Evaluation> = last.step.read()?;
    let earlier = &earlier[earlier.partition_point(|row| row.at < at - distance::MEMORY)..];
    let used = watched::benchmarks_of(document);
    let mut tables = BTreeMap::new();
    let documents = tx.source_documents().await?;
    for table in tx.newest_tables(at).await?.into_iter().filter(|table| used.contains(&table.benchmark)) {
        let spec: TableSpec = table.spec.read()?;
        let source = documents.iter().find(|version| version.source == table.source);
        let stale_after = source
            .map(|version| SourceDocument::parse(&version.document))
            .transpose()
            .map_err(EngineError::internal)?
            .map(|document| document.stale_after);
        let told = Answered {
            title: spec.title,
            unit: spec.unit.difference(),
            observed_at: table.observed_at,
            stale: stale_after.is_some_and(|after| at - table.observed_at > after),
        };
        tables.insert(table.benchmark, told);
    }
    distance::measure(document, &said, earlier, &tables, at)
}

/// Which sources are stale and which will never be read again, by now: an evaluation is kept while nothing new comes,
/// and that is when a source grows stale.
pub(crate) struct Freshness {
    stale: BTreeSet<SourceId>,
    stopped: BTreeSet<SourceId>,
}

impl Freshness {
    pub(crate) async fn load(tx: &mut Tx) -> Result<Self> {
        let stale = tx.source_states().await?.into_iter().filter(|s| s.stale_since.is_some());
        let stale = stale.map(|state| state.source).collect();
        let stopped = tx.sources().await?.into_iter().filter(|s| s.retired).map(|s| s.id).collect();
        Ok(Self { stale, stopped })
    }

    /// The distances with what is known of their sources now.
    pub(crate) fn tell(&self, mut far: HowFar) -> HowFar {
        for row in &mut far.conditions {
            if let Some(id) = &row.benchmark {
                row.stale = self.stale.contains(&id.source);
                row.stopped = self.stopped.contains(&id.source);
            }
        }
        far
    }
}
