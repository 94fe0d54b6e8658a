//! Forecasts in files: taken in from a spreadsheet, given out.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_engine::{EngineError, claims::ClaimKey};
use http::{StatusCode, header};

use super::{
    evidence_view::Errors,
    figures, page,
    request::{self, Reader},
    shell::{Place, Shell},
};
use crate::{
    extract::{Form, Path},
    problem::Problem,
    state::AppState,
};

#[derive(Clone, Debug, Template)]
#[template(path = "forecast_import.html")]
struct ImportPage {
    shell: Shell,
    typed: String,
    errors: Errors,
    /// How many were kept.
    kept: Option<u64>,
}

/// `GET /forecasts/import`
pub(super) async fn show(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let shell = reader.shell(&state, "Forecasts from a spreadsheet", Place::Forecasters).await;
    Ok(page(&ImportPage { shell, typed: String::new(), errors: Errors::default(), kept: None }))
}

/// `POST /forecasts/import`
pub(super) async fn take(
    State(state): State<AppState>,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["csv"])?;
    let typed = form.value("csv").unwrap_or_default().to_owned();
    let mut errors = Errors::default();
    let mut kept = None;
    match state.engine().import_forecasts(reader.visitor.actor()?, &typed).await {
        Ok(made) => kept = Some(made.len() as u64),
        Err(EngineError::Invalid(wrong)) => {
            for field in wrong {
                errors.add("csv", format!("{}: {}", field.field, request::sentence(&field.message)));
            }
        }
        Err(other) => return Err(other.into()),
    }
    let status = if errors.none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = reader.shell(&state, "Forecasts from a spreadsheet", Place::Forecasters).await;
    let typed = if errors.none() { String::new() } else { typed };
    let mut answer = page(&ImportPage { shell, typed, errors, kept });
    *answer.status_mut() = status;
    Ok(answer)
}

/// `GET /forecasts/mine.csv`
pub(super) async fn mine(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let csv = state.engine().export_own_forecasts_csv(reader.visitor.actor()?).await?;
    Ok(file("text/csv; charset=utf-8", "my-forecasts.csv", csv))
}

/// `GET /claims/{slug}/forecasts.csv`
pub(super) async fn csv(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let csv = state.engine_for(&reader.visitor).export_forecasts_csv(&ClaimKey::from(key)).await?;
    Ok(file("text/csv; charset=utf-8", "forecasts.csv", csv))
}

/// `GET /claims/{slug}/forecasts.json`
pub(super) async fn json(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let question = state.engine_for(&reader.visitor).export_question(&ClaimKey::from(key)).await?;
    Ok(file("application/json", "question.json", serde_json::to_string_pretty(&question).unwrap_or_default()))
}

fn file(kind: &'static str, name: &str, text: String) -> Response {
    let told = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, told)], text).into_response()
}
