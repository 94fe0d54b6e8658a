//! How much the evidence behind a number can be leaned on: computed, not typed.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::evidence::{Entry, Side, Tier};

/// How long an item speaks for the confidence.
pub const WINDOW: TimeDelta = TimeDelta::days(180);

/// The level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Fewer than three independent clusters.
    Low,
    /// At least three.
    Moderate,
    /// At least five with a primary one, both sides present.
    High,
}

impl Level {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// A person's word against the computed level; shown with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The level that is shown.
    pub level: Level,
    /// Why; never empty.
    pub reason: String,
}

/// The level and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidence {
    /// From the figures below.
    pub computed: Level,
    /// Independent clusters whose items were observed in the last 180 days.
    pub clusters: usize,
    /// Whether one of their items is primary.
    pub primary: bool,
    /// Whether there are items for and against.
    pub both_sides: bool,
    /// A person's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Override>,
}

impl Confidence {
    /// Computed from the items that count.
    pub fn of(entries: &[Entry], overridden: Option<Override>, now: DateTime<Utc>) -> Self {
        let counting: Vec<&Entry> =
            entries.iter().filter(|e| e.counts != 0.0 && now - e.item.observed_at <= WINDOW).collect();
        let clusters = counting.iter().map(|e| e.factors.cluster).collect::<BTreeSet<_>>().len();
        let primary = counting.iter().any(|e| e.item.weighed_tier() == Tier::Primary);
        let side = |side| counting.iter().any(|e| e.item.side == side);
        let both_sides = side(Side::For) && side(Side::Against);
        let computed = match clusters {
            5.. if primary && both_sides => Level::High,
            3.. => Level::Moderate,
            _ => Level::Low,
        };
        Self { computed, clusters, primary, both_sides, overridden }
    }

    /// The level that is shown.
    pub fn level(&self) -> Level {
        self.overridden.as_ref().map_or(self.computed, |o| o.level)
    }

    /// What the level rests on, in a sentence.
    pub fn sentence(&self) -> String {
        let clusters = crate::figures::counted(self.clusters as u64, "independent source");
        let sides = if self.both_sides { "both sides present" } else { "one side only" };
        let primary = if self.primary { "with a primary one" } else { "none of them primary" };
        let basis = match self.clusters {
            0 => "no evidence in 180\u{A0}days".to_owned(),
            _ => format!("{clusters} in 180\u{A0}days, {primary}, {sides}"),
        };
        match &self.overridden {
            Some(o) => format!(
                "{} by a person's word: {}. Computed: {}, {basis}.",
                o.level.word(),
                o.reason.trim_end_matches('.'),
                self.computed.word()
            ),
            None => format!("{}: {basis}.", self.computed.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        evidence::{Item, Kind, Relevance, Source},
        ids::EvidenceId,
        points::Strength,
    };

    fn now() -> DateTime<Utc> {
        "2026-04-01T00:00:00Z".parse().expect("an instant")
    }

    fn entry(n: u128, side: Side, tier: Tier, days_ago: i64) -> Entry {
        let item = Item {
            side,
            option: None,
            text: format!("Item {n}"),
            kind: crate::evidence::Kind::Benchmark,
            points: Strength::new(3.0).expect("a strength"),
            tier,
            relevance: Relevance::FULL,
            source: Source { publisher: Some("P".into()), ..Source::default() },
            observed_at: now() - TimeDelta::days(days_ago),
            measure: None,
            supersedes: None,
        };
        let mut entry = Entry::new(EvidenceId(Uuid::from_u128(n)), item, now());
        entry.counts = entry.effective();
        entry
    }

    #[test]
    fn c11_high_needs_five_recent_clusters_a_primary_one_and_both_sides() {
        assert_eq!(Kind::Benchmark.half_life(), None);
        let press = |n, side| entry(n, side, Tier::Press, 30);
        let level = |entries: &[Entry]| Confidence::of(entries, None, now()).level();
        let mut entries = vec![press(1, Side::For), press(2, Side::For)];
        assert_eq!(level(&entries), Level::Low);
        entries.push(press(3, Side::For));
        assert_eq!(level(&entries), Level::Moderate);
        entries.extend([press(4, Side::Against), press(5, Side::Against)]);
        assert_eq!(level(&entries), Level::Moderate, "none is primary");
        entries[0] = entry(1, Side::For, Tier::Primary, 181);
        assert_eq!(level(&entries), Level::Moderate, "the primary one is too old");
        entries[0] = entry(1, Side::For, Tier::Primary, 180);
        assert_eq!(level(&entries), Level::High);
        for against in &mut entries[3..] {
            against.item.side = Side::For;
        }
        assert_eq!(level(&entries), Level::Moderate, "one side only");
        for repeat in &mut entries[1..] {
            repeat.factors.cluster = EvidenceId(Uuid::from_u128(1));
        }
        assert_eq!(level(&entries), Level::Low, "one story told five times");
    }

    #[test]
    fn c11_an_override_shows_its_reason() {
        let word = Override { level: Level::High, reason: "The panel has checked every source.".into() };
        let confidence = Confidence::of(&[], Some(word), now());
        assert_eq!((confidence.level(), confidence.computed), (Level::High, Level::Low));
        assert!(confidence.sentence().contains("checked every source"), "{}", confidence.sentence());
    }
}
