//! Questions of other sites that a claim follows.

use std::collections::BTreeMap;

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::people::Right;
use bellwether_engine::{
    claims::ClaimKey,
    external::{ExternalView, LinkInput, Look, OverThere, Values, mapping::Choice},
};
use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{page::Listing, words::json};
use crate::{
    cache::cacheable,
    extract::{Json, Path},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(list))
        .route(Right::Curate, routes!(link))
        // Looking at a question asks another machine, so it is not for everybody.
        .route(Right::Curate, routes!(preview))
        .route(Right::Curate, routes!(unlink))
}

/// A question to be followed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewExternal {
    /// The address of a question of Manifold, Metaculus or Polymarket.
    #[schema(min_length = 1, max_length = 1000)]
    address: String,
    /// The name of its stream, `external:NAME`; the site's where absent.
    #[serde(default)]
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,79}$")]
    name: Option<String>,
    /// The other question is the opposite of this yes/no claim.
    #[serde(default)]
    inverted: bool,
    /// Of a question with several answers the one, by name or id, that is the Yes of this yes/no claim.
    #[serde(default)]
    answer: Option<String>,
    /// Of a claim with named options the answer, by name or id, for an option; `*` for all that no other option takes.
    /// Options that are left out take the answer of their own name.
    #[serde(default)]
    answers: BTreeMap<String, String>,
}

impl From<NewExternal> for LinkInput {
    fn from(new: NewExternal) -> Self {
        let choice = Choice { inverted: new.inverted, answer: new.answer, answers: new.answers };
        Self { address: new.address, name: new.name, choice }
    }
}

/// A question of another site that a claim follows.
#[derive(Debug, Serialize, ToSchema)]
struct External {
    /// The name of its stream, `external:NAME`.
    name: String,
    /// Its stream.
    stream: String,
    /// `manifold`, `metaculus` or `polymarket`.
    site: String,
    /// The address of its page.
    address: String,
    /// Its title as read last.
    title: String,
    /// Which of its answers is which option of the claim.
    #[schema(value_type = Object)]
    mapping: Value,
    /// Whether it is over there. It never settles the claim.
    state: StateThere,
    /// What it said last; absent before its first value.
    value: Option<ValueThere>,
    /// The last answer that could be read.
    last_read_at: DateTime<Utc>,
    /// Whether that is so long ago that it may have changed since.
    stale: bool,
    /// Reads that failed since, in a row.
    failures: i64,
    /// What went wrong last.
    last_error: Option<String>,
    /// When it is read next.
    next_due_at: Option<DateTime<Utc>>,
    linked_by: String,
    linked_at: DateTime<Utc>,
    removed_by: Option<String>,
    /// When it was taken away, and its stream ended.
    removed_at: Option<DateTime<Utc>>,
}

/// Where a question stands at its site.
#[derive(Debug, Serialize, ToSchema)]
struct StateThere {
    /// `open`, `closed` or `resolved`.
    is: String,
    /// The outcome in the site's words.
    how: Option<String>,
    /// Since when, if the site says so.
    at: Option<DateTime<Utc>>,
}

/// What a question said from an instant on.
#[derive(Debug, Serialize, ToSchema)]
struct ValueThere {
    /// When it was observed.
    at: DateTime<Utc>,
    /// The site's own time.
    as_of: Option<DateTime<Utc>>,
    /// One for each option of the claim, in their order; 0.001 to 0.999.
    probabilities: Vec<f64>,
    /// Digest of the bytes it was read from.
    sha256: String,
}

/// A question as it was read. Nothing is stored.
#[derive(Debug, Serialize, ToSchema)]
struct ExternalPreview {
    /// `manifold`, `metaculus` or `polymarket`.
    site: String,
    /// The address of its page.
    address: String,
    /// Its title.
    title: String,
    /// The named answers; empty of a yes/no question.
    answers: Vec<AnswerThere>,
    /// Whether exactly one of the answers comes true.
    exclusive: bool,
    /// The time the site gives for its probabilities.
    as_of: Option<DateTime<Utc>>,
    /// Whether it is over there.
    state: StateThere,
    /// Which of its answers would be which option; absent while that is not clear.
    #[schema(value_type = Option<Object>)]
    mapping: Option<Value>,
    /// Why that is not clear yet.
    unclear: Option<String>,
    /// What it would say of the claim's options, in their order.
    probabilities: Option<Vec<f64>>,
}

/// A named answer of a question.
#[derive(Debug, Serialize, ToSchema)]
struct AnswerThere {
    /// What the site calls it by.
    id: String,
    name: String,
    /// 0 to 1; absent where the site gives none.
    probability: Option<f64>,
}

impl From<OverThere> for StateThere {
    fn from(state: OverThere) -> Self {
        let is = state.word().to_owned();
        match state {
            OverThere::Open => Self { is, how: None, at: None },
            OverThere::Closed { at } => Self { is, how: None, at },
            OverThere::Resolved { how, at } => Self { is, how: Some(how), at },
        }
    }
}

impl From<ExternalView> for External {
    fn from(view: ExternalView) -> Self {
        Self {
            stream: view.stream().to_string(),
            name: view.name.to_string(),
            site: view.site.word().to_owned(),
            mapping: json(&view.mapping),
            address: view.address,
            title: view.title,
            state: view.state.into(),
            value: view.last.map(|value| ValueThere {
                at: value.at,
                as_of: value.as_of,
                probabilities: value.p.as_slice().to_vec(),
                sha256: value.sha256.to_string(),
            }),
            last_read_at: view.last_read_at,
            stale: view.stale,
            failures: view.failures,
            last_error: view.last_error,
            next_due_at: view.next_due_at,
            linked_by: view.linked_by.to_string(),
            linked_at: view.linked_at,
            removed_by: view.removed.as_ref().map(|(by, _)| by.to_string()),
            removed_at: view.removed.map(|(_, at)| at),
        }
    }
}

impl From<Look> for ExternalPreview {
    fn from(look: Look) -> Self {
        let answer = |a: &bellwether_engine::external::Answer| AnswerThere {
            id: a.id.clone(),
            name: a.name.clone(),
            probability: a.p,
        };
        let (mapping, unclear) = match &look.mapping {
            Ok(mapping) => (Some(json(mapping)), None),
            Err(why) => (None, Some(why.clone())),
        };
        Self {
            site: look.address.site().word().to_owned(),
            address: look.address.to_string(),
            title: look.reading.title.clone(),
            answers: look.answers().iter().map(answer).collect(),
            exclusive: !matches!(look.reading.values, Values::Several { exclusive: false, .. }),
            as_of: look.reading.as_of,
            state: look.state.into(),
            mapping,
            unclear,
            probabilities: look.probabilities.map(|p| p.as_slice().to_vec()),
        }
    }
}

/// List the questions of other sites that a claim follows
///
/// Those that were taken away come last.
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/externals", tag = "externals", operation_id = "list_externals",
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, body = Listing<External>), (status = 404, body = ProblemDocument)),
)]
async fn list(State(state): State<AppState>, Path(claim): Path<ClaimKey>) -> Result<Response, Problem> {
    let found = state.engine().externals(&claim).await?;
    Ok(cacheable(Answer(Listing::<External>::whole(found)).into_response()))
}

/// Follow a question of another site
///
/// It is read at once, and what it says is the first value of its stream. From then on it is read by itself.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/externals", tag = "externals", operation_id = "link_external",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = NewExternal,
    responses(
        (status = 201, body = External), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn link(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewExternal>,
) -> Result<Response, Problem> {
    let view = state.engine().link_external(visitor.actor()?, &claim, &new.into()).await?;
    let location = format!("/api/v1/claims/{claim}/externals");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Answer(External::from(view))).into_response())
}

/// Look at a question of another site before it is followed
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/externals/preview", tag = "externals", operation_id = "preview_external",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = NewExternal,
    responses(
        (status = 200, body = ExternalPreview), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn preview(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewExternal>,
) -> Result<Answer<ExternalPreview>, Problem> {
    Ok(Answer(state.engine().look_at_external(&claim, &new.into()).await?.into()))
}

/// Stop following a question of another site
///
/// Its stream ends; what it said stays.
#[utoipa::path(
    delete, path = "/api/v1/claims/{id}/externals/{name}", tag = "externals", operation_id = "unlink_external",
    params(("id" = String, Path, description = "Id or slug"), ("name" = String, Path, description = "Of its stream")),
    responses(
        (status = 204, description = "It is no longer followed"), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument),
    ),
)]
async fn unlink(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((claim, name)): Path<(ClaimKey, String)>,
) -> Result<StatusCode, Problem> {
    state.engine().unlink_external(visitor.actor()?, &claim, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
