//! Single rows that jump.

use std::collections::HashMap;

use bellwether_core::{
    benchmark::{Direction, Unit},
    table::TableSpec,
};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::compare::{Comparison, ENOUGH};

/// A row that jumped and is not believed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The row's key.
    pub key: String,
    /// The score it had; `None`: the row is new.
    pub was: Option<Decimal>,
    /// The score it has.
    pub is: Decimal,
    /// When it was first seen so.
    pub since: DateTime<Utc>,
    /// Over how many polls it has stood, the first included.
    pub polls: u32,
}

impl std::fmt::Display for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is = self.is.normalize();
        match self.was {
            Some(was) => write!(f, "row `{}` jumped from {} to {is}", self.key, was.normalize()),
            None => write!(f, "new row `{}` at {is} stands far above the old best", self.key),
        }
    }
}

type Rows = [(String, Option<Decimal>)];

/// The rows held in `now`, which follows `before`; `standing` are the holds so far.
pub(super) fn judge(
    spec: &TableSpec,
    before: &Rows,
    now: &Rows,
    standing: &[Hold],
    at: DateTime<Utc>,
) -> Vec<Hold> {
    let Some((jump, above)) = limits(spec) else { return Vec::new() };
    let enough = Comparison::of(before, now).shared() >= ENOUGH;
    let old: HashMap<&str, Decimal> = before.iter().filter_map(|(k, s)| Some((k.as_str(), (*s)?))).collect();
    let best = match spec.direction {
        Direction::Higher => old.values().max(),
        Direction::Lower => old.values().min(),
    };
    let far_above = |score: Decimal| {
        best.is_some_and(|best| match spec.direction {
            Direction::Higher => score - *best > above,
            Direction::Lower => *best - score > above,
        })
    };
    now.iter()
        .filter_map(|(key, score)| {
            let is = (*score)?;
            let was = old.get(key.as_str()).copied();
            let earlier = standing.iter().find(|h| h.key == *key);
            // An Elo board moves every row a little at each fit: that does not start the wait anew.
            let stands = earlier.filter(|h| (is - h.is).abs() <= jump);
            let jumped = match was {
                Some(was) => (is - was).abs() > jump,
                None => stands.is_some() || far_above(is),
            };
            if !jumped || (!enough && earlier.is_none()) {
                return None;
            }
            let (since, polls) = stands.map_or((at, 1), |h| (h.since, h.polls.saturating_add(1)));
            Some(Hold { key: key.clone(), was, is, since, polls })
        })
        .collect()
}

/// How far a row may move, and how far a new one may stand above the best; minutes have no limit of their own.
fn limits(spec: &TableSpec) -> Option<(Decimal, Decimal)> {
    if let Some(max) = spec.max_jump {
        return Some((max, max));
    }
    match spec.unit {
        Unit::Percent | Unit::Fraction | Unit::Index => Some((Decimal::from(15), Decimal::from(20))),
        Unit::Elo => Some((Decimal::from(100), Decimal::from(100))),
        Unit::Minutes => None,
    }
}

impl From<&Hold> for bellwether_core::rule::HeldRow {
    fn from(hold: &Hold) -> Self {
        Self { key: hold.key.clone(), was: hold.was }
    }
}
