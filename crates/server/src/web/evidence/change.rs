//! Correcting an item, taking it back, undoing its addition.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::ids::EvidenceId;
use bellwether_engine::{
    EngineError,
    claims::{ClaimKey, ClaimPage as Full, EvidenceView},
};
use http::StatusCode;

use super::{
    super::{
        evidence_view::{Choice, Effect, Errors, EvidenceFields, EvidenceTask, RetractPage},
        markdown::Prose,
        page,
        request::Reader,
        shell::Place,
    },
    fields::TIERS,
    form::{act, form_page},
};
use crate::{
    extract::{Form, Path},
    problem::{Kind as Refusal, Problem},
    state::AppState,
    visitor::Visitor,
};

/// The item, and the claim it belongs to.
async fn item(state: &AppState, id: EvidenceId) -> Result<(Full, EvidenceView), Problem> {
    let slug = state.engine().claim_of_evidence(id).await?;
    let full = state.engine().claim_page(&ClaimKey::from(slug), None).await?;
    let mut all = full.items_for.iter().chain(&full.items_against);
    let found = all.find(|e| e.id == id).cloned();
    let item = found
        .ok_or_else(|| Problem::new(Refusal::Conflict, "this item was retracted or superseded already"))?;
    Ok((full, item))
}

fn evidence_id(text: &str) -> Result<EvidenceId, Problem> {
    text.parse().map_err(|_| Problem::not_found("evidence"))
}

/// `GET /evidence/{id}/revise`
pub(in super::super) async fn revise(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (full, view) = item(&state, evidence_id(&id)?).await?;
    let item = view.item;
    let points = item.points.value();
    let fields = EvidenceFields {
        claims: vec![full.slug.to_string()],
        url: item.source.url.as_ref().map(ToString::to_string).unwrap_or_default(),
        text: item.text.clone(),
        publisher: item.source.publisher.clone().unwrap_or_default(),
        observed: item.source.published_on.map(|d| d.to_string()).unwrap_or_default(),
        side: item.side.word().to_owned(),
        option: item.option.clone().unwrap_or_default(),
        points: points.to_string(),
        kind: TIERS.iter().find(|(t, ..)| *t == item.tier).map_or("", |(_, key, _)| *key).to_owned(),
        relevance: item.relevance.value().to_string(),
        revision: view.revision.to_string(),
        ..EvidenceFields::default()
    };
    let task = EvidenceTask::Revise(id);
    Ok(page(&form_page(&state, &reader, task, fields, &mut Errors::default()).await?))
}

/// `POST /evidence/{id}/revise`
pub(in super::super) async fn save_revision(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    evidence_id(&id)?;
    act(&state, &reader, EvidenceTask::Revise(id), &form).await
}

/// `GET /evidence/{id}/retract`: asks first.
pub(in super::super) async fn retract(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    Ok(page(&retract_page(&state, &reader, id, String::new()).await?))
}

async fn retract_page(
    state: &AppState,
    reader: &Reader,
    id: String,
    reason: String,
) -> Result<RetractPage, Problem> {
    let (full, view) = item(state, evidence_id(&id)?).await?;
    // The number of the option that the item is about, as it is without the item.
    let option = full.probabilities.iter().find(|o| Some(&o.name) == view.item.option.as_ref());
    let from = option.or(full.probabilities.first()).map_or(0.5, |o| o.p.value());
    Ok(RetractPage {
        shell: reader.shell(state, "Retract evidence", Place::Claims).await,
        id,
        text: Prose::of(&view.item.text),
        claim: Choice::new(full.slug.to_string(), full.document.title.clone()),
        effect: Effect {
            claim: full.document.title.clone(),
            from,
            to: view.without.map_or(from, bellwether_core::probability::Probability::value),
            counts: view.counts,
            factors: String::new(),
            alike: None,
            conflict: None,
        },
        reason,
        errors: Errors::default(),
    })
}

/// `POST /evidence/{id}/retract`
pub(in super::super) async fn save_retraction(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["reason"])?;
    let typed = form.value("reason").unwrap_or_default();
    let reason = Some(typed).filter(|r| !r.trim().is_empty());
    match state.engine().retract_evidence(visitor.actor()?, evidence_id(&id)?, reason).await {
        Ok(changed) => Ok(Redirect::to(&format!("/claims/{}?retracted={id}", changed.slug)).into_response()),
        Err(EngineError::Invalid(bad)) => {
            let mut shown = retract_page(&state, &reader, id, typed.to_owned()).await?;
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

/// `POST /evidence/{id}/undo`
pub(in super::super) async fn undo(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let changed = state.engine().undo_evidence(visitor.actor()?, evidence_id(&id)?).await?;
    Ok(Redirect::to(&format!("/claims/{}?undone={id}", changed.slug)).into_response())
}
