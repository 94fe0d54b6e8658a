//! Who made a change. Every write names its actor.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::people::Handle;

/// The author of a change, as it stands in the ledger and the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Actor {
    /// The one local operator of an installation that has no accounts.
    Operator,
    /// A part of Bellwether itself, by name: `system:scheduler`, `system:ageing`, `system:demo`.
    System(String),
    /// A person with an account.
    Person(Handle),
    /// A program with an account of its own.
    Bot(Handle),
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
            Self::Person(handle) => write!(f, "person:{handle}"),
            Self::Bot(handle) => write!(f, "bot:{handle}"),
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
        let unknown = || format!("unknown actor `{text}`");
        match text.split_once(':') {
            Some(("system", part)) if !part.is_empty() => Ok(Self::System(part.to_owned())),
            Some(("person", handle)) => Handle::new(handle).map(Self::Person).map_err(|_| unknown()),
            Some(("bot", handle)) => Handle::new(handle).map(Self::Bot).map_err(|_| unknown()),
            None if text == "operator" => Ok(Self::Operator),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_reads_back_as_it_was_written() {
        let ada = Handle::new("ada").unwrap();
        for actor in [Actor::Operator, Actor::system("clock"), Actor::Person(ada.clone()), Actor::Bot(ada)] {
            assert_eq!(Actor::try_from(actor.to_string()), Ok(actor));
        }
        for bad in ["", "ada", "person:", "person:operator", "system:", "robot:ada"] {
            assert!(Actor::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
