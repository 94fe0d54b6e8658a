//! Everyone with an opinion on one board, and each one's track record.

use askama::Template;
use axum::{extract::State, response::Response};
use bellwether_charts::{Band, CalibrationBin, CalibrationChart, Caption, Palette, Sparkline};
use bellwether_core::{
    actor::Actor,
    forecast::{Forecaster, ForecasterKind, ScoreKind, calibration::Bin},
    status::ClaimStatus,
};
use bellwether_engine::{
    claims::ClaimKey,
    forecasts::{BoardQuery, BoardRow, TrackRecord},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{
    feed_view::FilterLink,
    figures,
    forecast::{cursor, place, row as forecast_row},
    forecast_view::ForecastRow,
    page,
    parts::{Status, Svg, When},
    request::{self, Reader},
    shell::{Place, Shell},
};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::AppState,
};

/// With fewer claims a place on the board says little.
const FEW: usize = 10;

/// What the board's address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    score: Option<String>,
    window: Option<String>,
    kind: Option<String>,
    tag: Option<String>,
}

#[derive(Clone, Debug, Template)]
#[template(path = "forecasters.html")]
struct ForecastersPage {
    shell: Shell,
    score: ScoreKind,
    scores: Vec<FilterLink>,
    windows: Vec<FilterLink>,
    kinds: Vec<FilterLink>,
    tag: Option<String>,
    rows: Vec<BoardLine>,
    /// How many settled claims it is made of.
    claims: u64,
    /// The address without the tag.
    untagged: String,
}

/// A place on the board.
#[derive(Clone, Debug)]
struct BoardLine {
    rank: usize,
    name: String,
    note: &'static str,
    href: String,
    value: String,
    brier: String,
    peer: String,
    coverage: String,
    claims: usize,
    points: String,
    few: bool,
}

impl BoardLine {
    fn of(row: &BoardRow, kind: ScoreKind) -> Self {
        Self {
            rank: row.rank,
            name: name(&row.forecaster),
            note: sort(&row.forecaster),
            href: address(&row.forecaster),
            value: written(kind, row.value),
            brier: row.brier.map_or("–".to_owned(), |b| written(ScoreKind::Brier, b)),
            peer: row.peer.map_or("–".to_owned(), |p| written(ScoreKind::Peer, p)),
            coverage: figures::percent(row.coverage),
            claims: row.claims,
            points: row.points.map_or("–".to_owned(), |p| written(ScoreKind::Peer, p)),
            few: row.claims < FEW,
        }
    }
}

/// How a forecaster is called on pages.
pub(super) fn name(forecaster: &Forecaster) -> String {
    match forecaster {
        Forecaster::Headline => "Probability".to_owned(),
        other => other.title(),
    }
}

fn sort(forecaster: &Forecaster) -> &'static str {
    match forecaster {
        Forecaster::Headline => "the claims' own number",
        Forecaster::BaseRate => "the share of Yes so far",
        other => match other.kind() {
            ForecasterKind::Person => "",
            ForecasterKind::Bot => "bot",
            ForecasterKind::Stream => "view",
            ForecasterKind::Baseline => "anyone could say it",
        },
    }
}

/// Where a forecaster's record stands.
pub(super) fn address(forecaster: &Forecaster) -> String {
    format!("/forecasters/{forecaster}")
}

/// A score as it is written: Brier and log with three decimals, the others signed with one.
pub(super) fn written(kind: ScoreKind, value: f64) -> String {
    if kind.is_mean() { minus(&format!("{value:.3}")) } else { figures::points(value) }
}

fn minus(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

fn share(p: f64) -> String {
    figures::percent(p.clamp(0.0, 1.0))
}

impl Asked {
    fn kind(&self) -> Option<ForecasterKind> {
        self.kind.as_deref().and_then(|kind| kind.parse().ok())
    }

    fn window(&self) -> Option<TimeDelta> {
        match self.window.as_deref() {
            Some("90d") => Some(TimeDelta::days(90)),
            Some("1y") => Some(TimeDelta::days(365)),
            _ => None,
        }
    }

    /// The same board with one thing changed; nothing: as usual.
    fn with(&self, name: &str, value: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, set) in
            [("score", &self.score), ("window", &self.window), ("kind", &self.kind), ("tag", &self.tag)]
        {
            let value = if key == name { value } else { set.as_deref() };
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                query.append_pair(key, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/forecasters".to_owned() } else { format!("/forecasters?{query}") }
    }
}

/// `GET /forecasters`
pub(super) async fn list(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let score = match asked.score.as_deref() {
        None => ScoreKind::Brier,
        Some(word) => word.parse().ok().filter(|kind| ScoreKind::KEPT.contains(kind)).ok_or_else(|| {
            Problem::malformed_field(
                "score",
                "unknown",
                "use brier, peer, baseline, log, spot_baseline or spot_peer",
            )
        })?,
    };
    let now = state.engine().now();
    let query = BoardQuery {
        score,
        since: asked.window().map(|window| now - window),
        tag: asked.tag.clone(),
        kinds: asked.kind().into_iter().collect(),
    };
    let board = state.engine().leaderboard(&query).await?;
    let link = |label: &str, name: &str, value: Option<&str>, current: bool| FilterLink {
        label: label.to_owned(),
        href: asked.with(name, value),
        current,
    };
    let kinds =
        [("Everyone", None), ("People", Some("person")), ("Bots", Some("bot")), ("Views", Some("stream"))];
    let windows = [("All time", None), ("1 y", Some("1y")), ("90 d", Some("90d"))];
    Ok(page(&ForecastersPage {
        scores: ScoreKind::KEPT
            .into_iter()
            .map(|kind| {
                let word = (kind != ScoreKind::Brier).then_some(kind.as_str());
                link(kind.title().trim_end_matches(" score"), "score", word, kind == score)
            })
            .collect(),
        windows: windows
            .into_iter()
            .map(|(label, word)| link(label, "window", word, asked.window.as_deref() == word))
            .collect(),
        kinds: kinds
            .into_iter()
            .map(|(label, word)| link(label, "kind", word, asked.kind.as_deref() == word))
            .collect(),
        untagged: asked.with("tag", None),
        tag: asked.tag.clone(),
        rows: board.rows.iter().map(|row| BoardLine::of(row, score)).collect(),
        claims: board.claims as u64,
        score,
        shell: reader.shell(&state, "Forecasters", Place::Forecasters).await,
    }))
}

#[derive(Clone, Debug, Template)]
#[template(path = "forecaster.html")]
struct ForecasterPage {
    shell: Shell,
    name: String,
    sort: &'static str,
    /// Their account's page, where they have one.
    person: Option<String>,
    totals: Vec<(&'static str, String)>,
    claims: usize,
    coverage: String,
    points: Option<String>,
    few: bool,
    spark: Option<Svg>,
    wide: Svg,
    narrow: Svg,
    bins: Vec<BinLine>,
    earned: Vec<EarnedLine>,
    forecasts: Vec<ForecastRow>,
    older: Option<String>,
}

/// A bin of the calibration table.
#[derive(Clone, Debug)]
struct BinLine {
    range: String,
    stated: String,
    came_true: String,
    band: String,
    claims: usize,
    forecasts: usize,
}

/// What a claim earned.
#[derive(Clone, Debug)]
struct EarnedLine {
    slug: String,
    title: String,
    at: DateTime<Utc>,
    status: Status,
    brier: String,
    peer: String,
    coverage: String,
    points: String,
    remarks: String,
}

impl ForecasterPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

/// Which page of the forecasts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Older {
    before: Option<String>,
}

/// `GET /forecasters/{name}`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(text): Path<String>,
    Query(asked): Query<Older>,
) -> Result<Response, Problem> {
    let forecaster: Forecaster = text.parse().map_err(|_| Problem::not_found("forecaster"))?;
    let engine = state.engine_for(&reader.visitor);
    let record = engine.track_record(&forecaster).await?;
    let mut forecasts = Vec::new();
    let mut older = None;
    if let Forecaster::By(actor) = &forecaster {
        let found = engine.forecasts_of_forecaster(actor, place(asked.before.as_deref())?, 50).await?;
        older = found.next.map(|next| format!("{}?before={}", address(&forecaster), cursor(next)));
        forecasts = found
            .forecasts
            .iter()
            .map(|view| ForecastRow {
                claim: Some((format!("/claims/{}", view.claim), view.title.clone())),
                ..forecast_row(view)
            })
            .collect();
    }
    let shell = reader.shell(&state, name(&forecaster), Place::Forecasters).await;
    let drawn = curve(&record).draw(Palette::Page);
    let (wide, narrow) = drawn.map(|d| (Svg(d.wide), Svg(d.narrow))).unwrap_or_default();
    let scored = record.earned.iter().filter(|e| e.score.brier.is_some()).count();
    Ok(page(&ForecasterPage {
        name: name(&forecaster),
        sort: sort(&forecaster),
        person: match &forecaster {
            Forecaster::By(Actor::Person(handle) | Actor::Bot(handle)) => Some(format!("/people/{handle}")),
            _ => None,
        },
        totals: record.totals.iter().map(|(kind, value)| (kind.title(), written(*kind, *value))).collect(),
        claims: scored,
        coverage: share(record.coverage),
        points: record
            .earned
            .iter()
            .any(|e| e.score.points.is_some())
            .then(|| figures::points(record.points)),
        few: scored < FEW,
        spark: spark(&record, shell.now),
        wide,
        narrow,
        bins: record.calibration.iter().filter(|bin| bin.forecasts > 0).map(bin_line).collect(),
        earned: record.earned.iter().map(earned_line).collect(),
        forecasts,
        older,
        shell,
    }))
}

fn curve(record: &TrackRecord) -> CalibrationChart {
    let bins: Vec<CalibrationBin> = record
        .calibration
        .iter()
        .filter_map(|bin| {
            Some(CalibrationBin {
                stated: bin.mean_p?,
                came_true: bin.came_true?,
                band: Band { low: bin.band.low, high: bin.band.high },
                claims: bin.claims,
            })
        })
        .collect();
    let inside = bins.iter().filter(|b| (b.band.low..=b.band.high).contains(&b.came_true)).count();
    let title = match bins.len() {
        0 => "No settled claim to compare with yet.".to_owned(),
        all => format!("{inside} of {all} groups came true as often as was said, within chance."),
    };
    let desc =
        "How often claims came true, by the probability given; the number at each point counts claims.";
    CalibrationChart { caption: Caption { id: "calibration".to_owned(), title, desc: desc.to_owned() }, bins }
}

/// The running mean of Brier scores, oldest first.
fn spark(record: &TrackRecord, now: DateTime<Utc>) -> Option<Svg> {
    let mut points = Vec::new();
    let (mut sum, mut weight) = (0.0, 0.0);
    for earned in record.earned.iter().rev() {
        let Some(brier) = earned.score.brier else { continue };
        sum += brier * earned.score.coverage;
        weight += earned.score.coverage;
        points.push((earned.score.at, sum / weight));
    }
    let from = points.first()?.0;
    if points.len() < 2 {
        return None;
    }
    let title = format!("Mean Brier score from {:.3} to {:.3}", points[0].1, sum / weight);
    let caption = Caption { id: "record".to_owned(), title, desc: String::new() };
    let line = Sparkline { caption, from, to: now.max(from + TimeDelta::days(1)), points, least_span: 0.1 };
    line.draw(Palette::Page).ok().map(Svg)
}

fn bin_line(bin: &Bin) -> BinLine {
    BinLine {
        range: format!("{} to {}", share(bin.lower), share(bin.upper)),
        stated: bin.mean_p.map_or("–".to_owned(), share),
        came_true: bin.came_true.map_or("–".to_owned(), share),
        band: format!("{} to {}", share(bin.band.low), share(bin.band.high)),
        claims: bin.claims,
        forecasts: bin.forecasts,
    }
}

fn earned_line(earned: &bellwether_engine::forecasts::Earned) -> EarnedLine {
    let score = &earned.score;
    let of = |kind, value: Option<f64>| value.map_or("–".to_owned(), |value| written(kind, value));
    let mut remarks = Vec::new();
    let mut remark = |n: i64, one: &str, many: &str| {
        if n > 0 {
            remarks.push(figures::counted(n.unsigned_abs(), one, many));
        }
    };
    remark(score.late, "forecast after the event, not scored", "forecasts after the event, not scored");
    remark(score.annulled, "forecast under other criteria, void", "forecasts under other criteria, void");
    let outcome = earned.outcome.as_ref().map(ToString::to_string);
    EarnedLine {
        slug: earned.slug.to_string(),
        title: earned.title.clone(),
        at: score.at,
        status: request::status(ClaimStatus::Resolved, outcome.as_deref()),
        brier: of(ScoreKind::Brier, score.brier),
        peer: of(ScoreKind::Peer, score.peer),
        coverage: share(score.coverage),
        points: of(ScoreKind::Peer, score.points),
        remarks: remarks.join("; "),
    }
}

#[derive(Clone, Debug, Template)]
#[template(path = "claim_scores.html")]
struct ClaimScoresPage {
    shell: Shell,
    slug: String,
    title: String,
    status: Status,
    settled: bool,
    rows: Vec<ClaimScoreLine>,
}

/// What the claim earned one forecaster.
#[derive(Clone, Debug)]
struct ClaimScoreLine {
    name: String,
    note: &'static str,
    href: String,
    brier: String,
    peer: String,
    baseline: String,
    spot: String,
    log: String,
    coverage: String,
    forecasts: i64,
    points: String,
}

/// `GET /claims/{slug}/scores`
pub(super) async fn of_claim(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let key = ClaimKey::from(key);
    let full = state.engine().claim_page(&key, None).await?;
    let scores = state.engine().claim_scores(&key).await?;
    let of = |kind, value: Option<f64>| value.map_or("–".to_owned(), |value| written(kind, value));
    let rows = scores
        .iter()
        .map(|one| ClaimScoreLine {
            name: name(&one.forecaster),
            note: sort(&one.forecaster),
            href: address(&one.forecaster),
            brier: of(ScoreKind::Brier, one.score.brier),
            peer: of(ScoreKind::Peer, one.score.peer),
            baseline: of(ScoreKind::Baseline, one.score.baseline),
            spot: of(ScoreKind::SpotPeer, one.score.spot_peer),
            log: of(ScoreKind::Log, one.score.log),
            coverage: share(one.score.coverage),
            forecasts: one.score.forecasts,
            points: of(ScoreKind::Peer, one.score.points),
        })
        .collect();
    let outcome = full.outcome.as_ref().map(ToString::to_string);
    Ok(page(&ClaimScoresPage {
        slug: full.slug.to_string(),
        title: full.document.title.clone(),
        status: request::status(full.status, outcome.as_deref()),
        settled: full.status.is_settled(),
        rows,
        shell: reader.shell(&state, format!("Scores: {}", full.document.title), Place::Claims).await,
    }))
}
