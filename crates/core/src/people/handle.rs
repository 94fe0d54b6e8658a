//! The name an account is known by.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An account's name: it stands in the ledger beside everything the account did, so it never changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Handle(String);

/// Why a text is no name for an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHandle {
    /// It is written with other characters, or is too short or too long.
    #[error(
        "`{}` is no account name: use 2 to 32 lower-case letters, digits and hyphens, beginning with a letter",
        .0.chars().take(40).collect::<String>()
    )]
    Unreadable(String),
    /// Bellwether calls itself so.
    #[error("`{0}` is taken by Bellwether itself: choose another name")]
    Reserved(String),
}

/// Names that would be mistaken for a part of Bellwether, or for nobody.
const RESERVED: [&str; 8] =
    ["anonymous", "bellwether", "me", "new", "nobody", "operator", "system", "unknown"];

impl Handle {
    /// Reads an account's name; capitals become small.
    pub fn new(text: &str) -> Result<Self, BadHandle> {
        let handle = text.trim().to_ascii_lowercase();
        let written = (2..=32).contains(&handle.len())
            && handle.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && handle.starts_with(|c: char| c.is_ascii_lowercase())
            && !handle.ends_with('-');
        if !written {
            Err(BadHandle::Unreadable(text.to_owned()))
        } else if RESERVED.contains(&handle.as_str()) {
            Err(BadHandle::Reserved(handle))
        } else {
            Ok(Self(handle))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Handle {
    type Err = BadHandle;

    fn from_str(text: &str) -> Result<Self, BadHandle> {
        Self::new(text)
    }
}

impl TryFrom<String> for Handle {
    type Error = BadHandle;

    fn try_from(text: String) -> Result<Self, BadHandle> {
        Self::new(&text)
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> Self {
        handle.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_not_bellwethers_own() {
        for good in ["ada", "Ada", " ada ", "ada-lovelace", "gpt4-bot", "a1"] {
            assert!(Handle::new(good).is_ok(), "{good}");
        }
        assert_eq!(Handle::new("Ada").unwrap().as_str(), "ada");
        for bad in
            ["", "a", "1ada", "-ada", "ada-", "ada lovelace", "ädä", "a\nb", "a\0b", &"a".repeat(33), "@ada"]
        {
            assert!(matches!(Handle::new(bad), Err(BadHandle::Unreadable(_))), "{bad:?}");
        }
        for taken in RESERVED {
            assert!(matches!(Handle::new(taken), Err(BadHandle::Reserved(_))), "{taken}");
        }
    }
}
