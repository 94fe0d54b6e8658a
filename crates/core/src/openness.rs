//! Whether a model's weights are open, and who says so.

use serde::{Deserialize, Serialize};

/// Three-valued: nothing is guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Openness {
    /// The weights can be downloaded.
    Open,
    /// The weights cannot be had.
    Closed,
    /// Nobody says, or those who do disagree.
    Unknown,
}

/// What the source's own cell says of openness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceSays {
    /// There is no such field, or the cell is empty and not listed.
    Silent,
    /// The cell's value is listed as open or closed.
    Listed(Openness),
    /// The cell's value is listed as unknown.
    ListedUnknown(String),
    /// The cell holds a value that stands in no list.
    Unlisted(String),
}

/// Why a row counts as open, closed or unknown: shown beside the row, and the reason for a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// The source speaks and the registry is silent.
    Source,
    /// The registry speaks and the source is silent; the entry's model id.
    Registry(String),
    /// Both say the same; the entry's model id.
    Both(String),
    /// The organisation's declared default.
    Organisation(String),
    /// Source and registry disagree: unknown, for review.
    Disagree(String),
    /// The source's value is listed unknown, or not listed: unknown, for review.
    SourceUnknown(String),
    /// Nobody says anything: unknown, for review.
    Nobody,
    /// A person overruled, with this reason.
    Person(String),
}
