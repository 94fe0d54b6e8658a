//! Two tables of one version, key by key.

use std::collections::HashMap;

use bellwether_core::benchmark::Unit;
use rust_decimal::Decimal;

use super::finding::Finding;

/// Fewer rows than this before, or in common, prove nothing.
pub(super) const ENOUGH: usize = 10;

/// What became of the rows of the last trusted table.
pub(super) struct Comparison {
    before: usize,
    now: usize,
    kept: usize,
    /// Old and new score of each row that both tables have with a score.
    shared: Vec<(Decimal, Decimal)>,
}

impl Comparison {
    pub(super) fn of(before: &[(String, Option<Decimal>)], now: &[(String, Option<Decimal>)]) -> Self {
        let old: HashMap<&str, Option<Decimal>> =
            before.iter().map(|(key, score)| (key.as_str(), *score)).collect();
        let common: Vec<_> =
            now.iter().filter_map(|(key, score)| Some((*old.get(key.as_str())?, *score))).collect();
        Self {
            before: before.len(),
            now: now.len(),
            kept: common.len(),
            shared: common.into_iter().filter_map(|(old, new)| Some((old?, new?))).collect(),
        }
    }

    /// Another table under the same name, another unit, or scores moved together.
    pub(super) fn changed(&self, unit: Unit) -> Option<Finding> {
        if self.before >= ENOUGH && self.kept * 10 < self.before * 4 {
            return Some(Finding::KeysGone { kept: self.kept, before: self.before });
        }
        if self.shared.len() < ENOUGH {
            return None;
        }
        let shared = self.shared.len();
        let ratios = self.shared.iter().filter_map(|(old, new)| new.checked_div(*old)).collect();
        if let Some(median) = median(ratios).filter(|m| *m < Decimal::new(67, 2) || *m > Decimal::new(15, 1))
        {
            return Some(Finding::RatioOff { median: median.round_dp(4), shared });
        }
        let limit = match unit {
            Unit::Percent | Unit::Fraction | Unit::Index => Decimal::from(2),
            Unit::Elo => Decimal::from(10),
            Unit::Minutes => return None,
        };
        let moves: Vec<Decimal> = self.shared.iter().map(|(old, new)| *new - *old).collect();
        let up = moves.iter().filter(|m| m.is_sign_positive() && !m.is_zero()).count();
        let down = moves.iter().filter(|m| m.is_sign_negative() && !m.is_zero()).count();
        let same_way = up.max(down);
        let median = median(moves)?;
        (same_way * 10 >= shared * 6 && median.abs() >= limit).then(|| Finding::Rebased {
            median: median.round_dp(4),
            shared,
            same_way,
        })
    }

    /// Rows were lost.
    pub(super) fn shrunk(&self) -> Option<Finding> {
        if self.before < ENOUGH {
            None
        } else if self.now * 10 < self.before * 7 {
            Some(Finding::RowsLost { now: self.now, before: self.before })
        } else if self.kept * 10 < self.before * 7 {
            Some(Finding::KeysLost { kept: self.kept, before: self.before })
        } else {
            None
        }
    }

    pub(super) fn shared(&self) -> usize {
        self.shared.len()
    }
}

fn median(mut values: Vec<Decimal>) -> Option<Decimal> {
    values.sort_unstable();
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / Decimal::TWO),
    }
}
