//! Everyone with an opinion: leaderboards, track records, calibration, what a claim earned whom.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State};
use bellwether_core::{
    forecast::{Forecaster, ForecasterKind, ScoreKind, calibration::Bin},
    ids::Slug,
    people::Right,
};
use bellwether_engine::{
    claims::ClaimKey,
    forecasts::{BoardQuery, BoardRow, Earned, Score, TrackRecord},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{
    forecasts::{ForecastRow, listing, place},
    page::{Limit, Listing, Wanted, begin},
    words::json,
};
use crate::{
    extract::{Path, StrictQuery},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(board))
        .route(Right::Read, routes!(record))
        .route(Right::Read, routes!(forecasts))
        .route(Right::Read, routes!(of_claim))
}

/// Which leaderboard.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BoardParams {
    /// By which score; `brier` where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(brier|peer|baseline|log|spot_baseline|spot_peer)$")]
    score: Option<ScoreKind>,
    /// Only claims settled since.
    #[serde(default, deserialize_with = "super::page::instant")]
    since: Option<DateTime<Utc>>,
    /// Only claims with this tag.
    #[serde(default)]
    tag: Option<String>,
    /// Only forecasters of this kind; naive baselines are always listed.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(person|bot|stream|baseline)$")]
    kind: Option<ForecasterKind>,
}

/// A leaderboard.
#[derive(Debug, Serialize, ToSchema)]
struct Leaderboard {
    /// By which score.
    score: String,
    /// How many settled claims it is made of.
    claims: usize,
    /// The best first.
    places: Vec<Place>,
}

/// A forecaster's place.
#[derive(Debug, Serialize, ToSchema)]
struct Place {
    /// From 1; equals share a place.
    rank: usize,
    /// `person:ada`, `bot:importer`, `operator`, `stream:crowd`, `stream:headline`, `baseline:even`, `baseline:rate`.
    forecaster: String,
    /// person, bot, stream or baseline.
    kind: String,
    /// The sum over claims; for Brier and log the mean by coverage.
    value: f64,
    /// The mean Brier score by coverage.
    brier: Option<f64>,
    /// The sum of peer scores.
    peer: Option<f64>,
    /// The mean share of the claims' time that was forecast.
    coverage: f64,
    /// How many claims.
    claims: usize,
    /// Score points earned by moves.
    points: Option<f64>,
}

impl From<BoardRow> for Place {
    fn from(row: BoardRow) -> Self {
        Self {
            rank: row.rank,
            kind: row.forecaster.kind().to_string(),
            forecaster: row.forecaster.to_string(),
            value: row.value,
            brier: row.brier,
            peer: row.peer,
            coverage: row.coverage,
            claims: row.claims,
            points: row.points,
        }
    }
}

/// Rank everyone with an opinion by what settled claims earned them
#[utoipa::path(
    get, path = "/api/v1/leaderboards", tag = "forecasters", operation_id = "get_leaderboard",
    params(BoardParams),
    responses((status = 200, body = Leaderboard), (status = 400, body = ProblemDocument)),
)]
async fn board(
    State(state): State<AppState>,
    StrictQuery(params): StrictQuery<BoardParams>,
) -> Result<Answer<Leaderboard>, Problem> {
    let score = params.score.unwrap_or(ScoreKind::Brier);
    if !ScoreKind::KEPT.contains(&score) {
        return Err(Problem::malformed_field(
            "score",
            "unknown",
            "this score is not kept: use brier or peer",
        ));
    }
    let query =
        BoardQuery { score, since: params.since, tag: params.tag, kinds: params.kind.into_iter().collect() };
    let board = state.engine().leaderboard(&query).await?;
    Ok(Answer(Leaderboard {
        score: score.to_string(),
        claims: board.claims,
        places: board.rows.into_iter().map(Place::from).collect(),
    }))
}

/// A forecaster's track record.
#[derive(Debug, Serialize, ToSchema)]
struct Record {
    forecaster: String,
    /// person, bot, stream or baseline.
    kind: String,
    /// Each kind of score: the sum over claims; for Brier and log the mean by coverage.
    totals: BTreeMap<String, f64>,
    /// The mean share of the claims' time that was forecast.
    coverage: f64,
    /// Score points earned by moves.
    points: f64,
    /// Of what they forecast of settled yes/no claims: bins that hold forecasts.
    calibration: Vec<CalibrationBin>,
    /// Settled claims, newest first.
    earned: Vec<EarnedRow>,
}

/// Forecasts of nearly the same probability.
#[derive(Debug, Serialize, ToSchema)]
struct CalibrationBin {
    lower: f64,
    upper: f64,
    forecasts: usize,
    claims: usize,
    /// How many claims of equal weight would say as much.
    effective: f64,
    /// The weighted mean of the probabilities given.
    mean_p: Option<f64>,
    /// The weighted part that came true.
    came_true: Option<f64>,
    /// Where nine of ten such parts of a perfect forecaster would fall, counted by claims: from here.
    band_low: f64,
    /// To here.
    band_high: f64,
}

impl From<&Bin> for CalibrationBin {
    fn from(bin: &Bin) -> Self {
        Self {
            lower: bin.lower,
            upper: bin.upper,
            forecasts: bin.forecasts,
            claims: bin.claims,
            effective: bin.effective,
            mean_p: bin.mean_p,
            came_true: bin.came_true,
            band_low: bin.band.low,
            band_high: bin.band.high,
        }
    }
}

/// What a claim earned a forecaster.
#[derive(Debug, Serialize, ToSchema)]
struct EarnedRow {
    /// The claim's slug.
    #[schema(value_type = String)]
    claim: Slug,
    title: String,
    /// `yes`, `no` or `option:NAME`.
    #[schema(value_type = Option<String>)]
    outcome: Value,
    #[serde(flatten)]
    score: ScoreRow,
}

impl From<Earned> for EarnedRow {
    fn from(earned: Earned) -> Self {
        Self {
            claim: earned.slug,
            title: earned.title,
            outcome: json(&earned.outcome),
            score: earned.score.into(),
        }
    }
}

/// All scores of a forecaster on a claim.
#[derive(Debug, Serialize, ToSchema)]
struct ScoreRow {
    forecaster: String,
    /// When the outcome became final.
    at: DateTime<Utc>,
    /// From when on forecasts could know.
    closed_at: DateTime<Utc>,
    brier: Option<f64>,
    peer: Option<f64>,
    baseline: Option<f64>,
    spot_baseline: Option<f64>,
    spot_peer: Option<f64>,
    log: Option<f64>,
    /// The share of the time from opening to deadline that was forecast.
    coverage: f64,
    /// The outcome's probability at closing.
    final_p: Option<f64>,
    /// Score points earned by moves.
    points: Option<f64>,
    /// Forecasts that counted.
    forecasts: i64,
    /// Forecasts that saw criteria under which it would have come out otherwise.
    annulled: i64,
    /// Forecasts made after the event.
    late: i64,
}

impl From<Score> for ScoreRow {
    fn from(s: Score) -> Self {
        Self {
            forecaster: s.forecaster.to_string(),
            at: s.at,
            closed_at: s.closed_at,
            brier: s.brier,
            peer: s.peer,
            baseline: s.baseline,
            spot_baseline: s.spot_baseline,
            spot_peer: s.spot_peer,
            log: s.log,
            coverage: s.coverage,
            final_p: s.final_p,
            points: s.points,
            forecasts: s.forecasts,
            annulled: s.annulled,
            late: s.late,
        }
    }
}

fn read(name: &str) -> Result<Forecaster, Problem> {
    name.parse().map_err(|_| Problem::not_found("forecaster"))
}

/// Read a forecaster's track record
#[utoipa::path(
    get, path = "/api/v1/forecasters/{name}", tag = "forecasters", operation_id = "get_forecaster",
    params(("name" = String, Path, description = "person:ada, bot:x, operator, stream:crowd, baseline:even")),
    responses((status = 200, body = Record), (status = 404, body = ProblemDocument)),
)]
async fn record(State(state): State<AppState>, Path(name): Path<String>) -> Result<Answer<Record>, Problem> {
    let TrackRecord { forecaster, earned, totals, coverage, points, calibration } =
        state.engine().track_record(&read(&name)?).await?;
    Ok(Answer(Record {
        kind: forecaster.kind().to_string(),
        forecaster: forecaster.to_string(),
        totals: totals.into_iter().map(|(kind, value)| (kind.to_string(), value)).collect(),
        coverage,
        points,
        calibration: calibration.iter().filter(|bin| bin.forecasts > 0).map(CalibrationBin::from).collect(),
        earned: earned.into_iter().map(EarnedRow::from).collect(),
    }))
}

/// List a forecaster's forecasts, newest first
#[utoipa::path(
    get, path = "/api/v1/forecasters/{name}/forecasts", tag = "forecasters", operation_id = "list_forecasts_of",
    params(("name" = String, Path, description = "person:ada, bot:x, operator"), Wanted),
    responses(
        (status = 200, body = Listing<ForecastRow>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn forecasts(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(name): Path<String>,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Answer<Listing<ForecastRow>>, Problem> {
    let Forecaster::By(actor) = read(&name)? else {
        return Err(Problem::not_found("forecaster of that kind: views have lines, not forecasts"));
    };
    let before = begin(wanted.cursor.as_deref(), place)?;
    let Limit(limit) = wanted.limit;
    let page = state.engine_for(&visitor).forecasts_of_forecaster(&actor, before, limit).await?;
    Ok(Answer(listing(page)))
}

/// What a claim earned everyone.
#[derive(Debug, Serialize, ToSchema)]
struct ClaimScores {
    /// The best Brier score first; empty until the claim is settled.
    scores: Vec<ScoreRow>,
}

/// Read what a claim earned everyone
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/scores", tag = "forecasters", operation_id = "get_scores",
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, body = ClaimScores), (status = 404, body = ProblemDocument)),
)]
async fn of_claim(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
) -> Result<Answer<ClaimScores>, Problem> {
    let scores = state.engine().claim_scores(&claim).await?;
    Ok(Answer(ClaimScores { scores: scores.into_iter().map(|one| one.score.into()).collect() }))
}
