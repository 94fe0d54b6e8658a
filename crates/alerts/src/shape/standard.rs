//! The envelope of Standard Webhooks, for programs.

use bellwether_core::alert::{Message, Notice};
use serde_json::{Value, json};
use url::Url;

use super::MOST_BYTES;
use crate::text::line;

/// `type`, `timestamp` and `data`, with as many notices as fit, oldest first. `data.more` counts those left out.
pub(super) fn body(message: &Message) -> Value {
    let kind = match &message.notices[..] {
        [one] => line(&one.kind, 100),
        _ => "alerts.digest".to_owned(),
    };
    let out = &message.ways_out;
    let with = |notices: Vec<Value>| {
        json!({
            "type": kind,
            "timestamp": message.at,
            "data": {
                "id": line(&message.id, 100),
                "subject": line(&message.subject, 300),
                "why": line(&message.why, 300),
                "more": message.notices.len() - notices.len(),
                "notices": notices,
                "ways_out": {
                    "manage": link(&out.manage),
                    "mute": link(&out.mute),
                    "raise": out.raise.as_ref().and_then(link),
                    "unsubscribe": out.unsubscribe.as_ref().and_then(link),
                },
            },
        })
    };
    // Every notice costs its own length and a comma; `more` only gets shorter as notices are added.
    let mut size = with(Vec::new()).to_string().len();
    let mut notices = Vec::new();
    for told in message.notices.iter().map(notice) {
        size += told.to_string().len() + 1;
        if size >= MOST_BYTES {
            break;
        }
        notices.push(told);
    }
    with(notices)
}

fn notice(notice: &Notice) -> Value {
    json!({
        "seq": notice.seq,
        "kind": line(&notice.kind, 100),
        "at": notice.at,
        "claim": notice.claim.as_ref().map(|claim| json!({
            "id": claim.id,
            "seq": claim.seq,
            "slug": claim.slug,
            "title": line(&claim.title, 300),
        })),
        "headline": line(&notice.headline, 300),
        "because": notice.because.as_deref().map(|because| line(because, 500)),
        "url": link(&notice.url),
        "figures": notice.figures,
        "undoes": notice.undoes,
    })
}

/// Half an address leads nowhere, so one that is too long is left out.
fn link(url: &Url) -> Option<&str> {
    Some(url.as_str()).filter(|url| url.len() <= 1_024)
}
