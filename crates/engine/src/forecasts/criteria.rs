//! Whether the criteria that a forecast saw give the outcome that it is scored by.

use std::collections::BTreeMap;

use bellwether_core::{document::ClaimDocument, ids::ClaimId, resolution::ResolutionRecord, status::Outcome};

use crate::{Engine, Result};

/// What the rules of a claim's other versions come to; versions of words only are not among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Versions(BTreeMap<i64, Option<Outcome>>);

impl Versions {
    /// Whether a version gives the outcome of a record. A version that decides by words alone is taken to: whoever
    /// decides the claim has read it, and nothing here can.
    pub(super) fn agree(&self, n: i64, record: &ResolutionRecord) -> bool {
        n == record.criteria_n || self.0.get(&n).is_none_or(|said| *said == record.outcome)
    }
}

impl Engine {
    /// Replays the rules of those versions of some claims that forecasts saw and that are no longer in force. Stored
    /// snapshots are read anew, so this is done before a transaction that writes, not within.
    pub(crate) async fn versions_of(&self, claims: &[ClaimId]) -> Result<BTreeMap<ClaimId, Versions>> {
        let mut all = BTreeMap::new();
        for claim in claims {
            let mut tx = self.read().await?;
            let row = tx.claim(*claim).await?;
            let seen = tx.criteria_seen(*claim).await?;
            let mut old = Vec::new();
            if seen.iter().any(|n| *n != row.criteria_n) {
                old = tx.criteria(*claim).await?;
                old.retain(|version| version.n != row.criteria_n && seen.contains(&version.n));
            }
            drop(tx);
            let mut versions = Versions::default();
            for version in old {
                let document: ClaimDocument = version.document.read()?;
                if document.rule.is_some() || !document.outcomes.is_empty() {
                    versions.0.insert(version.n, self.outcome_under(&document).await?);
                }
            }
            all.insert(*claim, versions);
        }
        Ok(all)
    }

    async fn outcome_under(&self, document: &ClaimDocument) -> Result<Option<Outcome>> {
        let said = self.would_have_said(document).await?;
        let yes = said.iter().find(|what| what.report.outcome == "yes");
        Ok(match (yes, said.as_slice()) {
            (Some(what), _) if what.option.is_empty() => Some(Outcome::Yes),
            (Some(what), _) => Some(Outcome::Option(what.option.clone())),
            (None, [only]) if only.option.is_empty() && only.report.outcome == "no" => Some(Outcome::No),
            _ => None,
        })
    }
}
