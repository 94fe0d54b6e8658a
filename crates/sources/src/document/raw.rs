//! The document as serde reads it: every key known, no value judged yet.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Auth, Format};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub id: String,
    pub title: Option<String>,
    pub url: String,
    pub licence: Option<String>,
    pub attribution: Option<String>,
    pub schedule: Option<String>,
    pub stale_after: Option<String>,
    #[serde(default)]
    pub retired: bool,
    pub auth: Option<Auth>,
    pub format: Format,
    pub delimiter: Option<String>,
    pub member: Option<String>,
    pub pagination: Option<Pagination>,
    #[serde(default)]
    pub companions: Map<String, Value>,
    pub version: Option<Map<String, Value>>,
    #[serde(default)]
    pub tables: Vec<Table>,
    pub registry: Option<Registry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registry {
    pub member: Option<String>,
    pub rows: Option<String>,
    #[serde(default, rename = "where")]
    pub filter: Map<String, Value>,
    pub key: Value,
    pub fields: Fields,
    #[serde(default)]
    pub missing: Vec<Value>,
    pub join: Option<Join>,
    pub openness: Option<Openness>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pagination {
    pub page: Option<Page>,
    pub offset: Option<Offset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    pub param: String,
    pub size: Option<u32>,
    pub more: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offset {
    pub param: String,
    pub limit: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub benchmark: String,
    pub title: Option<String>,
    pub unit: bellwether_core::benchmark::Unit,
    pub range: Option<Value>,
    #[serde(default)]
    pub direction: bellwether_core::benchmark::Direction,
    pub member: Option<String>,
    pub rows: Option<String>,
    #[serde(default, rename = "where")]
    pub filter: Map<String, Value>,
    pub key: Value,
    pub fields: Fields,
    #[serde(default)]
    pub missing: Vec<Value>,
    pub aggregate: Option<Aggregate>,
    pub join: Option<Join>,
    pub openness: Option<Openness>,
    #[serde(default)]
    pub clean: Vec<String>,
    #[serde(default)]
    pub flags: Vec<String>,
    pub max_jump: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    pub model: Option<Value>,
    pub score: Option<Value>,
    pub lower: Option<Value>,
    pub upper: Option<Value>,
    pub as_of: Option<Value>,
    pub organisation: Option<Value>,
    pub licence: Option<Value>,
    pub released: Option<Value>,
    pub params_b: Option<Value>,
    pub verified: Option<Value>,
    pub note: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aggregate {
    pub groups: Value,
    pub each: Option<Mean>,
    pub all: Option<Mean>,
    pub incomplete: Option<Incomplete>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mean {
    Mean,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Incomplete {
    Missing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    pub companion: String,
    pub rows: Option<String>,
    pub by: Map<String, Value>,
    pub fields: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Openness {
    pub field: Value,
    #[serde(default)]
    pub open: Vec<Value>,
    #[serde(default)]
    pub closed: Vec<Value>,
    #[serde(default)]
    pub unknown: Vec<Value>,
}
