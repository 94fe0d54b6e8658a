//! Lists: how long a page is, and where the next one begins.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many rows a page has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct Limit(pub u32);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(n: u32) -> Result<Self, Self::Error> {
        if (1..=200).contains(&n) { Ok(Self(n)) } else { Err("from 1 to 200") }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listing<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins: give it back as `cursor`. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// A list that has one page.
    pub(super) fn whole(items: impl IntoIterator<Item = impl Into<T>>) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), next: None }
    }
}
