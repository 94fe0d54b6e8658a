//! How well outcomes are decided: how long they took to become final, how often they were objected to and reversed.

use bellwether_core::{
    resolution::{Basis, ResolutionRecord},
    status::Outcome,
};
use bellwether_store::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{Engine, Result};

/// Proposals, objections and outcomes of the whole installation, for everyone to see.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Finality {
    /// Outcomes that became final, those that were reversed later included.
    pub settled: usize,
    /// Of these, decided by a rule.
    pub by_rule: usize,
    /// Of these, decided by somebody with an interest in the claim.
    pub interested: usize,
    /// Proposals that somebody objected to.
    pub objected: usize,
    /// Proposals that were refused.
    pub refused: usize,
    /// Outcomes that were withdrawn after they had become final.
    pub reversed: usize,
    /// Of all outcomes that became final, the share that was withdrawn; `None` before the first.
    pub reversal_rate: Option<f64>,
    /// Seconds from the proposal to the final outcome.
    pub waited: Option<Waits>,
    /// Proposals that stand now, oldest first: they are shown with what they rest on while they wait.
    pub pending: Vec<Pending>,
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// The middle one.
    pub median_seconds: i64,
    /// The longest.
    pub longest_seconds: i64,
}

/// A proposal that waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pending {
    /// The claim's readable address.
    pub slug: String,
    /// What is proposed.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when objections are taken; while one stands, the clock does too.
    pub until: DateTime<Utc>,
    /// Whether somebody objected.
    pub objected: bool,
}

impl Engine {
    /// How outcomes were decided so far.
    pub async fn finality(&self) -> Result<Finality> {
        let mut tx = self.read().await?;
        let mut finality = Finality::default();
        let mut waits: Vec<i64> = Vec::new();
        let mut before = i64::MAX;
        loop {
            let page = tx.resolutions_before(before, 500).await?;
            let Some(last) = page.last() else { break };
            before = last.seq;
            for resolution in &page {
                match resolution.kind.as_str() {
                    "resolved" => {
                        let record: ResolutionRecord = resolution.record.read()?;
                        finality.settled += 1;
                        finality.by_rule += usize::from(record.basis == Basis::Rule);
                        finality.interested += usize::from(record.interested);
                        if let Some(id) = resolution.proposal {
                            let waited: TimeDelta = resolution.at - tx.proposal(id).await?.at;
                            waits.push(waited.num_seconds());
                        }
                    }
                    "reopened" => finality.reversed += 1,
                    _ => {}
                }
            }
        }
        waits.sort_unstable();
        if let (Some(median), Some(longest)) = (waits.get(waits.len() / 2), waits.last()) {
            finality.waited = Some(Waits { median_seconds: *median, longest_seconds: *longest });
        }
        if finality.settled > 0 {
            finality.reversal_rate = Some(finality.reversed as f64 / finality.settled as f64);
        }
        finality.objected = count(&mut tx, "proposal.objected").await?;
        finality.refused = count(&mut tx, "proposal.refused").await?;
        for proposal in tx.standing_proposals().await? {
            let record: ResolutionRecord = proposal.record.read()?;
            finality.pending.push(Pending {
                slug: record.slug.to_string(),
                outcome: proposal.outcome,
                why: record.why,
                since: proposal.at,
                until: proposal.challenge_until,
                objected: proposal.status == super::proposal::word::OBJECTED,
            });
        }
        finality.pending.sort_by_key(|p| p.since);
        Ok(finality)
    }
}

async fn count(tx: &mut Tx, kind: &str) -> Result<usize> {
    Ok(tx.newest_events(&[kind], i64::from(u32::MAX)).await?.len())
}
