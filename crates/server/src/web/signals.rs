//! The signals beside a claim: what was read that may bear on it, and what becomes of it.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{evidence::Side, ids::SignalId, signal::SignalStatus};
use bellwether_engine::{
    claims::{ClaimKey, ClaimPage as Full},
    evidence::CountSignal,
    signals::{BesideView, Decision, SignalView},
};
use uuid::Uuid;

use super::{
    doors,
    evidence_view::Choice,
    figures, page,
    parts::Who,
    request::Reader,
    shell::Place,
    signal_view::{Act, BesideRow, ClaimSignalsPage, SignalRow},
};
use crate::{
    extract::{Form, Path},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

/// So many signals stand on the page, the newest.
const SHOWN: u16 = 200;

/// A signal as the claim's pages show it.
pub(super) fn row(view: &SignalView, full: &Full) -> SignalRow {
    let takes = full.is_now && full.status.takes_evidence();
    let beside = view.beside(full.id).map(|b| beside_row(view, b, full.slug.as_str(), takes));
    signal_row(view, beside.into_iter().collect())
}

/// A signal with how it stands beside claims.
pub(super) fn signal_row(view: &SignalView, beside: Vec<BesideRow>) -> SignalRow {
    let sources = view.sources.iter().map(|source| (source.name.clone(), source.url.clone())).collect();
    SignalRow { title: view.signal.title.clone(), sources, at: view.signal.observed_at, beside }
}

/// How a signal stands beside a claim, and what can be done about it while the claim takes evidence.
pub(super) fn beside_row(view: &SignalView, beside: &BesideView, slug: &str, takes: bool) -> BesideRow {
    let suggestion = &beside.suggestion;
    let state = match beside.status {
        _ if beside.waits => None,
        SignalStatus::Later => {
            let until =
                beside.row.until.map_or_else(String::new, |at| format!(" until {}", figures::day(at)));
            Some(format!("put off{until}"))
        }
        SignalStatus::NotRelevant => Some("not relevant".to_owned()),
        SignalStatus::Counted | SignalStatus::Waiting => Some(beside.status.title().to_owned()),
    };
    let base = format!("/claims/{slug}/signals/{}", view.signal.id);
    let act = match beside.status {
        _ if !takes => None,
        _ if beside.waits => Some(Act::Decide {
            form: view.counts().then(|| evidence_form(view, beside, slug)),
            direct: suggestion.side.is_some(),
            base,
        }),
        SignalStatus::NotRelevant | SignalStatus::Later => Some(Act::Undo { base }),
        SignalStatus::Counted | SignalStatus::Waiting => None,
    };
    BesideRow {
        claim: None,
        because: beside.because.clone(),
        suggested: suggestion
            .side
            .zip(suggestion.points)
            .filter(|_| beside.waits)
            .map(|(side, points)| (side == Side::For, figures::points(side.sign() * points))),
        by: state.as_ref().and(beside.row.decided_by.clone()).map(Who),
        state,
        act,
    }
}

/// The address of the evidence form, filled in from a signal.
fn evidence_form(view: &SignalView, beside: &BesideView, slug: &str) -> String {
    let signal = &view.signal;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("claim", slug).append_pair("text", &signal.title);
    query.append_pair("signal", &signal.id.to_string());
    if let Some(url) = &signal.url {
        query.append_pair("url", url);
    }
    if let Some(source) = view.sources.first() {
        query.append_pair("publisher", &source.name);
    }
    match beside.suggestion.side {
        Some(Side::For) => query.append_pair("side", "for"),
        Some(Side::Against) => query.append_pair("side", "against"),
        None => &mut query,
    };
    if let Some(points) = beside.suggestion.points {
        query.append_pair("points", &points.to_string());
    }
    // A leaderboard is the publisher of its own figures.
    if signal.benchmark.is_some() {
        query.append_pair("kind", "primary");
    }
    format!("/evidence/new?{}", query.finish())
}

/// `GET /claims/{slug}/signals`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let full = state.engine().claim_page(&ClaimKey::from(key), None).await?;
    let found = state.engine().claim_signals(full.id, SHOWN.into()).await?;
    Ok(page(&ClaimSignalsPage {
        shell: reader.shell(&state, "Signals", Place::Claims).await,
        claim: Choice::new(full.slug.to_string(), full.document.title.clone()),
        signals: found.iter().map(|s| row(s, &full)).collect(),
        cut: found.len() == usize::from(SHOWN),
    }))
}

/// `POST /claims/{slug}/signals/{signal}/count`: one press makes an item of evidence of it, as suggested.
pub(super) async fn count(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((key, signal)): Path<(String, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["back"])?;
    let claim = ClaimKey::from(key);
    let count = CountSignal { claim, signal: SignalId(signal), side: None, strength: None, text: None };
    let added = state.engine().count_signal(visitor.actor()?, count).await?;
    Ok(Redirect::to(&format!("/claims/{}?added={}", added.slug, added.evidence)).into_response())
}

/// `POST /claims/{slug}/signals/{signal}/not-relevant`
pub(super) async fn not_relevant(
    state: State<AppState>,
    visitor: Visitor,
    path: Path<(String, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    decide(state, visitor, path, form, Decision::NotRelevant).await
}

/// `POST /claims/{slug}/signals/{signal}/later`
pub(super) async fn later(
    state: State<AppState>,
    visitor: Visitor,
    path: Path<(String, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    decide(state, visitor, path, form, Decision::Later).await
}

/// `POST /claims/{slug}/signals/{signal}/undo`
pub(super) async fn undo(
    state: State<AppState>,
    visitor: Visitor,
    path: Path<(String, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    decide(state, visitor, path, form, Decision::Undo).await
}

async fn decide(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((key, signal)): Path<(String, Uuid)>,
    form: Form,
    decision: Decision,
) -> Result<Response, Problem> {
    form.only(&["back"])?;
    let claim = ClaimKey::from(key);
    state.engine().decide_signal(visitor.actor()?, &claim, SignalId(signal), decision).await?;
    let back = match form.value("back") {
        Some(back) => doors::local(Some(back)),
        None => format!("/claims/{claim}/signals"),
    };
    Ok(Redirect::to(&back).into_response())
}
