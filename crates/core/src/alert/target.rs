//! What is followed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::BadSetting;
use crate::ids::{ClaimId, SourceId};

/// What is followed. Written `all`, `claim:ID`, `tag:TAG`, `source:ID` or `search:WORDS`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// Everything.
    All,
    /// One claim.
    Claim(ClaimId),
    /// The claims that carry a tag.
    Tag(String),
    /// A source, its signals, and its troubles.
    Source(SourceId),
    /// The claims that contain all these words.
    Search(String),
}

/// A search is at most this long, in characters.
const LONGEST_SEARCH: usize = 200;

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Claim(id) => write!(f, "claim:{id}"),
            Self::Tag(tag) => write!(f, "tag:{tag}"),
            Self::Source(id) => write!(f, "source:{id}"),
            Self::Search(words) => write!(f, "search:{words}"),
        }
    }
}

impl FromStr for Target {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let bad = || {
            let want =
                "`all`, `claim:ID`, `tag:TAG`, `source:ID` or `search:WORDS` of at most 200 characters";
            BadSetting::new("target", text, want)
        };
        if text == "all" {
            return Ok(Self::All);
        }
        let (kind, name) = text.split_once(':').ok_or_else(bad)?;
        let name = name.trim();
        if name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > LONGEST_SEARCH {
            return Err(bad());
        }
        match kind {
            "claim" => name.parse().map(Self::Claim).map_err(|_| bad()),
            "tag" => Ok(Self::Tag(name.to_lowercase())),
            "source" => name.parse().map(Self::Source).map_err(|_| bad()),
            "search" => Ok(Self::Search(name.to_owned())),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = BadSetting;

    fn try_from(text: String) -> Result<Self, BadSetting> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_they_are_written() {
        for text in ["all", "tag:open-weights", "source:lmarena", "search:open weights", "search:a:b"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "claim:",
            "claim:x",
            "everything",
            "tag:",
            "search: ",
            "source:A B",
            "user:ada",
            "search:a\nb",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
        assert!(format!("search:{}", "a".repeat(201)).parse::<Target>().is_err());
    }
}
