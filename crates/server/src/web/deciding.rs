//! Objecting to an outcome, and deciding: what comes back is the claim, or its page again with what is wrong.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::status::Outcome;
use bellwether_engine::{
    EngineError,
    claims::{ClaimKey, ClaimPage as Full},
    resolve::Ruling,
};
use http::StatusCode;

use super::{
    claim::{self, Asked},
    deciding_view::Typed,
    forecast::TypedForecast,
    page,
    request::{self, Reader},
    resolution::proof_page,
};
use crate::{
    extract::{Form, Path},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

/// `POST /claims/{slug}/object`
pub(super) async fn object(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["reason"])?;
    let typed = typed(&form);
    let full = state.engine().claim_page(&ClaimKey::from(key.clone()), None).await?;
    let done = state.engine().object(visitor.actor()?, full.id, &typed.reason, None).await.map(|_| ());
    after(&state, &reader, &key, typed, done, full.status.is_settled()).await
}

/// `POST /claims/{slug}/propose`
pub(super) async fn propose(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["reason", "outcome", "url"])?;
    let url = form.value("url").unwrap_or_default().trim().to_owned();
    let typed = Typed { url: Some(url.clone()), ..typed(&form) };
    let full = state.engine().claim_page(&ClaimKey::from(key.clone()), None).await?;
    let done = state_outcome(&state, &visitor, &full, &typed, &url).await;
    after(&state, &reader, &key, typed, done, false).await
}

/// Reads and keeps the page behind the link, then proposes.
async fn state_outcome(
    state: &AppState,
    visitor: &Visitor,
    full: &Full,
    typed: &Typed,
    url: &str,
) -> Result<(), EngineError> {
    let engine = state.engine();
    let Some(outcome) = outcome(full, &typed.outcome) else {
        return Err(EngineError::invalid("outcome", "required", "Choose an outcome."));
    };
    if url.is_empty() {
        return Err(EngineError::invalid(
            "url",
            "required",
            "Give a link that shows it: it is kept as proof.",
        ));
    }
    let actor =
        visitor.actor().map_err(|_| EngineError::Forbidden("sign in to propose an outcome".into()))?;
    let page = engine.read_link(actor, engine.outside()?.fetcher(), url).await?;
    engine.propose(actor, full.id, outcome, &typed.reason, Some(page.snapshot)).await
}

/// The outcome of a claim that a form names.
fn outcome(full: &Full, named: &str) -> Option<Outcome> {
    match named {
        "Yes" if full.document.options.is_empty() => Some(Outcome::Yes),
        "No" if full.document.options.is_empty() => Some(Outcome::No),
        option => {
            full.document.options.iter().any(|o| o == option).then(|| Outcome::Option(option.to_owned()))
        }
    }
}

/// `POST /claims/{slug}/decide`
pub(super) async fn decide(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["reason", "outcome"])?;
    let typed = typed(&form);
    let full = state.engine().claim_page(&ClaimKey::from(key.clone()), None).await?;
    let ruling = match typed.outcome.as_str() {
        "Void" => Some(Ruling::Annul),
        "Go on" => Some(Ruling::Refuse),
        "Take it back" => Some(Ruling::Reverse),
        named => outcome(&full, named).map(Ruling::Uphold),
    };
    let done = match ruling {
        Some(ruling) => state.engine().decide(visitor.actor()?, full.id, ruling, &typed.reason).await,
        None => Err(EngineError::invalid("outcome", "required", "Choose an outcome.")),
    };
    after(&state, &reader, &key, typed, done, false).await
}

fn typed(form: &Form) -> Typed {
    let value = |name: &str| form.value(name).unwrap_or_default().to_owned();
    Typed { reason: value("reason"), outcome: value("outcome"), ..Typed::default() }
}

/// Back to the claim, or the page again with what is wrong.
async fn after(
    state: &AppState,
    reader: &Reader,
    key: &str,
    mut typed: Typed,
    done: Result<(), EngineError>,
    on_proof: bool,
) -> Result<Response, Problem> {
    let (status, why) = match done {
        Ok(()) => return Ok(Redirect::to(&format!("/claims/{key}")).into_response()),
        Err(EngineError::Invalid(bad)) => {
            let why = bad.into_iter().map(|e| e.message).collect::<Vec<_>>().join(" ");
            (StatusCode::UNPROCESSABLE_ENTITY, why)
        }
        // The state moved on while the reader wrote: the page as it stands now says why it could not be done.
        Err(moved_on @ (EngineError::Conflict(_) | EngineError::TooLate { .. })) => {
            (StatusCode::CONFLICT, moved_on.to_string())
        }
        // They have an interest: what they wrote is kept, for whoever decides may want to read it.
        Err(EngineError::Forbidden(why)) => (StatusCode::FORBIDDEN, request::sentence(&why)),
        Err(other) => return Err(other.into()),
    };
    typed.error = Some(why);
    let mut answer = if on_proof && status == StatusCode::UNPROCESSABLE_ENTITY {
        page(&proof_page(state, reader, key.to_owned(), typed).await?)
    } else {
        page(&claim::build(state, reader, key, &Asked::default(), &typed, &TypedForecast::default()).await?)
    };
    *answer.status_mut() = status;
    Ok(answer)
}
