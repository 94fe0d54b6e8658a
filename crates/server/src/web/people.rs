//! Who there is, and what each of them did.

use askama::Template;
use axum::{extract::State, response::Response};
use bellwether_core::people::Handle;
use bellwether_engine::people::{AccountView, PersonPage as Full};
use chrono::{DateTime, Utc};

use super::{
    figures, page,
    parts::When,
    request::Reader,
    shell::{Place, Shell},
};
use crate::{extract::Path, problem::Problem, state::AppState};

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
    deeds: Vec<Deed>,
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

    /// How often they did what, in words.
    fn counts(&self) -> Vec<(&'static str, String)> {
        let count = |n: i64| figures::count(n.unsigned_abs());
        self.person.counts.iter().map(|(kind, n)| (words(kind), count(*n))).collect()
    }
}

/// `GET /people/{handle}`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    let handle = Handle::new(&handle).map_err(|_| Problem::not_found("account"))?;
    let mut person = state.engine().person(&handle).await?;
    let shell = reader.shell(&state, person.account.name.clone(), Place::People).await;
    let deeds = std::mem::take(&mut person.deeds).into_iter().map(Deed::from).collect();
    Ok(page(&PersonPage { shell, person, deeds }))
}

impl From<bellwether_engine::people::Deed> for Deed {
    fn from(deed: bellwether_engine::people::Deed) -> Self {
        let said = |name: &str| deed.body.get(name)?.as_str();
        let written = said("text").or(said("reason")).map(super::markdown::line);
        let said = written.or(said("title").map(str::to_owned));
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
        "claim.created" => "wrote a claim",
        "claim.published" => "published a claim",
        "criteria.changed" => "changed how a claim is decided",
        "evidence.added" => "added evidence",
        "evidence.revised" => "corrected evidence",
        "evidence.retracted" => "retracted evidence",
        "evidence.undone" => "took evidence back",
        "signal.counted" => "counted a signal as evidence",
        "proposal.opened" => "proposed an outcome",
        "proposal.objected" => "objected",
        "proposal.refused" => "refused a proposal",
        "claim.resolved" => "settled a claim",
        "claim.annulled" => "declared a claim void",
        "claim.unresolved" => "took an outcome back",
        "review.kept" => "kept an outcome",
        "headline.moved" => "moved a probability",
        _ => "changed a claim",
    }
}
