//! Evidence: items for or against a claim, and everything that decides how much each counts.

mod factors;
mod link;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use self::{
    factors::{Factors, INDEPENDENT, REPEATED},
    link::{BadLink, Link},
};
use crate::{contradiction::Measure, ids::EvidenceId, points::Strength};

/// Which way an item pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It makes the claim, or the option, likelier.
    For,
    /// It makes it less likely.
    Against,
}

impl Side {
    /// `+1` or `-1`.
    pub fn sign(self) -> f64 {
        match self {
            Self::For => 1.0,
            Self::Against => -1.0,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::For => "for",
            Self::Against => "against",
        }
    }
}

/// What sort of thing an item is; it decides how fast it ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A benchmark result: does not age until it is superseded.
    Benchmark,
    /// News: half as fresh after 90 days.
    News,
    /// An expert's judgement or a paper: 180 days.
    Expert,
    /// A structural fact, such as who owns the data or a law: 365 days.
    Structural,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Benchmark, Self::News, Self::Expert, Self::Structural];

    /// The time after which an item counts half; `None`: it does not age.
    pub fn half_life(self) -> Option<TimeDelta> {
        match self {
            Self::Benchmark => None,
            Self::News => Some(TimeDelta::days(90)),
            Self::Expert => Some(TimeDelta::days(180)),
            Self::Structural => Some(TimeDelta::days(365)),
        }
    }

    /// Its word on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Benchmark => "benchmark result",
            Self::News => "news",
            Self::Expert => "expert view",
            Self::Structural => "structural fact",
        }
    }

    /// How fresh an item of this kind is, from 0 to 1: `2^(-age / half-life)`. What lies ahead is fresh.
    pub fn freshness(self, observed_at: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
        let Some(half_life) = self.half_life() else { return 1.0 };
        let age = (now - observed_at).num_milliseconds().max(0) as f64;
        (-age / half_life.num_milliseconds() as f64).exp2()
    }
}

/// How far the source is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The benchmark's publisher, or whoever the fact is about: 1.
    Primary,
    /// An independent replication: 1.
    Replication,
    /// Peer-reviewed: .9.
    PeerReviewed,
    /// A vendor about itself: .6.
    Vendor,
    /// The press: .4.
    Press,
    /// Social media, rumour: .2.
    Social,
    /// Nobody is named: .2.
    Unsourced,
}

impl Tier {
    /// All tiers, from the most credible.
    pub const ALL: [Self; 7] = [
        Self::Primary,
        Self::Replication,
        Self::PeerReviewed,
        Self::Vendor,
        Self::Press,
        Self::Social,
        Self::Unsourced,
    ];

    /// The factor, from 0 to 1.
    pub fn credibility(self) -> f64 {
        match self {
            Self::Primary | Self::Replication => 1.0,
            Self::PeerReviewed => 0.9,
            Self::Vendor => 0.6,
            Self::Press => 0.4,
            Self::Social | Self::Unsourced => 0.2,
        }
    }

    /// Whether much of it should make a reader wary: press, social, unsourced.
    pub fn is_soft(self) -> bool {
        matches!(self, Self::Press | Self::Social | Self::Unsourced)
    }

    /// Its word on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replication => "replication",
            Self::PeerReviewed => "peer-reviewed",
            Self::Vendor => "vendor",
            Self::Press => "press",
            Self::Social => "social",
            Self::Unsourced => "unsourced",
        }
    }
}

/// A factor from 0 to 1 that a person states: how far the item bears on the criteria as written.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct Relevance(f64);

/// Why a number is no relevance.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is no relevance: use 0 to 1, where 1 means that it bears on the criteria as written")]
pub struct BadRelevance(pub f64);

impl Relevance {
    /// It bears on the criteria as written.
    pub const FULL: Self = Self(1.0);

    /// Reads a relevance.
    pub fn new(value: f64) -> Result<Self, BadRelevance> {
        if (0.0..=1.0).contains(&value) { Ok(Self(value + 0.0)) } else { Err(BadRelevance(value)) }
    }

    /// The factor, from 0 to 1.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl Default for Relevance {
    fn default() -> Self {
        Self::FULL
    }
}

impl TryFrom<f64> for Relevance {
    type Error = BadRelevance;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}

impl From<Relevance> for f64 {
    fn from(relevance: Relevance) -> Self {
        relevance.0
    }
}

/// Where an item comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Link>,
    /// The title of the page or paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who published it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// The publisher's date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_on: Option<NaiveDate>,
    /// What it goes back to where several items tell the same: a press release, a paper. Made from the address where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Source {
    /// Whether a reader could find it: an address or a publisher.
    pub fn is_named(&self) -> bool {
        self.url.is_some() || self.publisher.is_some()
    }

    /// What makes two items one origin: the stated origin, or the address without what does not matter.
    pub fn origin_key(&self) -> Option<String> {
        match &self.origin {
            Some(origin) => Some(origin.trim().to_lowercase()),
            None => self.url.as_ref().map(Link::origin_key),
        }
    }
}

/// An item as its author states it. Corrections replace it whole; every version is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// For or against.
    pub side: Side,
    /// The option it is about; `None` for yes of a yes/no claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// What it says.
    pub text: String,
    /// What sort of thing it is.
    pub kind: Kind,
    /// Its strength, before any factor.
    pub points: Strength,
    /// How far its source is to be believed.
    pub tier: Tier,
    /// How far it bears on the criteria.
    #[serde(default)]
    pub relevance: Relevance,
    /// Where it comes from.
    #[serde(default)]
    pub source: Source,
    /// When it was true in the world; its age counts from here.
    pub observed_at: DateTime<Utc>,
    /// The figure it states, for finding contradictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// An older item of the same claim that this one replaces: that one then counts nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<EvidenceId>,
}

impl Item {
    /// The tier it is weighed by: without a named source it is unsourced, whatever was stated.
    pub fn weighed_tier(&self) -> Tier {
        if self.source.is_named() { self.tier } else { Tier::Unsourced }
    }
}

/// Whether an item counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It counts.
    Active,
    /// A newer item took its place; it stands in the list and counts nothing.
    Superseded,
    /// Taken back; kept for the record.
    Retracted,
}

/// An item in a claim's ledger, with what it counts now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its identity; corrections keep it.
    pub id: EvidenceId,
    /// How often it was stated: 1 for the first wording.
    pub revision: u32,
    /// Whether it counts.
    pub status: Status,
    /// What it says, as last corrected.
    pub item: Item,
    /// Why it counts what it counts.
    pub factors: Factors,
    /// The signed points that stand in the ledger for it. They are kept beside the factors, whose product they are,
    /// so that taking them out again is exact.
    pub counts: f64,
}

impl Entry {
    /// A newcomer, weighed alone and not yet in the ledger.
    pub fn new(id: EvidenceId, item: Item, now: DateTime<Utc>) -> Self {
        let factors = Factors::alone(id, &item, now);
        Self { id, revision: 1, status: Status::Active, item, factors, counts: 0.0 }
    }

    /// What its factors make of it, signed; nothing unless it is active.
    pub fn effective(&self) -> f64 {
        if self.status == Status::Active { self.factors.effective() } else { 0.0 }
    }
}
