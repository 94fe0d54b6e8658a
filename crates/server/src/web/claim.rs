//! A claim: its page, its moves, its chart and share image, its exports, its card.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use bellwether_core::{
    ledger::Bar, options::Options, resolution::ResolutionRecord, status::ClaimStatus, stream::Stream,
};
use bellwether_engine::{
    claims::{ClaimKey, ClaimPage as Full, EvidenceView, MoveView},
    resolve::{HowFar, Proof},
    signals::SignalView,
};
use chrono::{DateTime, Utc};
use http::header;
use serde::Deserialize;

use super::{
    charting::{self, Range},
    claim_view::{
        ClaimPage, Criteria, Deadline, Headline, Item, JustAdded, MoveRow, Notice, OtherView, ProposalBox,
        SignalRow, Why,
    },
    evidence_view::Choice,
    far, feed, figures, page,
    request::{self, Reader},
    shell::Place,
    small_views::{CardPage, MovesPage},
};
use crate::{
    embeddable,
    extract::{Path, Query},
    problem::{Kind, Problem},
    state::AppState,
};

/// What a claim's addresses may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    at: Option<String>,
    range: Option<String>,
    added: Option<String>,
    retracted: Option<String>,
    corrected: Option<String>,
    undone: Option<String>,
    theme: Option<String>,
    before: Option<u64>,
}

/// "Why 75%".
pub(super) fn why(full: &Full) -> Why {
    let mut why = Why {
        start: full.why.start.value(),
        basis: full.document.start.basis.clone(),
        up: 0.0,
        down: 0.0,
        aged: 0.0,
    };
    for (bar, points) in &full.why.bars {
        match bar {
            Bar::For(_) => why.up += points.value(),
            Bar::Against(_) => why.down += points.value(),
            Bar::Ageing => why.aged += points.value(),
            Bar::Stream(_) => {}
        }
    }
    why
}

fn headline(full: &Full) -> Headline {
    let outcome = full.outcome.as_ref().map(ToString::to_string);
    if full.status.is_settled() {
        let was = full.probabilities.get(full.leading).map(|o| o.p.value());
        return Headline::Settled { outcome: request::status(full.status, outcome.as_deref()), was };
    }
    match full.options {
        Options::YesNo => Headline::Live {
            p: full.probabilities.first().map_or(0.5, |o| o.p.value()),
            moved: Some(feed::moved(&full.movement)),
            stale: false,
        },
        Options::Named(_) => {
            let mut named: Vec<_> =
                full.probabilities.iter().map(|o| (o.name.clone(), o.p.value())).collect();
            named.sort_by(|a, b| b.1.total_cmp(&a.1));
            Headline::Options(named)
        }
    }
}

fn item(view: &EvidenceView, full: &Full) -> Item {
    let factor = bellwether_core::figures::factor;
    let f = &view.factors;
    let tier = view.item.weighed_tier();
    let mut short = Vec::new();
    let mut name = |word: String, value: f64| {
        if (value - 1.0).abs() > 1e-6 {
            short.push(format!("{word} {}", factor(value)));
        }
    };
    name(tier.word().to_owned(), f.credibility);
    name("about this claim".to_owned(), f.relevance);
    name("repeats another".to_owned(), f.independence);
    name("aged".to_owned(), f.freshness);
    name("contradicted".to_owned(), f.dispute);
    let others: Vec<_> = full
        .contradictions
        .iter()
        .filter(|c| c.decision.is_none())
        .filter_map(|c| match view.id {
            id if id == c.first.0 => Some(&c.second.1),
            id if id == c.second.0 => Some(&c.first.1),
            _ => None,
        })
        .collect();
    let source = &view.item.source;
    let named = source.publisher.clone().or_else(|| source.title.clone());
    let link = source.url.as_ref().map(ToString::to_string);
    let host = || {
        source
            .url
            .as_ref()
            .and_then(|u| u.to_string().parse::<url::Url>().ok()?.host_str().map(str::to_owned))
    };
    let shown = named.or_else(host);
    Item {
        id: view.id.to_string(),
        counts: view.counts,
        text: view.item.text.clone(),
        option: view.item.option.clone(),
        source: shown.map(|name| (link, name)),
        factors: short,
        all_factors: vec![
            ("strength".to_owned(), figures::points(f.sign * f.points)),
            ("credibility".to_owned(), format!("{} {}", tier.word(), factor(f.credibility))),
            ("relevance".to_owned(), factor(f.relevance)),
            (
                "independence".to_owned(),
                if f.cluster_size > 1 {
                    format!("one of {} alike {}", f.cluster_size, factor(f.independence))
                } else {
                    format!("new {}", factor(f.independence))
                },
            ),
            ("freshness".to_owned(), format!("{} {}", view.item.kind.word(), factor(f.freshness))),
            ("counts".to_owned(), figures::points(view.counts)),
        ],
        observed: view.item.observed_at,
        by: request::who(&view.actor),
        without: view.without.map(bellwether_core::probability::Probability::value),
        conflict: (!others.is_empty()).then(|| {
            let texts = others.iter().map(|t| format!("“{}”", request::cut(t, 80))).collect::<Vec<_>>();
            format!("Contradicts {}. Both count half until a person decides.", texts.join(" and "))
        }),
        kept: None,
    }
}

fn signal(view: &SignalView, full: &Full) -> SignalRow {
    let signal = &view.signal;
    let name = view.source_title.clone().or_else(|| signal.source.as_ref().map(ToString::to_string));
    let waiting = view
        .claims
        .iter()
        .any(|c| c.claim == full.id && c.status.as_str() == bellwether_engine::Engine::SIGNAL_WAITING);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("claim", full.slug.as_str())
        .append_pair("text", &signal.title)
        .append_pair("url", signal.url.as_deref().unwrap_or_default())
        .finish();
    let takes = waiting && full.is_now && full.status.takes_evidence();
    SignalRow {
        title: signal.title.clone(),
        sources: name.map(|name| (name, signal.url.clone())).into_iter().collect(),
        at: signal.observed_at,
        side: None,
        count_it: takes.then(|| format!("/evidence/new?{query}")),
    }
}

fn move_row(view: &MoveView) -> MoveRow {
    let (kind, cause) = view.reason.split_once(": ").unwrap_or(("moved", &view.reason));
    MoveRow {
        seq: i64::try_from(view.seq).unwrap_or(i64::MAX),
        at: view.at,
        kind: kind.to_owned(),
        cause: request::cut(cause, 160),
        by: request::who(&view.actor),
        points: view.points.value(),
        from: view.before.value(),
        to: view.after.value(),
    }
}

fn criteria(full: &Full) -> Criteria {
    let last = full.criteria.last();
    let document = &full.document;
    let has_rule = document.rule.is_some() || !document.outcomes.is_empty();
    let rule = document.rule.as_ref().map(|rule| serde_saphyr::to_string(rule).unwrap_or_default());
    Criteria {
        version: last.and_then(|c| u32::try_from(c.n).ok()).unwrap_or(1),
        words: document.criteria.clone(),
        sentence: None,
        rule,
        confirm: if has_rule {
            format!(
                "It must stand for {} over at least {}; then there are {} for objections.",
                document.confirm.standing,
                figures::counted(u64::from(document.confirm.polls), "poll", "polls"),
                document.challenge
            )
        } else {
            format!(
                "A person decides, with a link as proof; then there are {} for objections.",
                document.challenge
            )
        },
        warnings: Vec::new(),
        earlier: full
            .criteria
            .windows(2)
            .map(|pair| {
                let (old, new) = (&pair[0], &pair[1]);
                (u32::try_from(old.n).unwrap_or(0), new.at, new.reason.clone().unwrap_or_default())
            })
            .collect(),
    }
}

/// The finding that the chart states.
fn finding(full: &Full) -> String {
    let p = full.probabilities.get(full.leading).map_or(0.5, |o| o.p.value());
    let moved = match figures::pts(full.movement.pts) {
        None => "no change this week".to_owned(),
        Some(size) if full.movement.pts < 0.0 => format!("down {size} this week"),
        Some(size) => format!("up {size} this week"),
    };
    let because = full.moves.first().filter(|_| full.movement.moves > 0).map_or(String::new(), |m| {
        format!(", last: {} ({})", request::cut(&m.reason, 90), figures::points(m.points.value()))
    });
    format!("{}, {moved}{because}.", figures::percent(p))
}

fn notices(full: &Full) -> Vec<Notice> {
    let warning = |text: String| Notice {
        lead: "Mind:".to_owned(),
        text: format!("{text}."),
        link: None,
        fault: false,
    };
    full.warnings.iter().map(|w| warning(w.to_string())).collect()
}

/// A proposal as its box shows it.
pub(super) fn proposal(proof: &Proof, typed: &str, error: Option<String>) -> Option<ProposalBox> {
    let disputed = matches!(proof.status, ClaimStatus::Disputed | ClaimStatus::UnderReview);
    let awaiting = proof.status == ClaimStatus::AwaitingData;
    let standing = proof.proposal.as_ref();
    if standing.is_none() && !disputed && !awaiting {
        return None;
    }
    let outcome = standing.map(|p| p.outcome.to_string());
    let mut outcomes: Vec<String> = if proof.document.options.is_empty() {
        vec!["Yes".to_owned(), "No".to_owned()]
    } else {
        proof.document.options.clone()
    };
    outcomes.push("Void".to_owned());
    if standing.is_some() {
        outcomes.push("Go on".to_owned());
    }
    Some(ProposalBox {
        status: request::status(proof.status, outcome.as_deref()),
        sentence: standing.map_or_else(
            || "The deadline has passed and the rule cannot say.".to_owned(),
            |p| p.record.why.clone(),
        ),
        until: standing.map_or(proof.document.window.by, |p| p.until),
        objections: proof
            .objections
            .iter()
            .map(|o| (request::who(&o.actor), o.at, o.reason.clone()))
            .collect(),
        disputed: disputed || awaiting,
        outcomes,
        reason: typed.to_owned(),
        error,
    })
}

/// What was just done, from the address that a saved form leads to.
fn just(full: &Full, asked: &Asked, now: DateTime<Utc>) -> Option<JustAdded> {
    let (id, done) = [
        (&asked.added, "Added"),
        (&asked.retracted, "Retracted"),
        (&asked.corrected, "Corrected"),
        (&asked.undone, "Undone"),
    ]
    .into_iter()
    .find_map(|(id, done)| Some((id.as_deref()?, done)))?;
    let told = full.moves.iter().find(|m| m.evidence.is_some_and(|e| e.to_string() == id))?;
    let all = full.items_for.iter().chain(&full.items_against);
    let until = all.filter(|e| e.id.to_string() == id).find_map(|e| e.undo_until);
    let seconds = until.filter(|_| done == "Added").map_or(0, |until| (until - now).num_seconds().max(0));
    Some(JustAdded {
        id: id.to_owned(),
        done: done.to_owned(),
        from: told.before.value(),
        to: told.after.value(),
        seconds,
    })
}

/// `GET /claims/{slug}`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    Ok(page(&build(&state, &reader, &key, &asked, "", None).await?))
}

/// The page, also to be shown again when an objection was refused.
pub(super) async fn build(
    state: &AppState,
    reader: &Reader,
    key: &str,
    asked: &Asked,
    typed: &str,
    error: Option<String>,
) -> Result<ClaimPage, Problem> {
    let engine = state.engine();
    let at = request::instant(asked.at.as_deref())?;
    let key = ClaimKey::from(key.to_owned());
    let full = engine.claim_page(&key, at).await?;
    let history = engine.history(&key, at).await?;
    let proof = engine.proof(full.id).await?;
    let signals = engine.claim_signals(full.id, 20).await?;
    let mut shell = reader.shell(state, full.document.title.clone(), Place::Claims).await;
    shell.path = format!("/claims/{}", full.slug);
    let now = shell.now;
    shell.frozen = (!full.is_now).then_some(full.at);
    let query = asked.at.as_deref().filter(|_| !full.is_now).map_or(String::new(), |at| format!("at={at}"));
    let how_far: Option<HowFar> = full.distance.clone();
    let outcome =
        full.outcome.as_ref().or(proof.proposal.as_ref().map(|p| &p.outcome)).map(ToString::to_string);
    let items = full.items_for.len() + full.items_against.len();
    let others = full
        .streams
        .iter()
        .filter(|s| full.streams.len() > 1 && s.stream != Stream::Evidence)
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
        context: full.document.context.clone(),
        tags: full.document.tags.clone(),
        deadline: Some(Deadline {
            label: full.document.window.text.by.clone(),
            before: full.document.window.by,
        }),
        status: request::status(full.status, outcome.as_deref()),
        headline: headline(&full),
        made_of: request::made_of(&full.made_of),
        items: items as u64,
        confidence: full.confidence.level().word().to_owned(),
        confidence_basis: full.confidence.sentence(),
        others,
        chart: charting::chart(&history, &finding(&full), Range::read(asked.range.as_deref()), &query),
        distance: how_far.as_ref().map(|f| far::table(f, now)),
        why: Some(why(&full)),
        up: full.items_for.iter().map(|e| item(e, &full)).collect(),
        down: full.items_against.iter().map(|e| item(e, &full)).collect(),
        retracted: full.retracted.iter().map(|e| item(e, &full)).collect(),
        signals: signals.iter().map(|s| signal(s, &full)).collect(),
        moves: full.moves.iter().take(8).map(move_row).collect(),
        moves_total: full.moves_total,
        criteria: criteria(&full),
        dry_run: None,
        notices: notices(&full),
        just: just(&full, asked, now),
        proposal: if full.is_now { proposal(&proof, typed, error) } else { None },
        accepts: full.is_now && full.status.takes_evidence(),
        has_proof: proof.resolution.is_some(),
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
    let full = state.engine().claim_page(&key, at).await?;
    let found = state.engine().moves(&key, asked.before, 100, at).await?;
    let shell = reader.shell(&state, "What moved it", Place::Claims).await;
    Ok(page(&MovesPage {
        claim: Choice::new(full.slug.to_string(), full.document.title.clone()),
        moves: found.moves.iter().map(move_row).collect(),
        next: found.next.map(|seq| format!("/claims/{}/moves?before={seq}", full.slug)),
        shell,
    }))
}

/// `GET /claims/{slug}/chart.svg`
pub(super) async fn chart_svg(
    State(state): State<AppState>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    let dark = asked.theme.as_deref() == Some("dark");
    drawn_svg(&state, &ClaimKey::from(key), at, asked.range.as_deref(), dark).await
}

/// The chart of a claim as a file of its own; a range that is not known shows all.
pub(crate) async fn drawn_svg(
    state: &AppState,
    key: &ClaimKey,
    at: Option<DateTime<Utc>>,
    range: Option<&str>,
    dark: bool,
) -> Result<Response, Problem> {
    let full = state.engine().claim_page(key, at).await?;
    let history = state.engine().history(key, at).await?;
    let svg =
        charting::chart_file(&history, &finding(&full), Range::read(range), dark).ok_or_else(cannot_draw)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// `GET /claims/{slug}/chart.png`: the picture for shared links.
pub(super) async fn chart_png(
    State(state): State<AppState>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    drawn_png(&state, &ClaimKey::from(key), at).await
}

/// The picture of a claim for shared links.
pub(crate) async fn drawn_png(
    state: &AppState,
    key: &ClaimKey,
    at: Option<DateTime<Utc>>,
) -> Result<Response, Problem> {
    let full = state.engine().claim_page(key, at).await?;
    let history = state.engine().history(key, at).await?;
    let number = headline(&full).figure();
    let moved = (!full.status.is_settled()).then_some((full.movement.pts, 7));
    let items = figures::counted((full.items_for.len() + full.items_against.len()) as u64, "item", "items");
    let note =
        format!("from {}, {items} · by {}", request::made_of(&full.made_of), full.document.window.text.by);
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
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    let csv = state.engine().export_moves_csv(&ClaimKey::from(key), at).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"moves.csv\""),
    ];
    Ok((headers, csv).into_response())
}

/// `GET /claims/{slug}/export.json`
pub(super) async fn export_json(
    State(state): State<AppState>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let at = request::instant(asked.at.as_deref())?;
    let json = state.engine().export_json(&ClaimKey::from(key), at).await?;
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
    let engine = state.engine();
    let key = ClaimKey::from(key);
    let full = engine.claim_page(&key, None).await?;
    let history = engine.history(&key, None).await?;
    let how_far: Option<HowFar> = full.distance.clone();
    let shell = reader.shell(&state, full.document.title.clone(), Place::Claims).await;
    Ok(embeddable(page(&CardPage {
        slug: full.slug.to_string(),
        title: full.document.title.clone(),
        headline: headline(&full),
        by: Some(full.document.window.text.by.clone()),
        far: how_far.as_ref().map_or("a person decides".to_owned(), far::line),
        spark: charting::spark_of(&history),
        shell,
    })))
}

/// The scores of a record in one line: `1262 against 1286`.
pub(super) fn scores(record: &ResolutionRecord) -> String {
    let score =
        |w: &Option<bellwether_core::rule::Witness>| w.as_ref().and_then(|w| w.score).map(figures::score);
    let told = record.conditions.iter().filter_map(|c| match (score(&c.left), score(&c.right)) {
        (Some(a), Some(b)) => Some(format!("{a} against {b}")),
        (Some(a), None) => Some(a),
        _ => None,
    });
    told.collect::<Vec<_>>().join("; ")
}
