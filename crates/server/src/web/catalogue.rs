//! Sources and benchmarks: what is read, how it does, what was held back; the demo's next update.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_charts::{Best as Point, Caption, Curve, FrontierChart, GapMeasure, Palette, Side, Sparkline};
use bellwether_core::{
    benchmark::{BenchmarkId, Direction},
    frontier::{Leader, Step},
    ids::{FetchId, SourceId},
    openness::Openness,
    table::Row,
};
use bellwether_engine::{
    EngineError,
    benchmarks::{BenchmarkSummary, Health, Leaning},
    sources::{SnapshotEntry, SourceSummary},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;

use super::{
    benchmark_view::{BenchmarkPage, BenchmarkRow, BenchmarksPage, Best, FrontierRow},
    claim_view::{Chart, Notice},
    evidence_view::Errors,
    figures, page,
    parts::{Mark, Status, Svg},
    request::{self, OPERATOR, Reader},
    shell::Place,
    source_view::{HeldPage, PreviewRow, SnapshotRow, SourceBenchmark, SourcePage, SourceRow, SourcesPage},
};
use crate::{
    extract::{Form, Path, Query},
    problem::Problem,
    state::AppState,
};

fn health(health: &Health) -> Status {
    match health {
        Health::Fresh => Status::new(Mark::Check, "Fresh"),
        Health::Stale { .. } => Status::new(Mark::Bang, "Stale"),
        Health::HeldBack { .. } => Status::new(Mark::Bang, "Held back"),
        Health::Stopped => Status::new(Mark::Dash, "Stopped"),
        Health::Failing { .. } => Status::new(Mark::Bang, "Failing"),
        Health::NeverRead => Status::new(Mark::Query, "Never read"),
    }
}

fn source_row(s: &SourceSummary) -> SourceRow {
    SourceRow {
        id: s.document.id.to_string(),
        title: s.document.title.clone(),
        health: health(&s.health),
        read: s.state.last_poll_at,
        changed: s.state.last_new_content_at,
        next: s.state.next_due_at.filter(|_| !s.state.paused),
        benchmarks: s.benchmarks.iter().map(|(_, title)| title.clone()).collect(),
        claims: s.claims.len() as u64,
        licence: s.document.licence.clone(),
    }
}

fn leaning(claims: &[Leaning]) -> Vec<(String, String)> {
    claims.iter().map(|c| (c.slug.clone(), c.title.clone())).collect()
}

fn row(benchmark: &str, row: &Row, before: Option<String>) -> PreviewRow {
    PreviewRow {
        benchmark: benchmark.to_owned(),
        model: row.model.clone(),
        score: row.score.map_or("–".to_owned(), figures::score),
        as_of: row.as_of.map(|d| d.to_string()),
        openness: match row.openness {
            Openness::Open => "open",
            Openness::Closed => "closed",
            Openness::Unknown => "unknown",
        },
        why: row.licence.clone().unwrap_or_default(),
        note: (before.is_some() && row.score.is_none()).then(|| "vanished".to_owned()),
        before,
    }
}

fn snapshot(entry: &SnapshotEntry) -> SnapshotRow {
    let t = &entry.table;
    let quarantined = t.reason.is_some() && t.trusted_at.is_none();
    SnapshotRow {
        at: t.observed_at,
        status: match (quarantined, t.released_at) {
            (_, Some(_)) => Status::new(Mark::Check, "Accepted anyway"),
            (true, None) => Status::new(Mark::Bang, "Held back"),
            (false, None) => Status::new(Mark::Check, "Trusted"),
        },
        reason: t.reason.clone(),
        sha256: t.content.to_string(),
        rows: u64::try_from(t.rows).ok(),
        held: t.reason.is_some().then(|| format!("{}?benchmark={}", t.fetch_id, t.benchmark.name)),
    }
}

/// `GET /sources`
pub(super) async fn sources(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let found = state.engine().sources_page().await?;
    let shell = reader.shell(&state, "Sources", Place::Sources).await;
    Ok(page(&SourcesPage { shell, rows: found.rows.iter().map(source_row).collect() }))
}

fn source_id(text: &str) -> Result<SourceId, Problem> {
    SourceId::new(text).map_err(|_| Problem::not_found("source"))
}

/// `GET /sources/{id}`
pub(super) async fn source(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = state.engine().source_page(&source_id(&id)?).await?;
    let document = &found.summary.document;
    let shell = reader.shell(&state, document.title.clone(), Place::Sources).await;
    let state_of = &found.summary.state;
    let schedule = match (&document.schedule, document.retired) {
        (_, true) => "stopped: kept for its history".to_owned(),
        (Some(_), _) if state_of.paused => {
            let why = state_of.pause_reason.as_deref().unwrap_or("no reason was given");
            format!("not asked by itself now: {why}; stale after {} days", document.stale_after.num_days())
        }
        (Some(_), false) => {
            format!("read on a schedule; stale after {} days", document.stale_after.num_days())
        }
        (None, false) => "read when asked".to_owned(),
    };
    Ok(page(&SourcePage {
        url: document.url.to_string(),
        attribution: document.attribution.clone(),
        schedule,
        trouble: found.trouble.clone(),
        benchmarks: found
            .benchmarks
            .iter()
            .map(|b| SourceBenchmark {
                title: b.title.clone(),
                href: format!("/benchmarks/{}", b.id),
                rows: b.total as u64,
                flags: b.flags.clone(),
            })
            .collect(),
        snapshots: found.snapshots.iter().map(snapshot).collect(),
        preview: found
            .benchmarks
            .iter()
            .flat_map(|b| b.rows.iter().take(10).map(|r| row(&b.title, r, None)))
            .collect(),
        claims: leaning(&found.summary.claims),
        document: found.text.clone(),
        failures: found.failures.clone(),
        row: source_row(&found.summary),
        shell,
    }))
}

/// Which table of a snapshot.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    benchmark: Option<String>,
}

async fn held_page(
    state: &AppState,
    reader: &Reader,
    id: &str,
    fetch: &str,
    which: &Which,
    reason: &str,
    errors: Errors,
) -> Result<(HeldPage, BenchmarkId), Problem> {
    let fetch: FetchId = fetch.parse().map_err(|_| Problem::not_found("snapshot"))?;
    let source = state.engine().source_page(&source_id(id)?).await?;
    let entry = source.snapshots.iter().find(|s| {
        s.table.fetch_id == fetch
            && which
                .benchmark
                .as_ref()
                .map_or(s.table.reason.is_some(), |b| s.table.benchmark.name.as_str() == b)
    });
    let benchmark = entry.ok_or_else(|| Problem::not_found("snapshot"))?.table.benchmark.clone();
    let found = state.engine().held_page(fetch, &benchmark).await?;
    let table = &found.entry.table;
    let title = source.summary.document.title.clone();
    let changed = found.rows.iter().filter(|(r, was)| r.score.map(|s| s.to_string()) != *was);
    let shown = HeldPage {
        shell: reader.shell(state, format!("Held back: {title}"), Place::Sources).await,
        source: (id.to_owned(), title),
        snapshot: snapshot(&found.entry),
        findings: vec![format!("{benchmark}: {}", table.reason.clone().unwrap_or_default())],
        releases: match found.ends {
            Some(at) => format!("It may be trusted by itself from {} on.", figures::instant(at)),
            None if found.releasable => "It stays held back until a person accepts it.".to_owned(),
            None => "The next clean snapshot is trusted by itself.".to_owned(),
        },
        rows: changed.clone().take(40).map(|(r, was)| row(benchmark.name.as_str(), r, was.clone())).collect(),
        rows_total: changed.count() as u64,
        release_action: format!("/sources/{id}/snapshots/{fetch}/release?benchmark={}", benchmark.name),
        claims: leaning(&found.claims),
        reason: reason.to_owned(),
        errors,
        released: match (&table.released_by, table.released_at) {
            (Some(by), Some(at)) => {
                Some((request::who(by), at, table.release_reason.clone().unwrap_or_default()))
            }
            _ => None,
        },
        can_release: found.releasable,
    };
    Ok((shown, benchmark))
}

/// `GET /sources/{id}/snapshots/{fetch}`
pub(super) async fn held(
    State(state): State<AppState>,
    reader: Reader,
    Path((id, fetch)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    Ok(page(&held_page(&state, &reader, &id, &fetch, &which, "", Errors::default()).await?.0))
}

/// `POST /sources/{id}/snapshots/{fetch}/release`
pub(super) async fn release(
    State(state): State<AppState>,
    reader: Reader,
    Path((id, fetch)): Path<(String, String)>,
    Query(which): Query<Which>,
    form: Form,
) -> Result<Response, Problem> {
    let reason = form.value("reason").unwrap_or_default();
    let (mut shown, benchmark) =
        held_page(&state, &reader, &id, &fetch, &which, reason, Errors::default()).await?;
    match state.engine().release_table(&OPERATOR, &benchmark, reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/sources/{id}")).into_response()),
        Err(EngineError::Invalid(bad)) => {
            for e in bad {
                shown.errors.add("reason", e.message);
            }
            let mut answer = page(&shown);
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(answer)
        }
        Err(other) => Err(other.into()),
    }
}

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
    // Only a path of this server: a second slash or a backslash would lead elsewhere.
    let back = form.value("back").filter(|b| b.starts_with('/') && !b.starts_with("//") && !b.contains('\\'));
    Ok(Redirect::to(back.unwrap_or("/")).into_response())
}
