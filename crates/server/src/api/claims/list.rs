//! Claims found by words, tags and states.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_core::{
    ids::{ClaimId, Slug},
    status::ClaimStatus,
};
use bellwether_engine::{
    EngineError,
    claims::{FeedCard, FeedQuery, FeedSort},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        page::{Limit, Listing},
        words::json,
    },
    Movement,
};
use crate::{
    cache::cacheable,
    extract::StrictQuery,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

/// What a list of claims is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Words that must all be found in a claim; at most 10 count.
    #[param(max_length = 500)]
    q: Option<String>,
    /// Tags that must all be carried, with commas between.
    #[param(max_length = 500)]
    tag: Option<String>,
    /// States of which one must stand, with commas between: draft, open, awaiting_data, proposed, disputed, resolved,
    /// annulled, under_review. All but drafts where absent.
    status: Option<String>,
    /// The order: moved, closest, deadline, new or settled.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(moved|closest|deadline|new|settled)$")]
    sort: FeedSort,
    /// Over how many days movement is told and sorted by.
    #[param(minimum = 1, maximum = 3660)]
    days: Option<u32>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// How many claims a page has, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
}

impl ListQuery {
    fn read(self) -> Result<FeedQuery, Problem> {
        let bad = |field, message: &str| Problem::malformed_field(field, "unknown_value", message);
        if self.q.as_deref().is_some_and(|q| q.chars().count() > 500 || q.contains('\0')) {
            return Err(bad("q", "at most 500 characters, none of them NUL"));
        }
        let parts = |text: Option<String>| -> Vec<String> {
            text.iter()
                .flat_map(|t| t.split(','))
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect()
        };
        let tags = parts(self.tag);
        if tags.len() > 30 || tags.iter().any(|tag| tag.chars().count() > 60 || tag.contains('\0')) {
            return Err(bad("tag", "at most 30 tags of at most 60 characters"));
        }
        let statuses = parts(self.status)
            .iter()
            .map(|word| ClaimStatus::read(word))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                let known: Vec<_> =
                    ClaimStatus::ALL.iter().map(json).filter_map(|s| s.as_str().map(str::to_owned)).collect();
                bad("status", &format!("write some of {}", known.join(", ")))
            })?;
        let days = self.days.unwrap_or(7);
        if !(1..=3660).contains(&days) {
            return Err(bad("days", "from 1 to 3660"));
        }
        Ok(FeedQuery {
            text: self.q,
            tags,
            statuses,
            sort: self.sort,
            window: TimeDelta::days(days.into()),
            after: self.cursor,
            limit: self.limit.0,
        })
    }
}

/// A claim in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClaimCard {
    #[schema(value_type = Uuid)]
    id: ClaimId,
    /// The readable part of its address.
    #[schema(value_type = String)]
    slug: Slug,
    title: String,
    context: String,
    tags: Vec<String>,
    /// draft, open, awaiting_data, proposed, disputed, resolved, annulled or under_review.
    #[schema(value_type = String)]
    status: ClaimStatus,
    /// How it ended: yes, no, annulled or the option.
    #[schema(value_type = Option<String>)]
    outcome: Value,
    resolved_at: Option<DateTime<Utc>>,
    /// Shown probability of yes, or of the leading option; 0 to 1.
    p: Option<f64>,
    /// The leading option, where the claim names options.
    option: Option<String>,
    movement: Movement,
    /// What the number is made of.
    #[schema(value_type = Object)]
    headline: Value,
    /// How many items of evidence count.
    evidence_count: i64,
    /// high, moderate or low.
    #[schema(value_type = String)]
    confidence: Value,
    /// The deadline: the first instant that is too late.
    deadline: DateTime<Utc>,
    /// As its author wrote it.
    deadline_text: String,
    /// What the rule said at the last evaluation: holds, fails or unknown.
    verdict: Option<String>,
    /// How many of its conditions do not hold.
    missing_legs: Option<i64>,
    /// Whether a rule decides it; else a person does.
    has_rule: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<FeedCard> for ClaimCard {
    fn from(card: FeedCard) -> Self {
        Self {
            id: card.id,
            slug: card.slug,
            title: card.title,
            context: card.context,
            tags: card.tags,
            status: card.status,
            outcome: json(&card.outcome),
            resolved_at: card.resolved_at,
            p: card.p.map(bellwether_core::probability::Probability::value),
            option: card.option,
            movement: card.movement.into(),
            headline: json(&card.made_of),
            evidence_count: card.evidence_count,
            confidence: json(&card.confidence),
            deadline: card.deadline,
            deadline_text: card.deadline_text,
            verdict: card.verdict,
            missing_legs: card.missing_legs,
            has_rule: card.has_rule,
            created_at: card.created_at,
            updated_at: card.updated_at,
        }
    }
}

/// List claims
#[utoipa::path(
    get, path = "/api/v1/claims", tag = "claims", operation_id = "list_claims", params(ListQuery),
    responses((status = 200, body = Listing<ClaimCard>), (status = 400, body = ProblemDocument)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    StrictQuery(query): StrictQuery<ListQuery>,
) -> Result<Response, Problem> {
    let page = state.engine().feed(&query.read()?).await.map_err(in_query)?;
    let items = page.cards.into_iter().map(ClaimCard::from).collect();
    Ok(cacheable(Answer(Listing { items, next: page.next }).into_response()))
}

/// What is wrong with a query is 400, not 422.
fn in_query(error: EngineError) -> Problem {
    match error {
        EngineError::Invalid(errors) => match errors.into_iter().next() {
            Some(e) => Problem::malformed_field(&e.field, e.code, e.message),
            None => Problem::malformed("the query cannot be read"),
        },
        other => other.into(),
    }
}
