//! Questions of other sites: their addresses, and what their answers say.
//!
//! - [`address`]: which question of which site a pasted address means, and where its data is.
//! - [`reading`]: what an answer said: title, probabilities, and whether the question is over.
//! - one file a site, bytes in, a [`Reading`] out, nothing else touched;
//! - [`fetch`]: asking for it through the guarded fetcher.
//!
//! What another site says is an opinion. Nothing here settles a claim.

pub mod address;
pub mod fetch;
mod json;
mod manifold;
mod metaculus;
mod polymarket;
pub mod reading;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

pub use address::{Address, BadAddress, Sites};
pub use fetch::{Asked, ExternalError};
pub use reading::{Answer, Reading, State, Unreadable, Values};

/// A site whose questions can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    /// manifold.markets: a market for play money.
    Manifold,
    /// metaculus.com: forecasts of its community.
    Metaculus,
    /// polymarket.com: a market for money.
    Polymarket,
}

impl Site {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Manifold, Self::Metaculus, Self::Polymarket];

    /// Its word in tables and JSON; also the first name of a stream.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manifold => "manifold",
            Self::Metaculus => "metaculus",
            Self::Polymarket => "polymarket",
        }
    }

    /// Its name on pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Manifold => "Manifold",
            Self::Metaculus => "Metaculus",
            Self::Polymarket => "Polymarket",
        }
    }

    /// The secret that opens its data to programs, by the name under which an installation keeps secrets. It is used
    /// where it is configured.
    pub fn secret(self) -> Option<&'static str> {
        match self {
            Self::Metaculus => Some("METACULUS_TOKEN"),
            Self::Manifold | Self::Polymarket => None,
        }
    }

    /// Reads an answer of the site. `now` decides whether a time it names has passed.
    pub fn read(self, bytes: &[u8], now: DateTime<Utc>) -> Result<Reading, Unreadable> {
        match self {
            Self::Manifold => manifold::read(bytes, now),
            Self::Metaculus => metaculus::read(bytes, now),
            Self::Polymarket => polymarket::read(bytes),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// A word that names no site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no site whose questions are read: use manifold, metaculus or polymarket")]
pub struct BadSite(pub String);

impl FromStr for Site {
    type Err = BadSite;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|site| site.word() == text);
        found.ok_or_else(|| BadSite(text.chars().take(40).collect()))
    }
}
