//! Questions of other sites: addresses, and answers in the forms that the sites document. The figures are invented.

mod addresses;
mod asking;
mod hostile;
mod sites;

use bellwether_sources::external::{Reading, Site, Unreadable};
use chrono::{DateTime, Utc};
use serde_json::Value;

pub(super) fn now() -> DateTime<Utc> {
    "2026-04-06T12:00:00Z".parse().unwrap()
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) const MANIFOLD_BINARY: &str = include_str!("answers/manifold_binary.json");
pub(super) const MANIFOLD_CHOICE: &str = include_str!("answers/manifold_choice.json");
pub(super) const METACULUS_BINARY: &str = include_str!("answers/metaculus_binary.json");
pub(super) const METACULUS_CHOICE: &str = include_str!("answers/metaculus_choice.json");
pub(super) const METACULUS_GROUP: &str = include_str!("answers/metaculus_group.json");
pub(super) const POLYMARKET_MARKET: &str = include_str!("answers/polymarket_market.json");
pub(super) const POLYMARKET_EVENT: &str = include_str!("answers/polymarket_event.json");

/// Every recorded answer with its site.
pub(super) const ALL: [(Site, &str); 7] = [
    (Site::Manifold, MANIFOLD_BINARY),
    (Site::Manifold, MANIFOLD_CHOICE),
    (Site::Metaculus, METACULUS_BINARY),
    (Site::Metaculus, METACULUS_CHOICE),
    (Site::Metaculus, METACULUS_GROUP),
    (Site::Polymarket, POLYMARKET_MARKET),
    (Site::Polymarket, POLYMARKET_EVENT),
];

pub(super) fn read(site: Site, answer: &str) -> Result<Reading, Unreadable> {
    site.read(answer.as_bytes(), now())
}

/// A recorded answer with some of its parts changed: each by its JSON pointer; null takes what was there.
pub(super) fn with(answer: &str, changes: &[(&str, Value)]) -> String {
    let mut value: Value = serde_json::from_str(answer).unwrap();
    for (pointer, new) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match value.pointer_mut(parent).unwrap() {
            Value::Object(map) => drop(map.insert(key.to_owned(), new.clone())),
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = new.clone(),
            other => panic!("{other} has no parts"),
        }
    }
    value.to_string()
}
