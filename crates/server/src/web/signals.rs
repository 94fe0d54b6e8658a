//! The signals beside a claim: what was read that may bear on it, and the way to count it.

use axum::{extract::State, response::Response};
use bellwether_engine::{
    claims::{ClaimKey, ClaimPage as Full},
    signals::SignalView,
};

use super::{
    claim_read::waits, claim_view::SignalRow, evidence_view::Choice, page, request::Reader, shell::Place,
    small_views::SignalsPage,
};
use crate::{extract::Path, problem::Problem, state::AppState};

/// So many signals stand on the page, the newest.
const SHOWN: u16 = 200;

/// A signal as the claim's pages show it.
pub(super) fn row(view: &SignalView, full: &Full) -> SignalRow {
    let signal = &view.signal;
    let name = view.source_title.clone().or_else(|| signal.source.as_ref().map(ToString::to_string));
    let waiting = waits(view, full);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("claim", full.slug.as_str()).append_pair("text", &signal.title);
    query.append_pair("signal", &signal.id.to_string());
    if let Some(url) = &signal.url {
        query.append_pair("url", url);
    }
    if let Some(name) = &name {
        query.append_pair("publisher", name);
    }
    // A leaderboard is the publisher of its own figures.
    if signal.benchmark.is_some() {
        query.append_pair("kind", "primary");
    }
    let takes = waiting && full.is_now && full.status.takes_evidence();
    SignalRow {
        title: signal.title.clone(),
        sources: name.map(|name| (name, signal.url.clone())).into_iter().collect(),
        at: signal.observed_at,
        side: None,
        count_it: takes.then(|| format!("/evidence/new?{}", query.finish())),
        counted: !waiting,
    }
}

/// `GET /claims/{slug}/signals`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let full = state.engine().claim_page(&ClaimKey::from(key), None).await?;
    let found = state.engine().claim_signals(full.id, SHOWN.into()).await?;
    Ok(page(&SignalsPage {
        shell: reader.shell(&state, "Signals", Place::Claims).await,
        claim: Choice::new(full.slug.to_string(), full.document.title.clone()),
        signals: found.iter().map(|s| row(s, &full)).collect(),
        cut: found.len() == usize::from(SHOWN),
    }))
}
