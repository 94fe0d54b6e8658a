//! Who there is, and what each of them did.

use askama::Template;
use axum::{extract::State, response::Response};
use bellwether_engine::people::{AccountView, PersonPage as Full};
use chrono::{DateTime, Utc};

use super::{
    figures, page,
    parts::When,
    request::Reader,
    shell::{Place, Shell},
};
use crate::{
    extract::{Path, read_handle},
    problem::Problem,
    state::AppState,
};

#[derive(Clone, Debug, Template)]
#[template(path = "people.html")]
struct PeoplePage {
    shell: Shell,
    accounts: Vec<AccountView>,
}

/// `GET /people`
pub(super) async fn list(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let shell = reader.shell(&state, "People", Place::People).await;
    Ok(page(&PeoplePage { shell, accounts: state.engine().accounts().await? }))
}

#[derive(Clone, Debug, Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    person: Full,
    /// `2 claims`, `14 items of evidence`.
    counts: Vec<String>,
    deeds: Vec<Deed>,
    /// There are older ones that are not listed.
    cut: bool,
}

/// One thing someone did, in words.
#[derive(Clone, Debug)]
struct Deed {
    at: DateTime<Utc>,
    what: &'static str,
    claim: Option<(String, String)>,
    said: Option<String>,
}

impl PersonPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    fn they(&self) -> &'static str {
        if self.person.account.owner.is_some() { "it" } else { "they" }
    }
}

/// `GET /people/{handle}`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    let handle = read_handle(&handle)?;
    let mut person = state.engine().person(&handle).await?;
    let shell = reader.shell(&state, person.account.name.clone(), Place::People).await;
    let counts = counts(&person.counts);
    let total: i64 = person.counts.iter().map(|(_, n)| n).sum();
    let done = std::mem::take(&mut person.deeds);
    let cut = usize::try_from(total).is_ok_and(|total| total > done.len());
    // Whoever writes a claim publishes it in the same breath: that is one thing.
    let deeds = done.into_iter().filter(|deed| deed.kind != "claim.published").map(Deed::from).collect();
    Ok(page(&PersonPage { shell, person, counts, deeds, cut }))
}

impl From<bellwether_engine::people::Deed> for Deed {
    fn from(deed: bellwether_engine::people::Deed) -> Self {
        // A claim's title stands beside it anyway.
        let said = ["text", "reason"].iter().find_map(|name| deed.body.get(name)?.as_str());
        let said = said.map(super::markdown::line);
        Self {
            at: deed.at,
            what: words(&deed.kind),
            said: said.map(|text| super::request::cut(&text, 140)),
            claim: deed.claim.zip(deed.title).map(|(slug, title)| (slug.to_string(), title)),
        }
    }
}

/// A kind of change as pages call it.
fn words(kind: &str) -> &'static str {
    match kind {
        "claim.created" => "Wrote a claim",
        "criteria.changed" => "Changed how a claim is decided",
        "evidence.added" => "Added evidence",
        "evidence.revised" => "Corrected evidence",
        "evidence.retracted" => "Retracted evidence",
        "evidence.undone" => "Took evidence back",
        "forecast.made" => "Forecast",
        "forecast.withdrawn" => "Took a forecast back",
        "signal.counted" => "Counted a signal as evidence",
        "proposal.opened" => "Proposed an outcome",
        "proposal.objected" => "Objected",
        "proposal.refused" => "Refused a proposal",
        "claim.resolved" => "Settled a claim",
        "claim.annulled" => "Declared a claim void",
        "claim.unresolved" => "Took an outcome back",
        "review.kept" => "Kept an outcome",
        "market.opened" => "Opened a market",
        "market.traded" => "Traded in a market",
        "market.settled" | "market.voided" | "market.reopened" => "Settled a market, or took that back",
        "credits.granted" => "Got starting credits",
        "headline.moved" => "Moved a probability",
        _ => "Changed a claim",
    }
}

/// How often they did what, most important first; what is not counted here stands in the list all the same.
fn counts(all: &[(String, i64)]) -> Vec<String> {
    let kinds: [(&[&str], &str, &str); 6] = [
        (&["claim.created"], "claim", "claims"),
        (&["evidence.added"], "item of evidence", "items of evidence"),
        (&["evidence.revised"], "correction", "corrections"),
        (&["evidence.retracted", "evidence.undone"], "retraction", "retractions"),
        (&["proposal.objected"], "objection", "objections"),
        (
            &["claim.resolved", "claim.annulled", "claim.unresolved", "proposal.refused", "review.kept"],
            "decision",
            "decisions",
        ),
    ];
    kinds
        .iter()
        .filter_map(|(names, one, many)| {
            let of = all.iter().filter(|(kind, _)| names.contains(&kind.as_str()));
            let n: u64 = of.map(|(_, n)| n.unsigned_abs()).sum();
            (n > 0).then(|| figures::counted(n, one, many))
        })
        .collect()
}
