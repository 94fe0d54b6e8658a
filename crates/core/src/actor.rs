//! Who made a change. Every write names its actor.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The author of a change, as it stands in the ledger and the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Actor {
    /// The one local operator of an installation that has no accounts.
    Operator,
    /// A part of Bellwether itself, by name: `system:scheduler`, `system:ageing`, `system:demo`.
    System(String),
}

impl Actor {
    /// A part of Bellwether itself.
    pub fn system(part: &str) -> Self {
        Self::System(part.to_owned())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::System(part) => write!(f, "system:{part}"),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

impl TryFrom<String> for Actor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("system:") {
            Some(part) if !part.is_empty() => Ok(Self::System(part.to_owned())),
            _ if text == "operator" => Ok(Self::Operator),
            _ => Err(format!("unknown actor `{text}`")),
        }
    }
}
