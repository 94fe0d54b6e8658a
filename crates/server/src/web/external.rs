//! Questions of other sites: followed, looked at before they are followed, taken away.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{ids::Sha256, options::Options};
use bellwether_engine::{
    EngineError,
    claims::{ClaimKey, ClaimPage},
    external::{ExternalView, LinkInput, Look, Mapping, OverThere, Site, mapping::Choice},
};
use chrono::{DateTime, Utc};
use http::StatusCode;

use super::{
    evidence_view::Errors,
    external_view::{AnswerChoice, ExternalFields, ExternalsPage, Followed, OptionField, Seen},
    figures, page,
    parts::When,
    request::{Reader, sentence},
    shell::Place,
};
use crate::{
    extract::{Form, Path},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

/// `GET /claims/{slug}/externals`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let full = state.engine().claim_page(&ClaimKey::from(key), None).await?;
    Ok(page(&listed(&state, &reader, &full).await?))
}

/// `POST /claims/{slug}/externals`
pub(super) async fn follow(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["address", "name", "answer", "inverted", "option.", "seen", "do"])?;
    let claim = ClaimKey::from(key);
    let full = state.engine().claim_page(&claim, None).await?;
    let input = typed(&form, &full.options);
    let mut shown = listed(&state, &reader, &full).await?;
    shown.fields = ExternalFields {
        address: input.address.clone(),
        name: input.name.clone().unwrap_or_default(),
        answer: input.choice.answer.clone().unwrap_or_default(),
        inverted: input.choice.inverted,
    };
    let was_seen = form.value("seen").is_some_and(|hash| hash == digest(&input));
    if form.value("do") == Some("follow") && was_seen {
        match state.engine().link_external(visitor.actor()?, &claim, &input).await {
            Ok(_) => return Ok(Redirect::to(&format!("/claims/{}/externals", full.slug)).into_response()),
            Err(error) => refused(error, &full.options, &mut shown)?,
        }
    }
    match state.engine().look_at_external(&claim, &input).await {
        Ok(look) => shown.show(&look, &input),
        // What was refused on saving is told once.
        Err(error) if shown.errors.none() => refused(error, &full.options, &mut shown)?,
        Err(_) => {}
    }
    let wrong = !shown.errors.none();
    let mut answer = page(&shown);
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `POST /claims/{slug}/externals/{name}/remove`
pub(super) async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((key, name)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&[])?;
    let claim = ClaimKey::from(key);
    state.engine().unlink_external(visitor.actor()?, &claim, &name).await?;
    Ok(Redirect::to(&format!("/claims/{claim}/externals")).into_response())
}

/// What a claim follows now, for its own page: a line each.
pub(super) async fn lines(state: &AppState, full: &ClaimPage) -> Result<Vec<Followed>, Problem> {
    // An earlier instant has the streams' figures; how fresh they are is said of now only.
    if !full.is_now {
        return Ok(Vec::new());
    }
    let views = state.engine().externals(&ClaimKey::from(full.id)).await?;
    let standing = views.iter().filter(|v| v.removed.is_none());
    Ok(standing.map(|v| followed(v, full)).collect())
}

async fn listed(state: &AppState, reader: &Reader, full: &ClaimPage) -> Result<ExternalsPage, Problem> {
    let views = state.engine().externals(&ClaimKey::from(full.id)).await?;
    Ok(ExternalsPage {
        shell: reader.shell(state, "Questions of other sites", Place::Claims).await,
        slug: full.slug.to_string(),
        title: full.document.title.clone(),
        yes_no: full.options == Options::YesNo,
        settled: !full.status.takes_evidence(),
        followed: views.iter().map(|v| followed(v, full)).collect(),
        fields: ExternalFields::default(),
        options: Vec::new(),
        seen: None,
        errors: Errors::default(),
    })
}

fn followed(view: &ExternalView, full: &ClaimPage) -> Followed {
    let trouble = view.last_error.as_deref().map(|why| {
        // The word for programs stands in brackets at the end.
        let why = why.rsplit_once(" (").map_or(why, |(why, _)| why);
        sentence(why)
    });
    Followed {
        name: view.name.to_string(),
        site: view.site.title(),
        address: view.address.clone(),
        title: view.title.clone(),
        mapping: in_words(&view.mapping, &full.options),
        p: view.last.as_ref().and_then(|v| v.p.as_slice().get(full.leading).copied()),
        read: When::ago(view.last_read_at, full.at),
        stale: view.stale || view.last_error.is_some(),
        trouble: trouble.filter(|_| view.removed.is_none()),
        over: over(view.site, &view.state),
        linked: When::day(view.linked_at),
        removed: view.removed.as_ref().map(|(_, at)| When::day(*at)),
    }
}

/// `Manifold resolved Yes on 6 Apr 2026`
fn over(site: Site, state: &OverThere) -> Option<String> {
    let on =
        |at: &Option<DateTime<Utc>>| at.map_or_else(String::new, |at| format!(" on {}", figures::day(at)));
    match state {
        OverThere::Open => None,
        OverThere::Closed { at } => Some(format!("{site} closed it{}; its last figure stands.", on(at))),
        OverThere::Resolved { how, at } => Some(format!("{site} resolved {how}{}.", on(at))),
    }
}

fn in_words(mapping: &Mapping, options: &Options) -> String {
    match mapping {
        Mapping::YesNo { inverted: false } => String::new(),
        Mapping::YesNo { inverted: true } => "its No is our Yes".to_owned(),
        Mapping::Answer { answer, inverted: false } => format!("its answer “{}” is our Yes", answer.name),
        Mapping::Answer { answer, inverted: true } => format!("its answer “{}” is our No", answer.name),
        Mapping::Options { answers } => {
            let names = options.names();
            let pairs = names.iter().zip(answers).filter_map(|(option, answer)| match answer {
                Some(answer) if answer.name == *option => None,
                Some(answer) => Some(format!("“{}” is our {option}", answer.name)),
                None => Some(format!("all others are our {option}")),
            });
            pairs.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The name of an option's field.
fn field(index: usize) -> String {
    format!("option.{index}")
}

fn typed(form: &Form, options: &Options) -> LinkInput {
    let value = |name: &str| form.value(name).map(str::trim).unwrap_or_default().to_owned();
    let answers: BTreeMap<String, String> = match options {
        Options::YesNo => BTreeMap::new(),
        Options::Named(names) => names
            .iter()
            .enumerate()
            .map(|(i, option)| (option.clone(), value(&field(i))))
            .filter(|(_, answer)| !answer.is_empty())
            .collect(),
    };
    let maybe = |text: String| (!text.is_empty()).then_some(text);
    LinkInput {
        address: value("address"),
        name: maybe(value("name")),
        choice: Choice {
            inverted: form.value("inverted").is_some(),
            answer: maybe(value("answer")),
            answers,
        },
    }
}

/// Names what was looked at: what was changed since is looked at again before it is followed.
fn digest(input: &LinkInput) -> String {
    let LinkInput { address, choice, .. } = input;
    Sha256::of(format!("{address}\n{choice:?}").as_bytes()).to_string()
}

/// Puts what was refused beside what it is about.
fn refused(error: EngineError, options: &Options, shown: &mut ExternalsPage) -> Result<(), Problem> {
    match error {
        EngineError::Invalid(bad) => {
            for e in bad {
                let option = e.field.strip_prefix("answers.");
                let place = option.and_then(|o| options.names().iter().position(|name| *name == o));
                let field = place.map_or(e.field.clone(), field);
                shown.errors.add(&field, sentence(&e.message));
            }
            Ok(())
        }
        EngineError::Conflict(why) | EngineError::Upstream(why) => {
            shown.errors.add("address", sentence(&why));
            Ok(())
        }
        other => Err(other.into()),
    }
}

impl ExternalsPage {
    /// Shows a question that was looked at.
    fn show(&mut self, look: &Look, input: &LinkInput) {
        let site = look.address.site();
        let answers: Vec<AnswerChoice> = look
            .answers()
            .iter()
            .map(|a| AnswerChoice { id: a.id.clone(), name: a.name.clone(), p: a.p.map(figures::percent) })
            .collect();
        if let Options::Named(names) = &look.options {
            self.options = names
                .iter()
                .enumerate()
                .map(|(i, option)| {
                    let of_name = look.suggested.get(option).and_then(Option::as_ref);
                    let by_name = answers.iter().find(|a| Some(&a.name) == of_name).map(|a| a.id.clone());
                    let said = input.choice.answers.get(option).cloned();
                    OptionField {
                        option: option.clone(),
                        field: field(i),
                        chosen: said.or(by_name).unwrap_or_default(),
                        wrong: self.errors.of(&field(i)).map(str::to_owned),
                    }
                })
                .collect();
        }
        let shares = look.probabilities.as_ref().map(|p| {
            let names = look.options.names();
            names.iter().zip(p.as_slice()).map(|(name, p)| ((*name).to_owned(), *p)).collect()
        });
        let unclear = match (&look.mapping, &look.probabilities) {
            (Err(why), _) => Some(sentence(why.split_once(": ").map_or(why.as_str(), |(_, why)| why))),
            (Ok(_), None) => Some("It gives no probability at the moment.".to_owned()),
            (Ok(_), Some(_)) => None,
        };
        self.seen = Some(Seen {
            site: site.title(),
            address: look.address.to_string(),
            title: look.reading.title.clone(),
            shares: shares.unwrap_or_default(),
            unclear,
            over: over(site, &look.state),
            answers,
            hash: digest(input),
        });
    }
}
