//! Resolving: the dashboard, the proof, stored files.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_core::{
    alert::Target,
    ids::Sha256,
    resolution::Basis,
    rule::Witness,
    status::{ClaimStatus, Outcome},
};
use bellwether_engine::{
    EngineError,
    claims::ClaimKey,
    resolve::{Need, OpenClaim, SettledClaim, Since},
};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use http::{HeaderValue, header};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    alerts, charting, claim_read,
    deciding_view::Typed,
    far,
    feed_view::FilterLink,
    figures,
    markdown::{self, Prose},
    page,
    parts::{Mark, Moved, Status, Svg, Who},
    request::{self, Reader},
    resolution_view::{NeedsYou, OpenRow, ProofPage, ProofScore, ProofStep, ResolutionPage, SettledRow},
    shell::{Place, Shell},
    unkept,
};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::AppState,
};

/// A visit that is longer ago than this is another visit.
const VISIT: TimeDelta = TimeDelta::minutes(30);

/// What the dashboard's address says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tag: Option<String>,
}

/// `GET /resolution`
pub(super) async fn dashboard(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let engine = state.engine();
    let visitor = reader.remembered();
    let known = engine.last_event().await?;
    let found = engine.dashboard(asked.tag.as_deref(), visitor.as_deref()).await?;
    let mut shell = reader.shell(&state, "Resolution", Place::Resolution).await;
    shell.known = Some(known);
    let now = shell.now;
    let since = found.since.as_ref();
    let fresh = |id| since.is_some_and(|s| s.claims.contains(&id));
    let link = |tag: &String| FilterLink {
        href: format!(
            "/resolution?{}",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("tag", tag).finish()
        ),
        label: tag.clone(),
        current: asked.tag.as_ref() == Some(tag),
    };
    let all = FilterLink { label: "all".into(), href: "/resolution".into(), current: asked.tag.is_none() };
    let target = asked.tag.as_ref().map_or(Target::All, |tag| Target::Tag(tag.to_lowercase()));
    let body = ResolutionPage {
        follow: alerts::follow(&state, &reader, target).await?,
        tags: std::iter::once(all).chain(found.tags.iter().map(link)).collect(),
        since: since.and_then(|s| Some((s.at, told(s)?))),
        needs_you: found.needs.iter().map(|need| needs(need, since, &shell)).collect(),
        deciding: found
            .deciding
            .iter()
            .map(|d| NeedsYou {
                key: d.claim.slug.to_string(),
                status: request::status(ClaimStatus::Proposed, Some(&d.outcome.to_string())),
                subject: d.claim.title.clone(),
                href: format!("/claims/{}#proposal", d.claim.slug),
                detail: match d.basis {
                    Basis::Person => markdown::line(&d.why),
                    Basis::Rule | Basis::Given => d.why.clone(),
                },
                until: Some(d.until),
                actions: if d.until > now && shell.may_object() {
                    vec![("Object".to_owned(), format!("/claims/{}#proposal", d.claim.slug))]
                } else {
                    Vec::new()
                },
                fresh: fresh(d.claim.id),
            })
            .collect(),
        open: found.open.iter().map(|o| open(o, fresh(o.claim.id))).collect(),
        settled: found.settled.iter().map(|s| settled(s, fresh(s.claim.id))).collect(),
        last_read: found.last_read,
        next_read: found.next_read,
        shell,
    };
    let mut answer = page(&body);
    let visitor = visitor.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
    if since.is_none_or(|s| now - s.at > VISIT) && !reader.live {
        engine.note_visit(&visitor).await?;
    }
    let cookie = format!("visitor={visitor}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
    if reader.visitor.signed.is_none()
        && let Ok(value) = HeaderValue::from_str(&cookie)
    {
        answer.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(unkept(answer))
}

fn told(since: &Since) -> Option<String> {
    let said: Vec<String> = since
        .counts
        .iter()
        .map(|(kind, n)| {
            let word = match kind.as_str() {
                "proposal.opened" => "proposed",
                "proposal.objected" => "objected",
                "claim.resolved" => "settled",
                "claim.annulled" => "void",
                "claim.unresolved" => "reversed",
                "review.opened" => "under review",
                "verdict.changed" => "changed verdict",
                "source.stale" => "stale",
                _ => "held back",
            };
            format!("{n} {word}")
        })
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn needs(need: &Need, since: Option<&Since>, shell: &Shell) -> NeedsYou {
    let fresh = |id| since.is_some_and(|s| s.claims.contains(&id));
    let base = |key: String, status: Status, subject: String, href: String, detail: String| NeedsYou {
        key,
        status,
        subject,
        href,
        detail,
        until: None,
        actions: Vec::new(),
        fresh: false,
    };
    let bang = |word: &str| Status::new(Mark::Bang, word);
    match need {
        Need::HeldBack { source, benchmark, fetch, reason, .. } => {
            // One fetch can hold back several tables: the address names the one that is meant.
            let href = format!("/sources/{source}/snapshots/{fetch}?benchmark={}", benchmark.name);
            let mut actions = vec![("See rows".to_owned(), href.clone())];
            if shell.may_curate() {
                actions.push(("Accept anyway".to_owned(), format!("{href}#accept")));
            }
            NeedsYou {
                actions,
                ..base(
                    format!("held-{fetch}-{benchmark}"),
                    bang("Held back"),
                    benchmark.to_string(),
                    href,
                    reason.clone(),
                )
            }
        }
        Need::HeldRows { source, benchmark, keys, .. } => base(
            format!("rows-{benchmark}"),
            bang("Rows held"),
            benchmark.to_string(),
            format!("/sources/{source}"),
            request::cut(&keys.join(", "), 120),
        ),
        Need::Objected { claim, reason, .. } => NeedsYou {
            fresh: fresh(claim.id),
            actions: if shell.may_decide() {
                vec![("Decide".to_owned(), format!("/claims/{}#proposal", claim.slug))]
            } else {
                Vec::new()
            },
            ..base(
                claim.slug.to_string(),
                bang("Objected"),
                claim.title.clone(),
                format!("/claims/{}#proposal", claim.slug),
                format!("“{}”", request::cut(&markdown::line(reason), 120)),
            )
        },
        Need::UnderReview { claim, .. } => NeedsYou {
            fresh: fresh(claim.id),
            ..base(
                claim.slug.to_string(),
                bang("Under review"),
                claim.title.clone(),
                format!("/claims/{}#proposal", claim.slug),
                "a source corrected itself".to_owned(),
            )
        },
        Need::AwaitingData { claim, deadline } => NeedsYou {
            fresh: fresh(claim.id),
            ..base(
                claim.slug.to_string(),
                Status::new(Mark::Query, "Waiting for data"),
                claim.title.clone(),
                format!("/claims/{}#proposal", claim.slug),
                format!("the deadline passed on {}", figures::day(*deadline)),
            )
        },
        Need::Paused { source, pause } => base(
            "paused".to_owned(),
            bang("Paused"),
            source.as_ref().map_or("All proposals".to_owned(), ToString::to_string),
            source.as_ref().map_or("/sources".to_owned(), |s| format!("/sources/{s}")),
            pause.reason.clone(),
        ),
        Need::Reviews { count } => base(
            "reviews".to_owned(),
            Status::new(Mark::Query, "To answer"),
            figures::counted(*count as u64, "question", "questions"),
            "/review".to_owned(),
            "what the sources do not say: whose weights are open".to_owned(),
        ),
    }
}

fn open(open: &OpenClaim, fresh: bool) -> OpenRow {
    let far = open.far.as_ref();
    let name = match far {
        Some(f) => format!("{} of {}", f.holding(), f.conditions.len()),
        None if open.has_rule => "nothing read yet".to_owned(),
        None => "a person decides".to_owned(),
    };
    OpenRow {
        slug: open.claim.slug.to_string(),
        title: open.claim.title.clone(),
        status: request::status(open.status, None),
        p: open.p,
        moved: open.moved.map(|pts| Moved { pts, days: Some(7) }),
        far: name,
        holds: far.map(|f| far::holds(f.verdict)),
        strip: far
            .and_then(|f| f.held_up_by().or(f.conditions.first()))
            .map_or_else(Svg::default, |row| charting::strip(row, &format!("far-{}", open.claim.slug))),
        held_up: far.map_or(String::new(), far::held_up),
        by: Some(request::deadline(&open.deadline_text)),
        fresh,
    }
}

fn outcome_status(outcome: Option<&Outcome>) -> Status {
    outcome.map_or_else(|| Status::new(Mark::Dash, "Void"), |o| Status::settled(&o.to_string()))
}

fn settled(row: &SettledClaim, fresh: bool) -> SettledRow {
    SettledRow {
        slug: row.claim.slug.to_string(),
        title: row.claim.title.clone(),
        outcome: outcome_status(row.outcome.as_ref()),
        on: row.record.resolved_on.unwrap_or(row.at),
        scores: claim_read::scores(&row.record),
        fresh,
    }
}

/// `GET /claims/{slug}/proof`
pub(super) async fn proof(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    Ok(page(&proof_page(&state, &reader, key, Typed::default()).await?))
}

/// `GET /claims/{slug}/proof.json`: all that is needed to recompute the outcome elsewhere.
pub(super) async fn bundle(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let engine = state.engine();
    let claim = engine.claim_id(&ClaimKey::from(key)).await?;
    let Some((resolution, _)) = engine.proof(claim).await?.resolution else {
        return Err(Problem::not_found("proof: this claim is not settled"));
    };
    let bundle = engine.proof_bundle(resolution.id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"proof.json\""),
    ];
    let text = serde_json::to_string(&bundle).map_err(EngineError::internal)?;
    Ok((headers, text).into_response())
}

/// The proof, also to be shown again when an objection was refused.
pub(super) async fn proof_page(
    state: &AppState,
    reader: &Reader,
    key: String,
    typed: Typed,
) -> Result<ProofPage, Problem> {
    let engine = state.engine();
    let full = engine.claim_page(&ClaimKey::from(key), None).await?;
    let proof = engine.proof(full.id).await?;
    let Some((resolution, record)) = &proof.resolution else {
        return Err(Problem::not_found("proof: this claim is not settled"));
    };
    let shell = reader.shell(state, format!("Proof: {}", proof.title), Place::Resolution).await;
    let midnight = |day: chrono::NaiveDate| -> DateTime<Utc> { day.and_time(NaiveTime::MIN).and_utc() };
    let mut scores = Vec::new();
    for condition in &record.conditions {
        let source = condition.benchmark.as_ref().map(|b| &b.source);
        let file = record.snapshots.iter().find(|s| Some(&s.source) == source).or(record.snapshots.first());
        let Some(file) = file else { continue };
        let witness = |group: &str, w: &Witness| ProofScore {
            condition: condition.benchmark.as_ref().map_or_else(|| "release".to_owned(), ToString::to_string),
            group: group.to_owned(),
            model: w.model.clone(),
            score: w.score.map_or("–".to_owned(), figures::score),
            as_of: w.as_of.map(midnight),
            observed: file.observed_at,
            sha256: file.sha256.to_string(),
        };
        let openness = |w: &Witness| match w.openness {
            bellwether_core::openness::Openness::Open => "open",
            bellwether_core::openness::Openness::Closed => "closed",
            bellwether_core::openness::Openness::Unknown => "unknown",
        };
        scores.extend(
            [&condition.left, &condition.right].into_iter().flatten().map(|w| witness(openness(w), w)),
        );
    }
    Ok(ProofPage {
        slug: proof.slug.to_string(),
        title: proof.title.clone(),
        outcome: outcome_status(record.outcome.as_ref()),
        sentence: claim_read::told(record),
        resolved_on: record.resolved_on.unwrap_or(record.at),
        first_hit: record.first_hit,
        event_date: record.event_date.map(midnight),
        decided_by: Who(record.decided_by.clone()),
        interested: record.interested,
        scores,
        criteria: (u32::try_from(record.criteria_n).unwrap_or(1), Prose::of(&proof.document.criteria)),
        criteria_sha256: record.criteria_sha256.to_string(),
        hash: resolution.hash.to_string(),
        previous: proof.previous.filter(|h| h.0 != [0; 32]).map(|h| h.to_string()),
        command: "bellwether verify proof.json".to_owned(),
        steps: proof
            .steps
            .iter()
            .map(|s| ProofStep { at: s.at, text: step(&s.kind, s.reason.as_deref()) })
            .collect(),
        objections: proof
            .objections
            .iter()
            .map(|o| (Who(o.actor.clone()), o.at, Prose::of(&o.reason)))
            .collect(),
        can_object: proof.status == ClaimStatus::Resolved,
        typed,
        shell,
    })
}

fn step(kind: &str, reason: Option<&str>) -> String {
    let what = match kind {
        "claim.published" => "Published",
        "criteria.changed" => "Criteria changed",
        "verdict.changed" => "The rule's verdict",
        "claim.awaiting_data" => "The deadline passed without a verdict",
        "proposal.opened" => "Proposed",
        "proposal.objected" => "Objected",
        "proposal.refused" => "The proposal was refused",
        "claim.resolved" => "Settled",
        "claim.annulled" => "Declared void",
        "claim.unresolved" => "Reversed",
        "review.opened" => "Under review",
        _ => "Kept after review",
    };
    reason.map_or_else(|| format!("{what}."), |reason| format!("{what}: {}", markdown::line(reason)))
}

/// `GET /snapshots/{sha256}`: the stored bytes, never shown as a page.
pub(crate) async fn snapshot(
    State(state): State<AppState>,
    Path(sha256): Path<String>,
) -> Result<Response, Problem> {
    let sha256: Sha256 = sha256.parse().map_err(|_| Problem::not_found("snapshot"))?;
    let bytes = state.engine().stored_bytes(sha256).await?;
    let name = format!("attachment; filename=\"{sha256}.txt\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, name.as_str()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}
