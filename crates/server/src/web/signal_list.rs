//! All signals, newest first, and the news feeds that are followed.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{
    benchmark::BenchmarkId,
    ids::{ClaimId, SignalId},
};
use bellwether_engine::{
    EngineError,
    feeds::{FeedInput, FeedView},
    signals::{ClaimName, SignalView, Which},
};
use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    evidence_view::Errors,
    feed_view::FilterLink,
    page,
    request::{Reader, sentence},
    shell::Place,
    signal_view::{BesideRow, FeedRow, SignalRow, SignalsPage},
    signals::{beside_row, signal_row},
};
use crate::{
    extract::{Form, Path, Query},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

/// So many signals stand on a page.
const SHOWN: u16 = 50;

/// What the address says: at most one of `waiting`, `feed` and `benchmark`; the first that is there counts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    waiting: Option<String>,
    feed: Option<Uuid>,
    benchmark: Option<BenchmarkId>,
    after: Option<String>,
}

impl Asked {
    fn which(&self) -> Which {
        match (&self.waiting, self.feed, &self.benchmark) {
            (Some(_), _, _) => Which::Waiting,
            (None, Some(feed), _) => Which::Feed(feed),
            (None, None, Some(benchmark)) => Which::Benchmark(benchmark.clone()),
            (None, None, None) => Which::All,
        }
    }

    fn after(&self) -> Result<Option<(DateTime<Utc>, SignalId)>, Problem> {
        let Some(after) = &self.after else { return Ok(None) };
        let read = || {
            let (at, id) = after.split_once('_')?;
            Some((DateTime::parse_from_rfc3339(at).ok()?.to_utc(), id.parse().ok()?))
        };
        let bad = || Problem::malformed_field("after", "unreadable", "go back to the first page");
        read().map(Some).ok_or_else(bad)
    }
}

/// `GET /signals`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    Ok(page(&listed(&state, &reader, &asked).await?))
}

async fn listed(state: &AppState, reader: &Reader, asked: &Asked) -> Result<SignalsPage, Problem> {
    let engine = state.engine();
    let which = asked.which();
    let mut found = engine.signals_page(&which, asked.after()?, i64::from(SHOWN) + 1).await?;
    let more = found.len() > usize::from(SHOWN);
    found.truncate(SHOWN.into());
    let filter = match &which {
        Which::All => String::new(),
        Which::Waiting => "waiting=1".to_owned(),
        Which::Feed(feed) => format!("feed={feed}"),
        Which::Benchmark(benchmark) => format!("benchmark={benchmark}"),
    };
    let next = found.last().filter(|_| more).map(|last| {
        let at = last.signal.at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let join = if filter.is_empty() { "" } else { "&" };
        format!("/signals?{filter}{join}after={at}_{}", last.signal.id)
    });
    let ids: Vec<ClaimId> = found.iter().flat_map(|s| s.claims.iter().map(|b| b.row.claim)).collect();
    let names = engine.claim_names(&ids).await?;
    let feeds = engine.news_feeds().await?;
    let link = |label: String, href: String, of: &Which| FilterLink { label, href, current: *of == which };
    let by_feed = feeds
        .iter()
        .map(|feed| link(feed.title.clone(), format!("/signals?feed={}", feed.id), &Which::Feed(feed.id)))
        .collect();
    let by_benchmark = engine
        .benchmark_names()
        .await?
        .into_iter()
        .map(|(id, title)| {
            link(format!("{title} ({id})"), format!("/signals?benchmark={id}"), &Which::Benchmark(id))
        })
        .collect();
    Ok(SignalsPage {
        shell: reader.shell(state, "Signals", Place::Signals).await,
        signals: found.iter().map(|view| row(view, &names)).collect(),
        filters: vec![
            link("All".to_owned(), "/signals".to_owned(), &Which::All),
            link("Not counted yet".to_owned(), "/signals?waiting=1".to_owned(), &Which::Waiting),
        ],
        by_feed,
        by_benchmark,
        next,
        feeds: feeds.into_iter().filter(|feed| feed.removed.is_none()).map(feed_row).collect(),
        typed: (String::new(), String::new()),
        errors: Errors::default(),
    })
}

fn row(view: &SignalView, names: &BTreeMap<ClaimId, ClaimName>) -> SignalRow {
    let beside = view.claims.iter().filter_map(|beside| {
        let name = names.get(&beside.row.claim)?;
        let claim = Some((format!("/claims/{}", name.slug), name.title.clone()));
        Some(BesideRow { claim, ..beside_row(view, beside, name.slug.as_str(), name.takes_evidence) })
    });
    signal_row(view, beside.collect())
}

fn feed_row(feed: FeedView) -> FeedRow {
    let trouble = match (&feed.last_error, feed.quiet) {
        // The word for programs stands in brackets at the end.
        (Some(why), _) => Some(sentence(why.rsplit_once(" (").map_or(why.as_str(), |(why, _)| why))),
        (None, true) => Some("Nothing new for over 60 days.".to_owned()),
        (None, false) => None,
    };
    FeedRow {
        id: feed.id.to_string(),
        title: feed.title,
        address: feed.address,
        read: feed.last_read_at,
        new: feed.last_new_at,
        trouble,
    }
}

/// `POST /signals/feeds`
pub(super) async fn follow(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["address", "title"])?;
    let value = |name: &str| form.value(name).map(str::trim).unwrap_or_default().to_owned();
    let (address, title) = (value("address"), value("title"));
    let input = FeedInput { address: address.clone(), title: Some(title.clone()) };
    let mut errors = Errors::default();
    match state.engine().follow_feed(visitor.actor()?, &input).await {
        Ok(_) => return Ok(Redirect::to("/signals#feeds").into_response()),
        Err(EngineError::Invalid(wrong)) => errors.refuse(wrong),
        Err(EngineError::Conflict(why) | EngineError::Upstream(why)) => errors.add("address", sentence(&why)),
        Err(error) => return Err(error.into()),
    }
    let shown = listed(&state, &reader, &Asked::default()).await?;
    let mut answer = page(&SignalsPage { typed: (address, title), errors, ..shown });
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

/// `POST /signals/feeds/{id}/remove`
pub(super) async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<Uuid>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&[])?;
    state.engine().remove_feed(visitor.actor()?, id).await?;
    Ok(Redirect::to("/signals#feeds").into_response())
}
