//! Values that many answers share, as the API writes them.

use bellwether_core::{
    ids::{ClaimId, EvidenceId, Slug},
    ledger::Move,
    probability::Probability,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a change did to its claim's number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Effect {
    /// The claim.
    #[schema(value_type = uuid::Uuid)]
    pub claim: ClaimId,
    /// Its address.
    #[schema(value_type = String)]
    pub slug: Slug,
    /// The item of evidence.
    #[schema(value_type = uuid::Uuid)]
    pub evidence: EvidenceId,
    /// The option it is about; 0 for yes.
    pub option: usize,
    /// Shown probability before, 0 to 1.
    pub p_before: f64,
    /// Shown probability after, 0 to 1.
    pub p_after: f64,
    /// The rows of the ledger that it wrote.
    pub moves: Vec<MoveRow>,
}

/// One row of a claim's ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MoveRow {
    /// Its place in the ledger, gapless from 1.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What caused it, with what it was about.
    #[schema(value_type = Object)]
    pub cause: Value,
    /// The stream that moved.
    pub stream: String,
    /// The option that moved; 0 for yes.
    pub option: usize,
    /// Signed impact points.
    pub points: f64,
    /// Shown probability of the headline before, 0 to 1.
    pub p_before: f64,
    /// And after.
    pub p_after: f64,
    /// What each item contributed to it.
    #[schema(value_type = Vec<Object>)]
    pub parts: Value,
    /// A remark.
    pub note: Option<String>,
}

impl From<&Move> for MoveRow {
    fn from(m: &Move) -> Self {
        Self {
            seq: m.seq,
            at: m.at,
            actor: m.actor.to_string(),
            cause: json(&m.cause),
            stream: m.stream.to_string(),
            option: m.option,
            points: m.points.value(),
            p_before: m.p_before.value(),
            p_after: m.p_after.value(),
            parts: json(&m.parts),
            note: m.note.clone(),
        }
    }
}

/// A domain value as JSON, where the domain's own form is the documented one.
pub(super) fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Probabilities as numbers.
pub(super) fn values(p: &[Probability]) -> Vec<f64> {
    p.iter().map(|p| p.value()).collect()
}

/// A reason, where one must be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// Why, in a sentence.
    pub reason: String,
}

/// A reason, where one may be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MaybeReason {
    /// Why, in a sentence.
    #[serde(default)]
    pub reason: Option<String>,
}
