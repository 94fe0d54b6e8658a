//! A claim as its page tells it: from the engine's figures to the parts of the page.

use std::collections::BTreeMap;

use bellwether_core::{
    document::ClaimDocument,
    figures::factor,
    ids::Sha256,
    ledger::Bar,
    options::Options,
    probability::Probability,
    resolution::{Basis, ResolutionRecord},
    status::ClaimStatus,
    stream::Stream,
};
use bellwether_engine::{
    claims::{ClaimPage as Full, EvidenceView, GivenView, MoveView, StreamView},
    resolve::{Proof, Stake},
    signals::SignalView,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    claim::Asked,
    claim_view::{Criteria, Hangs, Headline, Item, JustAdded, MoveRow, Notice, Why},
    deciding_view::{ProposalBox, Typed},
    feed, figures,
    markdown::{self, Prose},
    parts::Who,
    request,
};

/// "Why 75%".
pub(super) fn why(full: &Full) -> Why {
    let mut why = Why {
        start: full.why.start.value(),
        basis: full.document.start.basis.clone(),
        up: 0.0,
        down: 0.0,
        aged: 0.0,
        streams: Vec::new(),
    };
    for (bar, points) in &full.why.bars {
        match bar {
            Bar::For(_) => why.up += points.value(),
            Bar::Against(_) => why.down += points.value(),
            Bar::Ageing => why.aged += points.value(),
            Bar::Stream(stream) => why.streams.push((stream.title(), points.value())),
        }
    }
    why
}

/// The number, or what took its place.
pub(super) fn headline(full: &Full) -> Headline {
    let outcome = full.outcome.as_ref().map(ToString::to_string);
    if full.status.is_settled() {
        let was = full.day_before.map(Probability::value);
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

/// What the number is made of, with the n of each part: `evidence, 18 items`, `evidence 40% (18 items) and crowd 60% (7
/// forecasters)`.
pub(super) fn made_of(full: &Full) -> String {
    let n = |view: &StreamView| match (&view.stream, view.n) {
        (Stream::Evidence, Some(n)) => Some(figures::counted(n as u64, "item", "items")),
        (Stream::Crowd, Some(n)) => Some(figures::counted(n as u64, "forecaster", "forecasters")),
        _ => None,
    };
    let named = |stream: &Stream| stream.title().to_lowercase();
    let parts: Vec<&StreamView> = full.streams.iter().filter(|view| view.share > 0.0).collect();
    let missing: Vec<String> = full
        .made_of
        .streams()
        .into_iter()
        .filter(|stream| parts.iter().all(|part| part.stream != **stream))
        .map(named)
        .collect();
    let told = match parts.as_slice() {
        [] => return format!("the start: {} has no value yet", missing.join(" and ")),
        [only] if missing.is_empty() => {
            let name = named(&only.stream);
            return n(only).map_or_else(|| name.clone(), |n| format!("{name}, {n}"));
        }
        many => many.iter().map(|view| {
            let share = format!("{} {}", named(&view.stream), figures::percent(view.share));
            n(view).map_or_else(|| share.clone(), |n| format!("{share} ({n})"))
        }),
    };
    let told = told.collect::<Vec<_>>().join(" and ");
    if missing.is_empty() { told } else { format!("{told}; {} has no value yet", missing.join(" and ")) }
}

/// An item with its reasons.
pub(super) fn item(view: &EvidenceView, full: &Full, kept: &BTreeMap<Uuid, Sha256>) -> Item {
    let f = &view.factors;
    let tier = view.item.weighed_tier();
    let mut short = Vec::new();
    let mut name = |word: String, value: f64| {
        // A factor that is written ×1 says nothing.
        if factor(value) != factor(1.0) {
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
    let host = source.url.as_ref().map(|u| u.host().to_owned());
    // A name in another script can look like another name: then its plain form stands beside it.
    let plain = host.clone().filter(|host| host.contains("xn--"));
    let shown = match (named, plain) {
        (Some(name), Some(host)) => Some(format!("{name} ({host})")),
        (name, _) => name.or(host),
    };
    Item {
        id: view.id.to_string(),
        counts: view.counts,
        text: Prose::of(&view.item.text),
        said: markdown::line(&view.item.text),
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
        by: Who(view.actor.clone()),
        without: view.without.map(Probability::value),
        conflict: (!others.is_empty()).then(|| {
            let texts = others
                .iter()
                .map(|t| format!("“{}”", request::cut(&markdown::line(t), 80)))
                .collect::<Vec<_>>();
            format!("Contradicts {}. Both count half until a person decides.", texts.join(" and "))
        }),
        kept: view.snapshot.and_then(|id| kept.get(&id)).map(|sha256| format!("/snapshots/{sha256}")),
    }
}

/// Whether nobody has decided on a signal beside the claim, at the instant of its page.
pub(super) fn waits(view: &SignalView, full: &Full) -> bool {
    view.signal.at <= full.at && view.beside(full.id).is_some_and(|beside| beside.waits)
}

/// An entry of the ledger.
pub(super) fn move_row(view: &MoveView) -> MoveRow {
    let reason = markdown::reason(&view.reason);
    let (kind, cause) = reason.split_once(": ").unwrap_or(("moved", &reason));
    MoveRow {
        seq: i64::try_from(view.seq).unwrap_or(i64::MAX),
        at: view.at,
        kind: kind.to_owned(),
        cause: request::cut(cause, 160),
        by: Who(view.actor.clone()),
        points: view.points.value(),
        from: view.before.value(),
        to: view.after.value(),
    }
}

/// A claim beside this one, and how it hangs together with it.
fn hangs(other: &GivenView) -> Hangs {
    Hangs {
        href: format!("/claims/{}", other.slug),
        title: other.title.clone(),
        wanted: other.wanted.to_string(),
        status: request::status(other.status, other.outcome.as_ref().map(ToString::to_string).as_deref()),
    }
}

/// How the claim is decided.
pub(super) fn criteria(full: &Full) -> Criteria {
    let last = full.criteria.last();
    let document = &full.document;
    let has_rule = document.rule.is_some() || !document.outcomes.is_empty();
    let rule = document.rule.as_ref().map(|rule| serde_saphyr::to_string(rule).unwrap_or_default());
    Criteria {
        version: last.and_then(|c| u32::try_from(c.n).ok()).unwrap_or(1),
        words: Prose::of(&document.criteria),
        sentence: None,
        rule,
        confirm: if has_rule {
            format!(
                "It must stand for {} over at least {}; then anyone can object for {}.",
                document.confirm.standing.words(),
                figures::counted(u64::from(document.confirm.polls), "poll", "polls"),
                document.challenge.words()
            )
        } else {
            format!(
                "A person decides, with a link as proof; then anyone can object for {}.",
                document.challenge.words()
            )
        },
        given: full.given.as_ref().map(hangs),
        hanging_on: full.hanging_on.iter().map(hangs).collect(),
        warnings: Vec::new(),
        earlier: full
            .criteria
            .windows(2)
            .map(|pair| {
                let (old, new) = (&pair[0], &pair[1]);
                (
                    u32::try_from(old.n).unwrap_or(0),
                    new.at,
                    Prose::of(new.reason.as_deref().unwrap_or_default()),
                )
            })
            .collect(),
    }
}

/// The finding that the chart states: the number, how it moved, and what moved it most.
pub(super) fn finding(full: &Full) -> String {
    let p = full.probabilities.get(full.leading).map_or(0.5, |o| o.p.value());
    if let (true, Some(at)) = (full.status.is_settled(), full.resolved_at) {
        let was = full.day_before.map_or(p, Probability::value);
        return format!("{} a day before it was settled on {}.", figures::percent(was), figures::day(at));
    }
    let days = full.movement.window.num_days();
    let moved = match figures::pts(full.movement.pts) {
        None => return format!("{}, no change in {days} days.", figures::percent(p)),
        Some(size) if full.movement.pts < 0.0 => format!("down {size} in {days} days"),
        Some(size) => format!("up {size} in {days} days"),
    };
    let since = full.at - full.movement.window;
    let mut causes: Vec<(&str, f64)> = Vec::new();
    for m in full.moves.iter().filter(|m| m.at > since) {
        match causes.iter_mut().find(|(reason, _)| *reason == m.reason) {
            Some((_, points)) => *points += m.points.value(),
            None => causes.push((&m.reason, m.points.value())),
        }
    }
    causes.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let told = causes.iter().filter(|(_, points)| points.abs() >= 0.05).take(2);
    let told = told.map(|(reason, points)| cause(reason, *points));
    let told = told.collect::<Vec<_>>().join(" and ");
    let because = if told.is_empty() { String::new() } else { format!(", because {told}") };
    format!("{}, {moved}{because}.", figures::percent(p))
}

/// `“Compute costs fell” was added (+3.6)`
fn cause(reason: &str, points: f64) -> String {
    let points = figures::points(points);
    match reason.split_once(": ") {
        Some((kind @ ("Added" | "Retracted" | "Corrected" | "Undone"), text)) => {
            let text = markdown::line(text);
            let text = request::cut(text.trim_end_matches('.'), 90);
            format!("“{text}” was {} ({points})", kind.to_lowercase())
        }
        _ if reason == "Forecast" => format!("of forecasts ({points})"),
        _ if reason == "Trade in the market" => format!("of trades ({points})"),
        _ => format!("of {} ({points})", reason.to_lowercase()),
    }
}

/// What a reader should mind.
pub(super) fn notices(full: &Full) -> Vec<Notice> {
    let warning = |text: String| Notice {
        lead: "Mind:".to_owned(),
        text: format!("{text}."),
        link: None,
        fault: false,
    };
    full.warnings.iter().map(|w| warning(w.to_string())).collect()
}

/// How a claim can end, as the page names it.
pub(super) fn outcomes_of(document: &ClaimDocument) -> Vec<String> {
    Options::of(document).names().into_iter().map(str::to_owned).collect()
}

/// A proposal as its box shows it.
pub(super) fn proposal(
    proof: &Proof,
    typed: &Typed,
    stake: Stake,
    now: DateTime<Utc>,
) -> Option<ProposalBox> {
    let disputed = matches!(proof.status, ClaimStatus::Disputed | ClaimStatus::UnderReview);
    let awaiting = proof.status == ClaimStatus::AwaitingData;
    let standing = proof.proposal.as_ref();
    if standing.is_none() && !disputed && !awaiting {
        return None;
    }
    let outcome = standing.map(|p| p.outcome.to_string());
    // Only what the claim's state allows: an outcome is proposed before it is decided, and kept or taken back after.
    let mut outcomes: Vec<String> = match proof.status {
        ClaimStatus::AwaitingData => Vec::new(),
        ClaimStatus::UnderReview => {
            proof.resolution.iter().filter_map(|(_, r)| r.outcome.as_ref().map(ToString::to_string)).collect()
        }
        _ => outcomes_of(&proof.document),
    };
    outcomes.push("Void".to_owned());
    if proof.status == ClaimStatus::UnderReview {
        outcomes.push("Take it back".to_owned());
    } else if standing.is_some() {
        outcomes.push("Go on".to_owned());
    }
    Some(ProposalBox {
        status: request::status(proof.status, outcome.as_deref()),
        sentence: standing.map_or_else(
            || Prose::of("The deadline has passed and the rule cannot say."),
            |p| told(&p.record),
        ),
        until: standing.map_or(proof.document.window.by, |p| p.until),
        objections: proof
            .objections
            .iter()
            .map(|o| (Who(o.actor.clone()), o.at, Prose::of(&o.reason)))
            .collect(),
        ended: !disputed && !awaiting && standing.is_some_and(|p| p.until <= now),
        disputed: disputed || awaiting,
        outcomes,
        typed: if typed.url.is_none() { typed.clone() } else { Typed::default() },
        stake,
    })
}

/// What was just done, from the address that a saved form leads to.
pub(super) fn just(full: &Full, asked: &Asked, now: DateTime<Utc>) -> Option<JustAdded> {
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

/// Why a claim was decided: a person's words, or a sentence of the rule, which is no Markdown.
pub(super) fn told(record: &ResolutionRecord) -> Prose {
    match record.basis {
        Basis::Person => Prose::of(&record.why),
        Basis::Rule | Basis::Given => Prose::verbatim(&record.why),
    }
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
