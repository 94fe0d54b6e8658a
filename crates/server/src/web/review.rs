//! The review queue: what the sources do not say, or say differently, and a person's answer.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::openness::{Openness, Provenance, SourceSays};
use bellwether_engine::{EngineError, ingest::Question, reading::OpenQuestion};
use http::StatusCode;
use uuid::Uuid;

use super::{
    page,
    request::{self, Reader},
    review_view::{ReviewPage, ReviewRow},
    shell::Place,
};
use crate::{
    extract::{Form, Path},
    problem::{Kind, Problem},
    state::AppState,
    visitor::Visitor,
};

/// So many questions stand on the page; the answered ones make room.
const SHOWN: usize = 100;

/// `GET /review`
pub(super) async fn show(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let open = state.engine().open_questions().await?;
    Ok(page(&review_page(&state, &reader, &open, None).await))
}

/// What was typed for one of the questions, and why it was refused.
struct Refused<'a> {
    id: Uuid,
    reason: &'a str,
    message: String,
}

async fn review_page(
    state: &AppState,
    reader: &Reader,
    open: &[OpenQuestion],
    refused: Option<&Refused<'_>>,
) -> ReviewPage {
    let mut rows: Vec<ReviewRow> = open.iter().take(SHOWN).map(row).collect();
    if let Some(refused) = refused
        && let Some(row) = rows.iter_mut().find(|row| row.id == refused.id.to_string())
    {
        refused.reason.clone_into(&mut row.reason);
        row.error = Some(refused.message.clone());
    }
    let mut shown = ReviewPage {
        shell: reader.shell(state, "Review queue", Place::Review).await,
        rows,
        total: open.len() as u64,
        errors: super::evidence_view::Errors::default(),
    };
    if let Some(refused) = refused {
        shown.errors.add(&format!("reason-{}", refused.id), refused.message.clone());
    }
    shown
}

fn row(open: &OpenQuestion) -> ReviewRow {
    let (subject, why, answerable) = match &open.question {
        Question::Openness { model, organisation, source_says, provenance, .. } => {
            let of = organisation.as_ref().map_or(String::new(), |o| format!(" of {o}"));
            (format!("{model}{of}"), why(source_says, provenance), true)
        }
        Question::Cell { row, field, text, .. } => {
            let text = request::cut(text, 80);
            let why = format!(
                "The field “{field}” says “{text}”, which is no number. The row has no score until the source, or its document, says it otherwise."
            );
            (row.clone(), why, false)
        }
    };
    ReviewRow {
        id: open.id.to_string(),
        subject: request::cut(&subject, 160),
        benchmark: open.question.benchmark().to_string(),
        source: open.source_title.clone(),
        why,
        at: open.at,
        claims: open.claims.iter().map(|c| (c.slug.clone(), c.title.clone())).collect(),
        answerable,
        reason: String::new(),
        error: None,
    }
}

fn why(says: &SourceSays, provenance: &Provenance) -> String {
    let word = |openness: &Openness| match openness {
        Openness::Open => "open",
        Openness::Closed => "closed",
        Openness::Unknown => "unknown",
    };
    match (provenance, says) {
        (Provenance::Disagree(id), SourceSays::Listed(openness)) => {
            format!("The source says {}, the registry ({id}) says otherwise.", word(openness))
        }
        (Provenance::Disagree(id), _) => format!("The source and the registry ({id}) disagree."),
        (Provenance::SourceUnknown(text), _) => {
            format!("The source says “{}”, which is neither open nor closed.", request::cut(text, 80))
        }
        _ => "The source does not say, and the registry does not know the name.".to_owned(),
    }
}

/// `POST /review/{id}`: a person says whether the model's weights are open.
pub(super) async fn answer(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(id): Path<Uuid>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["openness", "reason"])?;
    let open = state.engine().open_questions().await?;
    let asked = open.iter().find(|q| q.id == id);
    let Some(asked) = asked else {
        return Err(Problem::new(Kind::Conflict, "this question is not open any more: somebody answered it"));
    };
    let Question::Openness { benchmark, model, .. } = &asked.question else {
        return Err(Problem::new(
            Kind::Conflict,
            "a cell that is no number is mended in the source's document",
        ));
    };
    let reason = form.value("reason").unwrap_or_default();
    let openness = match form.value("openness") {
        Some("open") => Some(Openness::Open),
        Some("closed") => Some(Openness::Closed),
        Some("unknown") => Some(Openness::Unknown),
        _ => None,
    };
    let message = match openness {
        None => "Say whether its weights are open or closed.".to_owned(),
        Some(openness) => {
            let source = Some(&benchmark.source);
            match state.engine().overrule_openness(visitor.actor()?, source, model, openness, reason).await {
                Ok(()) => return Ok(Redirect::to("/review").into_response()),
                Err(EngineError::Invalid(bad)) => {
                    bad.into_iter().map(|e| e.message).collect::<Vec<_>>().join("; ")
                }
                Err(other) => return Err(other.into()),
            }
        }
    };
    let refused = Refused { id, reason, message };
    let mut answer = page(&review_page(&state, &reader, &open, Some(&refused)).await);
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}
