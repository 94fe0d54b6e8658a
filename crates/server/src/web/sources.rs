//! Sources: all of them, and one with what was read from it.

use axum::{extract::State, response::Response};
use bellwether_core::{alert::Target, ids::SourceId, openness::Openness, table::Row};
use bellwether_engine::{
    benchmarks::{Health, Leaning},
    sources::{SnapshotEntry, SourceSummary},
};

use super::{
    alerts, figures, page,
    parts::{Mark, Status},
    request::Reader,
    shell::Place,
    source_view::{PreviewRow, SnapshotRow, SourceBenchmark, SourcePage, SourceRow, SourcesPage},
};
use crate::{extract::Path, problem::Problem, state::AppState};

pub(super) fn health(health: &Health) -> Status {
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

pub(super) fn leaning(claims: &[Leaning]) -> Vec<(String, String)> {
    claims.iter().map(|c| (c.slug.clone(), c.title.clone())).collect()
}

pub(super) fn row(benchmark: &str, row: &Row, before: Option<String>) -> PreviewRow {
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

pub(super) fn snapshot(entry: &SnapshotEntry) -> SnapshotRow {
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
pub(super) async fn list(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let found = state.engine().sources_page().await?;
    let questions = state.engine().review_queue().await?.questions.len() as u64;
    let shell = reader.shell(&state, "Sources", Place::Sources).await;
    Ok(page(&SourcesPage { shell, rows: found.rows.iter().map(source_row).collect(), questions }))
}

pub(super) fn source_id(text: &str) -> Result<SourceId, Problem> {
    SourceId::new(text).map_err(|_| Problem::not_found("source"))
}

/// `GET /sources/{id}`
pub(super) async fn show(
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
        follow: alerts::follow(&state, &reader, Target::Source(document.id.clone())).await?,
        url: document.url.to_string(),
        attribution: document.attribution.clone(),
        schedule,
        trouble: found.trouble.clone(),
        benchmarks: found
            .benchmarks
            .iter()
            .map(|b| SourceBenchmark {
                title: b.title.clone(),
                href: (b.total > 0).then(|| format!("/benchmarks/{}", b.id)),
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
