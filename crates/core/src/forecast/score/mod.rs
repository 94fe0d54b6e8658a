//! What forecasts were worth once the outcome is known.
//!
//! Every series is scored by the same rules: a forecaster's own forecasts, a stream, an aggregate. The formulas are
//! those of Metaculus (baseline, peer, spot, relative) and the two classic proper scores (Brier, log); `docs/scoring.md`
//! writes them out.

mod kind;
mod means;
mod scorer;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub use kind::{BadScoreKind, ScoreKind};
pub use scorer::Scorer;

use super::Interval;
use crate::options::Options;

/// The times and options that scores need.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The options, in their order.
    pub options: Options,
    /// When forecasting began.
    pub open: DateTime<Utc>,
    /// When forecasting was to end: coverage is counted against `[open, scheduled_close)`.
    pub scheduled_close: DateTime<Utc>,
    /// When it ended, which is the event where it came first; none: not yet. What was said later is not scored.
    pub actual_close: Option<DateTime<Utc>>,
    /// The instant of the spot scores; none: the close.
    pub spot: Option<DateTime<Utc>>,
}

/// A score and the part of the question's time it stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The score, in the unit of its [`ScoreKind`].
    pub value: f64,
    /// The part of `[open, scheduled_close)` that was scored, 0 to 1; for spot scores 1, for the relative score the
    /// part of `[open, actual_close)`.
    pub coverage: f64,
}

/// The scores of one series; a kind is missing where nothing was covered.
pub type Scores = BTreeMap<ScoreKind, Score>;

/// The scores of every forecaster who has any, by the wanted kinds.
///
/// `outcome` is the index of the option that came true. A pure function of its arguments, bit for bit.
pub fn score<K: Ord + Clone>(
    question: &Question,
    intervals: &[Interval<K>],
    outcome: usize,
    which: &[ScoreKind],
) -> BTreeMap<K, Scores> {
    let scorer = Scorer::new(question, intervals, outcome, which);
    let mut own: BTreeMap<&K, Vec<&Interval<K>>> = BTreeMap::new();
    for interval in intervals {
        own.entry(&interval.forecaster).or_default().push(interval);
    }
    own.into_iter()
        .map(|(forecaster, own)| (forecaster.clone(), scorer.series(own)))
        .filter(|(_, scores)| !scores.is_empty())
        .collect()
}

impl Question {
    /// The end of what is scored: the actual close, else the scheduled one.
    pub fn close(&self) -> DateTime<Utc> {
        self.actual_close.unwrap_or(self.scheduled_close)
    }

    /// The instant of the spot scores: what was set, at most the close.
    pub fn spot_time(&self) -> DateTime<Utc> {
        self.spot.map_or(self.close(), |spot| spot.min(self.close()))
    }
}
