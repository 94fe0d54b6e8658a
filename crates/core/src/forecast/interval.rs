//! Forecasts as intervals: a new one ends the old one, a withdrawal ends it, an expiry ends it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Probabilities;

/// A forecast standing over `[start, end)`.
///
/// `K` names the forecaster: a [`super::Forecaster`], or whatever a caller has. Times count in whole microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval<K> {
    /// Whose it is.
    pub forecaster: K,
    /// When it began.
    pub start: DateTime<Utc>,
    /// When it ended; none: it stands.
    pub end: Option<DateTime<Utc>>,
    /// One probability per option, in the order of the options (yes/no: `[yes, no]`); none where the option could not
    /// be chosen at the time. Inside `(0, 1)`.
    pub p: Vec<Option<f64>>,
    /// Whether it is part of aggregates and of what peers are compared with; it is scored either way.
    pub counts: bool,
}

/// One appended row: what a forecaster said at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<K> {
    /// Who said it.
    pub forecaster: K,
    /// When.
    pub at: DateTime<Utc>,
    /// The forecast; none: a withdrawal.
    pub says: Option<Probabilities>,
    /// When it expires by itself.
    pub until: Option<DateTime<Utc>>,
    /// See [`Interval::counts`].
    pub counts: bool,
}

/// The intervals that appended rows leave, in the order of their starts and, at one instant, of the rows.
///
/// Rows come in the order of their ids. Of two rows of a forecaster at one instant the later one stands.
pub fn intervals<K: Ord + Clone>(rows: impl IntoIterator<Item = Row<K>>) -> Vec<Interval<K>> {
    let mut rows: Vec<Row<K>> = rows.into_iter().collect();
    rows.sort_by_key(|row| row.at);
    let mut standing: BTreeMap<K, usize> = BTreeMap::new();
    let mut out: Vec<Interval<K>> = Vec::with_capacity(rows.len());
    for Row { forecaster, at, says, until, counts } in rows {
        if let Some(before) = standing.remove(&forecaster) {
            let end = &mut out[before].end;
            *end = Some(end.map_or(at, |expiry| expiry.min(at)));
        }
        if let Some(p) = says {
            standing.insert(forecaster.clone(), out.len());
            let p = p.as_slice().iter().copied().map(Some).collect();
            out.push(Interval { forecaster, start: at, end: until, p, counts });
        }
    }
    out.retain(|i| i.end.is_none_or(|end| end > i.start));
    out
}

impl<K> Interval<K> {
    /// Whether it stands at an instant.
    pub fn stands_at(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && self.end.is_none_or(|end| at < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn row(forecaster: u8, second: i64, p: Option<f64>, until: Option<i64>) -> Row<u8> {
        let says = p.map(|p| Probabilities::yes(p).unwrap().p);
        Row { forecaster, at: at(second), says, until: until.map(at), counts: true }
    }

    #[test]
    fn a_new_one_ends_the_old_one_and_so_do_withdrawal_and_expiry() {
        let found = intervals([
            row(1, 10, Some(0.3), None),
            row(2, 11, Some(0.4), Some(15)),
            row(1, 12, Some(0.5), Some(100)),
            row(2, 20, Some(0.6), None),
            row(1, 30, None, None),
            row(3, 40, None, None),
            row(2, 50, Some(0.7), None),
            row(2, 50, Some(0.8), None),
        ]);
        let spans: Vec<_> =
            found.iter().map(|i| (i.forecaster, i.start.timestamp(), i.end.map(|e| e.timestamp()))).collect();
        assert_eq!(
            spans,
            [(1, 10, Some(12)), (2, 11, Some(15)), (1, 12, Some(30)), (2, 20, Some(50)), (2, 50, None)]
        );
        assert_eq!(found[4].p, [Some(0.8), Some(1.0 - 0.8)]);
        assert!(found[0].stands_at(at(10)) && !found[0].stands_at(at(12)));
    }
}
