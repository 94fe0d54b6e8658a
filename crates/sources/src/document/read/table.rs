//! A table of a document: its rows, columns, conditions and what it is joined with.

use std::collections::BTreeMap;

use bellwether_core::ids::BenchmarkName;
use rust_decimal::Decimal;
use scraper::Selector;
use serde_json::Value;

use super::{
    super::{
        Aggregate, Companion, Field, Fields, Format, Groups, Join, OpennessField, RowSelector, TableDocument,
        Test, Where, raw,
    },
    Problems, Role, decimal, expression, json_path,
};

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

pub(super) fn table(
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
