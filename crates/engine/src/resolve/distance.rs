//! How far a claim is from being true: one row per condition, with where it stood and what is usual.

use bellwether_core::{
    benchmark::BenchmarkId,
    document::ClaimDocument,
    rule::{Condition, Difference, Evaluation, Verdict, Witness},
};
use bellwether_store::Evaluation as EvaluationRow;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::watched;
use crate::{Result, standing::Standings};

/// How far back "where it stood" looks, and over what span a change is called usual.
const SPAN: TimeDelta = TimeDelta::days(90);
/// How far back the largest value is looked for: the length of a distance strip's track.
const TRACK: TimeDelta = TimeDelta::days(365);
/// How far back evaluations are needed to measure.
pub(super) const MEMORY: TimeDelta = TimeDelta::days(365 + 90);

/// Which side of the threshold satisfies a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The threshold and less.
    AtMost,
    /// The threshold and more.
    AtLeast,
}

/// A condition as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConditionRow {
    /// The option that the rule would settle the claim with; `None` for yes or no.
    pub option: Option<String>,
    /// What is measured, on pages: the benchmark's title.
    pub title: String,
    /// The benchmark that answered.
    pub benchmark: Option<BenchmarkId>,
    /// The first group, on pages: `open`.
    pub of: String,
    /// The group it is compared with.
    pub other: Option<String>,
    /// What it says.
    pub verdict: Verdict,
    /// Signed distance, positive when it holds.
    pub margin: Option<Decimal>,
    /// The best of the first group.
    pub left: Option<Witness>,
    /// The best of the other group.
    pub right: Option<Witness>,
    /// The measured value: a gap, a score, a lead.
    pub value: Option<Decimal>,
    /// What it is held against.
    pub threshold: Option<Decimal>,
    /// On which side of the threshold it holds.
    pub side: Side,
    /// The unit of value, threshold and margin: `pp`, `Elo`, `%`.
    pub unit: String,
    /// The value 90 days ago.
    pub before: Option<Decimal>,
    /// The largest value of the past year.
    pub largest: Option<Decimal>,
    /// The median change of the value in 90 days, without sign.
    pub usual: Option<Decimal>,
    /// One sentence.
    pub sentence: String,
    /// Why it is unknown.
    pub unknown_because: Vec<String>,
    /// Why its data is held back.
    pub quarantined: Option<String>,
    /// When the table at hand was fetched.
    pub observed_at: Option<DateTime<Utc>>,
    /// Its source has had no new content for too long.
    pub stale: bool,
    /// Its source is never read again: the condition stays as it is for good.
    #[serde(default)]
    pub stopped: bool,
}

/// How far a claim is from being decided by its rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HowFar {
    /// What the rule says; of named options the one that holds most.
    pub verdict: Verdict,
    /// The sentence of the whole rule.
    pub sentence: String,
    /// The conditions, in the rule's order.
    pub conditions: Vec<ConditionRow>,
    /// When this was evaluated.
    pub at: DateTime<Utc>,
}

impl HowFar {
    /// How many conditions hold.
    pub fn holding(&self) -> usize {
        self.conditions.iter().filter(|c| c.verdict == Verdict::Holds).count()
    }

    /// The condition that holds the claim up: of those that do not hold the one with the most usual changes to go.
    pub fn held_up_by(&self) -> Option<&ConditionRow> {
        let rank = |c: &&ConditionRow| c.remaining().map_or((0, 0.0), |r| (1, r));
        self.conditions
            .iter()
            .filter(|c| c.verdict != Verdict::Holds)
            .max_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal))
    }

    /// The largest remaining distance in usual changes of that value in 90 days; 0 when all hold, `None` when what is
    /// usual or how far it is cannot be said.
    pub fn remaining(&self) -> Option<f64> {
        self.conditions
            .iter()
            .filter(|c| c.verdict != Verdict::Holds)
            .try_fold(0.0, |most: f64, c| Some(most.max(c.remaining()?)))
    }
}

impl ConditionRow {
    fn remaining(&self) -> Option<f64> {
        let usual = self.usual.filter(|u| !u.is_zero())?;
        self.margin?.abs().checked_div(usual)?.to_f64()
    }
}

/// What is told of the table that a condition was answered from.
pub(super) struct Answered {
    /// The benchmark's title.
    pub title: String,
    /// The unit of its differences.
    pub unit: &'static str,
    /// When its content was fetched first.
    pub observed_at: DateTime<Utc>,
    /// Its source had had no new content for too long.
    pub stale: bool,
}

impl Answered {
    /// Of the tables that stand now.
    pub(super) fn standing(standings: &Standings) -> BTreeMap<BenchmarkId, Self> {
        let told = |s: &crate::standing::StandingTable| Self {
            title: s.table.spec.title.clone(),
            unit: s.table.spec.unit.difference(),
            observed_at: s.observed_at,
            stale: s.stale,
        };
        standings.0.iter().map(|(id, standing)| (id.clone(), told(standing))).collect()
    }
}

/// Measures a claim's conditions from what its rules said last and from its evaluations within [`MEMORY`], oldest first.
pub(super) fn measure(
    document: &ClaimDocument,
    said: &BTreeMap<String, Evaluation>,
    earlier: &[EvaluationRow],
    tables: &BTreeMap<BenchmarkId, Answered>,
    now: DateTime<Utc>,
) -> Result<Option<HowFar>> {
    let mut history: Vec<(DateTime<Utc>, BTreeMap<String, Evaluation>)> = Vec::new();
    for row in earlier {
        history.push((row.at, row.step.read()?));
    }
    let mut conditions = Vec::new();
    let mut whole: Option<&Evaluation> = None;
    for (key, rule) in watched::rules_of(document) {
        let Some(evaluation) = said.get(&key) else { continue };
        if whole.is_none_or(|w| evaluation.verdict > w.verdict) {
            whole = Some(evaluation);
        }
        for (i, (condition, leaf)) in rule.conditions().into_iter().zip(evaluation.leaves()).enumerate() {
            let past: Vec<(DateTime<Utc>, Decimal)> = history
                .iter()
                .filter_map(|(at, step)| {
                    let leaf = step.get(&key)?.leaves().get(i).copied()?;
                    Some((*at, value(condition, leaf)?))
                })
                .collect();
            let table = leaf.benchmark.as_ref().and_then(|id| tables.get(id));
            conditions.push(ConditionRow {
                option: (key != watched::YES_NO).then(|| key.clone()),
                title: title(condition, leaf, table),
                benchmark: leaf.benchmark.clone(),
                of: condition.of().to_string(),
                other: condition.other().map(ToString::to_string),
                verdict: leaf.verdict,
                margin: leaf.margin,
                left: leaf.left.clone(),
                right: leaf.right.clone(),
                value: value(condition, leaf),
                threshold: threshold(condition),
                side: side(condition),
                unit: unit(condition, table.map(|t| t.unit)),
                before: at(&past, now - SPAN),
                largest: past.iter().filter(|(at, _)| *at >= now - TRACK).map(|(_, v)| *v).max(),
                usual: usual(&past),
                sentence: leaf.sentence.clone(),
                unknown_because: leaf.unknown_because.clone(),
                quarantined: leaf.quarantined.clone(),
                observed_at: table.map(|t| t.observed_at),
                stale: table.is_some_and(|t| t.stale),
                stopped: false,
            });
        }
    }
    Ok(whole.map(|whole| HowFar {
        verdict: whole.verdict,
        sentence: whole.sentence.clone(),
        conditions,
        at: now,
    }))
}

/// The value that stood at an instant; `past` is in order of time.
fn at(past: &[(DateTime<Utc>, Decimal)], instant: DateTime<Utc>) -> Option<Decimal> {
    past.iter().rev().find(|(at, _)| *at <= instant).map(|(_, value)| *value)
}

/// The median of the changes over 90 days that ended at each point of the past.
fn usual(past: &[(DateTime<Utc>, Decimal)]) -> Option<Decimal> {
    let mut changes: Vec<Decimal> =
        past.iter().filter_map(|(when, value)| Some((*value - at(past, *when - SPAN)?).abs())).collect();
    changes.sort();
    let middle = changes.len() / 2;
    match changes.len() {
        0 => None,
        n if n % 2 == 1 => changes.get(middle).copied(),
        _ => Some((changes.get(middle - 1)? + changes.get(middle)?) / Decimal::TWO),
    }
}

fn title(condition: &Condition, leaf: &Evaluation, table: Option<&Answered>) -> String {
    match (table, leaf.benchmark.as_ref().or(condition.benchmark())) {
        (Some(table), _) => table.title.clone(),
        (None, Some(id)) => id.to_string(),
        (None, None) => "Release".to_owned(),
    }
}

fn threshold(condition: &Condition) -> Option<Decimal> {
    match condition {
        Condition::Score(c) => Some(c.threshold),
        Condition::Gap(c) => Some(c.within),
        Condition::Lead(c) => Some(c.by),
        Condition::Rank(_) | Condition::Released(_) => None,
    }
}

fn side(condition: &Condition) -> Side {
    match condition {
        Condition::Gap(_) => Side::AtMost,
        Condition::Score(c) if !c.comparison.upward() => Side::AtMost,
        _ => Side::AtLeast,
    }
}

/// The measured value, from the margin: what it is held against is the same at every step.
fn value(condition: &Condition, leaf: &Evaluation) -> Option<Decimal> {
    let (threshold, margin) = (threshold(condition)?, leaf.margin?);
    Some(match side(condition) {
        Side::AtMost => threshold - margin,
        Side::AtLeast => threshold + margin,
    })
}

fn unit(condition: &Condition, of_benchmark: Option<&'static str>) -> String {
    match condition {
        Condition::Gap(c) => match c.unit {
            Some(Difference::Percent) => "%".to_owned(),
            Some(Difference::Pp) => "pp".to_owned(),
            Some(Difference::Elo) => "Elo".to_owned(),
            Some(Difference::Minutes) => "min".to_owned(),
            Some(Difference::Index) | None => of_benchmark.unwrap_or_default().to_owned(),
        },
        _ => of_benchmark.unwrap_or_default().to_owned(),
    }
}
