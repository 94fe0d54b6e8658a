//! The inbox: what one was told, with the reason, and the ways to hear less.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::ids::MessageId;
use bellwether_engine::EngineError;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{alerts_view::InboxPage, page, request::Reader, shell::Place, unkept};
use crate::{
    extract::{Form, Query},
    problem::Problem,
    state::AppState,
};

/// So many messages stand on a page.
const SHOWN: u32 = 50;

/// Where an inbox's page begins.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    after: Option<String>,
    theme: Option<String>,
}

/// `GET /inbox`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<After>,
) -> Result<Response, Problem> {
    let _ = asked.theme;
    let after = asked.after.as_deref().map(cursor).transpose()?;
    let inbox = state.engine().inbox(reader.visitor.actor()?, after, SHOWN).await?;
    let shell = reader.shell(&state, "Inbox", Place::Inbox).await;
    Ok(unkept(page(&InboxPage {
        shell,
        until: inbox.messages.first().map(|m| m.message.at),
        unread: inbox.unread,
        next: inbox.next.map(|(at, id)| format!("/inbox?after={}.{id}", at.timestamp_micros())),
        messages: inbox.messages,
    })))
}

/// `POST /inbox/read`: everything up to the newest message that stood on the page.
pub(super) async fn read(
    State(state): State<AppState>,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["until"])?;
    let until = form.value("until").unwrap_or_default();
    let until: DateTime<Utc> = until.parse().map_err(|_| {
        EngineError::invalid("until", "unreadable", "an instant such as 2026-04-06T12:00:00Z")
    })?;
    state.engine().mark_read(reader.visitor.actor()?, until).await?;
    Ok(Redirect::to("/inbox").into_response())
}

fn cursor(text: &str) -> Result<(DateTime<Utc>, MessageId), EngineError> {
    let bad = || EngineError::invalid("after", "unreadable", "begin with the first page again");
    let (at, id) = text.split_once('.').ok_or_else(bad)?;
    let at = at.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or_else(bad)?;
    Ok((at, id.parse().map_err(|_| bad())?))
}
