//! What a subscriber is told: one message, one or more notices, and the ways out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ids::{ClaimId, Slug};

/// One message to one subscriber. Every channel renders the same message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Stable over tries, redelivery and replicas: the `webhook-id`, the seed of a Message-ID.
    pub id: String,
    /// When it was put together.
    pub at: DateTime<Utc>,
    /// One line: what moved, by how much. Never empty, no line breaks.
    pub subject: String,
    /// What it tells, oldest first; a digest names each event once.
    pub notices: Vec<Notice>,
    /// Why the reader gets it: "You follow this claim: moves of at least 3 pts since the last alert."
    pub why: String,
    /// How to hear less.
    pub ways_out: WaysOut,
}

/// One thing that happened, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The event's place among all changes, gapless; strictly rising within a message.
    pub seq: i64,
    /// A dotted word in the past tense: `headline.moved`, `claim.resolved`, `resolution.reversed`.
    pub kind: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The claim it is about.
    pub claim: Option<About>,
    /// What happened, one line: "75%, up 3.0 pts since the last alert".
    pub headline: String,
    /// Because of what, one line; absent where the headline says it all.
    pub because: Option<String>,
    /// Where to read it.
    pub url: Url,
    /// The numbers behind a movement.
    pub figures: Option<Figures>,
    /// The `seq` of the event this one takes back.
    pub undoes: Option<i64>,
}

/// The claim a notice is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Identity.
    pub id: ClaimId,
    /// The event's place among the claim's changes, gapless from 1.
    pub seq: i64,
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
}

/// A movement of the headline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Probability before, 0 to 1: at the baseline the reader chose.
    pub from: f64,
    /// Probability now, 0 to 1.
    pub to: f64,
}

/// Links by which a reader hears less. Each leads to a page that asks first; only its POST changes anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaysOut {
    /// The subscription's settings.
    pub manage: Url,
    /// Mute for 7 days.
    pub mute: Url,
    /// Raise the threshold; absent where there is none.
    pub raise: Option<Url>,
    /// RFC 8058 one-click unsubscribing, for mail.
    pub unsubscribe: Option<Url>,
}
