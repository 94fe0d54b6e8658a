//! Which question of which site an address means.

use std::{fmt, str::FromStr};

use url::Url;

use super::Site;

/// A question of a site, by what the site calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Manifold { user: String, slug: String },
    ManifoldSlug(String),
    ManifoldId(String),
    Metaculus(u64),
    PolymarketEvent(String),
    PolymarketMarket(String),
}

/// Where the sites' data is. An installation that follows another copy of a site's software gives its address here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sites {
    /// Manifold's API.
    pub manifold: Url,
    /// Metaculus.
    pub metaculus: Url,
    /// Polymarket's Gamma API.
    pub polymarket: Url,
}

impl Default for Sites {
    fn default() -> Self {
        let url = |text: &str| Url::parse(text).expect("a constant address");
        Self {
            manifold: url("https://api.manifold.markets/"),
            metaculus: url("https://www.metaculus.com/"),
            polymarket: url("https://gamma-api.polymarket.com/"),
        }
    }
}

/// Why an address means no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not an address at all.
    #[error("this is no web address: paste the address of the question's page")]
    NoAddress,
    /// Of a site that is not followed.
    #[error("questions of Manifold, Metaculus and Polymarket can be followed, `{host}` is none of them")]
    OtherSite {
        /// The host, cut.
        host: String,
    },
    /// Of a followed site, but not of a question.
    #[error("this is no address of a question on {site}: those look like {example}")]
    NoQuestion {
        /// The site.
        site: Site,
        /// What they look like.
        example: &'static str,
    },
}

/// Longer addresses are no addresses of questions.
const MOST_CHARS: usize = 1000;

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        // The URL standard would turn or drop these; two readers disagreeing is how guards are passed.
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        if text.is_empty() || text.len() > MOST_CHARS || text.contains(odd) {
            return Err(BadAddress::NoAddress);
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).map_err(|_| BadAddress::NoAddress)?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(BadAddress::NoAddress);
        }
        let host = url.host_str().ok_or(BadAddress::NoAddress)?;
        let segments: Vec<&str> = url.path().split('/').filter(|s| !s.is_empty()).collect();
        let other = || BadAddress::OtherSite { host: host.chars().take(100).collect() };
        if url.port().is_some() {
            return Err(other());
        }
        let (site, place) = match host.strip_prefix("www.").unwrap_or(host) {
            "manifold.markets" | "api.manifold.markets" => (Site::Manifold, manifold(host, &segments)),
            "metaculus.com" => (Site::Metaculus, metaculus(&segments)),
            "polymarket.com" => (Site::Polymarket, polymarket(&segments)),
            "gamma-api.polymarket.com" => (Site::Polymarket, gamma(&url, &segments)),
            _ => return Err(other()),
        };
        let place = place.ok_or(BadAddress::NoQuestion { site, example: example(site) })?;
        Ok(Self { place })
    }
}

fn example(site: Site) -> &'static str {
    match site {
        Site::Manifold => "manifold.markets/USER/QUESTION",
        Site::Metaculus => "metaculus.com/questions/NUMBER/",
        Site::Polymarket => "polymarket.com/event/NAME or polymarket.com/market/NAME",
    }
}

/// A name as it stands in an address; nothing that would lead elsewhere in a path.
fn name(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let fits =
        text.len() <= 200 && text.chars().all(plain) && text.chars().any(|c| c.is_ascii_alphanumeric());
    fits.then(|| text.to_owned())
}

/// First parts of Manifold's addresses that are no person.
const NO_USERS: [&str; 16] = [
    "about",
    "api",
    "browse",
    "election",
    "explore",
    "group",
    "groups",
    "home",
    "leagues",
    "link",
    "news",
    "post",
    "questions",
    "search",
    "topic",
    "tournaments",
];

fn manifold(host: &str, segments: &[&str]) -> Option<Place> {
    let data = match segments {
        ["api", "v0", rest @ ..] => Some(rest),
        ["v0", rest @ ..] if host.starts_with("api.") => Some(rest),
        _ => None,
    };
    if let Some(data) = data {
        return match data {
            ["slug", slug] => Some(Place::ManifoldSlug(name(slug)?)),
            ["market", id] => Some(Place::ManifoldId(name(id)?)),
            _ => None,
        };
    }
    match segments {
        ["embed", user, slug, ..] => Some(Place::Manifold { user: name(user)?, slug: name(slug)? }),
        [user, slug, ..] if !NO_USERS.contains(user) => {
            Some(Place::Manifold { user: name(user)?, slug: name(slug)? })
        }
        _ => None,
    }
}

fn metaculus(segments: &[&str]) -> Option<Place> {
    let (["questions", "embed", id, ..]
    | ["questions", id, ..]
    | ["api", "posts", id]
    | ["api2", "questions", id]
    // Questions of a community.
    | ["c", _, id, ..]) = segments
    else {
        return None;
    };
    let digits = id.len() <= 12 && id.chars().all(|c| c.is_ascii_digit());
    digits.then(|| id.parse().ok()).flatten().map(Place::Metaculus)
}

fn polymarket(segments: &[&str]) -> Option<Place> {
    // A page may be in another language: /es/event/NAME.
    let segments = match segments {
        [language, rest @ ..] if language.len() == 2 => rest,
        all => all,
    };
    match segments {
        ["event", slug] => Some(Place::PolymarketEvent(name(slug)?)),
        ["event", _, slug] | ["market", slug] => Some(Place::PolymarketMarket(name(slug)?)),
        _ => None,
    }
}

fn gamma(url: &Url, segments: &[&str]) -> Option<Place> {
    let asked = || url.query_pairs().find(|(key, _)| key == "slug").and_then(|(_, slug)| name(&slug));
    match segments {
        ["events", "slug", slug] => Some(Place::PolymarketEvent(name(slug)?)),
        ["markets", "slug", slug] => Some(Place::PolymarketMarket(name(slug)?)),
        ["events"] => Some(Place::PolymarketEvent(asked()?)),
        ["markets"] => Some(Place::PolymarketMarket(asked()?)),
        _ => None,
    }
}

impl Address {
    /// The site.
    pub fn site(&self) -> Site {
        match self.place {
            Place::Manifold { .. } | Place::ManifoldSlug(_) | Place::ManifoldId(_) => Site::Manifold,
            Place::Metaculus(_) => Site::Metaculus,
            Place::PolymarketEvent(_) | Place::PolymarketMarket(_) => Site::Polymarket,
        }
    }

    /// Where the question's data is.
    pub fn api(&self, sites: &Sites) -> Url {
        match &self.place {
            Place::Manifold { slug, .. } | Place::ManifoldSlug(slug) => {
                at(&sites.manifold, &["v0", "slug", slug])
            }
            Place::ManifoldId(id) => at(&sites.manifold, &["v0", "market", id]),
            Place::Metaculus(id) => at(&sites.metaculus, &["api", "posts", &id.to_string(), ""]),
            Place::PolymarketEvent(slug) => at(&sites.polymarket, &["events", "slug", slug]),
            Place::PolymarketMarket(slug) => at(&sites.polymarket, &["markets", "slug", slug]),
        }
    }
}

/// The address of the question's page, in one spelling; where only the data's address is known, that.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Manifold { user, slug } => write!(f, "https://manifold.markets/{user}/{slug}"),
            Place::ManifoldSlug(_) | Place::ManifoldId(_) => write!(f, "{}", self.api(&Sites::default())),
            Place::Metaculus(id) => write!(f, "https://www.metaculus.com/questions/{id}/"),
            Place::PolymarketEvent(slug) => write!(f, "https://polymarket.com/event/{slug}"),
            Place::PolymarketMarket(slug) => write!(f, "https://polymarket.com/market/{slug}"),
        }
    }
}

fn at(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
