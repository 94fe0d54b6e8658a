//! Evidence: the form, its preview, correcting, retracting, undoing.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{
    evidence::{Item, Kind, Side, Tier},
    ids::EvidenceId,
    options::Options,
    status::ClaimStatus,
};
use bellwether_engine::{
    EngineError, FieldError,
    claims::{ClaimKey, ClaimPage as Full, FeedQuery, FeedSort},
    evidence::{AddEvidence, EvidenceInput, Preview, StrengthInput, Target},
};
use chrono::NaiveDate;
use http::StatusCode;
use serde::Deserialize;

use super::{
    evidence_view::{Choice, Effect, Errors, EvidenceFields, EvidencePage, EvidenceTask, RetractPage},
    page,
    request::{self, OPERATOR, Reader},
    shell::Place,
};
use crate::{
    extract::{Form, Path, Query},
    problem::{Kind as Refusal, Problem},
    state::AppState,
};

/// What a bookmarklet or a share sheet may fill in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filled {
    claim: Option<String>,
    url: Option<String>,
    text: Option<String>,
    title: Option<String>,
    side: Option<String>,
    several: Option<String>,
}

const TIERS: [(Tier, &str, &str); 7] = [
    (Tier::Primary, "primary", "benchmark publisher or primary ×1"),
    (Tier::Replication, "replication", "independent replication ×1"),
    (Tier::PeerReviewed, "peer_reviewed", "peer-reviewed ×.9"),
    (Tier::Vendor, "vendor", "a vendor about itself ×.6"),
    (Tier::Press, "press", "press ×.4"),
    (Tier::Social, "social", "social media ×.2"),
    (Tier::Unsourced, "unsourced", "unsourced ×.2"),
];

/// `GET /evidence/new`
pub(super) async fn new(
    State(state): State<AppState>,
    reader: Reader,
    Query(filled): Query<Filled>,
) -> Result<Response, Problem> {
    let side = filled.side.as_deref().unwrap_or_default();
    let fields = EvidenceFields {
        claims: filled.claim.iter().cloned().collect(),
        url: filled.url.unwrap_or_default(),
        text: filled.text.or(filled.title).unwrap_or_default(),
        side: match side {
            "against" | "no" | "down" => "against",
            "for" | "yes" | "up" => "for",
            _ => "",
        }
        .to_owned(),
        points: "3".to_owned(),
        kind: "press".to_owned(),
        relevance: "1".to_owned(),
        ..EvidenceFields::default()
    };
    let mut form = form_page(&state, &reader, EvidenceTask::Add, fields).await?;
    form.several = filled.several.is_some();
    Ok(page(&form))
}

async fn form_page(
    state: &AppState,
    reader: &Reader,
    task: EvidenceTask,
    fields: EvidenceFields,
) -> Result<EvidencePage, Problem> {
    let query = FeedQuery {
        statuses: vec![
            ClaimStatus::Open,
            ClaimStatus::AwaitingData,
            ClaimStatus::Proposed,
            ClaimStatus::Disputed,
        ],
        sort: FeedSort::New,
        limit: 100,
        ..FeedQuery::default()
    };
    let cards = state.engine().feed(&query).await?.cards;
    let mut options = Vec::new();
    if let [one] = fields.claims.as_slice() {
        let full = state.engine().claim_page(&ClaimKey::from(one.clone()), None).await?;
        if let Options::Named(names) = &full.options {
            options.clone_from(names);
        }
    }
    let title = if task == EvidenceTask::Add { "Add evidence" } else { "Correct evidence" };
    Ok(EvidencePage {
        shell: reader.shell(state, title, Place::Claims).await,
        task,
        fields,
        errors: Errors::default(),
        claims: cards.into_iter().map(|c| Choice::new(c.slug.to_string(), c.title)).collect(),
        options,
        kinds: TIERS.iter().map(|(_, key, label)| Choice::new(*key, *label)).collect(),
        preview: Vec::new(),
        read_note: None,
        several: false,
    })
}

fn typed(form: &Form) -> EvidenceFields {
    let value = |name: &str| form.value(name).unwrap_or_default().to_owned();
    let points = match form.value("points") {
        Some("own") | None => value("own_points"),
        Some(points) => points.to_owned(),
    };
    EvidenceFields {
        claims: form.values("claim").map(str::to_owned).collect(),
        url: value("url"),
        text: value("text"),
        publisher: value("publisher"),
        observed: value("observed"),
        side: value("side"),
        option: value("option"),
        points,
        kind: value("kind"),
        relevance: value("relevance"),
        reason: value("reason"),
    }
}

/// A decimal as people type it, with a hint where it is written otherwise.
pub(super) fn decimal(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let told = request::cut(text, 40);
    if let Some(number) = text.strip_suffix('%') {
        return Err(match number.trim().parse::<f64>() {
            Ok(n) => format!("“{told}” is written with a percent sign: write {}.", n / 100.0),
            Err(_) => format!("“{told}” is no number: write 0.5."),
        });
    }
    if text.contains(',') {
        return Err(format!("“{told}” has a comma: write {}.", request::cut(&text.replace(',', "."), 40)));
    }
    match text.parse::<f64>() {
        Ok(n) if n.is_finite() => Ok(n),
        _ if text.is_empty() => Err("Write a number, such as 3.".to_owned()),
        _ => Err(format!("“{told}” is no number: write 0.5.")),
    }
}

fn read(fields: &EvidenceFields, errors: &mut Errors) -> Option<EvidenceInput> {
    let side = match fields.side.as_str() {
        "for" => Some(Side::For),
        "against" => Some(Side::Against),
        _ => {
            errors.add("side", "Say whether it makes Yes more or less likely.");
            None
        }
    };
    let points = decimal(&fields.points).map_err(|e| errors.add("points", e)).ok();
    if fields.text.trim().is_empty() {
        errors.add("text", "Write what it says.");
    }
    let relevance = if fields.relevance.is_empty() {
        Some(1.0)
    } else {
        decimal(&fields.relevance).map_err(|e| errors.add("relevance", e)).ok()
    };
    let observed = match fields.observed.trim() {
        "" => None,
        day => day
            .parse::<NaiveDate>()
            .map_err(|_| {
                errors.add("observed", format!("“{}” is no date: write 2026-03-12.", request::cut(day, 40)));
            })
            .ok(),
    };
    let tier = TIERS.iter().find(|(_, key, _)| *key == fields.kind).map(|(tier, ..)| *tier);
    if !errors.none() {
        return None;
    }
    let mut input = EvidenceInput::new(side?, fields.text.clone(), StrengthInput::Points(points?));
    let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    input.url = given(&fields.url);
    input.publisher = given(&fields.publisher);
    input.option = given(&fields.option);
    input.published_on = observed;
    input.tier = tier;
    input.relevance = relevance;
    if matches!(tier, Some(Tier::Primary | Tier::Replication)) {
        input.kind = Kind::Benchmark;
    }
    Some(input)
}

/// The engine's names of fields, as the form calls them.
fn field(name: &str) -> &str {
    match name {
        "strength" => "points",
        "observed_at" | "published_on" => "observed",
        "tier" => "kind",
        "targets" => "claim",
        other => other,
    }
}

/// Puts refused fields beside their inputs; other refusals stand above the form.
fn refused(error: EngineError, errors: &mut Errors) -> Result<(), Problem> {
    match error {
        EngineError::Invalid(bad) => {
            for FieldError { field: name, message, .. } in bad {
                errors.add(field(&name), message);
            }
            Ok(())
        }
        EngineError::Conflict(why) | EngineError::Upstream(why) => {
            errors.add("url", why);
            Ok(())
        }
        other => Err(other.into()),
    }
}

fn effect(preview: &Preview, title: &str) -> Effect {
    let f = &preview.factors;
    let factor = bellwether_core::figures::factor;
    let alike = preview.alike.first().map(|a| {
        let why = if a.same_origin { "same origin" } else { "nearly the same words" };
        format!("Close to “{}” ({why}): the weaker of the two counts a quarter.", request::cut(&a.text, 80))
    });
    let conflict = (!preview.contradictions.is_empty()).then(|| {
        "It contradicts an item that is there already: both would count half until a person decides."
            .to_owned()
    });
    Effect {
        claim: title.to_owned(),
        from: preview.before.value(),
        to: preview.after.value(),
        counts: f.effective(),
        factors: format!(
            "{} {}, about this claim {}, {} {}, fresh {}",
            preview.item.weighed_tier().word(),
            factor(f.credibility),
            factor(f.relevance),
            if f.cluster_size > 1 { "repeats another" } else { "new" },
            factor(f.independence),
            factor(f.freshness)
        ),
        alike,
        conflict,
    }
}

/// `POST /evidence/new`, and `POST /claims/{slug}/evidence` alike.
pub(super) async fn add(
    State(state): State<AppState>,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    let fields = typed(&form);
    if form.value("do") == Some("read") {
        return read_link(&state, &reader, EvidenceTask::Add, fields).await;
    }
    submit(&state, &reader, EvidenceTask::Add, fields, form.value("do") == Some("preview")).await
}

async fn submit(
    state: &AppState,
    reader: &Reader,
    task: EvidenceTask,
    fields: EvidenceFields,
    only_preview: bool,
) -> Result<Response, Problem> {
    let mut shown = form_page(state, reader, task, fields).await?;
    let mut errors = Errors::default();
    let input = read(&shown.fields, &mut errors);
    if shown.fields.claims.is_empty() {
        errors.add("claim", "Choose at least one claim.");
    }
    if let Some(input) = input.filter(|_| errors.none()) {
        if only_preview {
            let replaces = shown.replaces();
            for slug in &shown.fields.claims {
                let key = ClaimKey::from(slug.clone());
                match state.engine().preview_evidence(&key, &input, replaces).await {
                    Ok(preview) => {
                        let title =
                            shown.claims.iter().find(|c| c.value == *slug).map_or("", |c| c.label.as_str());
                        shown.preview.push(effect(&preview, title));
                    }
                    Err(error) => refused(error, &mut errors)?,
                }
            }
        } else {
            match save(state, &shown, input).await {
                Ok(to) => return Ok(Redirect::to(&to).into_response()),
                Err(error) => refused(error, &mut errors)?,
            }
        }
    }
    // A preview of a form that is not finished is no mistake yet.
    let unfinished = !errors.none();
    if !only_preview {
        shown.errors = errors;
    }
    let mut answer = page(&shown);
    if unfinished {
        *answer.status_mut() = if only_preview { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    }
    Ok(answer)
}

async fn save(state: &AppState, shown: &EvidencePage, input: EvidenceInput) -> Result<String, EngineError> {
    let engine = state.engine();
    if let Some(id) = shown.replaces() {
        let reason = Some(shown.fields.reason.as_str()).filter(|r| !r.trim().is_empty());
        let changed = engine.revise_evidence(&OPERATOR, id, &input, reason, None).await?;
        return Ok(format!("/claims/{}?corrected={id}", changed.slug));
    }
    let targets = shown.fields.claims.iter().map(|c| Target::plain(ClaimKey::from(c.clone()))).collect();
    let added = engine.add_evidence(&OPERATOR, AddEvidence { input, targets, snapshot: None }).await?;
    Ok(added.first().map_or("/".to_owned(), |a| format!("/claims/{}?added={}", a.slug, a.evidence)))
}

/// Fills the form from the page behind the link, which is kept as proof.
async fn read_link(
    state: &AppState,
    reader: &Reader,
    task: EvidenceTask,
    fields: EvidenceFields,
) -> Result<Response, Problem> {
    let mut shown = form_page(state, reader, task, fields).await?;
    let engine = state.engine();
    let found = match engine.outside() {
        Ok(outside) => engine.read_link(&OPERATOR, outside.fetcher(), &shown.fields.url).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => {
            let fill = |slot: &mut String, value: Option<String>| {
                if let Some(value) = value.filter(|_| slot.trim().is_empty()) {
                    *slot = value;
                }
            };
            let fields = &mut shown.fields;
            fill(&mut fields.text, found.title.clone());
            fill(&mut fields.publisher, found.publisher.clone());
            fill(&mut fields.observed, found.published_on.map(|d| d.to_string()));
            shown.read_note = Some("Read, and a copy is kept. Change what is not right.".to_owned());
            Ok(page(&shown))
        }
        Err(error) => {
            refused(error, &mut shown.errors)?;
            let mut answer = page(&shown);
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(answer)
        }
    }
}

/// The item, and the claim it belongs to.
async fn item(state: &AppState, id: EvidenceId) -> Result<(Full, Item, f64), Problem> {
    let slug = state.engine().claim_of_evidence(id).await?;
    let full = state.engine().claim_page(&ClaimKey::from(slug), None).await?;
    let all = full.items_for.iter().chain(&full.items_against);
    let found = all.filter(|e| e.id == id).map(|e| (e.item.clone(), e.counts)).next();
    let (item, counts) = found
        .ok_or_else(|| Problem::new(Refusal::Conflict, "this item was retracted or superseded already"))?;
    Ok((full, item, counts))
}

fn evidence_id(text: &str) -> Result<EvidenceId, Problem> {
    text.parse().map_err(|_| Problem::not_found("evidence"))
}

/// `GET /evidence/{id}/revise`
pub(super) async fn revise(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (full, item, _) = item(&state, evidence_id(&id)?).await?;
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
        reason: String::new(),
    };
    Ok(page(&form_page(&state, &reader, EvidenceTask::Revise(id), fields).await?))
}

/// `POST /evidence/{id}/revise`
pub(super) async fn save_revision(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    evidence_id(&id)?;
    let only_preview = form.value("do") == Some("preview");
    submit(&state, &reader, EvidenceTask::Revise(id), typed(&form), only_preview).await
}

/// `GET /evidence/{id}/retract`: asks first.
pub(super) async fn retract(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let evidence = evidence_id(&id)?;
    let (full, item, counts) = item(&state, evidence).await?;
    let from = full.probabilities.get(full.leading).map_or(0.5, |o| o.p.value());
    let all = full.items_for.iter().chain(&full.items_against);
    let without = all.filter(|e| e.id == evidence).find_map(|e| e.without);
    Ok(page(&RetractPage {
        shell: reader.shell(&state, "Retract evidence", Place::Claims).await,
        id,
        text: item.text,
        claim: Choice::new(full.slug.to_string(), full.document.title.clone()),
        effect: Effect {
            claim: full.document.title.clone(),
            from,
            to: without.map_or(from, bellwether_core::probability::Probability::value),
            counts,
            factors: String::new(),
            alike: None,
            conflict: None,
        },
        reason: String::new(),
        errors: Errors::default(),
    }))
}

/// `POST /evidence/{id}/retract`
pub(super) async fn save_retraction(
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let reason = form.value("reason").filter(|r| !r.trim().is_empty());
    let changed = state.engine().retract_evidence(&OPERATOR, evidence_id(&id)?, reason).await?;
    Ok(Redirect::to(&format!("/claims/{}?retracted={id}", changed.slug)).into_response())
}

/// `POST /evidence/{id}/undo`
pub(super) async fn undo(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let changed = state.engine().undo_evidence(&OPERATOR, evidence_id(&id)?).await?;
    Ok(Redirect::to(&format!("/claims/{}?undone={id}", changed.slug)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_commas_and_percent_signs_get_a_hint() {
        assert_eq!(decimal("0,5").unwrap_err(), "“0,5” has a comma: write 0.5.");
        assert_eq!(decimal("50%").unwrap_err(), "“50%” is written with a percent sign: write 0.5.");
        assert_eq!(decimal(" 12 "), Ok(12.0));
        assert!(decimal("NaN").is_err() && decimal("").is_err() && decimal("abc").is_err());
    }
}
