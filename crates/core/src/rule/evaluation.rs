//! What a rule says, in three values, and why.

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{benchmark::BenchmarkId, openness::Openness, table::Row};

/// What a rule says, in Kleene's logic: `all` is the least of its legs, `any` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does not hold.
    Fails,
    /// It cannot be said.
    Unknown,
    /// It holds.
    Holds,
}

impl Verdict {
    /// Holds becomes fails and back.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Fails => Self::Holds,
            Self::Unknown => Self::Unknown,
            Self::Holds => Self::Fails,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fails => "fails",
            Self::Unknown => "unknown",
            Self::Holds => "holds",
        })
    }
}

/// The row a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The model as the source writes it.
    pub model: String,
    /// The row's key; the registry id for a release.
    pub row: String,
    /// Its score, exact.
    pub score: Option<Decimal>,
    /// The source's own date of the row.
    pub as_of: Option<NaiveDate>,
    /// What it counted as.
    pub openness: Openness,
}

impl Witness {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            model: row.model.clone(),
            row: row.key.clone(),
            score: row.score,
            as_of: row.as_of,
            openness: row.openness,
        }
    }
}

/// What a rule, or a part of it, says at an instant, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The verdict.
    pub verdict: Verdict,
    /// Signed distance in the benchmark's unit, positive when it holds, from the known rows.
    pub margin: Option<Decimal>,
    /// The witness of `of`.
    pub left: Option<Witness>,
    /// The witness of `to` or `over`.
    pub right: Option<Witness>,
    /// One English sentence.
    pub sentence: String,
    /// Why it is unknown: rows and their doubts, a version, a quarantine.
    pub unknown_because: Vec<String>,
    /// Why the table is quarantined, where that makes it unknown.
    pub quarantined: Option<String>,
    /// The benchmark that answered; another than the condition's own where a fallback did.
    pub benchmark: Option<BenchmarkId>,
    /// Its version.
    pub version: Option<String>,
    /// The date of the event, were this the condition that decides: the source's own date of what it rests on.
    pub event_date: Option<NaiveDate>,
    /// The least it could be, were the doubts of trusted tables settled. Quarantines stay unknown.
    pub at_worst: Verdict,
    /// The most it could be, likewise.
    pub at_best: Verdict,
    /// The parts, in the rule's order.
    pub legs: Vec<Evaluation>,
}

impl Evaluation {
    /// A verdict that is certain.
    pub(super) fn known(verdict: Verdict, sentence: String) -> Self {
        Self {
            verdict,
            margin: None,
            left: None,
            right: None,
            sentence,
            unknown_because: Vec::new(),
            quarantined: None,
            benchmark: None,
            version: None,
            event_date: None,
            at_worst: verdict,
            at_best: verdict,
            legs: Vec::new(),
        }
    }

    /// A doubt that better knowledge could settle either way.
    pub(super) fn unknown(because: &str) -> Self {
        Self {
            unknown_because: vec![because.to_owned()],
            at_worst: Verdict::Fails,
            at_best: Verdict::Holds,
            ..Self::known(Verdict::Unknown, format!("Unknown: {because}."))
        }
    }

    /// A table that must not be used.
    pub(super) fn quarantined(benchmark: &BenchmarkId, because: &str) -> Self {
        Self {
            quarantined: Some(because.to_owned()),
            unknown_because: vec![because.to_owned()],
            benchmark: Some(benchmark.clone()),
            ..Self::known(
                Verdict::Unknown,
                format!("Unknown: the data of {benchmark} is held back: {because}."),
            )
        }
    }

    /// The conditions below, or this one, each with the benchmark that answered.
    pub fn leaves(&self) -> Vec<&Self> {
        if self.legs.is_empty() { vec![self] } else { self.legs.iter().flat_map(Self::leaves).collect() }
    }
}
