//! A new source, or a new version of one: its document is tried on real content before it is saved.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::ids::Sha256;
use bellwether_engine::{
    EngineError,
    sources::{Preview, Snapshot},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    evidence_view::Errors,
    figures, page,
    request::Reader,
    shell::Place,
    source_new_view::{NewSourcePage, SourceFields, TableRows},
    sources::{row, source_id},
};
use crate::{
    extract::{Form, Query},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

/// So many keys of rows that came, went or changed are named.
const NAMED: usize = 12;

const EXAMPLE: &str = "id: my-board
title: My board
url: https://example.org/board.csv
licence: CC BY 4.0
attribution: Example
schedule: \"23 5 * * *\"
stale_after: 30d
format: csv
tables:
  - benchmark: quiz
    title: Quiz
    unit: percent
    range: [0, 100]
    key: model
    fields: { model: model, score: score }
    openness: { field: licence, open: [MIT, Apache-2.0], closed: [proprietary] }
";

/// What the address says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    of: Option<String>,
}

/// `GET /sources/new`, and with `?of=` the document of a source to be changed.
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut fields =
        SourceFields { document: EXAMPLE.to_owned(), from: "address".to_owned(), ..SourceFields::default() };
    if let Some(id) = asked.of {
        let found = state.engine().source_page(&source_id(&id)?).await?;
        fields.of = id;
        fields.document = found.text;
        if !found.snapshots.is_empty() {
            "kept".clone_into(&mut fields.from);
        }
    }
    Ok(page(&form(&state, &reader, fields).await))
}

async fn form(state: &AppState, reader: &Reader, fields: SourceFields) -> NewSourcePage {
    let title = if fields.of.is_empty() { "Add a source" } else { "Change a source" };
    NewSourcePage {
        shell: reader.shell(state, title, Place::Sources).await,
        fields,
        errors: Errors::default(),
        tables: Vec::new(),
        remarks: Vec::new(),
        seen: None,
        replaces: false,
    }
}

/// Names what was looked at: a document that was changed since is looked at again before it is saved.
fn seen(fields: &SourceFields) -> String {
    Sha256::of(fields.document.as_bytes()).to_string()
}

/// `POST /sources/new`
pub(super) async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    form_data: Form,
) -> Result<Response, Problem> {
    form_data.only(&["of", "document", "from", "sample", "reason", "seen", "do"])?;
    let value = |name: &str| form_data.value(name).unwrap_or_default().to_owned();
    let fields = SourceFields {
        of: value("of"),
        // Browsers send a text's lines with carriage returns.
        document: value("document").replace("\r\n", "\n"),
        from: value("from"),
        sample: value("sample"),
        reason: value("reason"),
    };
    let mut shown = form(&state, &reader, fields).await;
    let was_seen = form_data.value("seen").is_some_and(|hash| hash == seen(&shown.fields));
    let saves = form_data.value("do") == Some("save");
    if saves && was_seen {
        let reason = Some(shown.fields.reason.as_str());
        match state.engine().save_source(visitor.actor()?, &shown.fields.document, reason).await {
            Ok(id) => return Ok(Redirect::to(&format!("/sources/{id}")).into_response()),
            Err(error) => refused(error, &mut shown.errors)?,
        }
    }
    match preview(&state, &shown.fields).await {
        Ok(found) => shown.show_preview(&found),
        // What was refused on saving is told once.
        Err(error) if shown.errors.none() => refused(error, &mut shown.errors)?,
        Err(_) => {}
    }
    if saves && !was_seen && shown.errors.none() {
        let why =
            "The document was changed after it was tried. These are the rows it reads now: look, then save.";
        shown.remarks.insert(0, why.to_owned());
    }
    let wrong = !shown.errors.none();
    let mut answer = page(&shown);
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

async fn preview(state: &AppState, fields: &SourceFields) -> Result<Preview, EngineError> {
    let engine = state.engine();
    let sample = match fields.from.as_str() {
        "kept" => None,
        "pasted" if fields.sample.trim().is_empty() => {
            let why = "Paste what the address answers, or choose to read it now.";
            return Err(EngineError::invalid("sample", "required", why));
        }
        "pasted" => Some(Snapshot::file(fields.sample.as_bytes())),
        _ => Some(engine.fetch_sample(&fields.document).await?),
    };
    engine.preview_source(&fields.document, sample).await
}

/// Puts faults of the document above it, others beside what they are about.
fn refused(error: EngineError, errors: &mut Errors) -> Result<(), Problem> {
    match error {
        EngineError::Invalid(bad) => {
            for e in bad {
                match e.field.strip_prefix("document.") {
                    Some(path) => errors.add("document", format!("{path}: {}", e.message)),
                    None => errors.add(&e.field, e.message),
                }
            }
            Ok(())
        }
        EngineError::Conflict(why) | EngineError::Upstream(why) => {
            errors.add("from", why);
            Ok(())
        }
        other => Err(other.into()),
    }
}

fn named(keys: &[String]) -> String {
    let more = keys.len().saturating_sub(NAMED);
    let first = keys.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

impl NewSourcePage {
    fn show_preview(&mut self, found: &Preview) {
        self.remarks.extend(found.remarks.iter().cloned());
        self.replaces = found.replaces;
        self.seen = Some(seen(&self.fields));
        self.tables = found
            .tables
            .iter()
            .map(|table| {
                let text = |score: Option<&String>| score.map_or("no score".to_owned(), Clone::clone);
                let changed = table.changed.iter();
                let changed: Vec<String> = changed
                    .map(|(key, was, is)| format!("{key} ({} → {})", text(was.as_ref()), text(is.as_ref())))
                    .collect();
                let told = |one: &str, many: &str, keys: &[String]| {
                    (!keys.is_empty()).then(|| (figures::counted(keys.len() as u64, one, many), named(keys)))
                };
                TableRows {
                    id: table.id.to_string(),
                    total: table.total as u64,
                    rows: table.rows.iter().map(|r| row(table.id.name.as_str(), r, None)).collect(),
                    differences: [
                        told("row would vanish", "rows would vanish", &table.gone),
                        told("row would be new", "rows would be new", &table.new),
                        told("score would change", "scores would change", &changed),
                    ]
                    .into_iter()
                    .flatten()
                    .collect(),
                }
            })
            .collect();
    }
}
