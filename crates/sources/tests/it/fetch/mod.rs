//! The fetcher against servers that behave, and servers that do not.

mod faults;
mod guard;
mod manners;
mod server;
mod snapshots;

use std::time::Duration;

use bellwether_sources::fetch::{
    AddressPolicy, Expect, FetchError, FetchSettings, Fetched, Fetcher, Limits, Request, pace::Manners,
};
use chrono::{DateTime, Utc};

/// The instant at which the tests take place.
fn now() -> DateTime<Utc> {
    "2026-04-06T12:00:00Z".parse().unwrap()
}

/// Settings for servers on loopback: no pauses, the other bounds as they are.
fn settings() -> FetchSettings {
    FetchSettings {
        policy: AddressPolicy::with_loopback(),
        manners: Manners { pause: Duration::ZERO, ..Manners::default() },
        ..FetchSettings::default()
    }
}

fn fetcher() -> Fetcher {
    Fetcher::new(settings()).unwrap()
}

fn with_limits(limits: Limits) -> Fetcher {
    Fetcher::new(FetchSettings { limits, ..settings() }).unwrap()
}

/// A policy that allows every port but no private network: the guard alone stands before loopback.
fn public_only() -> AddressPolicy {
    AddressPolicy { allow: Vec::new(), ports: None }
}

async fn get(fetcher: &Fetcher, url: &str, expect: Expect) -> Result<Fetched, FetchError> {
    fetcher.fetch(&Request::get(url, expect), now()).await
}

fn code(result: Result<Fetched, FetchError>) -> &'static str {
    result.map_or_else(|e| e.code(), |_| "ok")
}

fn bytes(fetched: Fetched) -> Vec<Vec<u8>> {
    match fetched {
        Fetched::Body { parts, .. } => parts.into_iter().map(|part| part.bytes).collect(),
        Fetched::Unchanged(_) => Vec::new(),
    }
}
