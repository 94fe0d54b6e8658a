//! A snapshot that was held back: why, with the rows in question, and accepting it anyway.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{benchmark::BenchmarkId, ids::FetchId};
use bellwether_engine::EngineError;
use http::StatusCode;
use serde::Deserialize;

use super::{
    evidence_view::Errors,
    figures, page,
    parts::Who,
    request::Reader,
    shell::Place,
    source_view::HeldPage,
    sources::{leaning, row, snapshot, source_id},
};
use crate::{
    extract::{Form, Path, Query},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

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
                Some((Who(by.clone()), at, table.release_reason.clone().unwrap_or_default()))
            }
            _ => None,
        },
        can_release: found.releasable,
    };
    Ok((shown, benchmark))
}

/// `GET /sources/{id}/snapshots/{fetch}`
pub(super) async fn show(
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
    visitor: Visitor,
    reader: Reader,
    Path((id, fetch)): Path<(String, String)>,
    Query(which): Query<Which>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["reason"])?;
    let reason = form.value("reason").unwrap_or_default();
    let (mut shown, benchmark) =
        held_page(&state, &reader, &id, &fetch, &which, reason, Errors::default()).await?;
    match state.engine().release_table(visitor.actor()?, &benchmark, reason).await {
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
