//! Frontiers: the best score of the open models and of the closed ones in the snapshot standing at a time, as step
//! curves, and the gap between them.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    benchmark::Direction,
    openness::Openness,
    table::{Row, Table},
};

/// A row that stands at a frontier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    /// Its key in the table.
    pub key: String,
    /// The model as the source writes it.
    pub model: String,
    /// Its score, in the benchmark's unit.
    pub score: Decimal,
    /// The source's own date of the row.
    pub as_of: Option<NaiveDate>,
    /// Whether its weights can be had.
    pub openness: Openness,
    /// The publisher's interval, where it gives one.
    pub interval: Option<(Decimal, Decimal)>,
}

/// Both frontiers in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When the snapshot was observed: the step stands from here to the next.
    pub at: DateTime<Utc>,
    /// The publisher's version; scores of different versions are never compared.
    pub version: Option<String>,
    /// The best open model; `None`: there is none, or the snapshot is quarantined.
    pub open: Option<Leader>,
    /// The best closed model.
    pub closed: Option<Leader>,
    /// Rows of unknown openness that are better than the best open or the best closed one: either might be wrong.
    pub unknown_above: Vec<Leader>,
    /// How far closed leads open, in the benchmark's unit; negative when open leads.
    pub gap: Option<Decimal>,
    /// Why the snapshot may not be used.
    pub quarantined: Option<String>,
}

/// Orders two scored rows, the better first: by direction, then the earlier `as_of`, then the key.
fn better_first(direction: Direction, a: &Row, b: &Row) -> Ordering {
    let by_score = match direction {
        Direction::Higher => b.score.cmp(&a.score),
        Direction::Lower => a.score.cmp(&b.score),
    };
    let date = |row: &Row| row.as_of.unwrap_or(NaiveDate::MAX);
    by_score.then_with(|| date(a).cmp(&date(b))).then_with(|| a.key.cmp(&b.key))
}

/// The best scored row among those that fit.
pub fn best(table: &Table, fits: impl Fn(&Row) -> bool) -> Option<&Row> {
    let scored = table.rows.iter().filter(|row| row.score.is_some() && fits(row));
    scored.min_by(|a, b| better_first(table.spec.direction, a, b))
}

/// How far `ahead` leads `behind` in the benchmark's direction; negative when it trails.
pub fn lead(direction: Direction, ahead: Decimal, behind: Decimal) -> Decimal {
    match direction {
        Direction::Higher => ahead - behind,
        Direction::Lower => behind - ahead,
    }
}

impl Leader {
    /// A row with a score as a leader.
    pub fn of(row: &Row) -> Option<Self> {
        Some(Self {
            key: row.key.clone(),
            model: if row.model.is_empty() { row.key.clone() } else { row.model.clone() },
            score: row.score?,
            as_of: row.as_of,
            openness: row.openness,
            interval: row.lower.zip(row.upper),
        })
    }
}

impl Step {
    /// The frontiers of a table that may be used, held rows being left out by the caller.
    pub fn of(table: &Table, at: DateTime<Utc>) -> Self {
        let leader = |openness| best(table, |row| row.openness == openness).and_then(Leader::of);
        let (open, closed) = (leader(Openness::Open), leader(Openness::Closed));
        let direction = table.spec.direction;
        let gap = open
            .as_ref()
            .zip(closed.as_ref())
            .map(|(open, closed)| lead(direction, closed.score, open.score));
        let weakest = match (&open, &closed) {
            (Some(open), Some(closed)) if lead(direction, open.score, closed.score) < Decimal::ZERO => {
                Some(open.score)
            }
            (_, Some(closed)) => Some(closed.score),
            (Some(open), None) => Some(open.score),
            (None, None) => None,
        };
        let mut unknown: Vec<&Row> = table
            .rows
            .iter()
            .filter(|row| row.openness == Openness::Unknown)
            .filter(|row| match (row.score, weakest) {
                (Some(score), Some(weakest)) => lead(direction, score, weakest) > Decimal::ZERO,
                (score, None) => score.is_some(),
                (None, _) => false,
            })
            .collect();
        unknown.sort_by(|a, b| better_first(direction, a, b));
        let unknown_above = unknown.into_iter().filter_map(Leader::of).collect();
        Self { at, version: table.version.clone(), open, closed, unknown_above, gap, quarantined: None }
    }

    /// A snapshot that may not be used: the frontiers are not known while it stands.
    pub fn quarantined(at: DateTime<Utc>, version: Option<String>, reason: String) -> Self {
        let unknown_above = Vec::new();
        Self { at, version, open: None, closed: None, unknown_above, gap: None, quarantined: Some(reason) }
    }
}

/// The step that stands at an instant: the latest not after it. `steps` are in order of time.
pub fn standing(steps: &[Step], at: DateTime<Utc>) -> Option<&Step> {
    steps.iter().rev().find(|step| step.at <= at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        benchmark::Unit,
        openness::{Provenance, SourceSays},
        table::TableSpec,
    };

    fn table(direction: Direction, rows: &[(&str, &str, Openness)]) -> Table {
        let row = |(key, score, openness): &(&str, &str, Openness)| Row {
            key: (*key).into(),
            model: (*key).into(),
            score: score.parse().ok(),
            score_text: (*score).into(),
            lower: None,
            upper: None,
            as_of: None,
            organisation: None,
            licence: None,
            released: None,
            params_b: None,
            verified: None,
            note: None,
            source_says: SourceSays::Silent,
            openness: *openness,
            provenance: Provenance::Nobody,
            registry_model: None,
        };
        Table {
            spec: TableSpec {
                benchmark: "demo/text".parse().expect("id"),
                title: "Text".into(),
                unit: Unit::Percent,
                direction,
                range: None,
                flags: Vec::new(),
                max_jump: None,
            },
            version: None,
            rows: rows.iter().map(row).collect(),
            missing_columns: Vec::new(),
            duplicate_rows: 0,
            unreadable: Vec::new(),
        }
    }

    #[test]
    fn the_gap_is_signed_and_exact_and_unknown_rows_never_lead() {
        use Openness::{Closed, Open, Unknown};
        let rows = [
            ("a", "84.4", Open),
            ("b", "86.4", Closed),
            ("c", "90", Unknown),
            ("d", "84.4", Open),
            ("e", "-", Open),
        ];
        let step = Step::of(&table(Direction::Higher, &rows), DateTime::UNIX_EPOCH);
        assert_eq!(step.gap, Some(Decimal::TWO));
        assert_eq!(step.open.map(|l| l.key).as_deref(), Some("a"), "equal scores: the row key");
        assert_eq!(step.unknown_above.len(), 1);
        let lower = Step::of(&table(Direction::Lower, &rows), DateTime::UNIX_EPOCH);
        assert_eq!(lower.gap, Some(-Decimal::TWO), "open leads where less is better");
    }

    #[test]
    fn the_latest_step_stands() {
        let at = |day| DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day);
        let steps = [1, 3].map(|day| Step::quarantined(at(day), None, "why".into()));
        assert_eq!(standing(&steps, at(0)), None);
        assert_eq!(standing(&steps, at(2)).map(|s| s.at), Some(at(1)));
        assert_eq!(standing(&steps, at(3)).map(|s| s.at), Some(at(3)));
    }
}
