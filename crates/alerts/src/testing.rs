//! Messages for tests.

use bellwether_core::{
    alert::{About, Figures, Message, Notice, WaysOut},
    ids::{ClaimId, Slug},
};
use chrono::{DateTime, Utc};
use url::Url;

pub(crate) fn url(text: &str) -> Url {
    text.parse().unwrap()
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

pub(crate) fn notice(seq: i64, title: &str, headline: &str) -> Notice {
    Notice {
        seq,
        kind: "headline.moved".to_owned(),
        at: at(seq),
        claim: Some(About {
            id: "0198c2f0-1c3a-7000-8000-0000000000aa".parse::<ClaimId>().unwrap(),
            seq,
            slug: Slug::new("rain").unwrap(),
            title: title.to_owned(),
        }),
        headline: headline.to_owned(),
        because: Some("A new forecast came in".to_owned()),
        url: url("https://b.example/claims/rain?a=1&b=2|3"),
        figures: Some(Figures { from: 0.72, to: 0.75 }),
        undoes: None,
    }
}

pub(crate) fn message(notices: Vec<Notice>) -> Message {
    Message {
        id: "0198c2f0-1c3a-7000-8000-000000000001".to_owned(),
        at: at(60),
        subject: "Rain tomorrow: 75%, up 3.0 pts".to_owned(),
        notices,
        why: "You follow this claim: moves of at least 3 pts.".to_owned(),
        ways_out: WaysOut {
            manage: url("https://b.example/s/1"),
            mute: url("https://b.example/s/1/mute"),
            raise: None,
            unsubscribe: Some(url("https://b.example/u/token?x=1")),
        },
    }
}
