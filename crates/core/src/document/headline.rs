//! What a claim's number is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Which stream, or pool of streams, is the claim's number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Headline {
    /// One stream by name.
    Stream(String),
    /// Several, with weights.
    Pool(Pool),
}

/// Streams with their weights, averaged in log-odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Positive weight of each stream.
    pub pool: BTreeMap<String, f64>,
}

impl Default for Headline {
    fn default() -> Self {
        Self::Stream("evidence".to_owned())
    }
}

impl Headline {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The streams it names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::Stream(name) => (Some(name.as_str()), None),
            Self::Pool(pool) => (None, Some(pool.pool.keys().map(String::as_str))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}
