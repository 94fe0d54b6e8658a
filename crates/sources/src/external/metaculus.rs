//! Metaculus: `GET /api/posts/ID/` gives a post that owns a question, a group of questions, or neither.
//!
//! The community's number is `aggregations.METHOD.latest`, by the method that the question names as its own. Of a yes/no
//! question `centers` holds the one number; of a question with options one for each option there ever was, null where the
//! option is gone. Before the number is revealed `latest` is null.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Answer, Reading, Site, State, Unreadable, Values,
    json::{instant, maybe_probability, parse, probability, text},
    reading::MOST_ANSWERS,
};

const SITE: Site = Site::Metaculus;

#[derive(Deserialize)]
struct Post {
    title: Option<String>,
    status: Option<String>,
    question: Option<Question>,
    group_of_questions: Option<Group>,
    conditional: Option<Value>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    id: Option<u64>,
    title: Option<String>,
    label: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    options: Option<Vec<String>>,
    all_options_ever: Option<Vec<String>>,
    resolution: Option<String>,
    actual_resolve_time: Option<Value>,
    resolution_set_time: Option<Value>,
    actual_close_time: Option<Value>,
    cp_reveal_time: Option<Value>,
    default_aggregation_method: Option<String>,
    aggregations: Option<BTreeMap<String, Option<Aggregation>>>,
}

#[derive(Deserialize)]
struct Aggregation {
    latest: Option<Latest>,
}

#[derive(Deserialize)]
struct Latest {
    start_time: Option<Value>,
    centers: Option<Vec<Option<f64>>>,
    forecast_values: Option<Vec<Option<f64>>>,
}

pub(super) fn read(bytes: &[u8], now: DateTime<Utc>) -> Result<Reading, Unreadable> {
    let post: Post = parse(SITE, bytes)?;
    if let Some(group) = &post.group_of_questions {
        return read_group(&post, group);
    }
    let Some(question) = &post.question else {
        let kind = if post.conditional.as_ref().is_some_and(|c| !c.is_null()) {
            "a conditional pair"
        } else {
            "a text without a question"
        };
        return Err(Unreadable::Kind { site: SITE, kind });
    };
    let title = post.title.as_deref().or(question.title.as_deref());
    let title = text(SITE, title, "`title` is missing")?;
    let state = state_of(question, post.status.as_deref());
    let values = match question.kind.as_deref() {
        Some("binary") => Values::YesNo(yes(question)?),
        Some("multiple_choice") => options(question)?,
        other => return Err(Unreadable::Kind { site: SITE, kind: words_of(other) }),
    };
    if latest(question).is_none() && !state.is_resolved() {
        // With the time of reveal behind us there is no number because nobody has given one.
        let until = instant(question.cp_reveal_time.as_ref()).filter(|reveal| now < *reveal);
        return Err(Unreadable::Hidden { until });
    }
    let as_of = latest(question).and_then(|l| instant(l.start_time.as_ref()));
    Ok(Reading { title, values, as_of, state })
}

/// A group of yes/no questions: its members stand side by side, each by itself.
fn read_group(post: &Post, group: &Group) -> Result<Reading, Unreadable> {
    let title = text(SITE, post.title.as_deref(), "`title` is missing")?;
    if group.questions.is_empty() || group.questions.len() > MOST_ANSWERS {
        return Err(Unreadable::Part { site: SITE, what: "the group has no questions, or more than 500" });
    }
    let mut answers = Vec::new();
    for question in &group.questions {
        if question.kind.as_deref() != Some("binary") {
            return Err(Unreadable::Kind { site: SITE, kind: "a group of questions that are not yes/no" });
        }
        let name = question.label.as_deref().filter(|l| !l.trim().is_empty());
        answers.push(Answer {
            id: question.id.map(|id| id.to_string()).unwrap_or_default(),
            name: text(SITE, name.or(question.title.as_deref()), "a question of the group has no name")?,
            p: yes(question)?,
            state: state_of(question, None),
        });
    }
    let newest = |q: &Question| latest(q).and_then(|l| instant(l.start_time.as_ref()));
    let as_of = group.questions.iter().filter_map(newest).max();
    let all_resolved = answers.iter().all(|a| a.state.is_resolved());
    let state = match post.status.as_deref() {
        _ if all_resolved => State::Resolved { how: "each question by itself".to_owned(), at: None },
        Some("closed") => State::Closed { at: None },
        _ => State::Open,
    };
    Ok(Reading { title, values: Values::Several { answers, exclusive: false }, as_of, state })
}

fn latest(question: &Question) -> Option<&Latest> {
    let aggregations = question.aggregations.as_ref()?;
    let method = question.default_aggregation_method.as_deref().unwrap_or("recency_weighted");
    aggregations.get(method)?.as_ref()?.latest.as_ref()
}

fn yes(question: &Question) -> Result<Option<f64>, Unreadable> {
    let Some(latest) = latest(question) else { return Ok(None) };
    // `forecast_values` are no and yes, `centers` only yes.
    let values =
        latest.centers.as_deref().or_else(|| latest.forecast_values.as_deref().and_then(|v| v.get(1..)));
    match values {
        Some([yes]) => maybe_probability(SITE, *yes),
        _ => Err(Unreadable::Part {
            site: SITE,
            what: "the community's number of a yes/no question is not one number",
        }),
    }
}

fn options(question: &Question) -> Result<Values, Unreadable> {
    let offered = question.options.as_deref().unwrap_or_default();
    if offered.is_empty() || offered.len() > MOST_ANSWERS {
        return Err(Unreadable::Part { site: SITE, what: "it has no options, or more than 500" });
    }
    let numbers = match latest(question) {
        None => Vec::new(),
        Some(latest) => {
            latest.centers.as_deref().or(latest.forecast_values.as_deref()).unwrap_or_default().to_vec()
        }
    };
    let ever = question.all_options_ever.as_deref().unwrap_or(offered);
    let names = [ever, offered].into_iter().find(|names| numbers.is_empty() || names.len() == numbers.len());
    let Some(names) = names else {
        return Err(Unreadable::Part { site: SITE, what: "there are not as many numbers as options" });
    };
    let mut answers = Vec::new();
    for option in offered {
        let at = names.iter().position(|name| name == option);
        let p = at.and_then(|at| numbers.get(at).copied().flatten());
        let name = text(SITE, Some(option), "an option has no name")?;
        answers.push(Answer { id: name.clone(), name, p, state: State::Open });
    }
    // Medians of options do not sum to one by themselves.
    let sum: f64 = answers.iter().filter_map(|a| a.p).sum();
    for answer in &mut answers {
        answer.p = answer.p.map(|p| probability(SITE, p)).transpose()?;
        answer.p = answer.p.filter(|_| sum > 0.0).map(|p| (p / sum).min(1.0));
    }
    Ok(Values::Several { answers, exclusive: true })
}

fn state_of(question: &Question, post: Option<&str>) -> State {
    let resolution = question.resolution.as_deref().filter(|r| !r.is_empty());
    if let Some(resolution) = resolution {
        let how = match resolution {
            "yes" => "Yes".to_owned(),
            "no" => "No".to_owned(),
            "annulled" | "ambiguous" => "void".to_owned(),
            option => {
                text(SITE, Some(option), "").unwrap_or_else(|_| "an outcome it does not name".to_owned())
            }
        };
        let at = instant(question.actual_resolve_time.as_ref());
        return State::Resolved { how, at: at.or_else(|| instant(question.resolution_set_time.as_ref())) };
    }
    match question.status.as_deref().or(post) {
        Some("closed" | "resolved") => State::Closed { at: instant(question.actual_close_time.as_ref()) },
        _ => State::Open,
    }
}

fn words_of(kind: Option<&str>) -> &'static str {
    match kind {
        Some("numeric" | "discrete" | "continuous") => "a numeric question",
        Some("date") => "a question about a date",
        Some("conditional") => "a conditional pair",
        _ => "another kind of question",
    }
}
