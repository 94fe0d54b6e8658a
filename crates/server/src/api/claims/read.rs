//! One claim with everything that its page shows.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_core::{
    document::ClaimDocument,
    ids::{ClaimId, Slug},
    ledger::{Bar, Breakdown},
    points::Points,
    status::ClaimStatus,
};
use bellwether_engine::claims::{ClaimKey, ClaimPage};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    super::words::{json, values},
    AsOf, Movement,
};
use crate::{
    cache::cacheable,
    extract::{Path, StrictQuery},
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

/// A claim with everything that its page shows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Claim {
    #[schema(value_type = Uuid)]
    id: ClaimId,
    /// The readable part of its address.
    #[schema(value_type = String)]
    slug: Slug,
    /// As of when this is told.
    at: DateTime<Utc>,
    /// draft, open, awaiting_data, proposed, disputed, resolved, annulled or under_review.
    #[schema(value_type = String)]
    status: ClaimStatus,
    /// How it ended: yes, no, annulled or the option.
    #[schema(value_type = Option<String>)]
    outcome: Value,
    resolved_at: Option<DateTime<Utc>>,
    /// The claim document, under the criteria in force.
    #[schema(value_type = Object)]
    document: ClaimDocument,
    /// Every option with its shown probability.
    options: Vec<OptionShare>,
    /// The option that the claim's number is about: its place in `options`.
    leading: usize,
    /// What the headline is made of.
    #[schema(value_type = Object)]
    headline: Value,
    movement: Movement,
    /// Every stream with what it shows.
    streams: Vec<StreamShare>,
    /// How far the evidence can be leaned on, and why.
    #[schema(value_type = Object)]
    confidence: Value,
    /// What the number is made of, from the start through for, against and ageing.
    why: Why,
    /// What a reader should know of the number.
    warnings: Vec<String>,
    /// How many items count for.
    evidence_for: usize,
    /// How many items count against.
    evidence_against: usize,
    /// How many rows the ledger has.
    moves: u64,
    /// The number of the criteria in force; give it as `seen` when you change them.
    criteria_version: i64,
    /// What the rule said at the last evaluation: holds, fails or unknown.
    verdict: Option<String>,
    /// How many of its conditions do not hold.
    missing_legs: Option<i64>,
    /// Counts the writes to this claim.
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
    published_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

/// Why the number is what it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Why {
    /// The option it explains; 0 for yes.
    option: usize,
    /// Where the claim started, 0 to 1.
    start: f64,
    /// What led away from there; in log-odds they sum to the number exactly.
    bars: Vec<WhyBar>,
    /// The probability shown, 0 to 1.
    shown: f64,
}

/// One step from the start to the number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WhyBar {
    /// for, against, ageing, or the name of another stream.
    of: String,
    /// How many items it is made of.
    items: Option<usize>,
    /// Signed impact points.
    points: f64,
}

impl From<&Breakdown> for Why {
    fn from(why: &Breakdown) -> Self {
        let bar = |(bar, points): &(Bar, Points)| {
            let (of, items) = match bar {
                Bar::For(n) => ("for".to_owned(), Some(*n)),
                Bar::Against(n) => ("against".to_owned(), Some(*n)),
                Bar::Ageing => ("ageing".to_owned(), None),
                Bar::Stream(stream) => (stream.to_string(), None),
            };
            WhyBar { of, items, points: points.value() }
        };
        Self {
            option: why.option,
            start: why.start.value(),
            bars: why.bars.iter().map(bar).collect(),
            shown: why.shown.value(),
        }
    }
}

/// An option and its share.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptionShare {
    name: String,
    /// Shown probability, 0 to 1.
    p: f64,
}

/// A stream and what it shows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StreamShare {
    /// evidence, crowd, market, trend, panel or an external site.
    stream: String,
    /// Shown probability of each option, 0 to 1.
    p: Vec<f64>,
    /// Its share of the headline, 0 to 1.
    share: f64,
    /// How many items or forecasts it is made of.
    n: Option<usize>,
}

impl From<ClaimPage> for Claim {
    fn from(page: ClaimPage) -> Self {
        Self {
            id: page.id,
            slug: page.slug,
            at: page.at,
            status: page.status,
            outcome: json(&page.outcome),
            resolved_at: page.resolved_at,
            options: page
                .probabilities
                .iter()
                .map(|o| OptionShare { name: o.name.clone(), p: o.p.value() })
                .collect(),
            leading: page.leading,
            headline: json(&page.made_of),
            movement: page.movement.into(),
            streams: page
                .streams
                .iter()
                .map(|s| StreamShare {
                    stream: s.stream.to_string(),
                    p: values(&s.p),
                    share: s.share,
                    n: s.n,
                })
                .collect(),
            confidence: json(&page.confidence),
            why: Why::from(&page.why),
            warnings: page.warnings.iter().map(ToString::to_string).collect(),
            evidence_for: page.items_for.len(),
            evidence_against: page.items_against.len(),
            moves: page.moves_total,
            criteria_version: page.criteria.last().map_or(1, |c| c.n),
            verdict: page.verdict,
            missing_legs: page.missing_legs,
            version: page.version,
            created_at: page.created_at,
            created_by: page.created_by.to_string(),
            published_at: page.published_at,
            updated_at: page.updated_at,
            document: page.document,
        }
    }
}

/// Read a claim
#[utoipa::path(
    get, path = "/api/v1/claims/{id}", tag = "claims", operation_id = "get_claim",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = Claim), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument)),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(as_of): StrictQuery<AsOf>,
) -> Result<Response, Problem> {
    let page = state.engine_for(&visitor).claim_page(&claim, as_of.at).await?;
    Ok(cacheable(Answer(Claim::from(page)).into_response()))
}
