//! Turns a text into a [`SourceDocument`], collecting everything that is wrong with it.

mod table;

use std::{collections::BTreeMap, str::FromStr as _};

use bellwether_core::ids::SourceId;
use chrono::{NaiveDate, TimeDelta};
use regex::RegexBuilder;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;
use url::Url;

use super::{
    Companion, DocumentError, Pagination, Problem, Schedule, SourceDocument, TableDocument, VersionRule, raw,
};
use crate::yaml;
use table::table;

/// A document longer than this is nobody's handwriting.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// Compiled expressions may take so much memory, so that a counted repetition cannot fill it.
const MAX_REGEX_BYTES: usize = 1 << 20;
/// Staleness where a document says nothing.
const DEFAULT_STALE_AFTER: TimeDelta = TimeDelta::days(30);

/// What is wrong, with where; reading goes on after a problem so that all of them are told at once.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn push(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), message: message.into() });
    }

    fn take<T>(&mut self, path: &str, result: Result<T, impl ToString>) -> Option<T> {
        result.map_err(|e| self.push(path, e.to_string())).ok()
    }
}

pub(super) fn parse(text: &str) -> Result<SourceDocument, DocumentError> {
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(DocumentError::Syntax(format!("longer than {} kB", MAX_DOCUMENT_BYTES / 1024)));
    }
    let raw: raw::Source = yaml::from_str(text).map_err(|e| DocumentError::Syntax(e.to_string()))?;
    let mut problems = Problems::default();
    let document = source(raw, &mut problems);
    match document {
        Some(document) if problems.0.is_empty() => Ok(document),
        _ => Err(DocumentError::Invalid(problems.0)),
    }
}

fn source(raw: raw::Source, problems: &mut Problems) -> Option<SourceDocument> {
    let id = problems.take("id", SourceId::new(&raw.id));
    let url = problems.take("url", address(&raw.url));
    let schedule = raw.schedule.and_then(|text| problems.take("schedule", Schedule::parse(&text)));
    let stale_after = match raw.stale_after {
        None => Some(DEFAULT_STALE_AFTER),
        Some(text) => problems.take("stale_after", duration(&text)),
    };
    if let Some(auth) = &raw.auth
        && (auth.header.is_empty() || !auth.header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    {
        problems
            .push("auth.header", format!("`{}` is no header name; write for example x-api-key", auth.header));
    }
    let delimiter = match raw.delimiter.as_deref() {
        None => b',',
        Some("\\t" | "\t") => b'\t',
        Some(text) if text.len() == 1 => text.as_bytes()[0],
        Some(text) => {
            problems.push("delimiter", format!("`{text}` is not one character; write , ; | or a tab"));
            b','
        }
    };
    let pagination = raw.pagination.and_then(|p| pagination(p, problems));
    let companions = companions(&raw.companions, problems);
    let version = raw.version.and_then(|v| version(&v, problems));
    if raw.tables.is_empty() && raw.registry.is_none() {
        problems.push("tables", "at least one table is needed, or a `registry` of models");
    }
    let registry = raw
        .registry
        .and_then(|r| table(r.into(), raw.format, &companions, Role::Registry, "registry", problems));
    let mut tables = Vec::new();
    for (i, t) in raw.tables.into_iter().enumerate() {
        let path = format!("tables[{i}]");
        if let Some(table) = table(t, raw.format, &companions, Role::Benchmark, &path, problems) {
            if tables.iter().any(|other: &TableDocument| other.benchmark == table.benchmark) {
                problems.push(format!("{path}.benchmark"), format!("`{}` stands twice", table.benchmark));
            }
            tables.push(table);
        }
    }
    let id = id?;
    Some(SourceDocument {
        title: raw.title.unwrap_or_else(|| id.to_string()),
        id,
        url: url?,
        licence: raw.licence.unwrap_or_else(|| "not stated".into()),
        attribution: raw.attribution.unwrap_or_default(),
        schedule,
        stale_after: stale_after?,
        retired: raw.retired,
        auth: raw.auth,
        format: raw.format,
        delimiter,
        member: raw.member,
        pagination,
        companions,
        version,
        tables,
        registry,
    })
}

/// What the rows of a table are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Scores.
    Benchmark,
    /// Models, without scores.
    Registry,
}

impl From<raw::Registry> for raw::Table {
    fn from(raw: raw::Registry) -> Self {
        Self {
            benchmark: "registry".into(),
            title: None,
            unit: bellwether_core::benchmark::Unit::Index,
            range: None,
            direction: bellwether_core::benchmark::Direction::Higher,
            member: raw.member,
            rows: raw.rows,
            filter: raw.filter,
            key: raw.key,
            fields: raw.fields,
            missing: raw.missing,
            aggregate: None,
            join: raw.join,
            openness: raw.openness,
            clean: Vec::new(),
            flags: Vec::new(),
            max_jump: None,
        }
    }
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("`{text}` is no address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("`{text}` is no http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The address stands on every page that shows its figures.
        return Err("an address holds no user name and password; name a secret by `auth`".to_owned());
    }
    Ok(url)
}

/// `30d`, `12h`, `90m`: a positive whole number of days, hours or minutes, at most ten years.
pub(crate) fn duration(text: &str) -> Result<TimeDelta, String> {
    let bad = || format!("`{text}` is no length of time; write for example 30d, 12h or 90m");
    let text_trimmed = text.trim();
    let digits = text_trimmed.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let count: i64 = digits.trim().parse().map_err(|_| bad())?;
    let minutes = match &text_trimmed[digits.len()..] {
        "d" => count.checked_mul(24 * 60),
        "h" => count.checked_mul(60),
        "m" => Some(count),
        "w" => count.checked_mul(7 * 24 * 60),
        _ => None,
    };
    let longest = 3660 * 24 * 60;
    minutes.filter(|m| (1..=longest).contains(m)).map(TimeDelta::minutes).ok_or_else(bad)
}

fn json_path(text: &str) -> Result<JsonPath, String> {
    JsonPath::parse(text).map_err(|e| format!("`{text}` is no JSONPath: {e}"))
}

fn expression(text: &str) -> Result<regex::Regex, String> {
    RegexBuilder::new(text)
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map_err(|e| format!("`{text}` is no regular expression: {e}"))
}

/// An exact decimal from a number or a text.
fn decimal(value: &Value) -> Result<Decimal, String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => return Err(format!("{other} is no number")),
    };
    Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .map_err(|_| format!("`{text}` is no number"))
}

fn pagination(raw: raw::Pagination, problems: &mut Problems) -> Option<Pagination> {
    match (raw.page, raw.offset) {
        (Some(page), None) => {
            let more = problems.take("pagination.page.more", json_path(&page.more))?;
            Some(Pagination::Page { param: page.param, size: page.size, more })
        }
        (None, Some(offset)) if offset.limit > 0 => {
            Some(Pagination::Offset { param: offset.param, limit: offset.limit })
        }
        (None, Some(_)) => {
            problems.push("pagination.offset.limit", "must be at least 1");
            None
        }
        _ => {
            problems.push("pagination", "needs one of `page` and `offset`");
            None
        }
    }
}

fn companions(raw: &Map<String, Value>, problems: &mut Problems) -> BTreeMap<String, Companion> {
    let mut companions = BTreeMap::new();
    for (name, value) in raw {
        let path = format!("companions.{name}");
        let companion = match value.as_str() {
            Some(text) if text.contains("://") => problems.take(&path, address(text)).map(Companion::Url),
            Some(text) if text.starts_with('.') && !text.contains('/') => {
                Some(Companion::Suffix(text.to_owned()))
            }
            _ => {
                problems.push(
                    path,
                    format!("{value} is neither an address nor an ending such as .categories.json"),
                );
                None
            }
        };
        companions.extend(companion.map(|companion| (name.clone(), companion)));
    }
    companions
}

fn version(raw: &Map<String, Value>, problems: &mut Problems) -> Option<VersionRule> {
    if let Some(field) = raw.get("field") {
        if raw.len() > 1 {
            problems.push("version", "`field` stands alone");
        }
        let Some(text) = field.as_str() else {
            problems.push("version.field", format!("{field} is no JSONPath"));
            return None;
        };
        return problems.take("version.field", json_path(text)).map(VersionRule::Field);
    }
    let mut days = BTreeMap::new();
    for (day, name) in raw {
        let path = format!("version.{day}");
        let name = match name {
            Value::String(name) => name.clone(),
            Value::Number(number) => number.to_string(),
            other => {
                problems.push(path, format!("{other} is no name of a version"));
                continue;
            }
        };
        match day.parse::<NaiveDate>() {
            Ok(day) => drop(days.insert(day, name)),
            Err(_) => problems.push(path, "unknown key: expected `field` or days such as 2025-08-28"),
        }
    }
    if days.is_empty() {
        problems.push("version", "needs `field` or at least one day");
        return None;
    }
    Some(VersionRule::Dated(days))
}
