//! What a webhook's receiver understands, and a message put into it.

mod chat;
mod standard;

use std::{fmt, str::FromStr};

use bellwether_core::alert::Message;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

/// No body gets this long, whatever the message says.
const MOST_BYTES: usize = 20_000;

/// What a webhook's receiver understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A program: the envelope of Standard Webhooks with everything in it.
    Standard,
    /// Slack and what imitates its incoming webhooks (Mattermost, Rocket.Chat).
    Slack,
    /// Discord.
    Discord,
    /// ntfy. The webhook's address is the topic's: `https://ntfy.sh/my-topic`.
    Ntfy,
}

/// Not the name of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook speaks standard, slack, discord or ntfy")]
pub struct BadShape;

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 4] = [Self::Standard, Self::Slack, Self::Discord, Self::Ntfy];

    /// Its name: `standard`, `slack`, `discord`, `ntfy`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Ntfy => "ntfy",
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Shape {
    type Err = BadShape;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|shape| shape.name() == text).ok_or(BadShape)
    }
}

/// A message ready to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Where to post it: the webhook's address, but for ntfy the server the topic is on.
    pub url: Url,
    /// The body's type.
    pub content_type: &'static str,
    /// The body: the same bytes for the same message, always less than 20,000 of them.
    pub body: Vec<u8>,
}

/// Puts a message into a shape, for a webhook at `url`. What does not fit is counted: "and 3 more".
pub fn render(shape: Shape, message: &Message, url: &Url) -> Rendered {
    let (url, body) = match shape {
        Shape::Standard => (url.clone(), standard::body(message)),
        Shape::Slack => (url.clone(), json!({ "text": chat::slack(message) })),
        Shape::Discord => (
            url.clone(),
            // Titles are other people's words; none of them shall ring everyone's phone.
            json!({ "content": chat::discord(message), "allowed_mentions": { "parse": [] } }),
        ),
        Shape::Ntfy => ntfy(message, url),
    };
    Rendered { url, content_type: "application/json", body: body.to_string().into_bytes() }
}

/// The topic an ntfy webhook's address names: its last path segment. `None` where there is none; such an address is
/// better refused when the webhook is set up, for the server will refuse it too.
pub fn ntfy_topic(url: &Url) -> Option<&str> {
    url.path_segments()?.rfind(|segment| !segment.is_empty())
}

/// JSON is published at the root with the topic inside, because titles do not fit into the headers of the other way.
fn ntfy(message: &Message, url: &Url) -> (Url, Value) {
    let topic = ntfy_topic(url).unwrap_or_default();
    let mut root = url.clone();
    root.set_fragment(None);
    if let Ok(mut segments) = root.path_segments_mut() {
        segments.pop_if_empty().pop().push("");
    }
    let body = json!({
        "topic": chat::topic(topic),
        "title": chat::title(message),
        "message": chat::ntfy(message),
        "click": chat::click(message),
        "tags": chat::tags(message),
    });
    (root, body)
}

#[cfg(test)]
mod tests;
