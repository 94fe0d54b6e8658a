//! How this installation tells people: where its pages are, and every period.

use std::time::Duration;

use chrono::TimeDelta;
use url::Url;

/// How alerts work here. Every period can be as short as seconds.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where this installation's pages are; links in messages begin with it.
    pub base: Url,
    /// How often it is looked whether something happened.
    pub tick: Duration,
    /// What happened longer ago than this is told together, in one message: after a downtime nobody wants a storm.
    pub late: TimeDelta,
    /// Subscriptions that one person may have.
    pub subscriptions: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            base: Url::parse("http://127.0.0.1:8080/").expect("a plain address"),
            tick: Duration::from_millis(500),
            late: TimeDelta::minutes(15),
            subscriptions: 1_000,
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
