//! What a back-test says, as its JSON has it.

use std::collections::BTreeMap;

use bellwether_core::rule::{Evaluation, Verdict, Witness, number};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

/// The answer of a back-test. Dates are days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// `yes`, `no` or `unknown`; with named options the option that was confirmed.
    pub outcome: String,
    /// Some source used was stale at the deadline.
    pub stale: bool,
    /// First day of the confirmed run.
    pub first_hit: Option<NaiveDate>,
    /// When it was settled.
    pub resolved_on: Option<NaiveDate>,
    /// When the event happened, as the source dates it.
    pub event_date: Option<NaiveDate>,
    /// One sentence.
    pub why: String,
    /// One step per file, from the one standing at the beginning of the window.
    pub steps: Vec<Step>,
    /// With named options: the answer of each option's rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Report>,
}

/// What the rule said of one file, or one leg of the rule did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The day of the file.
    #[serde(rename = "observed_at", serialize_with = "day")]
    pub at: DateTime<Utc>,
    /// The verdict after holds and doubts that end while the file stands.
    pub verdict: Verdict,
    /// The verdict on the file's first day, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict_on_arrival: Option<Verdict>,
    /// Signed distance in the benchmark's unit, positive when it holds.
    #[serde(serialize_with = "number::optional::serialize")]
    pub margin: Option<Decimal>,
    /// The witness of `of`.
    pub left: Option<WitnessOut>,
    /// The witness of `to` or `over`.
    pub right: Option<WitnessOut>,
    /// The parts of a compound.
    pub legs: Vec<Step>,
    /// Why the data is quarantined, where that makes it unknown.
    pub quarantined: Option<String>,
    /// Why it is unknown.
    pub unknown_because: Vec<String>,
    /// The benchmark that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// One English sentence.
    pub sentence: String,
}

/// A witness.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WitnessOut {
    /// The model as the source writes it.
    pub model: String,
    /// Its score.
    #[serde(serialize_with = "number::optional::serialize")]
    pub score: Option<Decimal>,
    /// The row's key.
    pub row: String,
    /// The source's own date of the row.
    pub as_of: Option<NaiveDate>,
}

impl WitnessOut {
    fn of(witness: &Witness) -> Self {
        Self {
            model: witness.model.clone(),
            score: witness.score,
            row: witness.row.clone(),
            as_of: witness.as_of,
        }
    }
}

fn day<S: serde::Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&at.date_naive())
}

impl Step {
    /// The step of a file: what it says once settled, and what it said on arrival.
    pub(super) fn new(at: DateTime<Utc>, shown: &Evaluation, on_arrival: &Evaluation) -> Self {
        let arrival = on_arrival.verdict;
        Self { verdict_on_arrival: (arrival != shown.verdict).then_some(arrival), ..Self::part(at, shown) }
    }

    fn part(at: DateTime<Utc>, e: &Evaluation) -> Self {
        Self {
            at,
            verdict: e.verdict,
            verdict_on_arrival: None,
            margin: e.margin,
            left: e.left.as_ref().map(WitnessOut::of),
            right: e.right.as_ref().map(WitnessOut::of),
            legs: e.legs.iter().map(|leg| Self::part(at, leg)).collect(),
            quarantined: e.quarantined.clone(),
            unknown_because: e.unknown_because.clone(),
            answered_by: e.benchmark.as_ref().map(ToString::to_string),
            version: e.version.clone(),
            sentence: e.sentence.clone(),
        }
    }
}

impl Report {
    /// The answer of a claim with named options: the one option that was confirmed.
    pub(super) fn of_options(options: BTreeMap<String, Self>) -> Self {
        let confirmed: Vec<(&String, &Self)> = options.iter().filter(|(_, r)| r.outcome == "yes").collect();
        let (outcome, why, from) = match confirmed.as_slice() {
            [(name, report)] => {
                ((*name).clone(), format!("only `{name}` was confirmed: {}", report.why), Some(*report))
            }
            [] if options.values().all(|r| r.outcome == "no") => {
                ("no".to_owned(), "no option was confirmed".to_owned(), None)
            }
            [] => (
                "unknown".to_owned(),
                "no option was confirmed, and some cannot be ruled out".to_owned(),
                None,
            ),
            many => {
                let names: Vec<&str> = many.iter().map(|(name, _)| name.as_str()).collect();
                ("unknown".to_owned(), format!("several options were confirmed: {}", names.join(", ")), None)
            }
        };
        Self {
            outcome,
            stale: options.values().any(|r| r.stale),
            first_hit: from.and_then(|r| r.first_hit),
            resolved_on: from.and_then(|r| r.resolved_on),
            event_date: from.and_then(|r| r.event_date),
            why,
            steps: Vec::new(),
            options,
        }
    }
}
