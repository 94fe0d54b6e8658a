//! How this installation tells people: where its pages are, and every period.

use std::time::Duration;

use bellwether_alerts::{Disable, Schedule, SealKey};
use chrono::TimeDelta;
use url::Url;

/// How alerts work here. Every period can be as short as seconds.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where this installation's pages are; links in messages begin with it.
    pub base: Url,
    /// Seals addresses and secrets of channels. Without it there are no channels but the inbox.
    pub key: Option<SealKey>,
    /// How often it is looked whether something happened.
    pub tick: Duration,
    /// What happened longer ago than this is told together, in one message: after a downtime nobody wants a storm.
    pub late: TimeDelta,
    /// Subscriptions that one person may have.
    pub subscriptions: u32,
    /// Channels that one person may have.
    pub channels: u32,
    /// How long the old secret of a webhook signs too after a rotation.
    pub rotation: TimeDelta,
    /// How messages are brought out.
    pub sending: Sending,
}

/// How messages are brought out.
#[derive(Clone, Debug)]
pub struct Sending {
    /// How long connecting may take.
    pub connect: Duration,
    /// How long one try may take in all. Shorter than a lease by far.
    pub total: Duration,
    /// When a failed try is repeated.
    pub schedule: Schedule,
    /// When a channel is given up.
    pub disable: Disable,
    /// Channels worked at once; those that fail have as many places of their own.
    pub at_once: usize,
    /// Tries to one host under way at once.
    pub per_host: usize,
    /// Tries that were made and not yet written down, at most: so many are repeated after a crash.
    pub unwritten: usize,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(15),
            schedule: Schedule::default(),
            disable: Disable::default(),
            at_once: 64,
            per_host: 10,
            unwritten: 32,
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            base: Url::parse("http://127.0.0.1:8080/").expect("a plain address"),
            key: None,
            tick: Duration::from_millis(500),
            late: TimeDelta::minutes(15),
            subscriptions: 1_000,
            channels: 1_000,
            rotation: TimeDelta::hours(24),
            sending: Sending::default(),
        }
    }
}

impl Setup {
    /// The usual, for an installation that is reached at `base`.
    pub fn at(base: Url) -> Self {
        Self { base, ..Self::default() }
    }

    /// The address of one of the installation's pages, by its path with a leading slash.
    pub(crate) fn link(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(query);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_go_below_the_installations_own_address() {
        let setup = Setup::at("https://forecasts.example/bellwether/".parse().unwrap());
        assert_eq!(
            setup.link("/claims/a?tab=moves").as_str(),
            "https://forecasts.example/bellwether/claims/a?tab=moves"
        );
        assert_eq!(Setup::default().link("/").as_str(), "http://127.0.0.1:8080/");
    }
}
