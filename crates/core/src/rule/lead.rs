//! How far a group leads another.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    evaluation::{Evaluation, Verdict},
    group::Group,
    number,
    place::Place,
    words,
};
use crate::benchmark::BenchmarkId;

/// The lead of `of` over `over` is more than `by`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// Where.
    pub benchmark: BenchmarkId,
    /// The group that leads.
    pub of: Group,
    /// The group that lags.
    pub over: Group,
    /// Strict, in the benchmark's unit.
    #[serde(default, with = "number")]
    pub by: Decimal,
    /// Only this version of the benchmark counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<BenchmarkId>,
}

impl Lead {
    pub(super) fn evaluate(&self, place: &Place<'_, '_>) -> Evaluation {
        let field = place.field(&self.of, Some(&self.over));
        let (verdict, doubts) = field.judge(|of, over| match (of, over) {
            (Some(of), Some(over)) if place.lead(of, over) > self.by => Verdict::Holds,
            (Some(_), Some(_)) => Verdict::Fails,
            (None, _) if place.same_model() => Verdict::Fails,
            _ => Verdict::Unknown,
        });
        let (left, right) = (field.best_of(), field.best_other());
        let lead = left.zip(right).and_then(|(l, r)| Some(place.lead(l.score?, r.score?)));
        let margin = lead.map(|lead| lead - self.by);
        let unit = place.difference();
        let sentence = match (left, right, lead) {
            (Some(l), Some(r), Some(lead)) => format!(
                "On {}, the best {} model ({} with {}) is {}{} the best {} one ({} with {}); a lead of more than {} is asked: {}.",
                place.title(),
                self.of,
                l.model,
                words::row_score(l, place.unit()),
                words::distance(lead.abs(), unit),
                if lead.is_sign_negative() && !lead.is_zero() { " behind" } else { " ahead of" },
                self.over,
                r.model,
                words::row_score(r, place.unit()),
                words::distance(self.by, unit),
                words::by_margin(verdict, margin, unit),
            ),
            _ => place.missing(&self.of, left.is_some(), &self.over, right.is_some(), verdict),
        };
        let event_date = words::later(left, right);
        Evaluation { margin, event_date, ..place.evaluation(verdict, doubts, left, right, sentence) }
    }
}
