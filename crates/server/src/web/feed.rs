//! `GET /`: the feed.

use axum::{extract::State, response::Response};
use bellwether_core::status::ClaimStatus;
use bellwether_engine::{
    Engine, EngineError,
    claims::{ClaimKey, FeedCard, FeedQuery, FeedSort, Movement},
    reading::{News, NewsAbout},
    resolve::HowFar,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{
    alerts, charting, claim_read,
    claim_view::Headline,
    far,
    feed_view::{Cause, FeedPage, FeedRow, FilterLink, Happened, Lead, OpenClosed, Reason},
    figures, markdown, page,
    parts::{Mark, Moved, Svg},
    request::{self, Reader},
    shell::Place,
};
use crate::{
    extract::Query,
    problem::{Kind, Problem},
    state::AppState,
};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    q: Option<String>,
    tag: Option<String>,
    sort: Option<Sort>,
    state: Option<Shown>,
    after: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    Moved,
    Closest,
    Deadline,
    New,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shown {
    #[default]
    All,
    Open,
    Settled,
}

impl Sort {
    const ALL: [(Self, &str, &str); 4] = [
        (Self::Moved, "moved", "Moved most (7 d)"),
        (Self::Closest, "closest", "Closest to deciding"),
        (Self::Deadline, "deadline", "Deadline"),
        (Self::New, "new", "New"),
    ];
}

impl Shown {
    const ALL: [(Self, &str, &str); 3] =
        [(Self::All, "all", "All"), (Self::Open, "open", "Open"), (Self::Settled, "settled", "Settled")];

    fn statuses(self) -> Vec<ClaimStatus> {
        match self {
            Self::All => Vec::new(),
            Self::Open => vec![
                ClaimStatus::Open,
                ClaimStatus::AwaitingData,
                ClaimStatus::Proposed,
                ClaimStatus::Disputed,
            ],
            Self::Settled => vec![ClaimStatus::Resolved, ClaimStatus::Annulled, ClaimStatus::UnderReview],
        }
    }
}

impl Asked {
    fn unfiltered(&self) -> bool {
        self.q.as_deref().is_none_or(str::is_empty)
            && self.tag.is_none()
            && self.sort.is_none()
            && self.state.is_none()
            && self.after.is_none()
    }

    /// The same view with one thing changed.
    fn link(&self, name: &str, value: Option<&str>) -> String {
        let sort = self.sort.and_then(|s| Sort::ALL.iter().find(|(k, ..)| *k == s)).map(|(_, key, _)| *key);
        let state =
            self.state.and_then(|s| Shown::ALL.iter().find(|(k, ..)| *k == s)).map(|(_, key, _)| *key);
        let mut query = Serializer::new(String::new());
        for (field, kept) in [
            ("q", self.q.as_deref()),
            ("tag", self.tag.as_deref()),
            ("sort", sort),
            ("state", state),
            ("after", None),
        ] {
            if let Some(value) = if field == name { value } else { kept }.filter(|v| !v.is_empty()) {
                query.append_pair(field, value);
            }
        }
        match query.finish() {
            query if query.is_empty() => "/".to_owned(),
            query => format!("/?{query}"),
        }
    }
}

/// `GET /`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let engine = state.engine();
    let query = FeedQuery {
        text: asked.q.clone().filter(|q| !q.trim().is_empty()),
        tags: asked.tag.iter().cloned().collect(),
        statuses: asked.state.unwrap_or_default().statuses(),
        sort: match asked.sort.unwrap_or_default() {
            Sort::Moved => FeedSort::Moved,
            Sort::Closest => FeedSort::Closest,
            Sort::Deadline => FeedSort::Deadline,
            Sort::New => FeedSort::New,
        },
        after: asked.after.clone(),
        limit: 30,
        ..FeedQuery::default()
    };
    let found = engine.feed(&query).await.map_err(|e| match e {
        // What the address asks for cannot be read: it is no form that could be mended.
        EngineError::Invalid(bad) => Problem { kind: Kind::Malformed, ..Problem::invalid(bad) },
        other => other.into(),
    })?;
    let mut shell = reader.shell(&state, "Claims", Place::Claims).await;
    shell.search = asked.q.clone().unwrap_or_default();
    let now = shell.now;
    let (mut lead, mut happened, mut open_closed) = (None, Vec::new(), None);
    if asked.unfiltered() {
        open_closed = self::open_closed(engine).await?;
        lead = self::lead(&state, &found.cards, now).await?;
        happened = engine.news(5).await?.iter().map(self::happened).collect();
    }
    let tags = found.tags.iter().map(|t| FilterLink {
        href: asked.link("tag", Some(&t.tag)),
        current: asked.tag.as_deref() == Some(t.tag.as_str()),
        label: t.tag.clone(),
    });
    let all = FilterLink { label: "all".into(), href: asked.link("tag", None), current: asked.tag.is_none() };
    let chosen = asked.sort.unwrap_or_default();
    let stated = asked.state.unwrap_or_default();
    let target = match (&asked.q, &asked.tag) {
        (Some(q), None) if !q.trim().is_empty() => Some(format!("search:{}", q.trim())),
        (None, Some(tag)) => Some(format!("tag:{tag}")),
        _ => None,
    };
    let follow = match target.and_then(|target| target.parse().ok()) {
        Some(target) => Some(alerts::follow(&state, &reader, target).await?),
        None => None,
    };
    Ok(page(&FeedPage {
        follow,
        happened,
        open_closed,
        sorts: Sort::ALL
            .iter()
            .map(|(sort, key, label)| FilterLink {
                label: (*label).into(),
                href: asked.link("sort", Some(key)),
                current: *sort == chosen,
            })
            .collect(),
        states: Shown::ALL
            .iter()
            .map(|(shown, key, label)| FilterLink {
                label: (*label).into(),
                href: asked.link("state", Some(key)),
                current: *shown == stated,
            })
            .collect(),
        tags: std::iter::once(all).chain(tags).collect(),
        total: found.total,
        rows: found
            .cards
            .iter()
            .filter(|card| lead.as_ref().is_none_or(|lead| !lead.shows(card.slug.as_str())))
            .map(|card| row(card, now))
            .collect(),
        lead,
        next: found.next.map(|next| {
            let link = asked.link("after", None);
            let joint = if link.contains('?') { '&' } else { '?' };
            format!("{link}{joint}{}", Serializer::new(String::new()).append_pair("after", &next).finish())
        }),
        shell,
    }))
}

/// The claim that a newcomer sees first: of the open ones, the first of the list, which is the one that moved most.
async fn lead(state: &AppState, cards: &[FeedCard], now: DateTime<Utc>) -> Result<Option<Lead>, Problem> {
    let Some(card) = cards.iter().find(|c| c.status == ClaimStatus::Open) else { return Ok(None) };
    let full = state.engine().claim_page(&ClaimKey::from(card.slug.clone()), None).await?;
    let mut items: Vec<_> = full.items_for.iter().take(3).chain(full.items_against.iter().take(2)).collect();
    items.sort_by(|a, b| b.counts.total_cmp(&a.counts));
    let causes = items.into_iter().map(|item| Cause {
        up: item.counts >= 0.0,
        points: item.counts,
        text: request::cut(&markdown::line(&item.item.text), 140),
    });
    Ok(Some(Lead {
        context: (!card.context.is_empty()).then(|| markdown::line(&card.context)),
        causes: causes.collect(),
        why: Some(claim_read::why(&full)),
        distance: how_far(card).map(|f| far::table(&f, now)),
        live: live_one(card, cards).map(|card| row(card, now)),
        row: row(card, now),
    }))
}

/// Where the lead claim leans on data that no longer changes, the live claim nearest to it: of those whose sources are all
/// fresh the one that shares the most tags with it, in the order of the list.
fn live_one<'a>(lead: &FeedCard, cards: &'a [FeedCard]) -> Option<&'a FeedCard> {
    let live = |card: &&FeedCard| card.distance.as_ref().is_some_and(far::live);
    if live(&lead) {
        return None;
    }
    let open = cards.iter().filter(|c| c.status == ClaimStatus::Open && c.id != lead.id && live(c));
    // The first of equals: `max_by_key` would give the last.
    open.rev().max_by_key(|card| card.tags.iter().filter(|tag| lead.tags.contains(tag)).count())
}

pub(super) fn how_far(card: &FeedCard) -> Option<HowFar> {
    card.distance.clone()
}

/// The movement as pages tell it.
pub(super) fn moved(movement: &Movement) -> Moved {
    Moved { pts: movement.pts, days: u32::try_from(movement.window.num_days()).ok() }
}

/// A claim as a row.
pub(super) fn row(card: &FeedCard, now: DateTime<Utc>) -> FeedRow {
    let distance = how_far(card);
    let outcome = card.outcome.as_ref().or(card.proposed.as_ref()).map(ToString::to_string);
    let status = request::status(card.status, outcome.as_deref());
    let settled = card.status.is_settled();
    let p = card.p.map_or(0.5, bellwether_core::probability::Probability::value);
    let headline = match (&card.option, settled) {
        (_, true) => Headline::Settled { outcome: status.clone(), was: None },
        (Some(option), false) => Headline::Options(vec![(option.clone(), p)]),
        (None, false) => Headline::Live { p, moved: Some(moved(&card.movement)), stale: false },
    };
    let items = u64::try_from(card.evidence_count).unwrap_or(0);
    FeedRow {
        slug: card.slug.to_string(),
        title: card.title.clone(),
        headline,
        reason: card.last_move.as_ref().map(|m| Reason {
            up: m.points.value() >= 0.0,
            text: request::cut(&markdown::reason(&m.reason), 140),
            points: m.points.value(),
        }),
        basis: format!(
            "{}, {} · {}",
            request::made_of(&card.made_of),
            figures::counted(items, "item", "items"),
            card.confidence.word()
        ),
        read: distance.as_ref().and_then(|f| f.conditions.iter().filter_map(|c| c.observed_at).max()),
        trouble: distance.as_ref().and_then(far::trouble).map(str::to_owned),
        // A settled claim stands still: there is nothing to draw.
        spark: if settled { Svg::default() } else { charting::spark(card, now) },
        by: Some(request::deadline(&card.deadline_text)),
        far: match &distance {
            Some(f) => far::line(f),
            None if card.has_rule => "nothing was read yet".to_owned(),
            None => "a person decides".to_owned(),
        },
        proof: settled,
        outcome: settled.then(|| match card.resolved_at {
            Some(at) => format!("settled on {}", figures::day(at)),
            None => "settled".to_owned(),
        }),
        status,
    }
}

fn happened(news: &News) -> Happened {
    let said = |key: &str| news.body.get(key).and_then(|v| v.as_str()).unwrap_or_default();
    let outcome = outcome(said("outcome"));
    let (mark, lead) = match news.kind.as_str() {
        "claim.published" => (Mark::Ring, "New:".to_owned()),
        "claim.resolved" if outcome == "No" => (Mark::DotNo, format!("Settled {outcome}:")),
        "claim.resolved" => (Mark::DotYes, format!("Settled {outcome}:")),
        "claim.annulled" => (Mark::Dash, "Void:".to_owned()),
        "claim.unresolved" => (Mark::Bang, "Reversed:".to_owned()),
        "proposal.opened" => (Mark::Quarter, format!("Proposed {outcome}:")),
        "proposal.objected" => (Mark::Bang, "Objected:".to_owned()),
        "evidence.added" => (Mark::Arrow, "Evidence:".to_owned()),
        "evidence.retracted" => (Mark::Arrow, "Retracted:".to_owned()),
        "snapshot.held_back" => (Mark::Bang, "Held back:".to_owned()),
        "snapshot.released" => (Mark::Check, "Accepted anyway:".to_owned()),
        "source.stale" => (Mark::Bang, "Stale:".to_owned()),
        _ => (Mark::Arrow, "Signal:".to_owned()),
    };
    // Why a rule decided is a sentence of ours; all else is a person's words.
    let of_rule = said("basis") == "rule";
    let said_first = || match ["why", "reason", "text"].iter().map(|key| said(key)).find(|t| !t.is_empty()) {
        Some(words) if of_rule => words.to_owned(),
        words => markdown::line(words.unwrap_or_default()),
    };
    let p = |key: &str| news.body.get(key).and_then(serde_json::Value::as_f64);
    let detail = match (p("p_before"), p("p_after")) {
        _ if news.kind == "claim.published" => String::new(),
        (Some(from), Some(to)) => format!("{} to {}", figures::percent1(from), figures::percent1(to)),
        _ => request::cut(&said_first(), 110),
    };
    let (subject, href, detail) = match &news.about {
        NewsAbout::Claim { slug, title } => (title.clone(), format!("/claims/{slug}"), detail),
        NewsAbout::Signal { of, claims } => {
            let href = match of.split_once(':') {
                Some(("feed", id)) => format!("/signals?feed={id}"),
                Some(("claim", slug)) => format!("/claims/{slug}"),
                _ if of.contains('/') => format!("/benchmarks/{of}"),
                _ => format!("/sources/{of}"),
            };
            let beside = match claims {
                0 => String::new(),
                n => format!("beside {}", figures::counted(*n as u64, "claim", "claims")),
            };
            (said("title").to_owned(), href, beside)
        }
        NewsAbout::Other(name) => {
            let source = name.split('/').next().unwrap_or(name);
            let title = if said("title").is_empty() { name } else { said("title") };
            (title.to_owned(), format!("/sources/{source}"), detail)
        }
    };
    Happened { at: news.at, mark, lead, subject, href, detail }
}

/// `yes` is written `Yes`, `option:OpenAI` by its name.
fn outcome(word: &str) -> String {
    let word = word.trim_start_matches("option:");
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The sentence about open against closed, from all benchmarks.
async fn open_closed(engine: &Engine) -> Result<Option<OpenClosed>, Problem> {
    let page = engine.benchmarks_page(None).await?;
    Ok((!page.rows.is_empty()).then_some(OpenClosed { sentence: page.sentence, basis: page.basis }))
}
