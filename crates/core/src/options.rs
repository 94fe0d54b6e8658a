//! What a claim is between: yes and no, or named options.

use serde::{Deserialize, Serialize};

use crate::document::ClaimDocument;

/// The options of a claim, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Options {
    /// Yes and no. Evidence is for or against yes.
    YesNo,
    /// 2 to 50 named ones. Evidence is for or against one of them.
    Named(Vec<String>),
}

/// Why an option cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOption {
    /// A claim with named options was given none.
    #[error("say which option it is about: {0}")]
    Missing(String),
    /// None of the claim's options.
    #[error("`{0}` is none of the options: {1}")]
    Unknown(String, String),
    /// A yes/no claim takes no option.
    #[error("this claim is between yes and no: leave the option out and say for or against")]
    Superfluous,
}

impl Options {
    /// Those of a document.
    pub fn of(document: &ClaimDocument) -> Self {
        match document.options.as_slice() {
            [] => Self::YesNo,
            named => Self::Named(named.to_vec()),
        }
    }

    /// How many there are, 2 to 50.
    pub fn count(&self) -> usize {
        match self {
            Self::YesNo => 2,
            Self::Named(names) => names.len(),
        }
    }

    /// The names, `Yes` and `No` by default.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::YesNo => vec!["Yes", "No"],
            Self::Named(names) => names.iter().map(String::as_str).collect(),
        }
    }

    /// Which log-weight an item about `option` moves.
    pub fn index(&self, option: Option<&str>) -> Result<usize, BadOption> {
        let listed = || self.names().join(", ");
        match (self, option) {
            (Self::YesNo, None) => Ok(0),
            (Self::YesNo, Some(_)) => Err(BadOption::Superfluous),
            (Self::Named(_), None) => Err(BadOption::Missing(listed())),
            (Self::Named(names), Some(option)) => names
                .iter()
                .position(|n| n == option)
                .ok_or_else(|| BadOption::Unknown(option.chars().take(100).collect(), listed())),
        }
    }
}
