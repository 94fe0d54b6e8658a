//! The record of an outcome: what decided it, on which bytes, by whom. Records are chained by their hashes.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    actor::Actor,
    benchmark::BenchmarkId,
    canonical,
    ids::{ClaimId, Sha256, Slug, SourceId},
    rule::{Evaluation, Verdict, Witness},
    status::Outcome,
};

/// What an outcome rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The claim's rule, confirmed.
    Rule,
    /// A person's statement with a link.
    Person,
    /// The outcome of the claim that this one hangs on.
    Given,
}

/// One condition as it stood when the claim was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofCondition {
    /// The benchmark that answered.
    pub benchmark: Option<BenchmarkId>,
    /// The publisher's version of it.
    pub version: Option<String>,
    /// What it said.
    pub verdict: Verdict,
    /// Signed distance in the benchmark's unit.
    pub margin: Option<Decimal>,
    /// The best of the group that the condition is about.
    pub left: Option<Witness>,
    /// The best of the group it is compared with.
    pub right: Option<Witness>,
    /// The sentence.
    pub sentence: String,
}

/// A stored file that the outcome rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofSnapshot {
    /// Where it came from.
    pub source: SourceId,
    /// The version of the source's document it was read with.
    pub source_n: i64,
    /// Names the bytes.
    pub sha256: Sha256,
    /// When they were fetched.
    pub observed_at: DateTime<Utc>,
    /// The address they came from.
    pub url: String,
}

/// Everything that is kept of an outcome. Its hash covers all of it and the record before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolutionRecord {
    /// The claim.
    pub claim: ClaimId,
    /// Its slug at the time.
    pub slug: Slug,
    /// Its title at the time.
    pub title: String,
    /// The version of the criteria that decided.
    pub criteria_n: i64,
    /// Digest of that version.
    pub criteria_sha256: Sha256,
    /// The outcome; `None`: void.
    pub outcome: Option<Outcome>,
    /// What it rests on.
    pub basis: Basis,
    /// One sentence: why.
    pub why: String,
    /// First instant of the confirmed run.
    pub first_hit: Option<DateTime<Utc>>,
    /// When it was confirmed; for a No the deadline.
    pub resolved_on: Option<DateTime<Utc>>,
    /// When the event happened, as the source dates it.
    pub event_date: Option<NaiveDate>,
    /// The conditions at the first hit, or at the deadline for a No.
    pub conditions: Vec<ProofCondition>,
    /// The files.
    pub snapshots: Vec<ProofSnapshot>,
    /// Digest of the list of all polls that the rule was evaluated at, or could have been: nothing can be left out of it
    /// later. Absent where a person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Sha256>,
    /// A page that a person gave as proof: its digest.
    pub page: Option<Sha256>,
    /// Who decided; the clock, when the challenge window ended without objection.
    pub decided_by: Actor,
    /// Decided by someone with an interest in the claim, for lack of another.
    pub interested: bool,
    /// When it became final.
    pub at: DateTime<Utc>,
}

impl ResolutionRecord {
    /// The record's hash in the chain: SHA-256 of the previous hash in hexadecimal and the record as canonical JSON. The
    /// first record follows 64 zeros.
    ///
    /// # Errors
    /// When the record cannot be written as JSON.
    pub fn hash(&self, previous: Sha256) -> Result<Sha256, serde_json::Error> {
        Ok(Sha256::of(format!("{previous}{}", canonical::json(self)?).as_bytes()))
    }
}

impl ProofCondition {
    /// The conditions of an evaluation, in the rule's order.
    pub fn all_of(evaluation: &Evaluation) -> Vec<Self> {
        let of = |leaf: &Evaluation| Self {
            benchmark: leaf.benchmark.clone(),
            version: leaf.version.clone(),
            verdict: leaf.verdict,
            margin: leaf.margin,
            left: leaf.left.clone(),
            right: leaf.right.clone(),
            sentence: leaf.sentence.clone(),
        };
        evaluation.leaves().into_iter().map(of).collect()
    }
}
