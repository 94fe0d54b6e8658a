//! Who there is, what each of them did, and, for admins, what each may do.
//!
//! Links and tokens are made in a browser only: an answer that may be kept for an `Idempotency-Key` holds no secret.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::people::{Right, Role};
use bellwether_engine::people::{AccountView, Deed, PersonPage};
use chrono::{DateTime, Utc};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::page::Listing;
use crate::{
    extract::{Json, Path, read_handle},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(me))
        .route(Right::Read, routes!(list))
        .route(Right::Read, routes!(get))
        .route(Right::Administer, routes!(set_role))
        .route(Right::Administer, routes!(disable))
        .route(Right::Administer, routes!(enable))
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// As they stand in the ledger: `person:ada`, `bot:importer`, `operator`. Absent for strangers.
    actor: Option<String>,
    /// How they are called.
    name: Option<String>,
    /// forecaster, curator, arbiter or admin.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// What this request may do: read, forecast, object, curate, decide, administer.
    may: Vec<&'static str>,
}

/// See who you are here
#[utoipa::path(
    get, path = "/api/v1/me", tag = "people", operation_id = "me", responses((status = 200, body = Me)),
)]
async fn me(visitor: Visitor) -> Response {
    let rights = [
        (Right::Read, "read"),
        (Right::Forecast, "forecast"),
        (Right::Follow, "follow"),
        (Right::Object, "object"),
        (Right::Curate, "curate"),
        (Right::Decide, "decide"),
        (Right::Administer, "administer"),
    ];
    let me = Me {
        actor: visitor.actor().ok().map(ToString::to_string),
        name: visitor.signed.as_ref().map(|signed| signed.name.clone()),
        role: visitor.signed.as_ref().map(|signed| signed.role),
        may: rights.iter().filter(|(right, _)| visitor.has(*right)).map(|(_, name)| *name).collect(),
    };
    let own = HeaderValue::from_static("no-store");
    ([(header::CACHE_CONTROL, own)], Answer(me)).into_response()
}

/// Someone with an account.
#[derive(Debug, Serialize, ToSchema)]
struct Person {
    /// Their name in the ledger.
    handle: String,
    /// How they are called.
    name: String,
    /// forecaster, curator, arbiter or admin.
    #[schema(value_type = String)]
    role: Role,
    /// Of a bot: who answers for it.
    owner: Option<String>,
    created_at: DateTime<Utc>,
    /// Since when nobody can act through it.
    disabled_at: Option<DateTime<Utc>>,
}

impl From<AccountView> for Person {
    fn from(account: AccountView) -> Self {
        Self {
            handle: account.handle.to_string(),
            name: account.name,
            role: account.role,
            owner: account.owner.map(|owner| owner.to_string()),
            created_at: account.created_at,
            disabled_at: account.disabled_at,
        }
    }
}

/// List everyone who has an account
#[utoipa::path(
    get, path = "/api/v1/people", tag = "people", operation_id = "list_people",
    responses((status = 200, body = Listing<Person>)),
)]
async fn list(State(state): State<AppState>) -> Result<Answer<Listing<Person>>, Problem> {
    let people = state.engine().accounts().await?;
    Ok(Answer(Listing::<Person>::whole(people)))
}

/// What someone did.
#[derive(Debug, Serialize, ToSchema)]
struct PersonInFull {
    #[serde(flatten)]
    person: Person,
    /// The bots they answer for.
    bots: Vec<String>,
    /// What they did to claims, newest first; at most 100.
    deeds: Vec<DeedRow>,
}

/// One thing someone did.
#[derive(Debug, Serialize, ToSchema)]
struct DeedRow {
    at: DateTime<Utc>,
    /// A dotted word in the past tense: `evidence.added`.
    kind: String,
    /// The claim's slug.
    claim: Option<String>,
    /// What was recorded of it.
    #[schema(value_type = Object)]
    body: Value,
}

impl From<PersonPage> for PersonInFull {
    fn from(page: PersonPage) -> Self {
        Self {
            person: page.account.into(),
            bots: page.bots.iter().map(ToString::to_string).collect(),
            deeds: page.deeds.into_iter().map(DeedRow::from).collect(),
        }
    }
}

impl From<Deed> for DeedRow {
    fn from(deed: Deed) -> Self {
        Self { at: deed.at, kind: deed.kind, claim: deed.claim.map(|c| c.to_string()), body: deed.body }
    }
}

/// Read what someone did
#[utoipa::path(
    get, path = "/api/v1/people/{handle}", tag = "people", operation_id = "get_person",
    params(("handle" = String, Path, description = "Their name in the ledger")),
    responses((status = 200, body = PersonInFull), (status = 404, body = ProblemDocument)),
)]
async fn get(
    State(state): State<AppState>,
    Path(handle): Path<String>,
) -> Result<Answer<PersonInFull>, Problem> {
    Ok(Answer(state.engine().person(&read_handle(&handle)?).await?.into()))
}

/// Which role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    /// forecaster, curator, arbiter or admin.
    #[schema(value_type = String)]
    role: Role,
}

/// Give someone another role
///
/// It holds from their next request on.
#[utoipa::path(
    post, path = "/api/v1/people/{handle}/role", tag = "people", operation_id = "set_role",
    params(("handle" = String, Path, description = "Their name in the ledger")), request_body = NewRole,
    responses(
        (status = 204), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
    ),
)]
async fn set_role(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(handle): Path<String>,
    Json(new): Json<NewRole>,
) -> Result<StatusCode, Problem> {
    state.engine().set_role(visitor.actor()?, &read_handle(&handle)?, new.role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shut someone out
///
/// Their sessions end, and their tokens and those of their bots are revoked.
#[utoipa::path(
    post, path = "/api/v1/people/{handle}/disable", tag = "people", operation_id = "disable_person",
    params(("handle" = String, Path, description = "Their name in the ledger")),
    responses((status = 204), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)),
)]
async fn disable(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    state.engine().disable_account(visitor.actor()?, &read_handle(&handle)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let someone act again
///
/// Their sessions and tokens stay ended.
#[utoipa::path(
    post, path = "/api/v1/people/{handle}/enable", tag = "people", operation_id = "enable_person",
    params(("handle" = String, Path, description = "Their name in the ledger")),
    responses((status = 204), (status = 404, body = ProblemDocument)),
)]
async fn enable(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    state.engine().enable_account(visitor.actor()?, &read_handle(&handle)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
