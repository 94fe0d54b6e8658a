//! Lists: how long a page is, and where the next one begins.

use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

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

/// Which page of a list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
    /// How many rows, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    pub limit: Limit,
}

/// Reads `next` of the page before, where it is given.
pub(super) fn begin<T>(
    cursor: Option<&str>,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let bad = || Problem::malformed_field("cursor", "unreadable", "give `next` of the page before");
    cursor.map(|cursor| read(cursor).ok_or_else(bad)).transpose()
}

/// A cursor that is a row's number.
pub(super) fn number(cursor: &str) -> Option<u32> {
    cursor.parse().ok().filter(|_| cursor.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads an instant of the years 1 to 9999, which are all that can be looked for.
pub(super) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let at = Option::<DateTime<Utc>>::deserialize(deserializer)?;
    match at {
        Some(at) if !(1..=9999).contains(&at.year()) => Err(D::Error::custom("outside the years 1 to 9999")),
        at => Ok(at),
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

    /// A page of what was found: one row more than it takes says that there is a next one.
    pub(super) fn page<R: Into<T>>(
        mut found: Vec<R>,
        limit: Limit,
        cursor: impl FnOnce(&R) -> String,
    ) -> Self {
        let more = found.len() > limit.0 as usize;
        found.truncate(limit.0 as usize);
        let next = found.last().filter(|_| more).map(cursor);
        Self { items: found.into_iter().map(Into::into).collect(), next }
    }
}
