//! Questions of other sites that claims follow: each is a stream of its claim, `external:NAME`.
//!
//! - [`mapping`]: which of their answers is which of our options.
//! - [`link`]: linking a question after a look at it, and taking it away.
//! - [`follow`]: reading those that are due, and what a reading does.
//! - [`view`]: what readers are shown.
//!
//! Another site's outcome is noted and shown. It never settles a claim of ours.

pub mod follow;
pub mod link;
pub mod mapping;
pub mod view;

pub use bellwether_sources::external::{Answer, Reading, Site, Sites, State, Values};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use self::{
    link::{LinkInput, Look},
    mapping::{Mapping, Pick},
    view::{ExternalValueView, ExternalView},
};

/// The actor of every value read.
pub const ACTOR: &str = "external";
/// The least change of a probability that is worth a row.
pub const LEAST_CHANGE: f64 = 0.001;
/// No claim follows more questions at a time.
pub const MOST_QUESTIONS: usize = 10;

/// Whether a question is over at its site, as rows keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum OverThere {
    /// Opinions are taken.
    Open,
    /// No opinions are taken any more.
    Closed {
        /// Since when, if the site says so.
        at: Option<DateTime<Utc>>,
    },
    /// The site states an outcome.
    Resolved {
        /// Which, in the site's words.
        how: String,
        /// When, if the site says so.
        at: Option<DateTime<Utc>>,
    },
}

impl OverThere {
    /// How long to wait until the question is read again. A resolved one is read on, because sites take outcomes back.
    fn pause(&self) -> TimeDelta {
        match self {
            Self::Open => TimeDelta::hours(1),
            Self::Closed { .. } => TimeDelta::hours(6),
            Self::Resolved { .. } => TimeDelta::days(1),
        }
    }

    /// Its word in the API.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed { .. } => "closed",
            Self::Resolved { .. } => "resolved",
        }
    }
}

impl From<&State> for OverThere {
    fn from(state: &State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Closed { at } => Self::Closed { at: *at },
            State::Resolved { how, at } => Self::Resolved { how: how.clone(), at: *at },
        }
    }
}
