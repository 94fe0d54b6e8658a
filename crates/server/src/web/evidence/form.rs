//! The form for an item of evidence: filled in from an address or a link, tried, saved.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{figures::factor, ids::SignalId, status::ClaimStatus};
use bellwether_engine::{
    EngineError,
    claims::{FeedQuery, FeedSort},
    evidence::{AddEvidence, Correction, EvidenceInput, Preview},
};
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    super::{
        evidence_view::{Choice, Effect, Errors, EvidenceFields, EvidencePage, EvidenceTask},
        markdown, page,
        request::{self, Reader},
        shell::Place,
    },
    fields::{TIERS, hidden, kinds, read, refused, typed},
    options,
};
use crate::{
    extract::{Form, Path, Query},
    problem::Problem,
    state::AppState,
};

/// What a bookmarklet, a share sheet or a signal may fill in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Filled {
    claim: Option<String>,
    url: Option<String>,
    text: Option<String>,
    title: Option<String>,
    side: Option<String>,
    points: Option<f64>,
    publisher: Option<String>,
    kind: Option<String>,
    signal: Option<String>,
    several: Option<String>,
}

/// `GET /evidence/new`
pub(in super::super) async fn new(
    State(state): State<AppState>,
    reader: Reader,
    Query(filled): Query<Filled>,
) -> Result<Response, Problem> {
    let side = filled.side.as_deref().unwrap_or_default();
    let kind = filled.kind.filter(|kind| TIERS.iter().any(|(_, key, _)| key == kind));
    let fields = EvidenceFields {
        claims: filled.claim.iter().cloned().collect(),
        url: filled.url.unwrap_or_default(),
        text: filled.text.or(filled.title).unwrap_or_default(),
        publisher: filled.publisher.unwrap_or_default(),
        side: match side {
            "against" | "no" | "down" => "against",
            "for" | "yes" | "up" => "for",
            _ => "",
        }
        .to_owned(),
        points: filled.points.filter(|p| (0.0..=40.0).contains(p)).unwrap_or(3.0).to_string(),
        kind: kind.unwrap_or_else(|| "press".to_owned()),
        relevance: "1".to_owned(),
        signal: filled.signal.unwrap_or_default(),
        ..EvidenceFields::default()
    };
    let mut errors = Errors::default();
    let mut form = form_page(&state, &reader, EvidenceTask::Add, fields, &mut errors).await?;
    if filled.claim.is_some() && form.fields.claims.is_empty() {
        return Err(Problem::not_found("claim"));
    }
    form.several = filled.several.is_some();
    Ok(page(&form))
}

/// The form around what was typed. Claims that are not there are noted among the errors.
pub(super) async fn form_page(
    state: &AppState,
    reader: &Reader,
    task: EvidenceTask,
    mut fields: EvidenceFields,
    errors: &mut Errors,
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
    let mut claims: Vec<Choice> =
        cards.into_iter().map(|c| Choice::new(c.slug.to_string(), c.title)).collect();
    let chosen = options::chosen(state, &mut fields, errors).await?;
    for claim in &chosen {
        if claims.iter().all(|c| c.value != claim.slug.as_str()) {
            claims.push(Choice::new(claim.slug.to_string(), claim.title.clone()));
        }
    }
    let title = if task == EvidenceTask::Add { "Add evidence" } else { "Correct evidence" };
    Ok(EvidencePage {
        shell: reader.shell(state, title, Place::Claims).await,
        task,
        options: options::choices(&chosen, &fields),
        fields,
        errors: Errors::default(),
        claims,
        kinds: kinds(),
        preview: Vec::new(),
        read_note: None,
        several: false,
    })
}

fn effect(preview: &Preview, title: &str) -> Effect {
    let f = &preview.factors;
    let alike = preview.alike.first().map(|a| {
        let why = if a.same_origin { "same origin" } else { "nearly the same words" };
        format!(
            "Close to “{}” ({why}): the weaker of the two counts a quarter.",
            request::cut(&markdown::line(&a.text), 80)
        )
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

/// `POST /evidence/new`
pub(in super::super) async fn add(
    State(state): State<AppState>,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    act(&state, &reader, EvidenceTask::Add, &form).await
}

/// `POST /claims/{slug}/evidence`: the same form, for the claim that the address names.
pub(in super::super) async fn add_to(
    State(state): State<AppState>,
    reader: Reader,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let form = form.with_missing("claim", &slug);
    act(&state, &reader, EvidenceTask::Add, &form).await
}

/// What the form asks and what its buttons send.
const FIELDS: [&str; 18] = [
    "claim",
    "url",
    "text",
    "publisher",
    "observed",
    "side",
    "option",
    "option.",
    "points",
    "own_points",
    "kind",
    "relevance",
    "reason",
    "kept",
    "signal",
    "revision",
    "several",
    "do",
];

/// Reads the link, shows what the item would do, or saves it: by the button that was pressed.
pub(super) async fn act(
    state: &AppState,
    reader: &Reader,
    task: EvidenceTask,
    form: &Form,
) -> Result<Response, Problem> {
    form.only(&FIELDS)?;
    let mut errors = Errors::default();
    let mut shown = form_page(state, reader, task, typed(form), &mut errors).await?;
    shown.several = form.value("several").is_some();
    match form.value("do") {
        Some("several") => shown.several = true,
        Some("read") => read_link(state, &mut shown, &mut errors).await?,
        Some("preview") => {
            // A preview of a form that is not finished is no mistake yet.
            errors = Errors::default();
            preview(state, &mut shown).await?;
        }
        _ => {
            if let Some(to) = save(state, &mut shown, &mut errors).await? {
                return Ok(Redirect::to(&to).into_response());
            }
        }
    }
    let wrong = !errors.none();
    shown.errors = errors;
    let mut answer = page(&shown);
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// The item, where the whole form reads.
fn finished(shown: &EvidencePage, errors: &mut Errors) -> Option<EvidenceInput> {
    if shown.fields.claims.is_empty() && errors.of("claim").is_none() {
        errors.add("claim", "Choose at least one claim.");
    }
    let input = read(&shown.fields, errors);
    options::check(shown, errors);
    input.filter(|_| errors.none())
}

async fn preview(state: &AppState, shown: &mut EvidencePage) -> Result<(), Problem> {
    let Some(input) = finished(shown, &mut Errors::default()) else { return Ok(()) };
    let replaces = shown.replaces();
    for (slug, target) in shown.fields.claims.iter().zip(options::targets(shown)) {
        let input = EvidenceInput { option: target.option, ..input.clone() };
        let title = shown.claims.iter().find(|c| c.value == *slug).map_or("", |c| c.label.as_str());
        match state.engine().preview_evidence(&target.claim, &input, replaces).await {
            Ok(preview) => shown.preview.push(effect(&preview, title)),
            Err(error) => refused(error, "claim", &mut Errors::default())?,
        }
    }
    Ok(())
}

/// Where to go after it was saved; `None` where something is wrong.
async fn save(
    state: &AppState,
    shown: &mut EvidencePage,
    errors: &mut Errors,
) -> Result<Option<String>, Problem> {
    let Some(mut input) = finished(shown, errors) else { return Ok(None) };
    let kept = hidden::<Uuid>(&shown.fields.kept, "url", errors);
    let signal = hidden::<Uuid>(&shown.fields.signal, "claim", errors).map(SignalId);
    let seen = hidden::<u32>(&shown.fields.revision, "text", errors);
    if !errors.none() {
        shown.fields.kept.clear();
        return Ok(None);
    }
    let engine = state.engine();
    let saved = if let Some(id) = shown.replaces() {
        input.option = options::targets(shown).into_iter().find_map(|target| target.option);
        let reason = Some(shown.fields.reason.as_str()).filter(|r| !r.trim().is_empty());
        let correction = Correction { input: &input, reason, seen, snapshot: kept };
        let changed = engine.revise_evidence(shown.shell.visitor.actor()?, id, correction).await;
        changed.map(|changed| format!("/claims/{}?corrected={id}", changed.slug))
    } else {
        let add = AddEvidence { input, targets: options::targets(shown), snapshot: kept };
        let added = match signal {
            Some(signal) => engine.add_evidence_of_signal(shown.shell.visitor.actor()?, signal, add).await,
            None => engine.add_evidence(shown.shell.visitor.actor()?, add).await,
        };
        added.map(|added| {
            added.first().map_or("/".to_owned(), |a| format!("/claims/{}?added={}", a.slug, a.evidence))
        })
    };
    match saved {
        Ok(to) => Ok(Some(to)),
        Err(error) => {
            // A copy that does not belong to this item is let go, so that the item can be saved without it.
            if matches!(&error, EngineError::Invalid(bad) if bad.iter().any(|e| e.field == "snapshot")) {
                shown.fields.kept.clear();
            }
            let beside = if shown.replaces().is_some() { "text" } else { "claim" };
            refused(error, beside, errors)?;
            Ok(None)
        }
    }
}

/// Fills the form from the page behind the link, which is kept as proof.
async fn read_link(state: &AppState, shown: &mut EvidencePage, errors: &mut Errors) -> Result<(), Problem> {
    let engine = state.engine();
    let found = match engine.outside() {
        Ok(outside) => {
            engine.read_link(shown.shell.visitor.actor()?, outside.fetcher(), &shown.fields.url).await
        }
        Err(error) => Err(error),
    };
    shown.fields.kept.clear();
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
            fields.kept = found.snapshot.to_string();
            found.link.as_str().clone_into(&mut fields.url);
            shown.read_note =
                Some("Read, and a copy is kept with the item. Change what is not right.".to_owned());
            preview(state, shown).await
        }
        Err(error) => refused(error, "url", errors),
    }
}
