//! Channels: webhooks that alerts are sent to, how each stands, and every try of every message.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::ids::ChannelId;
use bellwether_engine::{
    EngineError,
    alerts::{ChannelView, DeliveryView, Keyed, Proof, Shape},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde::Deserialize;

use super::{
    evidence_view::Errors,
    page,
    parts::When,
    request::{self, Reader},
    shell::{Place, Shell},
    unkept,
};
use crate::{
    extract::{Form, Path, Query},
    problem::{Kind, Problem},
    state::AppState,
};

/// What a channel missed is sent again from at most so long ago.
const RECOVERED: TimeDelta = TimeDelta::days(30);

#[derive(Clone, Debug, Template)]
#[template(path = "channels.html")]
struct ChannelsPage {
    shell: Shell,
    channels: Vec<ChannelView>,
    url: String,
    shape: String,
    errors: Errors,
}

impl ChannelsPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    fn shapes(&self) -> [(&'static str, &'static str, bool); 4] {
        [
            ("standard", "a program, with Standard Webhooks signatures"),
            ("slack", "Slack"),
            ("discord", "Discord"),
            ("ntfy", "ntfy"),
        ]
        .map(|(value, says)| (value, says, self.shape == value))
    }
}

#[derive(Clone, Debug, Template)]
#[template(path = "channel.html")]
struct ChannelPage {
    shell: Shell,
    channel: ChannelView,
    /// The secret, the one time it is shown.
    secret: Option<String>,
    /// What was just done, or could not be.
    told: Option<(bool, String)>,
    deliveries: Vec<DeliveryView>,
    older: Option<i64>,
    errors: Errors,
}

impl ChannelPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    /// How a delivery stands, in a word.
    fn stands(view: &DeliveryView) -> &'static str {
        match view.delivery.state.as_str() {
            "ready" if view.delivery.tries > 0 => "tried, will be tried again",
            "ready" => "on its way",
            "done" => "arrived",
            "dead" => "given up",
            _ => "not sent",
        }
    }

    fn reads_signatures(&self) -> bool {
        self.channel.shape == Shape::Standard
    }
}

/// `GET /alerts/channels`
pub(super) async fn list(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    Ok(unkept(page(&list_page(&state, &reader).await?)))
}

async fn list_page(state: &AppState, reader: &Reader) -> Result<ChannelsPage, Problem> {
    let channels = state.engine().channels(reader.visitor.actor()?).await?;
    let shell = reader.shell(state, "Channels", Place::Alerts).await;
    Ok(ChannelsPage {
        shell,
        channels,
        url: String::new(),
        shape: "standard".to_owned(),
        errors: Errors::default(),
    })
}

/// `POST /alerts/channels`
pub(super) async fn add(
    State(state): State<AppState>,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["url", "shape"])?;
    let url = form.value("url").unwrap_or_default();
    let shape = form.value("shape").unwrap_or_default();
    let added = match shape.parse() {
        Ok(shape) => state.engine().add_webhook(reader.visitor.actor()?, url, shape).await,
        Err(_) => Err(EngineError::invalid("shape", "unknown", "choose what reads there")),
    };
    let mut shown = list_page(&state, &reader).await?;
    let status = match added {
        Ok(keyed) => return with_secret(&state, &reader, keyed).await,
        Err(EngineError::Invalid(wrong)) => {
            shown.errors.refuse(wrong);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(EngineError::Conflict(why)) => {
            shown.errors.add("url", request::sentence(&why));
            StatusCode::CONFLICT
        }
        Err(other) => return Err(other.into()),
    };
    (shown.url, shown.shape) = (url.to_owned(), shape.to_owned());
    let mut answer = unkept(page(&shown));
    *answer.status_mut() = status;
    Ok(answer)
}

/// The page of a channel with its secret, which is shown this once.
async fn with_secret(state: &AppState, reader: &Reader, keyed: Keyed) -> Result<Response, Problem> {
    let mut shown = channel_page(state, reader, keyed.channel.id, i64::MAX).await?;
    shown.secret = Some(keyed.secret.reveal());
    Ok(unkept(page(&shown)))
}

/// What the address of a channel's page may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    before: Option<i64>,
    theme: Option<String>,
}

/// `GET /alerts/channels/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let _ = asked.theme;
    let shown = channel_page(&state, &reader, read_id(&id)?, asked.before.unwrap_or(i64::MAX)).await?;
    Ok(unkept(page(&shown)))
}

async fn channel_page(
    state: &AppState,
    reader: &Reader,
    id: ChannelId,
    before: i64,
) -> Result<ChannelPage, Problem> {
    let actor = reader.visitor.actor()?;
    let channel = state.engine().channel(actor, id).await?;
    let deliveries = state.engine().deliveries(actor, id, before).await?;
    let older = deliveries.last().filter(|_| deliveries.len() >= 100).map(|d| d.delivery.n);
    let shell = reader.shell(state, channel.name.clone(), Place::Alerts).await;
    Ok(ChannelPage { shell, channel, secret: None, told: None, deliveries, older, errors: Errors::default() })
}

/// `POST /alerts/channels/{id}/{what}`
pub(super) async fn act(
    State(state): State<AppState>,
    reader: Reader,
    Path((id, what)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["code", "n"])?;
    let id = read_id(&id)?;
    let actor = reader.visitor.actor()?;
    let engine = state.engine();
    let done = match what.as_str() {
        "prove" => match engine.prove_channel(actor, id).await? {
            Proof::Proven => Ok("It answered: alerts go there from now on.".to_owned()),
            Proof::CodeSent => Ok("A code was sent there. Type it here.".to_owned()),
            Proof::Refused(why) => Err(EngineError::Conflict(why)),
        },
        "confirm" => engine
            .confirm_channel(actor, id, form.value("code").unwrap_or_default())
            .await
            .map(|()| "Proven: alerts go there from now on.".to_owned()),
        "rotate" => return with_secret(&state, &reader, engine.rotate_channel(actor, id).await?).await,
        "enable" => {
            let since = engine.now() - RECOVERED;
            engine.enable_channel(actor, id, Some(since)).await.map(|n| match n {
                0 => "It is active again; it missed nothing.".to_owned(),
                n => format!("It is active again, and is sent the {n} it missed."),
            })
        }
        "try" => engine.try_channel(actor, id).await.map(|()| "A trial is on its way.".to_owned()),
        "redeliver" => {
            let n = form.value("n").and_then(|n| n.parse().ok());
            let n = n.ok_or_else(|| EngineError::invalid("n", "unreadable", "the number of a delivery"))?;
            engine.redeliver(actor, n).await.map(|()| "It is sent again.".to_owned())
        }
        "remove" => {
            engine.remove_channel(actor, id).await?;
            return Ok(Redirect::to("/alerts/channels").into_response());
        }
        _ => return Err(Problem::new(Kind::NotFound, "no such page")),
    };
    let mut shown = channel_page(&state, &reader, id, i64::MAX).await?;
    let status = match done {
        Ok(says) => {
            shown.told = Some((true, says));
            StatusCode::OK
        }
        Err(EngineError::Invalid(wrong)) => {
            shown.errors.refuse(wrong);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(EngineError::Conflict(why)) => {
            shown.told = Some((false, request::sentence(&why)));
            StatusCode::CONFLICT
        }
        Err(other) => return Err(other.into()),
    };
    let mut answer = unkept(page(&shown));
    *answer.status_mut() = status;
    Ok(answer)
}

fn read_id(id: &str) -> Result<ChannelId, EngineError> {
    id.parse().map_err(|_| EngineError::NotFound("channel"))
}
