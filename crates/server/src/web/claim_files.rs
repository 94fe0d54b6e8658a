//! What a claim gives away: its chart and share image, its exports, its card.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_engine::{Engine, claims::ClaimKey};
use chrono::{DateTime, Utc};
use http::header;

use super::{
    charting::{self, Range},
    claim::Asked,
    claim_read::{finding, headline},
    far, figures, page,
    request::{self, Reader},
    shell::Place,
    small_views::CardPage,
};
use crate::{
    embeddable,
    extract::{Path, Query},
    problem::{Kind, Problem},
    state::AppState,
};

/// `GET /claims/{slug}/chart.svg`
pub(super) async fn chart_svg(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    let dark = asked.theme.as_deref() == Some("dark");
    drawn_svg(&state.engine_for(&reader.visitor), &ClaimKey::from(key), at, asked.range.as_deref(), dark)
        .await
}

/// The chart of a claim as a file of its own; a range that is not known shows all.
pub(crate) async fn drawn_svg(
    engine: &Engine,
    key: &ClaimKey,
    at: Option<DateTime<Utc>>,
    range: Option<&str>,
    dark: bool,
) -> Result<Response, Problem> {
    let full = engine.claim_page(key, at).await?;
    let history = engine.history(key, at).await?;
    let svg =
        charting::chart_file(&history, &finding(&full), Range::read(range), dark).ok_or_else(cannot_draw)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// `GET /claims/{slug}/chart.png`: the picture for shared links.
pub(super) async fn chart_png(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    drawn_png(&state.engine_for(&reader.visitor), &ClaimKey::from(key), at).await
}

/// The picture of a claim for shared links.
pub(crate) async fn drawn_png(
    engine: &Engine,
    key: &ClaimKey,
    at: Option<DateTime<Utc>>,
) -> Result<Response, Problem> {
    let full = engine.claim_page(key, at).await?;
    let history = engine.history(key, at).await?;
    let number = headline(&full).figure();
    let moved = (!full.status.is_settled()).then_some((full.movement.pts, 7));
    let items = figures::counted((full.items_for.len() + full.items_against.len()) as u64, "item", "items");
    let note = format!(
        "from {}, {items} · by {}",
        request::made_of(&full.made_of),
        request::deadline(&full.document.window.text.by)
    );
    let title = full.document.title;
    let drawn =
        tokio::task::spawn_blocking(move || charting::share_png(&title, &number, moved, &note, &history));
    let png = drawn.await.ok().flatten().ok_or_else(cannot_draw)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

fn cannot_draw() -> Problem {
    Problem::new(Kind::Internal, "the chart could not be drawn; its figures stand in the table of moves")
}

/// `GET /claims/{slug}/export.csv`
pub(super) async fn export_csv(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    let csv = state.engine_for(&reader.visitor).export_moves_csv(&ClaimKey::from(key), at).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"moves.csv\""),
    ];
    Ok((headers, csv).into_response())
}

/// `GET /claims/{slug}/export.json`
pub(super) async fn export_json(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    let json = state.engine_for(&reader.visitor).export_json(&ClaimKey::from(key), at).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"claim.json\""),
    ];
    Ok((headers, serde_json::to_string_pretty(&json).unwrap_or_default()).into_response())
}

/// `GET /claims/{slug}/card`
pub(super) async fn card(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let engine = state.engine_for(&reader.visitor);
    let key = ClaimKey::from(key);
    let full = engine.claim_page(&key, None).await?;
    let history = engine.history(&key, None).await?;
    let shell = reader.shell(&state, full.document.title.clone(), Place::Claims).await;
    Ok(embeddable(page(&CardPage {
        slug: full.slug.to_string(),
        title: full.document.title.clone(),
        headline: headline(&full),
        by: Some(request::deadline(&full.document.window.text.by)),
        far: match &full.distance {
            _ if full.status.is_settled() => "settled".to_owned(),
            Some(distance) => far::line(distance),
            None => "a person decides".to_owned(),
        },
        spark: charting::spark_of(&history),
        shell,
    })))
}
