//! A group among the first of all rows.

use serde::{Deserialize, Serialize};

use super::{evaluation::Evaluation, group::Group, place::Place, words};
use crate::benchmark::BenchmarkId;

/// A row of the group is among the first of all rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    /// Where.
    pub benchmark: BenchmarkId,
    /// Whose row.
    pub of: Group,
    /// How many places count; equal scores share the best one.
    pub top: std::num::NonZeroU32,
    /// Only this version of the benchmark counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<BenchmarkId>,
}

impl Rank {
    pub(super) fn evaluate(&self, place: &Place<'_, '_>) -> Evaluation {
        let field = place.field(&self.of, None);
        let top = usize::try_from(self.top.get()).unwrap_or(usize::MAX);
        let (verdict, doubts) = field.judge_rank(top);
        let left = field.best_of();
        let nth = field.nth(top);
        let margin = left.zip(nth).and_then(|(l, n)| Some(place.lead(l.score?, n.score?)));
        let sentence = match left {
            Some(row) => format!(
                "{} is the best {} model on {}, in place {} of {}; the first {top} are asked: {}.",
                row.model,
                self.of,
                place.title(),
                field.place_of(row),
                field.len(),
                words::by_margin(verdict, margin, place.difference()),
            ),
            None => format!(
                "{} has no {} model with a known score; the first {top} are asked: {verdict}.",
                place.title(),
                self.of
            ),
        };
        Evaluation { margin, ..place.evaluation(verdict, doubts, left, None, sentence) }
    }
}
