//! Contradictions: two items that give the same metric of the same publisher and period different values.
//!
//! Such a pair is linked and both sides count half until a person decides. Which figures an item gives is stated by its
//! author, or read from its text where that is plain.

mod measure;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::measure::{BadMeasure, Measure, Period};
use crate::{
    evidence::{Entry, Item, Status},
    ids::EvidenceId,
};

/// What each side of an undecided contradiction counts.
pub const UNDECIDED: f64 = 0.5;

/// Two items that contradict each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contradiction {
    /// The item with the lower id.
    pub first: EvidenceId,
    /// The other.
    pub second: EvidenceId,
    /// Why, in a sentence: metric, publisher and the two values.
    pub why: String,
    /// What a person decided; `None`: nobody has yet.
    pub decision: Option<Decision>,
}

/// A person's word on a contradiction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The first is right; the second counts nothing.
    First,
    /// The second is right; the first counts nothing.
    Second,
    /// They speak of different things: both count in full.
    Both,
    /// Neither is to be trusted: both count nothing.
    Neither,
}

impl Contradiction {
    /// What the contradiction leaves of an item's weight, 0 to 1; 1 for items it is not about.
    pub fn dispute(&self, item: EvidenceId) -> f64 {
        let (first, second) = match self.decision {
            None => (UNDECIDED, UNDECIDED),
            Some(Decision::First) => (1.0, 0.0),
            Some(Decision::Second) => (0.0, 1.0),
            Some(Decision::Both) => (1.0, 1.0),
            Some(Decision::Neither) => (0.0, 0.0),
        };
        match item {
            i if i == self.first => first,
            i if i == self.second => second,
            _ => 1.0,
        }
    }

    /// Whether it is about this item.
    pub fn is_about(&self, item: EvidenceId) -> bool {
        self.first == item || self.second == item
    }
}

/// What all contradictions together leave of an item's weight: the least of them, so that three disputes do not make
/// an eighth of it. Those with an item that no longer counts are over.
pub fn dispute(item: EvidenceId, entries: &[Entry], contradictions: &[Contradiction]) -> f64 {
    let active = |id| entries.iter().any(|e| e.id == id && e.status == Status::Active);
    contradictions
        .iter()
        .filter(|c| c.is_about(item) && active(c.first) && active(c.second))
        .map(|c| c.dispute(item))
        .fold(1.0, f64::min)
}

/// The contradictions of one item with the others.
pub fn found(item: &Entry, others: &[Entry]) -> Vec<Contradiction> {
    let Some(mine) = Figure::of(&item.item) else { return Vec::new() };
    others
        .iter()
        .filter(|o| o.id != item.id && o.status == Status::Active)
        .filter_map(|other| {
            let theirs = Figure::of(&other.item)?;
            let metric = mine.contradicts(&theirs)?;
            let ((first, a), (second, b)) = if item.id < other.id {
                ((item, &mine), (other, &theirs))
            } else {
                ((other, &theirs), (item, &mine))
            };
            Some(Contradiction {
                first: first.id,
                second: second.id,
                why: format!(
                    "both give the {metric} by {} for the same time: {} and {}",
                    a.publisher, a.measure, b.measure
                ),
                decision: None,
            })
        })
        .collect()
}

/// A figure with its publisher.
struct Figure {
    measure: Measure,
    publisher: String,
    /// The publisher's telling words, once as stated and once as the text begins.
    publishers: Vec<BTreeSet<String>>,
}

/// Words that many publishers and reports have in their names.
const COMMON: [&str; 16] = [
    "the",
    "a",
    "an",
    "of",
    "for",
    "and",
    "in",
    "ai",
    "inc",
    "report",
    "index",
    "institute",
    "university",
    "annual",
    "research",
    "news",
];

impl Figure {
    fn of(item: &Item) -> Option<Self> {
        let measure =
            item.measure.clone().or_else(|| Measure::read(&item.text, item.observed_at.date_naive()))?;
        let stated = item.source.publisher.as_deref();
        let named = leading_name(&item.text);
        let publishers: Vec<_> = [stated, Some(named.as_str())]
            .into_iter()
            .flatten()
            .map(telling_words)
            .filter(|w| !w.is_empty())
            .collect();
        let publisher = stated.map_or(named.clone(), str::to_owned);
        (!publishers.is_empty()).then_some(Self { measure, publisher, publishers })
    }

    /// The metric on which two figures cannot both be right.
    fn contradicts(&self, other: &Self) -> Option<&str> {
        let same_publisher =
            self.publishers.iter().any(|a| other.publishers.iter().any(|b| a.is_subset(b) || b.is_subset(a)));
        (same_publisher && self.measure.disagrees(&other.measure)).then_some(self.measure.metric.as_str())
    }
}

/// The capitalised words that a text begins with: "Stanford HAI's 2026 AI Index".
fn leading_name(text: &str) -> String {
    text.split_whitespace()
        .take_while(|w| w.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn telling_words(name: &str) -> BTreeSet<String> {
    name.replace("\u{2019}s", "")
        .replace("'s", "")
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|w| !w.is_empty() && !COMMON.contains(&w.as_str()) && !w.bytes().all(|b| b.is_ascii_digit()))
        .collect()
}
