//! Forecasts: made, changed, withdrawn, many at once; the crowd that they make.

use std::collections::BTreeMap;

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{
    forecast::{Aggregate, Method},
    ids::{ClaimId, ForecastId, Slug},
    people::Right,
};
use bellwether_engine::{
    FieldError,
    claims::ClaimKey,
    forecasts::{ForecastInput, ForecastPage, ForecastView, Made, Stated},
};
use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::page::{Limit, Listing, Wanted, begin};
use crate::{
    extract::{Json, Path, StrictQuery},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(list))
        .route(Right::Forecast, routes!(make))
        .route(Right::Forecast, routes!(withdraw))
        .route(Right::Forecast, routes!(make_all))
        .route(Right::Forecast, routes!(import))
        .route(Right::Read, routes!(crowd))
}

/// A forecast as its author states it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewForecast {
    /// Of yes, 0 to 1; kept from 0.001 to 0.999.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    probability: Option<f64>,
    /// Of each named option; they sum to 1.
    #[serde(default)]
    probabilities: Option<BTreeMap<String, f64>>,
    /// Why, at most 20,000 characters of Markdown.
    #[serde(default)]
    #[schema(max_length = 20000)]
    rationale: Option<String>,
    /// When it ends by itself; in the future.
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

impl NewForecast {
    fn read(self, at: &str) -> Result<ForecastInput, Problem> {
        let stated = match (self.probability, self.probabilities) {
            (Some(p), None) => Stated::Yes(p),
            (None, Some(all)) => Stated::Options(all),
            _ => {
                return Err(Problem::invalid(vec![FieldError::new(
                    format!("{at}probability"),
                    "required",
                    "give either `probability`, of yes, or `probabilities`, one for each named option",
                )]));
            }
        };
        Ok(ForecastInput { stated, rationale: self.rationale, expires_at: self.expires_at })
    }
}

/// What a forecast did.
#[derive(Debug, Serialize, ToSchema)]
struct MadeForecast {
    #[schema(value_type = Uuid)]
    id: ForecastId,
    #[schema(value_type = Uuid)]
    claim: ClaimId,
    #[schema(value_type = String)]
    slug: Slug,
    /// From when on it stands.
    at: DateTime<Utc>,
    /// One per option, as kept; of a yes/no claim yes and no. Absent for a withdrawal.
    probabilities: Option<Vec<f64>>,
    /// Some probability lay outside 0.001 to 0.999 and was moved to the edge.
    clamped: bool,
    expires_at: Option<DateTime<Utc>>,
    /// Whether it counts in the crowd.
    counts: bool,
    /// The crowd before, one per option.
    crowd_before: Option<Vec<Option<f64>>>,
    /// The crowd after.
    crowd_after: Option<Vec<Option<f64>>>,
    /// How many forecasters stand in the crowd now.
    n: usize,
    /// The claim's number before, one per option, as shown.
    p_before: Vec<f64>,
    /// And after.
    p_after: Vec<f64>,
    /// The row of the ledger, where the crowd moved.
    moved: Option<u64>,
}

impl From<Made> for MadeForecast {
    fn from(made: Made) -> Self {
        let shown =
            |all: &[bellwether_core::probability::Probability]| all.iter().map(|p| p.value()).collect();
        Self {
            id: made.id,
            claim: made.claim,
            slug: made.slug,
            at: made.at,
            probabilities: made.forecast.map(|p| p.as_slice().to_vec()),
            clamped: made.clamped,
            expires_at: made.expires_at,
            counts: made.counts,
            n: made.crowd.as_ref().map_or(0, |a| a.n),
            crowd_before: made.crowd_before.map(|a| a.centers),
            crowd_after: made.crowd.map(|a| a.centers),
            p_before: shown(&made.before),
            p_after: shown(&made.after),
            moved: made.moved,
        }
    }
}

/// Forecast a claim, or change your forecast
///
/// It stands until your next one, your withdrawal, or `expires_at`.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/forecasts", tag = "forecasts", operation_id = "forecast",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = NewForecast,
    responses(
        (status = 201, body = MadeForecast), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn make(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewForecast>,
) -> Result<Response, Problem> {
    let made = state.engine().forecast(visitor.actor()?, &claim, new.read("")?, "api").await?;
    let location = format!("/api/v1/claims/{}/forecasts", made.claim);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Answer(MadeForecast::from(made)))
        .into_response())
}

/// Take your forecast of a claim back
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/forecasts/withdraw", tag = "forecasts", operation_id = "withdraw_forecast",
    params(("id" = String, Path, description = "Id or slug")),
    responses(
        (status = 200, body = MadeForecast), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument),
    ),
)]
async fn withdraw(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
) -> Result<Answer<MadeForecast>, Problem> {
    Ok(Answer(state.engine().withdraw_forecast(visitor.actor()?, &claim, "api").await?.into()))
}

/// A forecast of one of several claims.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForecastOf {
    /// Id or slug.
    #[schema(value_type = String)]
    claim: ClaimKey,
    /// Of yes, 0 to 1; kept from 0.001 to 0.999.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    probability: Option<f64>,
    /// Of each named option; they sum to 1.
    #[serde(default)]
    probabilities: Option<BTreeMap<String, f64>>,
    /// Why, at most 20,000 characters of Markdown.
    #[serde(default)]
    #[schema(max_length = 20000)]
    rationale: Option<String>,
    /// When it ends by itself; in the future.
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

impl ForecastOf {
    fn split(self) -> (ClaimKey, NewForecast) {
        let Self { claim, probability, probabilities, rationale, expires_at } = self;
        (claim, NewForecast { probability, probabilities, rationale, expires_at })
    }
}

/// Several forecasts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ManyForecasts {
    /// At most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    forecasts: Vec<ForecastOf>,
}

/// What several forecasts did.
#[derive(Debug, Serialize, ToSchema)]
struct MadeForecasts {
    /// In the order in which they were given.
    forecasts: Vec<MadeForecast>,
}

/// Forecast several claims at once, all or none
#[utoipa::path(
    post, path = "/api/v1/forecasts", tag = "forecasts", operation_id = "forecast_many",
    request_body = ManyForecasts,
    responses((status = 201, body = MadeForecasts), (status = 422, body = ProblemDocument)),
)]
async fn make_all(
    State(state): State<AppState>,
    visitor: Visitor,
    Json(many): Json<ManyForecasts>,
) -> Result<Response, Problem> {
    let mut all = Vec::with_capacity(many.forecasts.len());
    for (i, one) in many.forecasts.into_iter().enumerate() {
        let (claim, forecast) = one.split();
        all.push((claim, forecast.read(&format!("forecasts[{i}]."))?));
    }
    let made = state.engine().forecast_all(visitor.actor()?, &all, "api").await?;
    let forecasts = made.into_iter().map(MadeForecast::from).collect();
    Ok((StatusCode::CREATED, Answer(MadeForecasts { forecasts })).into_response())
}

/// Forecast several claims from a CSV file, all or none
///
/// Columns: claim, probability; where wanted option (one row for each), rationale, expires_at. Errors name the row.
#[utoipa::path(
    post, path = "/api/v1/forecasts/import", tag = "forecasts", operation_id = "import_forecasts",
    request_body = ForecastFile,
    responses((status = 201, body = MadeForecasts), (status = 422, body = ProblemDocument)),
)]
async fn import(
    State(state): State<AppState>,
    visitor: Visitor,
    Json(file): Json<ForecastFile>,
) -> Result<Response, Problem> {
    let made = state.engine().import_forecasts(visitor.actor()?, &file.csv).await?;
    let forecasts = made.into_iter().map(MadeForecast::from).collect();
    Ok((StatusCode::CREATED, Answer(MadeForecasts { forecasts })).into_response())
}

/// A file of forecasts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForecastFile {
    /// The file's text, at most 1 MiB.
    csv: String,
}

/// A forecast, or a withdrawal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ForecastRow {
    #[schema(value_type = Uuid)]
    id: ForecastId,
    /// The claim's slug.
    #[schema(value_type = String)]
    claim: Slug,
    /// Whose: `person:ada`, `bot:importer`, `operator`.
    forecaster: String,
    /// Its place among this forecaster's of this claim, gapless from 1.
    n: i64,
    /// From when on it stands.
    at: DateTime<Utc>,
    /// One per option; of a yes/no claim yes and no. Absent for a withdrawal.
    probabilities: Option<Vec<f64>>,
    expires_at: Option<DateTime<Utc>>,
    /// Whether it stands now.
    stands: bool,
    /// The version of the criteria that it saw.
    criteria_version: i64,
    rationale: Option<String>,
    /// The way it came: page, api, import.
    via: String,
}

impl From<ForecastView> for ForecastRow {
    fn from(f: ForecastView) -> Self {
        Self {
            id: f.id,
            claim: f.claim,
            forecaster: f.forecaster.to_string(),
            n: f.n,
            at: f.at,
            probabilities: f.p.map(|p| p.as_slice().to_vec()),
            expires_at: f.expires_at,
            stands: f.stands,
            criteria_version: f.criteria_n,
            rationale: f.rationale,
            via: f.via,
        }
    }
}

/// A page's rows and where the next one begins.
pub(super) fn listing(page: ForecastPage) -> Listing<ForecastRow> {
    Listing {
        items: page.forecasts.into_iter().map(ForecastRow::from).collect(),
        next: page.next.map(|(at, id)| format!("{}-{id}", at.timestamp_micros())),
    }
}

/// Reads where a page of forecasts begins.
pub(super) fn place(cursor: &str) -> Option<(DateTime<Utc>, ForecastId)> {
    let (at, id) = cursor.split_once('-')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
}

/// List the forecasts of a claim, newest first
///
/// Of a claim that hides its crowd nothing is listed before you have forecast.
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/forecasts", tag = "forecasts", operation_id = "list_forecasts",
    params(("id" = String, Path, description = "Id or slug"), Wanted),
    responses(
        (status = 200, body = Listing<ForecastRow>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Answer<Listing<ForecastRow>>, Problem> {
    let before = begin(wanted.cursor.as_deref(), place)?;
    let Limit(limit) = wanted.limit;
    let engine = state.engine_for(&visitor);
    Ok(Answer(listing(engine.forecasts_of_claim(&claim, before, limit).await?)))
}

/// How the crowd is counted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CrowdQuery {
    /// `recency_weighted` (the crowd; where absent), `unweighted`, `mean`, `geometric_mean_of_odds`.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(recency_weighted|unweighted|mean|geometric_mean_of_odds)$")]
    method: Option<Method>,
}

/// The crowd of a claim, now and over time.
#[derive(Debug, Serialize, ToSchema)]
struct Crowd {
    /// The options, in the order of every list.
    options: Vec<String>,
    /// How many forecasters stand now.
    n: usize,
    /// Hidden until you have forecast.
    hidden: bool,
    method: String,
    /// Every change, oldest first; the last one stands.
    history: Vec<CrowdStep>,
}

/// The crowd from an instant on.
#[derive(Debug, Serialize, ToSchema)]
struct CrowdStep {
    at: DateTime<Utc>,
    /// Until when; absent while it stands.
    until: Option<DateTime<Utc>>,
    n: usize,
    /// One per option.
    center: Vec<Option<f64>>,
    /// The lower quartile of each option.
    lower: Vec<Option<f64>>,
    /// The upper quartile of each option.
    upper: Vec<Option<f64>>,
}

impl CrowdStep {
    fn of(at: DateTime<Utc>, until: Option<DateTime<Utc>>, aggregate: Aggregate) -> Self {
        let Aggregate { n, centers, lower, upper, .. } = aggregate;
        Self { at, until, n, center: centers, lower, upper }
    }
}

/// Read the crowd of a claim, now and over time
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/crowd", tag = "forecasts", operation_id = "get_crowd",
    params(("id" = String, Path, description = "Id or slug"), CrowdQuery),
    responses(
        (status = 200, body = Crowd), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument),
    ),
)]
async fn crowd(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    StrictQuery(query): StrictQuery<CrowdQuery>,
) -> Result<Answer<Crowd>, Problem> {
    let engine = state.engine_for(&visitor);
    let method = query.method.unwrap_or(Method::RecencyWeighted);
    let box_ = engine.claim_forecasts(&claim).await?;
    let history = engine.crowd_history(&claim, method).await?;
    Ok(Answer(Crowd {
        options: box_.options.names().into_iter().map(str::to_owned).collect(),
        n: box_.n,
        hidden: box_.hidden,
        method: method.to_string(),
        history: history
            .into_iter()
            .map(|step| CrowdStep::of(step.start, step.end, step.aggregate))
            .collect(),
    }))
}
