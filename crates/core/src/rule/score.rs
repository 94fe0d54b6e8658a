//! The best of a group against a number.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    evaluation::{Evaluation, Verdict},
    group::Group,
    place::Place,
    words,
};
use crate::benchmark::{BenchmarkId, Direction};

/// The best of the group satisfies the comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "super::syntax::ScoreText", try_from = "super::syntax::ScoreText")]
pub struct Score {
    /// Where.
    pub benchmark: BenchmarkId,
    /// Whose best.
    pub of: Group,
    /// How it is compared.
    pub comparison: Comparison,
    /// In the benchmark's unit; percent where the source gives fractions.
    pub threshold: Decimal,
    /// Only this version of the benchmark counts.
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    pub fallback: Vec<BenchmarkId>,
}

/// The four ways to compare a score with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `score >= threshold`.
    AtLeast,
    /// `score > threshold`.
    Above,
    /// `score <= threshold`.
    AtMost,
    /// `score < threshold`.
    Below,
}

impl Comparison {
    /// Whether a score satisfies it.
    pub fn holds(self, score: Decimal, threshold: Decimal) -> bool {
        match self {
            Self::AtLeast => score >= threshold,
            Self::Above => score > threshold,
            Self::AtMost => score <= threshold,
            Self::Below => score < threshold,
        }
    }

    /// Whether more is better for it.
    pub fn upward(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }

    /// `at least`, `above`, `at most`, `below`.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "at least",
            Self::Above => "above",
            Self::AtMost => "at most",
            Self::Below => "below",
        }
    }
}

impl Score {
    pub(super) fn evaluate(&self, place: &Place<'_, '_>) -> Evaluation {
        let field = place.field(&self.of, None);
        let (verdict, doubts) = field.judge(|of, _| match of {
            Some(best) if self.comparison.holds(best, self.threshold) => Verdict::Holds,
            _ => Verdict::Fails,
        });
        let left = field.best_of();
        let margin = left
            .and_then(|row| row.score)
            .map(|best| if self.comparison.upward() { best - self.threshold } else { self.threshold - best });
        let upward = place.table.spec.direction == Direction::Higher;
        let event_date = (self.comparison.upward() == upward)
            .then(|| {
                let satisfies = |score| self.comparison.holds(score, self.threshold);
                field
                    .certain_of()
                    .filter(|row| row.score.is_some_and(satisfies))
                    .filter_map(|row| row.as_of)
                    .min()
            })
            .flatten();
        let asked = format!("{} {}", self.comparison.words(), words::score(self.threshold, place.unit()));
        let sentence = match left {
            Some(row) => format!(
                "{} is the best {} model on {} with {}; {asked} is asked: {}.",
                row.model,
                self.of,
                place.title(),
                words::row_score(row, place.unit()),
                words::by_margin(verdict, margin, place.difference()),
            ),
            None => format!(
                "{} has no {} model with a known score; {asked} is asked: {verdict}.",
                place.title(),
                self.of
            ),
        };
        Evaluation { margin, event_date, ..place.evaluation(verdict, doubts, left, None, sentence) }
    }
}
