//! Events in words: what readers are told of a change in alerts, feeds and live pages.
//!
//! An event that concerns nobody but its author (a session, a token, an account) is no happening. Nothing hidden is told:
//! the crowd of a claim that hides it leaves no figures in its events.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    actor::Actor,
    alert::{About, Figures, Topic},
    figures,
    ids::{ClaimId, SourceId},
    probability::Probability,
};
use bellwether_store::{Claim, Event, Tx};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{Engine, Result};

/// A change in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// Its place among all changes, gapless.
    pub seq: i64,
    /// A dotted word in the past tense. Mostly the event's own; an outcome taken back is `resolution.reversed`.
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What people subscribe to.
    pub topic: Topic,
    /// The claim it is about.
    pub claim: Option<About>,
    /// The source it comes from or is about.
    pub source: Option<SourceId>,
    /// What happened, one line.
    pub headline: String,
    /// Because of what, one line.
    pub because: Option<String>,
    /// The page to read it on: a path with a leading slash.
    pub path: String,
    /// The probability before and after, where the event moved it.
    pub figures: Option<Figures>,
    /// The number of the event that this one takes back.
    pub undoes: Option<i64>,
}

/// Puts events into words, in their order; those that are nobody's business are left out, as are those of drafts.
pub(crate) async fn happenings(tx: &mut Tx, events: &[Event]) -> Result<Vec<Happening>> {
    let ids: BTreeSet<ClaimId> = events.iter().filter_map(|event| event.claim).collect();
    let claims: BTreeMap<ClaimId, Claim> = tx
        .claims(&ids.into_iter().collect::<Vec<_>>())
        .await?
        .into_iter()
        .map(|claim| (claim.id, claim))
        .collect();
    let mut told = Vec::with_capacity(events.len());
    for event in events {
        let claim = event.claim.and_then(|id| claims.get(&id));
        if claim.is_some_and(|claim| claim.published_at.is_none()) {
            continue;
        }
        let body: Value = event.body.read()?;
        let Some(mut happening) = say(event, claim, &body) else { continue };
        if happening.topic == Topic::Reversal
            && event.kind == "claim.unresolved"
            && let Some(id) = event.claim
            && let Some(earlier) = tx.claim_event_of_kind(id, "claim.resolved", event.seq).await?
        {
            happening.undoes = Some(earlier.seq);
            let of = figures::date_in_list(earlier.at.date_naive(), event.at);
            happening.headline = match outcome(&body, "outcome") {
                Some(outcome) => format!("Reversed: the {outcome} of {of} is withdrawn"),
                None => format!("Reversed: the outcome of {of} is withdrawn"),
            };
        }
        told.push(happening);
    }
    Ok(told)
}

impl Engine {
    /// What happened after an event that readers may know, oldest first, and the number of the last event that was read.
    pub async fn happenings_after(&self, seq: i64, limit: i64) -> Result<(Vec<Happening>, i64)> {
        let mut tx = self.read().await?;
        let events = tx.events_after(seq, limit).await?;
        let read = events.last().map_or(seq, |event| event.seq);
        Ok((happenings(&mut tx, &events).await?, read))
    }
}

/// The longest line of somebody's words that is told.
const LINE: usize = 200;

fn say(event: &Event, claim: Option<&Claim>, body: &Value) -> Option<Happening> {
    use Topic::{
        Criteria, Deadline, Evidence, Move, Objection, Other, Proposal, Resolution, Reversal, Signal,
        SourceTrouble,
    };
    let said = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(line);
    let quoted = |key: &str| said(key).map_or_else(String::new, |text| format!(": {text}"));
    let decided = || outcome(body, "outcome").unwrap_or_else(|| "an outcome".to_owned());
    let reason = || said("reason").or_else(|| said("why"));
    let (topic, headline, because) = match event.kind.as_str() {
        "headline.moved" => (Move, moved(body)?, Some("ageing of evidence".to_owned())),
        "headline.changed" => {
            let p = body.get("p").and_then(Value::as_f64).and_then(|p| Probability::new(p).ok());
            let now = p.map_or_else(String::new, |p| format!("{}, ", figures::percent(p)));
            (Move, format!("{now}made of other views now"), reason())
        }
        "evidence.added" => (Evidence, format!("Evidence added{}", weighed(body)), said("text")),
        "evidence.revised" => (Evidence, format!("Evidence corrected{}", weighed(body)), said("text")),
        "evidence.retracted" => (Evidence, "Evidence retracted".to_owned(), said("text")),
        "evidence.undone" => (Evidence, "Evidence taken back within its minute".to_owned(), said("text")),
        "contradiction.decided" => (Evidence, "A contradiction was decided".to_owned(), reason()),
        "signal.appeared" => {
            let why = said("because").map(|because| format!("it {because}"));
            (Signal, said("title").unwrap_or_else(|| "A signal appeared".to_owned()), why)
        }
        "proposal.opened" => (Proposal, format!("Proposed {}", decided()), said("why")),
        "proposal.refused" => (Proposal, "The proposed outcome was refused".to_owned(), reason()),
        "proposal.objected" => (Objection, "Objected".to_owned(), reason()),
        "claim.resolved" => (Resolution, format!("Settled {}", decided()), said("why")),
        "claim.annulled" => (Resolution, "Void".to_owned(), reason()),
        "claim.unresolved" => (Reversal, "Reversed: the outcome is withdrawn".to_owned(), reason()),
        "review.opened" => (Reversal, "The outcome is under review".to_owned(), reason()),
        "review.kept" => (Reversal, format!("Reviewed: {} stays", decided()), None),
        "deadline.near" => {
            (Deadline, said("said").unwrap_or_else(|| "The deadline is near".to_owned()), None)
        }
        "claim.awaiting_data" => (Deadline, "The deadline passed; waiting for data".to_owned(), said("why")),
        "source.stale" => (SourceTrouble, format!("Stale: no new content from {}", event.subject), None),
        "source.recovered" => (SourceTrouble, format!("{} has new content again", event.subject), None),
        "source.moved" => (SourceTrouble, format!("{} answers from another address", event.subject), None),
        "snapshot.held_back" => (SourceTrouble, format!("Held back: {}", event.subject), said("reason")),
        "snapshot.released" => (SourceTrouble, format!("Accepted anyway: {}", event.subject), said("reason")),
        "criteria.changed" => (Criteria, "How it is decided was changed".to_owned(), said("reason")),
        "claim.published" => (Other, "A new claim".to_owned(), None),
        "forecast.made" | "forecast.withdrawn" | "forecast.expired" => (Other, forecast(event, body), None),
        "market.opened" | "market.reopened" | "market.settled" | "market.voided" => {
            (Other, format!("Market {}", event.kind.as_str().rsplit('.').next()?), None)
        }
        "market.traded" => (Other, format!("A bet{}", quoted("option")), None),
        _ => return None,
    };
    let source = source(event, body);
    let path = match (&claim, &source) {
        (Some(claim), _) => format!("/claims/{}", claim.slug),
        (None, Some(source)) => format!("/sources/{source}"),
        (None, None) => "/".to_owned(),
    };
    let kind = if event.kind == "claim.unresolved" { "resolution.reversed" } else { event.kind.as_str() };
    let about = claim.zip(event.claim_seq).map(|(claim, seq)| About {
        id: claim.id,
        seq,
        slug: claim.slug.clone(),
        title: claim.title.clone(),
    });
    Some(Happening {
        seq: event.seq,
        kind: kind.to_owned(),
        at: event.at,
        actor: event.actor.clone(),
        topic,
        claim: about,
        source,
        headline,
        because,
        path,
        // A trade's prices are the market's, not the claim's.
        figures: if event.kind.as_str().starts_with("market.") { None } else { before_and_after(body) },
        undoes: None,
    })
}

/// Where an event that is about a source or one of its benchmarks names it.
fn source(event: &Event, body: &Value) -> Option<SourceId> {
    let about_one = event.kind.as_str().starts_with("source.")
        || event.kind.as_str().starts_with("snapshot.")
        || event.kind == "signal.appeared";
    if !about_one {
        return None;
    }
    let named = body.get("source").and_then(Value::as_str).unwrap_or(&event.subject);
    named.split('/').next()?.parse().ok()
}

fn before_and_after(body: &Value) -> Option<Figures> {
    let p = |key: &str| body.get(key).and_then(Value::as_f64).filter(|p| (0.0..=1.0).contains(p));
    Some(Figures { from: p("p_before")?, to: p("p_after")? })
}

/// "75%, up 3.0 pts".
fn moved(body: &Value) -> Option<String> {
    let Figures { from, to } = before_and_after(body)?;
    let pts = (to - from) * 100.0;
    let way = if pts < 0.0 { "down" } else { "up" };
    let p = Probability::new(to).ok()?;
    Some(format!("{}, {way} {:.1}\u{a0}pts", figures::percent(p), pts.abs()))
}

/// " (+3.6): 72.0% → 74.8%" as far as it is known.
fn weighed(body: &Value) -> String {
    let counts = body.get("counts").and_then(Value::as_f64).map(figures::points);
    let said = body.get("said").and_then(Value::as_str);
    match (counts, said) {
        (Some(counts), Some(said)) => format!(" ({counts}): {said}"),
        (Some(counts), None) => format!(" ({counts})"),
        (None, Some(said)) => format!(": {said}"),
        (None, None) => String::new(),
    }
}

fn forecast(event: &Event, body: &Value) -> String {
    let name = match &event.actor {
        Actor::Person(handle) | Actor::Bot(handle) => handle.to_string(),
        Actor::Operator => "the operator".to_owned(),
        Actor::System(_) => "the clock".to_owned(),
    };
    match event.kind.as_str() {
        "forecast.made" => match body.get("said").and_then(Value::as_str) {
            Some(said) => format!("{name} forecast {said}"),
            None => format!("{name} forecast"),
        },
        "forecast.withdrawn" => format!("{name} withdrew their forecast"),
        _ => "Forecasts expired".to_owned(),
    }
}

/// `yes` is said Yes, `option:OpenAI` by its name.
fn outcome(body: &Value, key: &str) -> Option<String> {
    let word = body.get(key)?.as_str()?;
    let word = word.strip_prefix("option:").unwrap_or(word);
    let mut letters = word.chars();
    let first = letters.next()?;
    Some(line(&first.to_uppercase().chain(letters).collect::<String>()))
}

/// Somebody's words as one line of bounded length.
fn line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let text = words.join(" ");
    if text.chars().count() <= LINE {
        return text;
    }
    let cut: String = text.chars().take(LINE - 1).collect();
    format!("{}…", cut.trim_end())
}
