//! Open against closed: all benchmarks, and one; the demo's next update.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_charts::{Best as Point, Caption, Curve, FrontierChart, GapMeasure, Palette, Side, Sparkline};
use bellwether_core::{
    benchmark::{BenchmarkId, Direction},
    frontier::{Leader, Step},
};
use bellwether_engine::benchmarks::{BenchmarkSummary, Health};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;

use super::{
    benchmark_view::{BenchmarkPage, BenchmarkRow, BenchmarksPage, Best, FrontierRow},
    claim_view::{Chart, Notice},
    doors, figures, page,
    parts::Svg,
    request::{self, Reader},
    shell::Place,
    sources::{health, leaning},
};
use crate::{
    extract::{Form, Path, Query},
    problem::Problem,
    state::AppState,
};

fn best(leader: Option<&Leader>) -> Option<Best> {
    leader.map(|l| Best { score: figures::score(l.score), model: l.model.clone() })
}

fn gap(step: &Step, unit: &str) -> Option<String> {
    step.gap.map(|g| figures::with_unit(g, unit))
}

fn benchmark_row(b: &BenchmarkSummary, now: DateTime<Utc>) -> BenchmarkRow {
    let unit = b.unit.difference();
    let points: Vec<_> = b.year.iter().filter_map(|s| Some((s.at, s.gap?.to_f64()?))).collect();
    let spark = Sparkline {
        caption: Caption {
            id: format!("gap-{}", b.id),
            title: format!(
                "The gap over the last year, now {}",
                b.step.as_ref().and_then(|s| gap(s, unit)).unwrap_or_default()
            ),
            desc: String::new(),
        },
        from: now - TimeDelta::days(365),
        to: now,
        points,
        least_span: 1.0,
    };
    let health = health(&b.health);
    BenchmarkRow {
        id: b.id.to_string(),
        title: b.title.clone(),
        open: best(b.step.as_ref().and_then(|s| s.open.as_ref())),
        closed: best(b.step.as_ref().and_then(|s| s.closed.as_ref())),
        gap: b.step.as_ref().and_then(|s| gap(s, unit)),
        spark: Svg(spark.draw(Palette::Page).unwrap_or_default()),
        fresh: b.changed,
        trouble: (b.health != Health::Fresh).then(|| health.word.to_lowercase()),
        flags: b.flags.clone(),
        claims: b.claims.len() as u64,
    }
}

/// `GET /benchmarks`
pub(super) async fn benchmarks(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let found = state.engine().benchmarks_page(None).await?;
    let shell = reader.shell(&state, "Open vs closed", Place::Benchmarks).await;
    Ok(page(&BenchmarksPage {
        rows: found.rows.iter().map(|b| benchmark_row(b, shell.now)).collect(),
        sentence: found.sentence,
        basis: found.basis,
        shell,
    }))
}

/// What a benchmark's address says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownAt {
    at: Option<String>,
}

fn frontier(
    id: &str,
    finding: &str,
    b: &BenchmarkSummary,
    steps: &[Step],
    until: DateTime<Utc>,
) -> Option<Chart> {
    let side = |pick: fn(&Step) -> Option<&Leader>| -> Vec<Point> {
        let found = steps.iter().filter_map(|s| {
            pick(s).map(|l| Point {
                at: s.at,
                score: l.score.to_f64().unwrap_or(0.0),
                model: l.model.clone(),
            })
        });
        found.collect()
    };
    let from = steps.first()?.at;
    let to = until.max(from + TimeDelta::days(1));
    let chart = FrontierChart {
        caption: Caption {
            id: "frontier".to_owned(),
            title: finding.to_owned(),
            desc: b.attribution.clone(),
        },
        from,
        to,
        until: to,
        unit: b.unit,
        curves: vec![
            Curve { side: Side::Open, name: "Open".to_owned(), bests: side(|s| s.open.as_ref()) },
            Curve { side: Side::Closed, name: "Closed".to_owned(), bests: side(|s| s.closed.as_ref()) },
        ],
        gap: b.step.as_ref().and_then(|s| gap(s, b.unit.difference())).map(|label| GapMeasure { label }),
        lag: None,
        breaks: Vec::new(),
        events: Vec::new(),
    };
    let drawn = chart.draw(Palette::Page).ok()?;
    let lines: Vec<String> = [(Side::Open, "Open"), (Side::Closed, "Closed")]
        .into_iter()
        .filter_map(|(side, name)| {
            Some(format!(r#"{{"name":"{name}","unit":"","hover":{}}}"#, chart.hover(side).ok()?.json()))
        })
        .collect();
    Some(Chart {
        // The page says it in its head.
        finding: String::new(),
        broad: Svg(drawn.wide),
        narrow: Svg(drawn.narrow),
        points: format!("[{}]", lines.join(",")),
        note: b.attribution.clone(),
        table: format!("/benchmarks/{id}#table"),
        csv: None,
        ranges: Vec::new(),
    })
}

/// `GET /benchmarks/{source}/{name}`
pub(super) async fn benchmark(
    State(state): State<AppState>,
    reader: Reader,
    Path((source, name)): Path<(String, String)>,
    Query(asked): Query<KnownAt>,
) -> Result<Response, Problem> {
    let id: BenchmarkId = format!("{source}/{name}").parse().map_err(|_| Problem::not_found("benchmark"))?;
    let (at, wrong) = match request::instant(asked.at.as_deref()) {
        Ok(at) => (at, None),
        Err(problem) => (None, Some(problem.detail)),
    };
    let found = state.engine().benchmark_page(&id, at).await?;
    let b = &found.summary;
    let shell = reader.shell(&state, b.title.clone(), Place::Benchmarks).await;
    let unit = b.unit.difference();
    let before =
        b.year.iter().rev().find(|s| s.at <= found.known_at - TimeDelta::days(90) && s.gap.is_some());
    let direction = match b.direction {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
    };
    let refused = wrong.is_some();
    let shown = BenchmarkPage {
        id: id.to_string(),
        title: b.title.clone(),
        chart: frontier(&id.to_string(), &found.sentence, b, &found.steps, found.known_at),
        row: benchmark_row(b, shell.now),
        was: before.and_then(|s| Some((gap(s, unit)?, s.at))),
        source: (id.source.to_string(), b.source_title.clone(), format!("{} · {}", b.attribution, b.licence)),
        unit: format!("{unit}, {direction}"),
        as_known: asked.at.clone().unwrap_or_default(),
        as_known_error: wrong,
        steps: found
            .steps
            .iter()
            .rev()
            .take(100)
            .map(|s| FrontierRow {
                from: s.at,
                open: best(s.open.as_ref()),
                closed: best(s.closed.as_ref()),
                gap: gap(s, unit),
            })
            .collect(),
        unknown: found.unknown as u64,
        notices: found
            .notices
            .iter()
            .map(|n| Notice {
                lead: format!("{}:", figures::day(n.at)),
                text: n.text.clone(),
                link: None,
                fault: false,
            })
            .collect(),
        claims: leaning(&b.claims),
        sentence: found.sentence.clone(),
        shell,
    };
    let mut answer = page(&shown);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

/// `POST /demo/next`: takes in the next real snapshot that was held back.
pub(super) async fn next_update(State(state): State<AppState>, form: Form) -> Result<Response, Problem> {
    if !state.is_demo() {
        return Err(Problem::not_found("demo"));
    }
    state.engine().next_demo_update().await?;
    Ok(Redirect::to(&doors::local(form.value("back"))).into_response())
}
