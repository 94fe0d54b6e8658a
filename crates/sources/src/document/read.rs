//! Turns a text into a [`SourceDocument`], collecting everything that is wrong with it.

use std::{collections::BTreeMap, str::FromStr as _};

use bellwether_core::ids::{BenchmarkName, SourceId};
use chrono::{NaiveDate, TimeDelta};
use regex::RegexBuilder;
use rust_decimal::Decimal;
use scraper::Selector;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;
use url::Url;

use super::{
    Aggregate, Companion, DocumentError, Field, Fields, Format, Groups, Join, OpennessField, Pagination,
    Problem, RowSelector, Schedule, SourceDocument, TableDocument, Test, VersionRule, Where, raw,
};
use crate::yaml;

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

fn rows(text: Option<&str>, format: Format) -> Result<RowSelector, String> {
    match (format, text) {
        (Format::Json | Format::Yaml | Format::Toml, Some(text)) => json_path(text).map(RowSelector::Path),
        (Format::Json | Format::Yaml | Format::Toml, None) => {
            Err("needed: a JSONPath of the rows, such as $[*]".into())
        }
        (Format::Html, Some(text)) => Selector::parse(text)
            .map(RowSelector::Css)
            .map_err(|e| format!("`{text}` is no CSS selector: {e}")),
        (Format::Html, None) => Err("needed: a CSS selector of the rows, such as table.main tbody tr".into()),
        (Format::Csv, Some(_)) => Err("a CSV file is one table: leave `rows` out".into()),
        (Format::Markdown, Some(text)) => {
            Ok(RowSelector::Heading(text.trim().trim_start_matches('#').trim().to_owned()))
        }
        (Format::Csv | Format::Markdown, None) => Ok(RowSelector::All),
    }
}

fn table(
    raw: raw::Table,
    format: Format,
    companions: &BTreeMap<String, Companion>,
    role: Role,
    path: &str,
    problems: &mut Problems,
) -> Option<TableDocument> {
    let benchmark = problems.take(&format!("{path}.benchmark"), BenchmarkName::new(&raw.benchmark));
    let rows = problems.take(&format!("{path}.rows"), rows(raw.rows.as_deref(), format));
    let range = raw.range.and_then(|value| range(&value, &format!("{path}.range"), problems));
    let mut filter = Vec::new();
    for (column, value) in &raw.filter {
        let path = format!("{path}.where.{column}");
        let column = problems.take(&path, Field::read(&Value::String(column.clone()), format));
        let test = problems.take(&path, test(value));
        filter.extend(column.zip(test).map(|(column, test)| Where { column, test }));
    }
    let key_parts = match raw.key {
        Value::Array(parts) => parts,
        one => vec![one],
    };
    if key_parts.is_empty() {
        problems.push(format!("{path}.key"), "needs at least one column");
    }
    let key: Vec<Field> = key_parts
        .iter()
        .filter_map(|part| problems.take(&format!("{path}.key"), Field::read(part, format)))
        .collect();
    let fields = fields(raw.fields, format, &format!("{path}.fields"), problems);
    let aggregate =
        raw.aggregate.and_then(|a| aggregate(a, format, companions, &format!("{path}.aggregate"), problems));
    if fields.model.is_none() {
        problems.push(format!("{path}.fields"), "the column map names no `model`");
    }
    match (&fields.score, &aggregate) {
        (None, None) if role == Role::Registry => {}
        (None, None) => problems
            .push(format!("{path}.fields"), "the column map names no `score`, and there is no `aggregate`"),
        (Some(_), Some(_)) => {
            problems.push(format!("{path}.aggregate"), "`score` and `aggregate` exclude each other");
        }
        _ => {}
    }
    let join = raw.join.and_then(|j| join(j, format, companions, &format!("{path}.join"), problems));
    let openness = raw.openness.and_then(|o| openness(&o, format, &format!("{path}.openness"), problems));
    let clean = raw
        .clean
        .iter()
        .enumerate()
        .filter_map(|(i, text)| problems.take(&format!("{path}.clean[{i}]"), expression(text)))
        .collect();
    let max_jump = raw.max_jump.and_then(|v| problems.take(&format!("{path}.max_jump"), decimal(&v)));
    if max_jump.is_some_and(|jump| jump <= Decimal::ZERO) {
        problems.push(format!("{path}.max_jump"), "must be more than 0");
    }
    let missing = raw.missing.iter().map(plain).collect();
    let benchmark = benchmark?;
    Some(TableDocument {
        title: raw.title.unwrap_or_else(|| benchmark.to_string()),
        benchmark,
        unit: raw.unit,
        range,
        direction: raw.direction,
        member: raw.member,
        rows: rows?,
        filter,
        key,
        fields,
        missing,
        aggregate,
        join,
        openness,
        clean,
        flags: raw.flags,
        max_jump,
    })
}

/// A listed value as the text that a cell would hold.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn range(value: &Value, path: &str, problems: &mut Problems) -> Option<(Decimal, Decimal)> {
    let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
        problems.push(path, "needs the lowest and the highest possible score: [0, 100]");
        return None;
    };
    let (low, high) = (problems.take(path, decimal(low))?, problems.take(path, decimal(high))?);
    if low >= high {
        problems.push(path, format!("{low} is not below {high}"));
    }
    Some((low, high))
}

fn test(value: &Value) -> Result<Test, String> {
    match value {
        Value::Object(map) => match map.iter().collect::<Vec<_>>().as_slice() {
            [(key, Value::String(text))] if *key == "matching" => expression(text).map(Test::Matching),
            [(key, Value::String(text))] if *key == "not_matching" => expression(text).map(Test::NotMatching),
            _ => Err(
                "expected a value, a list of values, `matching: expression` or `not_matching: expression`"
                    .into(),
            ),
        },
        Value::Array(values) if values.iter().any(|v| v.is_array() || v.is_object()) => {
            Err("a list of plain values is expected".into())
        }
        Value::Array(values) => Ok(Test::In(values.clone())),
        value => Ok(Test::In(vec![value.clone()])),
    }
}

fn fields(raw: raw::Fields, format: Format, path: &str, problems: &mut Problems) -> Fields {
    let mut read = |name: &str, value: Option<Value>| {
        value.and_then(|value| problems.take(&format!("{path}.{name}"), Field::read(&value, format)))
    };
    Fields {
        model: read("model", raw.model),
        score: read("score", raw.score),
        lower: read("lower", raw.lower),
        upper: read("upper", raw.upper),
        as_of: read("as_of", raw.as_of),
        organisation: read("organisation", raw.organisation),
        licence: read("licence", raw.licence),
        released: read("released", raw.released),
        params_b: read("params_b", raw.params_b),
        verified: read("verified", raw.verified),
        note: read("note", raw.note),
    }
}

fn aggregate(
    raw: raw::Aggregate,
    format: Format,
    companions: &BTreeMap<String, Companion>,
    path: &str,
    problems: &mut Problems,
) -> Option<Aggregate> {
    // The only words there are; read so that any other is refused.
    let (_each, _all, _incomplete) = (raw.each, raw.all, raw.incomplete);
    let path = format!("{path}.groups");
    match raw.groups {
        Value::String(name) if companions.contains_key(&name) => {
            Some(Aggregate { groups: Groups::Companion(name) })
        }
        Value::String(name) => {
            problems.push(path, format!("there is no companion `{name}`"));
            None
        }
        Value::Object(groups) if !groups.is_empty() => {
            let mut named = BTreeMap::new();
            for (name, columns) in groups {
                let path = format!("{path}.{name}");
                match columns {
                    Value::Array(columns) if !columns.is_empty() => {
                        let columns = columns
                            .iter()
                            .filter_map(|column| problems.take(&path, Field::read(column, format)))
                            .collect();
                        named.insert(name, columns);
                    }
                    _ => problems.push(path, "needs a list of columns"),
                }
            }
            Some(Aggregate { groups: Groups::Named(named) })
        }
        _ => {
            problems.push(path, "needs a companion's name, or groups with lists of columns");
            None
        }
    }
}

fn join(
    raw: raw::Join,
    format: Format,
    companions: &BTreeMap<String, Companion>,
    path: &str,
    problems: &mut Problems,
) -> Option<Join> {
    let Some(companion) = companions.get(&raw.companion) else {
        problems.push(format!("{path}.companion"), format!("there is no companion `{}`", raw.companion));
        return None;
    };
    let there_format = companion.format().unwrap_or(format);
    let rows = problems.take(&format!("{path}.rows"), rows(raw.rows.as_deref(), there_format));
    let mut by = Vec::new();
    for (here, there) in &raw.by {
        let path = format!("{path}.by.{here}");
        let here = problems.take(&path, Field::read(&Value::String(here.clone()), format));
        let there = problems.take(&path, Field::read(there, there_format));
        by.extend(here.zip(there));
    }
    if raw.by.is_empty() {
        problems.push(format!("{path}.by"), "needs at least one pair of columns");
    }
    let mut fields = BTreeMap::new();
    for (name, field) in &raw.fields {
        let field = problems.take(&format!("{path}.fields.{name}"), Field::read(field, there_format));
        fields.extend(field.map(|field| (name.clone(), field)));
    }
    Some(Join { companion: raw.companion, rows: rows?, by, fields })
}

fn openness(
    raw: &raw::Openness,
    format: Format,
    path: &str,
    problems: &mut Problems,
) -> Option<OpennessField> {
    for (name, values, others) in
        [("open", &raw.open, [&raw.closed, &raw.unknown]), ("closed", &raw.closed, [&raw.open, &raw.unknown])]
    {
        if let Some(twice) = values.iter().find(|v| others.iter().any(|other| other.contains(v))) {
            problems.push(format!("{path}.{name}"), format!("{twice} is listed under two words"));
        }
    }
    if raw.open.is_empty() && raw.closed.is_empty() && raw.unknown.is_empty() {
        problems.push(path, "lists no value as open, closed or unknown");
    }
    let mut tests = |name: &str, values: &[Value]| -> Vec<Test> {
        values.iter().filter_map(|value| problems.take(&format!("{path}.{name}"), test(value))).collect()
    };
    let (open, closed, unknown) =
        (tests("open", &raw.open), tests("closed", &raw.closed), tests("unknown", &raw.unknown));
    let field = problems.take(&format!("{path}.field"), Field::read(&raw.field, format))?;
    Some(OpennessField { field, open, closed, unknown })
}
