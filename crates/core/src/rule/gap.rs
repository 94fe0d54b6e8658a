//! How far a group lags behind another.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    evaluation::{Evaluation, Verdict},
    group::Group,
    number,
    place::Place,
    words,
};
use crate::benchmark::{BenchmarkId, Unit};

/// What a difference of two scores is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Percentage points.
    Pp,
    /// Rating points.
    Elo,
    /// Points of an index.
    Index,
    /// Minutes.
    Minutes,
    /// Percent of the other group's best.
    Percent,
}

impl Difference {
    /// Whether scores of this unit have such differences.
    pub fn fits(self, unit: Unit) -> bool {
        matches!(
            (self, unit),
            (Self::Percent, _)
                | (Self::Pp, Unit::Percent | Unit::Fraction)
                | (Self::Elo, Unit::Elo)
                | (Self::Index, Unit::Index)
                | (Self::Minutes, Unit::Minutes)
        )
    }
}

/// The lead of `to` over `of` is at most `within`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Where.
    pub benchmark: BenchmarkId,
    /// The group that lags.
    pub of: Group,
    /// The group that leads.
    pub to: Group,
    /// Inclusive.
    #[serde(with = "number")]
    pub within: Decimal,
    /// What `within` counts; the benchmark's own unit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Difference>,
    /// Only this version of the benchmark counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Benchmarks that answer, in order, while the first is stale or quarantined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<BenchmarkId>,
}

impl Gap {
    pub(super) fn evaluate(&self, place: &Place<'_, '_>) -> Evaluation {
        let field = place.field(&self.of, Some(&self.to));
        let relative = self.unit == Some(Difference::Percent);
        let (verdict, doubts) = field.judge(|of, to| match (of, to) {
            (Some(of), Some(to)) => {
                let lead = place.lead(to, of);
                // Cross-multiplied, so that a quotient is never rounded into the other verdict.
                let holds = if relative {
                    if to.is_zero() {
                        return Verdict::Unknown;
                    }
                    lead * Decimal::ONE_HUNDRED <= self.within * to.abs()
                } else {
                    lead <= self.within
                };
                if holds { Verdict::Holds } else { Verdict::Fails }
            }
            (None, _) if place.same_model() => Verdict::Fails,
            _ => Verdict::Unknown,
        });
        let (left, right) = (field.best_of(), field.best_other());
        let lead = left.zip(right).and_then(|(l, r)| {
            let (of, to) = (l.score?, r.score?);
            let lead = place.lead(to, of);
            if relative { (lead * Decimal::ONE_HUNDRED).checked_div(to.abs()) } else { Some(lead) }
        });
        let margin = lead.map(|lead| self.within - lead);
        let unit = if relative { "%" } else { place.difference() };
        let sentence = match (left, right, lead) {
            (Some(l), Some(r), Some(lead)) => format!(
                "On {}, the best {} model ({} with {}) is {}{} the best {} one ({} with {}); at most {} {unit} behind is asked: {}.",
                place.title(),
                self.of,
                l.model,
                words::row_score(l, place.unit()),
                words::distance(lead.abs(), unit),
                if lead.is_sign_negative() && !lead.is_zero() { " ahead of" } else { " behind" },
                self.to,
                r.model,
                words::row_score(r, place.unit()),
                words::number(self.within),
                words::by_margin(verdict, margin, unit),
            ),
            _ => place.missing(&self.of, left.is_some(), &self.to, right.is_some(), verdict),
        };
        let event_date = words::later(left, right);
        Evaluation { margin, event_date, ..place.evaluation(verdict, doubts, left, right, sentence) }
    }
}
