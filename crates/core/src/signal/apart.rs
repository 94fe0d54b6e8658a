//! When a claim's views are so far apart that people should be told: once, and again only after they came together.

use std::collections::BTreeMap;

use crate::stream::{LogWeights, Stream};

/// Percentage points beyond which views are apart.
pub const APART: f64 = 10.0;
/// Percentage points within which they are together again. Less than [`APART`], so that views at the edge do not tell
/// the same thing day after day.
pub const TOGETHER: f64 = 8.0;

/// The highest and the lowest view of one option.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The highest view and its shown probability.
    pub high: (Stream, f64),
    /// The lowest.
    pub low: (Stream, f64),
}

impl Spread {
    /// The widest spread between views of an option, among those that `sees` lets through; `None` for fewer than two.
    pub fn of(
        streams: &BTreeMap<Stream, LogWeights>,
        option: usize,
        sees: impl Fn(&Stream) -> bool,
    ) -> Option<Self> {
        let mut shown: Vec<(Stream, f64)> = streams
            .iter()
            .filter(|(stream, _)| sees(stream))
            .filter_map(|(stream, weights)| {
                Some((stream.clone(), weights.shown(stream.floor()).get(option)?.value()))
            })
            .collect();
        shown.sort_by(|a, b| a.1.total_cmp(&b.1));
        if shown.len() < 2 {
            return None;
        }
        let (high, low) = (shown.pop()?, shown.into_iter().next()?);
        Some(Self { high, low })
    }

    /// Its size in percentage points.
    pub fn pts(&self) -> f64 {
        100.0 * (self.high.1 - self.low.1)
    }
}

/// Whether views that were apart or not are apart now; between the two edges they stay as they were.
pub fn apart_now(was: bool, pts: Option<f64>) -> bool {
    match pts {
        None => false,
        Some(pts) if was => pts > TOGETHER,
        Some(pts) => pts > APART,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edges_belong_to_the_state_before() {
        assert!(!apart_now(false, Some(10.0)));
        assert!(apart_now(false, Some(10.001)));
        assert!(apart_now(true, Some(8.001)));
        assert!(!apart_now(true, Some(8.0)));
        assert!(!apart_now(true, None));
    }

    proptest! {
        /// Between two times of coming apart the views came together.
        #[test]
        fn nothing_is_told_twice(sizes in prop::collection::vec(0.0_f64..20.0, 1..60)) {
            let (mut apart, mut lowest) = (false, 0.0_f64);
            for pts in sizes {
                let now = apart_now(apart, Some(pts));
                if now && !apart {
                    prop_assert!(lowest <= TOGETHER && pts > APART);
                    lowest = pts;
                }
                lowest = lowest.min(pts);
                apart = now;
            }
        }
    }
}
