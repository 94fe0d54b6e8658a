//! The factors of an item's weight, each kept so that a reader can unfold them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Item;
use crate::ids::EvidenceId;

/// Independence of the strongest item of a cluster.
pub const INDEPENDENT: f64 = 1.0;
/// Independence of every other item of a cluster.
pub const REPEATED: f64 = 0.25;

/// Why an item counts what it counts:
/// `sign x points x credibility x relevance x independence x freshness x dispute`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// `+1` for, `-1` against.
    #[serde(with = "crate::exact")]
    pub sign: f64,
    /// Strength as stated, 0 to 40.
    #[serde(with = "crate::exact")]
    pub points: f64,
    /// Of the source, 0 to 1.
    #[serde(with = "crate::exact")]
    pub credibility: f64,
    /// To the criteria, 0 to 1.
    #[serde(with = "crate::exact")]
    pub relevance: f64,
    /// 1 for the strongest of its cluster, .25 for the others, both scaled where the cluster would exceed 40 points.
    #[serde(with = "crate::exact")]
    pub independence: f64,
    /// At the last weighing, 0 to 1.
    #[serde(with = "crate::exact")]
    pub freshness: f64,
    /// Freshness when the item entered the ledger; the difference is its ageing.
    #[serde(with = "crate::exact")]
    pub entry_freshness: f64,
    /// 1, or less while a contradiction stands undecided or was decided against the item.
    #[serde(with = "crate::exact")]
    pub dispute: f64,
    /// The cluster's first item, which names the cluster.
    pub cluster: EvidenceId,
    /// How many items the cluster has.
    pub cluster_size: usize,
}

impl Factors {
    /// The weights of an item that stands alone.
    pub fn alone(id: EvidenceId, item: &Item, now: DateTime<Utc>) -> Self {
        let freshness = item.kind.freshness(item.observed_at, now);
        Self {
            sign: item.side.sign(),
            points: item.points.value(),
            credibility: item.weighed_tier().credibility(),
            relevance: item.relevance.value(),
            independence: INDEPENDENT,
            freshness,
            entry_freshness: freshness,
            dispute: 1.0,
            cluster: id,
            cluster_size: 1,
        }
    }

    /// The item's weight before independence, without sign.
    pub fn base(&self) -> f64 {
        self.points * self.credibility * self.relevance * self.freshness * self.dispute
    }

    /// Effective points, signed.
    pub fn effective(&self) -> f64 {
        // Adding zero keeps an item that counts nothing from counting minus nothing.
        self.sign * self.base() * self.independence + 0.0
    }

    /// What the item would count had it not aged since it entered, signed.
    pub fn unaged(&self) -> f64 {
        self.sign
            * self.points
            * self.credibility
            * self.relevance
            * self.entry_freshness
            * self.dispute
            * self.independence
            + 0.0
    }
}
