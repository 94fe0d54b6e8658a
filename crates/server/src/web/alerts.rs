//! What one follows: begun with one click, changed, muted, ended; and what a setting would have told.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{
    alert::{Pace, Settings, Target, Topic},
    ids::SubscriptionId,
};
use bellwether_engine::{
    EngineError,
    alerts::{NewSubscription, Replay, SubscriptionView},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    alerts_view::{AlertPage, AlertsPage, AskPage, Choices, Follow, Row, TopicRow, Way, followed},
    evidence_view::Errors,
    page,
    request::{self, Reader},
    shell::Place,
    unkept,
};
use crate::{
    extract::{Form, Path, Query},
    problem::{Kind, Problem},
    state::AppState,
};

/// Over so many days it is said what a setting would have told.
const DAYS: i64 = 30;

/// The button "Get alerts" for something, as this reader sees it.
pub(super) async fn follow(state: &AppState, reader: &Reader, target: Target) -> Result<Follow, Problem> {
    let on = match reader.visitor.actor() {
        Ok(actor) => state.engine().follows(actor, &target).await?,
        Err(_) => None,
    };
    Ok(Follow { target: target.to_string(), on })
}

/// `GET /alerts`
pub(super) async fn list(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let all = state.engine().subscriptions(reader.visitor.actor()?).await?;
    let shell = reader.shell(&state, "Alerts", Place::Alerts).await;
    let rows = all.into_iter().map(Row::of).collect();
    Ok(unkept(page(&AlertsPage { shell, rows })))
}

/// `POST /alerts`: the usual settings, with one click. Whoever follows it already keeps their own.
pub(super) async fn begin(
    State(state): State<AppState>,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["target"])?;
    let actor = reader.visitor.actor()?;
    let target: Target = form.value("target").unwrap_or_default().parse().map_err(
        |e: bellwether_core::alert::BadSetting| EngineError::invalid("target", "unreadable", e.to_string()),
    )?;
    let id = match state.engine().follows(actor, &target).await? {
        Some(id) => id,
        None => state.engine().subscribe(actor, NewSubscription::usual(target)).await?,
    };
    Ok(Redirect::to(&format!("/alerts/{id}?begun=yes")).into_response())
}

/// What the address of a subscription's page may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    begun: Option<String>,
    saved: Option<String>,
    theme: Option<String>,
}

/// `GET /alerts/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let _ = asked.theme;
    let view = find(&state, &reader, &id).await?;
    let done = match (&asked.begun, &asked.saved) {
        (Some(_), _) => Some("Alerts are on."),
        (_, Some(_)) => Some("Saved."),
        _ => None,
    };
    let choices = Choices::of(&view);
    let replay = replay(&state, &reader, &view.target, &view.settings).await?;
    let shell = reader.shell(&state, "Alerts", Place::Alerts).await;
    let topics = TopicRow::all(&choices);
    let ways = ways(&state, &reader, &choices).await?;
    let told = AlertPage {
        shell,
        row: Row::of(view),
        done,
        choices,
        topics,
        ways,
        replay: Some(replay),
        errors: Errors::default(),
    };
    Ok(unkept(page(&told)))
}

/// `POST /alerts/{id}`: saves the settings, or only looks what they would have told.
pub(super) async fn save(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&[
        "do",
        "topic.",
        "at_least",
        "baseline",
        "cooldown",
        "daily_at",
        "quiet_from",
        "quiet_to",
        "zone",
        "urgent",
        "inbox",
        "channel",
    ])?;
    let view = find(&state, &reader, &id).await?;
    let choices = Choices::typed(&form);
    let mut errors = Errors::default();
    let mut replay = None;
    if let Some(settings) = read(&choices, &mut errors) {
        if form.value("do") == Some("look") {
            replay = Some(self::replay(&state, &reader, &view.target, &settings).await?);
        } else {
            let actor = reader.visitor.actor()?;
            let engine = state.engine();
            match engine
                .change_subscription(actor, view.id, settings, choices.inbox, choices.channels())
                .await
            {
                Ok(()) => return Ok(Redirect::to(&format!("/alerts/{id}?saved=yes")).into_response()),
                Err(EngineError::Invalid(wrong)) => errors.refuse(wrong),
                Err(other) => return Err(other.into()),
            }
        }
    }
    let shell = reader.shell(&state, "Alerts", Place::Alerts).await;
    let refused = !errors.none();
    let ways = ways(&state, &reader, &choices).await?;
    let topics = TopicRow::all(&choices);
    let row = Row::of(view);
    let mut answer =
        unkept(page(&AlertPage { shell, row, done: None, choices, topics, ways, replay, errors }));
    if refused {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `GET /alerts/{id}/mute`, `/raise`, `/end`: asks first; links in messages lead here, and opening one changes nothing.
pub(super) async fn ask(
    State(state): State<AppState>,
    reader: Reader,
    Path((id, what)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let view = find(&state, &reader, &id).await?;
    let of = followed(&view);
    let at_least = view.settings.moves.at_least();
    let (title, says, button) = match what.as_str() {
        "mute" if view.muted.is_some() => {
            ("Tell me again?", format!("You are told nothing of {of} now."), "Tell me again")
        }
        "mute" => {
            ("Mute for 7 days?", format!("For 7 days you are told nothing of {of}."), "Mute for 7 days")
        }
        "raise" => {
            let to = (at_least * 2.0).min(100.0);
            (
                "Raise the threshold?",
                format!("Moves of {of} are told from {to}\u{a0}pts on, not from {at_least}\u{a0}pts."),
                "Raise it",
            )
        }
        "end" => ("End these alerts?", format!("You are told nothing more of {of}."), "End these alerts"),
        _ => return Err(Problem::new(Kind::NotFound, "no such page")),
    };
    let shell = reader.shell(&state, title, Place::Alerts).await;
    Ok(unkept(page(&AskPage { shell, id, what, says, button })))
}

/// `POST /alerts/{id}/mute`, `/raise`, `/end`
pub(super) async fn answer(
    State(state): State<AppState>,
    reader: Reader,
    Path((id, what)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&[])?;
    let view = find(&state, &reader, &id).await?;
    let actor = reader.visitor.actor()?;
    let engine = state.engine();
    match what.as_str() {
        "mute" => {
            let long = view.muted.is_none().then(|| bellwether_core::alert::Span::seconds(7 * 86_400));
            engine.mute(actor, view.id, long, "").await?;
        }
        "raise" => {
            engine.raise_threshold(actor, view.id).await?;
        }
        "end" => {
            engine.unsubscribe(actor, view.id).await?;
            return Ok(Redirect::to("/alerts").into_response());
        }
        _ => return Err(Problem::new(Kind::NotFound, "no such page")),
    }
    Ok(Redirect::to(&format!("/alerts/{id}?saved=yes")).into_response())
}

/// The channels to choose from.
async fn ways(state: &AppState, reader: &Reader, choices: &Choices) -> Result<Vec<Way>, Problem> {
    let all = state.engine().channels(reader.visitor.actor()?).await?;
    Ok(all
        .into_iter()
        .map(|channel| Way {
            chosen: choices.sends_to(channel.id),
            id: channel.id,
            name: channel.name,
            state: channel.state,
        })
        .collect())
}

async fn find(state: &AppState, reader: &Reader, id: &str) -> Result<SubscriptionView, Problem> {
    let id: SubscriptionId = id.parse().map_err(|_| EngineError::NotFound("subscription"))?;
    Ok(state.engine().subscription(reader.visitor.actor()?, id).await?)
}

async fn replay(
    state: &AppState,
    reader: &Reader,
    target: &Target,
    settings: &Settings,
) -> Result<Replay, Problem> {
    Ok(state.engine().would_have_told(reader.visitor.actor()?, target, settings, DAYS).await?)
}

/// The settings that were typed; what is wrong with them is noted at their fields.
fn read(choices: &Choices, errors: &mut Errors) -> Option<Settings> {
    let mut wrong = |field: &str, message: String| errors.add(field, request::sentence(&message));
    let mut topics = Map::new();
    for topic in Topic::OFFERED {
        let name = Choices::name(topic);
        match choices.pace(&name) {
            "" | "off" => {}
            pace => match pace.parse::<Pace>() {
                Ok(pace) => {
                    topics.insert(name, json!(pace));
                }
                Err(e) => wrong("topics", e.to_string()),
            },
        }
    }
    if topics.is_empty() {
        wrong("topics", "choose at least one thing to be told of".to_owned());
    }
    let mut moves = Map::new();
    match choices.at_least.trim().trim_end_matches("pts").trim().parse::<f64>() {
        Ok(points) => {
            moves.insert("at_least".into(), json!(points));
        }
        Err(_) => wrong("at_least", "write a number of points from 0.1 to 100, such as 3".to_owned()),
    }
    for (name, value) in [("baseline", &choices.baseline), ("cooldown", &choices.cooldown)] {
        if !value.is_empty() {
            moves.insert(name.into(), json!(value));
        }
    }
    let mut all = Map::new();
    all.insert("topics".into(), Value::Object(topics));
    for (name, value) in [("daily_at", &choices.daily_at), ("zone", &choices.zone)] {
        if !value.is_empty() {
            all.insert(name.into(), json!(value));
        }
    }
    if !choices.quiet_from.is_empty() || !choices.quiet_to.is_empty() {
        all.insert("quiet".into(), json!({ "from": choices.quiet_from, "to": choices.quiet_to }));
    }
    all.insert("urgent_outcomes".into(), json!(choices.urgent));
    // Each part is tried by itself, so that every fault is told at its field.
    for (field, part) in [
        (
            "at_least",
            json!({ "moves": moves.get("at_least").map(|v| json!({ "at_least": v })).unwrap_or(json!({})) }),
        ),
        ("cooldown", json!({ "moves": { "cooldown": choices.cooldown } })),
        ("baseline", json!({ "moves": { "baseline": choices.baseline } })),
        ("daily_at", json!({ "daily_at": choices.daily_at })),
        ("zone", json!({ "zone": choices.zone })),
        ("quiet_from", json!({ "quiet": { "from": choices.quiet_from, "to": "00:00" } })),
        ("quiet_to", json!({ "quiet": { "from": "00:00", "to": choices.quiet_to } })),
    ] {
        let blank = match field {
            "quiet_from" | "quiet_to" => choices.quiet_from.is_empty() && choices.quiet_to.is_empty(),
            "cooldown" => choices.cooldown.is_empty(),
            "baseline" => choices.baseline.is_empty(),
            "daily_at" => choices.daily_at.is_empty(),
            "zone" => choices.zone.is_empty(),
            _ => false,
        };
        if let (false, Err(e)) = (blank, serde_json::from_value::<Settings>(part)) {
            wrong(field, e.to_string());
        }
    }
    all.insert("moves".into(), Value::Object(moves));
    if !errors.none() {
        return None;
    }
    match serde_json::from_value(Value::Object(all)) {
        Ok(settings) => Some(settings),
        Err(e) => {
            errors.add("topics", request::sentence(&e.to_string()));
            None
        }
    }
}
