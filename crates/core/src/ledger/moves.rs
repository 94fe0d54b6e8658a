//! Moves: the entries of a ledger.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    actor::Actor,
    evidence::Factors,
    ids::{EvidenceId, ForecastId, TradeId},
    points::Points,
    probability::Probability,
    stream::{Headline, LogWeights, Stream},
};

/// Why a ledger moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// The claim states where it starts; always the first row.
    Start,
    /// An item came.
    EvidenceAdded,
    /// An item was corrected.
    EvidenceRevised,
    /// An item was taken back.
    EvidenceRetracted,
    /// An addition was undone within its minute.
    EvidenceUndone,
    /// Items aged.
    Ageing,
    /// A person decided a contradiction.
    ContradictionDecided,
    /// Someone forecast.
    ForecastMade,
    /// Someone took their forecast back.
    ForecastWithdrawn,
    /// Forecasts ended by themselves.
    ForecastExpired,
    /// Someone traded in the claim's market.
    Traded,
    /// Another stream moved: the trend, a market that opens, a roundtable, a site.
    StreamMoved,
    /// What the headline is made of was changed.
    HeadlineChanged,
    /// The criteria have a new version; nothing moves.
    CriteriaChanged,
}

/// A cause: its kind and what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// Why.
    pub kind: CauseKind,
    /// The item, criteria version or forecast that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
}

impl Cause {
    /// A cause that is about nothing in particular.
    pub fn of(kind: CauseKind) -> Self {
        Self { kind, subject: None }
    }

    /// A cause that is about an item.
    pub fn about(kind: CauseKind, item: EvidenceId) -> Self {
        Self { kind, subject: Some(item.0) }
    }

    /// A cause that is about a trade.
    pub fn about_trade(trade: TradeId) -> Self {
        Self { kind: CauseKind::Traded, subject: Some(trade.0) }
    }

    /// A cause that is about a forecast.
    pub fn about_forecast(kind: CauseKind, forecast: ForecastId) -> Self {
        Self { kind, subject: Some(forecast.0) }
    }
}

/// What one item contributed before and after a move, in signed points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The item.
    pub evidence: EvidenceId,
    /// The option it is about; 0 for yes.
    pub option: usize,
    /// Points before.
    #[serde(with = "crate::exact")]
    pub before: f64,
    /// Points after.
    #[serde(with = "crate::exact")]
    pub after: f64,
    /// The factors after.
    pub factors: Factors,
}

/// One row of a claim's ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// Its place: 1, 2, 3, without gaps.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: Actor,
    /// Why.
    pub cause: Cause,
    /// Which stream moved; for changes that move none, the evidence stream, unmoved.
    pub stream: Stream,
    /// The option that it is chiefly about; 0 for yes.
    pub option: usize,
    /// Impact on the headline's log-weight of that option: `after = before + points / 25`.
    pub points: Points,
    /// The stream before.
    pub stream_before: LogWeights,
    /// The stream after.
    pub stream_after: LogWeights,
    /// The headline before, unclamped.
    pub headline_before: LogWeights,
    /// The headline after, unclamped.
    pub headline_after: LogWeights,
    /// The option's probability as shown before.
    pub p_before: Probability,
    /// The option's probability as shown after.
    pub p_after: Probability,
    /// What each item contributed, where evidence moved.
    pub parts: Vec<Part>,
    /// What the headline is made of from here on, where that changed; always in the first row.
    pub made_of: Option<Headline>,
    /// The stream has no value any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// A remark for readers.
    pub note: Option<String>,
}

impl Move {
    /// The movement of the shown probability in percentage points.
    pub fn pts(&self) -> f64 {
        100.0 * (self.p_after.value() - self.p_before.value())
    }

    /// Whether it re-weighs the neighbours of the item that caused it, as a further move under the same cause.
    pub fn is_reweighing(&self) -> bool {
        !self.parts.is_empty()
            && matches!(
                self.cause.kind,
                CauseKind::EvidenceAdded
                    | CauseKind::EvidenceRevised
                    | CauseKind::EvidenceRetracted
                    | CauseKind::EvidenceUndone
            )
            && self.parts.iter().all(|p| Some(p.evidence.0) != self.cause.subject)
    }
}
