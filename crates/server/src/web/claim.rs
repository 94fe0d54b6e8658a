//! A claim: its page and its moves.

use axum::{extract::State, response::Response};
use bellwether_core::{alert::Target, status::ClaimStatus};
use bellwether_engine::{claims::ClaimKey, resolve::Stake};
use serde::Deserialize;

use super::{
    alerts,
    charting::{self, Range},
    claim_read::{
        criteria, finding, headline, item, just, made_of, move_row, notices, outcomes_of, proposal, waits,
        why,
    },
    claim_view::{ClaimPage, Deadline, Notice, OtherView},
    deciding_view::{ProposeBox, Typed},
    evidence_view::Choice,
    external, far,
    forecast::{self, TypedForecast},
    markdown::Prose,
    market, page,
    request::{self, Reader},
    shell::Place,
    signals,
    small_views::MovesPage,
};
use crate::{
    cache::cacheable,
    extract::{Path, Query},
    problem::Problem,
    state::AppState,
};

/// What a claim's addresses may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) at: Option<String>,
    pub(super) range: Option<String>,
    pub(super) added: Option<String>,
    pub(super) retracted: Option<String>,
    pub(super) corrected: Option<String>,
    pub(super) undone: Option<String>,
    pub(super) forecast: Option<String>,
    pub(super) withdrawn: Option<String>,
    pub(super) theme: Option<String>,
    pub(super) before: Option<u64>,
}

/// `GET /claims/{slug}`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    Ok(cacheable(page(
        &build(&state, &reader, &key, &asked, &Typed::default(), &TypedForecast::default()).await?,
    )))
}

/// The page, also to be shown again when an objection or a decision was refused.
pub(super) async fn build(
    state: &AppState,
    reader: &Reader,
    key: &str,
    asked: &Asked,
    typed: &Typed,
    typed_forecast: &TypedForecast,
) -> Result<ClaimPage, Problem> {
    let engine = &state.engine_for(&reader.visitor);
    let at = request::instant(asked.at.as_deref())?;
    let key = ClaimKey::from(key.to_owned());
    // Before all else is read: what happens in between is told once too often rather than never.
    let known = engine.last_event().await?;
    let full = engine.claim_page(&key, at).await?;
    let history = engine.history(&key, at).await?;
    let told = engine.claim_forecasts(&key).await?;
    let just_forecast = forecast::just(state, reader, asked).await;
    let proof = engine.proof(full.id).await?;
    let beside = engine.claim_signals(full.id, 60).await?;
    let all = full.items_for.iter().chain(&full.items_against);
    let kept = engine.kept_pages(&all.filter_map(|e| e.snapshot).collect::<Vec<_>>()).await?;
    let has_rule = full.document.rule.is_some() || !full.document.outcomes.is_empty();
    let mut shell = reader.shell(state, full.document.title.clone(), Place::Claims).await;
    shell.path = format!("/claims/{}", full.slug);
    let now = shell.now;
    shell.frozen = (!full.is_now).then_some(full.at);
    shell.known = full.is_now.then_some(known);
    let query = asked.at.as_deref().filter(|_| !full.is_now).map_or(String::new(), |at| format!("at={at}"));
    let outcome = full.outcome.as_ref().or(full.proposed.as_ref()).map(ToString::to_string);
    let settled = full.status.is_settled();
    let due =
        matches!(full.status, ClaimStatus::Disputed | ClaimStatus::UnderReview | ClaimStatus::AwaitingData);
    let stake = match reader.visitor.actor() {
        Ok(actor) if due && shell.may_decide() => engine.stake(actor, full.id).await?,
        _ => Stake::Free,
    };
    let proposal = if full.is_now { proposal(&proof, typed, stake, now) } else { None };
    // A person states how a claim came out where no rule can.
    let open = full.status == ClaimStatus::AwaitingData || (full.status == ClaimStatus::Open && !has_rule);
    let propose = (full.is_now && open && shell.may_curate() && shell.frozen.is_none())
        .then(|| ProposeBox { outcomes: outcomes_of(&full.document), typed: typed.clone() });
    let mut notices = notices(&full);
    // What could not be done is said where there is no form to say it in.
    if let Some(text) = typed.error.clone().filter(|_| {
        let has_form =
            if typed.url.is_some() { propose.is_some() } else { proposal.as_ref().is_some_and(|p| !p.ended) };
        !has_form
    }) {
        notices.push(Notice { lead: "Not recorded:".to_owned(), text, link: None, fault: true });
    }
    let others = full
        .streams
        .iter()
        .filter(|s| s.share < 1.0)
        .filter_map(|s| {
            Some(OtherView {
                name: s.stream.title(),
                p: s.p.get(full.leading)?.value(),
                n: s.n.map(|n| n as u64),
            })
        })
        .collect();
    Ok(ClaimPage {
        slug: full.slug.to_string(),
        title: full.document.title.clone(),
        context: full.document.context.as_deref().map(Prose::of),
        tags: full.document.tags.clone(),
        deadline: Some(Deadline {
            label: request::deadline(&full.document.window.text.by),
            before: full.document.window.by,
        }),
        status: request::status(full.status, outcome.as_deref()),
        headline: headline(&full),
        made_of: made_of(&full),
        confidence: full.confidence.level().word().to_owned(),
        confidence_basis: full.confidence.sentence(),
        others,
        followed: external::lines(state, &full).await?,
        follow: alerts::follow(state, reader, Target::Claim(full.id)).await?,
        chart: charting::chart(&history, &finding(&full), Range::read(asked.range.as_deref()), &query),
        distance: full
            .distance
            .as_ref()
            .map(|f| if settled { far::settled(f) } else { far::table(f, full.at) }),
        far: full.distance.as_ref().filter(|_| !settled).map(far::line),
        why: Some(why(&full)),
        up: full.items_for.iter().map(|e| item(e, &full, &kept)).collect(),
        down: full.items_against.iter().map(|e| item(e, &full, &kept)).collect(),
        retracted: full.retracted.iter().map(|e| item(e, &full, &kept)).collect(),
        signals: beside.iter().filter(|s| waits(s, &full)).map(|s| signals::row(s, &full)).collect(),
        moves: full.moves.iter().take(8).map(move_row).collect(),
        moves_total: full.moves_total,
        criteria: criteria(&full),
        dry_run: has_rule.then(|| format!("/claims/{}/dry-run", full.slug)),
        notices,
        forecasts: forecast::forecast_box(&full, &told, typed_forecast, just_forecast),
        market: market::part(state, reader, &full, &shell).await?,
        just: just(&full, asked, now),
        proposal,
        propose,
        accepts: full.is_now && full.status.takes_evidence(),
        has_proof: settled && proof.resolution.is_some(),
        shell,
    })
}

/// `GET /claims/{slug}/moves`
pub(super) async fn moves(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    let key = ClaimKey::from(key);
    let engine = state.engine_for(&reader.visitor);
    let full = engine.claim_page(&key, at).await?;
    let found = engine.moves(&key, asked.before, 100, at).await?;
    let shell = reader.shell(&state, "What moved it", Place::Claims).await;
    Ok(page(&MovesPage {
        claim: Choice::new(full.slug.to_string(), full.document.title.clone()),
        moves: found.moves.iter().map(move_row).collect(),
        next: found.next.map(|seq| format!("/claims/{}/moves?before={seq}", full.slug)),
        shell,
    }))
}
