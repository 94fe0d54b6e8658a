//! One extractor for every format: bytes of a snapshot in, the tables of its benchmarks out.
//!
//! Input is hostile until proven otherwise: every step is bounded in time and memory, and what cannot be read is an
//! error with a name, never a number.

mod aggregate;
mod cells;
mod grid;
mod html;
mod rows;
#[cfg(test)]
mod tests;
mod tree;
mod values;

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
};

use bellwether_core::{
    openness::{Openness, SourceSays},
    registry::{ModelEntry, Registry},
    table::{Row, Table, Unreadable},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    document::{Field, Format, RowSelector, SourceDocument, TableDocument, VersionRule},
    snapshot::{Main, PackingError, Snapshot},
};
use cells::{Cell, RowView, cell, cell_of, holds};
use rows::Parsed;

/// More rows than any leaderboard has.
pub const MAX_ROWS: usize = 100_000;
/// A cell's text is kept up to this length.
const MAX_CELL_CHARS: usize = 2_000;
/// An unreadable cell is listed with so much of its text.
const MAX_LISTED_CHARS: usize = 200;
/// A folder of which more than this share of the files does not parse is not read at all.
const MAX_UNPARSED_SHARE: f64 = 0.10;

/// What one snapshot says.
#[derive(Clone, Debug, PartialEq)]
pub struct Extraction {
    /// One table for each of the document's, in its order; without rows where the file has none.
    pub tables: Vec<Table>,
    /// The models of a registry.
    pub models: Vec<ModelEntry>,
    /// Files of a folder that do not parse.
    pub unparsed: Vec<UnparsedFile>,
}

/// A file of a folder that does not parse.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnparsedFile {
    /// Its path in the folder.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Why a snapshot could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is packed and does not unpack.
    #[error(transparent)]
    Packing(#[from] PackingError),
    /// It is not text in an encoding that can be told.
    #[error("not a text: {0}")]
    NotText(String),
    /// It is a page where data was expected.
    #[error("unexpected content: a page (HTML) where {0:?} was expected")]
    UnexpectedContent(Format),
    /// It does not parse as what it should be.
    #[error("does not parse as {format:?}: {reason}")]
    Syntax {
        /// What it should be.
        format: Format,
        /// What the parser says, and where.
        reason: String,
    },
    /// Reading it would take too long or too much memory.
    #[error("too much to read: {0}")]
    TooMuch(String),
    /// Too many files of a folder do not parse.
    #[error("{unparsed} of {files} files do not parse, the first is {first}")]
    Folder {
        /// How many do not.
        unparsed: usize,
        /// How many there are.
        files: usize,
        /// The first that does not, and why.
        first: String,
    },
}

/// Reads every table of a snapshot. Same bytes, document, registry and instant give the same tables, always.
pub fn extract(
    document: &SourceDocument,
    snapshot: &Snapshot,
    registry: &Registry,
    observed_at: DateTime<Utc>,
) -> Result<Extraction, ExtractError> {
    let mut parsed: BTreeMap<Option<&str>, Parsed> = BTreeMap::new();
    let mut unparsed = Vec::new();
    let mut absent = Vec::new();
    for table in document.tables.iter().chain(&document.registry) {
        let member = table.member.as_deref().or(document.member.as_deref());
        if parsed.contains_key(&member) {
            continue;
        }
        match parse_main(document, snapshot, member, &mut unparsed) {
            Ok(file) => drop(parsed.insert(member, file)),
            // An archive may lack one benchmark's file: that table is not there, the others are.
            Err(ExtractError::Packing(PackingError::NoMember(name))) => {
                absent.push(name);
                parsed.insert(member, Parsed::none(document.format));
            }
            Err(e) => return Err(e),
        }
    }
    if parsed.len() == absent.len() {
        return Err(PackingError::NoMember(absent.join("`, `")).into());
    }
    let mut tables = Vec::with_capacity(document.tables.len() + 1);
    for table in document.tables.iter().chain(&document.registry) {
        let member = table.member.as_deref().or(document.member.as_deref());
        let main = &parsed[&member];
        let version = version(document, main, observed_at);
        tables.push(read_table(document, table, snapshot, main, version, registry, observed_at)?);
    }
    let models =
        if document.registry.is_some() { tables.pop().map(models).unwrap_or_default() } else { Vec::new() };
    Ok(Extraction { tables, models, unparsed })
}

/// The rows of a registry as its models. The source's own word decides; nobody else was asked.
fn models(table: Table) -> Vec<ModelEntry> {
    let entry = |row: Row| ModelEntry {
        id: row.key,
        display_name: Some(row.model).filter(|name| !name.is_empty()),
        aliases: Vec::new(),
        organisation: row.organisation,
        release_date: row.released,
        open_weights: match row.source_says {
            SourceSays::Listed(Openness::Open) => Some(true),
            SourceSays::Listed(Openness::Closed) => Some(false),
            _ => None,
        },
        licence: row.licence,
        params_b: row.params_b,
    };
    table.rows.into_iter().map(entry).collect()
}

fn parse_main(
    document: &SourceDocument,
    snapshot: &Snapshot,
    member: Option<&str>,
    unparsed: &mut Vec<UnparsedFile>,
) -> Result<Parsed, ExtractError> {
    match &snapshot.main {
        Main::File(bytes) => {
            let bytes = rows::unpack(bytes, member)?;
            rows::parse(&bytes, document.format, document.delimiter, "")
        }
        Main::Pages(pages) => {
            let mut all = Parsed::none(document.format);
            for page in pages {
                let bytes = rows::unpack(page, member)?;
                all.append(rows::parse(&bytes, document.format, document.delimiter, "")?);
            }
            Ok(all)
        }
        // Files of one day beside each other stand for an archive; `member` says which one is meant.
        Main::Folder(files) if member.is_some() => {
            let member = member.unwrap_or_default();
            let ending = format!("/{member}");
            let (path, bytes) = files
                .iter()
                .find(|(path, _)| path == member || path.ends_with(&ending))
                .ok_or_else(|| PackingError::NoMember(member.to_owned()))?;
            let bytes = rows::unpack(bytes, None)?;
            rows::parse(&bytes, document.format, document.delimiter, path)
        }
        Main::Folder(files) => {
            let mut all = Parsed::none(document.format);
            let before = unparsed.len();
            for (path, bytes) in files {
                let one = rows::unpack(bytes, None)
                    .and_then(|bytes| rows::parse(&bytes, document.format, document.delimiter, path));
                match one {
                    Ok(one) => all.append(one),
                    Err(e) => unparsed.push(UnparsedFile { path: path.clone(), reason: e.to_string() }),
                }
            }
            let failed = unparsed.len() - before;
            if files.is_empty() {
                return Err(ExtractError::Empty);
            }
            if failed as f64 > MAX_UNPARSED_SHARE * files.len() as f64 {
                let first =
                    unparsed.get(before).map(|u| format!("{}: {}", u.path, u.reason)).unwrap_or_default();
                return Err(ExtractError::Folder { unparsed: failed, files: files.len(), first });
            }
            Ok(all)
        }
    }
}

fn version(document: &SourceDocument, main: &Parsed, observed_at: DateTime<Utc>) -> Option<String> {
    match document.version.as_ref()? {
        VersionRule::Field(path) => match main.first_tree().map(|tree| path.query(tree))?.first()? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
        dated @ VersionRule::Dated(_) => dated.on(observed_at.date_naive()).map(str::to_owned),
    }
}

/// A companion of the snapshot, parsed; `None` when it is not there.
fn companion(
    document: &SourceDocument,
    snapshot: &Snapshot,
    name: &str,
) -> Result<Option<Parsed>, ExtractError> {
    let Some(bytes) = snapshot.companions.get(name) else { return Ok(None) };
    let format =
        document.companions.get(name).and_then(crate::document::Companion::format).unwrap_or(document.format);
    let bytes = rows::unpack(bytes, None)?;
    rows::parse(&bytes, format, document.delimiter, name).map(Some)
}

/// The rows of a companion by the columns they are joined on.
struct Joined<'a> {
    by: &'a [(Field, Field)],
    fields: &'a BTreeMap<String, Field>,
    rows: HashMap<Vec<String>, RowView<'a>>,
}

impl<'a> Joined<'a> {
    fn new(join: &'a crate::document::Join, companion: &'a Parsed) -> Result<Self, ExtractError> {
        let mut rows = HashMap::new();
        for row in companion.rows(&join.rows)? {
            let key: Vec<String> = join.by.iter().map(|(_, there)| text_of(&row, there)).collect();
            rows.entry(key).or_insert(row);
        }
        Ok(Self { by: &join.by, fields: &join.fields, rows })
    }

    fn find(&self, row: &RowView<'_>) -> Option<&RowView<'a>> {
        let key: Vec<String> = self.by.iter().map(|(here, _)| text_of(row, here)).collect();
        if key.iter().all(String::is_empty) { None } else { self.rows.get(&key) }
    }
}

fn text_of(row: &RowView<'_>, field: &Field) -> String {
    cell(row, field).map(|cell| cell.text().into_owned()).unwrap_or_default()
}

/// A row together with what a companion adds to it.
struct Joint<'a, 'b> {
    own: RowView<'a>,
    joined: Option<(&'b RowView<'b>, &'b BTreeMap<String, Field>)>,
}

impl Joint<'_, '_> {
    /// The first alternative that is present, in the row itself or under a name that the join took over.
    fn cell<'s>(&'s self, field: &'s Field) -> Option<(Cell<'s>, Option<&'s str>)> {
        field.alternatives.iter().find_map(|alternative| {
            let format = alternative.format.as_deref();
            if let Some(cell) = cell_of(&self.own, &alternative.source) {
                return Some((cell, format));
            }
            let crate::document::FieldSource::Name(name) = &alternative.source else { return None };
            let (row, fields) = self.joined?;
            match fields.get(name) {
                Some(there) => cell(row, there).map(|cell| (cell, format)),
                None => cell_of(row, &alternative.source).map(|cell| (cell, format)),
            }
        })
    }

    /// A field of the vocabulary: where the table names it, else where the join does.
    fn named<'s>(&'s self, field: Option<&'s Field>, name: &str) -> Option<(Cell<'s>, Option<&'s str>)> {
        if let Some(field) = field {
            return self.cell(field);
        }
        let (row, fields) = self.joined?;
        let there = fields.get(name)?;
        let format = there.alternatives.first().and_then(|a| a.format.as_deref());
        cell(row, there).map(|cell| (cell, format))
    }
}

fn read_table(
    document: &SourceDocument,
    table: &TableDocument,
    snapshot: &Snapshot,
    main: &Parsed,
    version: Option<String>,
    registry: &Registry,
    observed_at: DateTime<Utc>,
) -> Result<Table, ExtractError> {
    let mut missing_columns = Vec::new();
    let join_file = match &table.join {
        Some(join) => companion(document, snapshot, &join.companion)?,
        None => None,
    };
    let joined = match (&table.join, &join_file) {
        (Some(join), Some(file)) => Some(Joined::new(join, file)?),
        _ => None,
    };
    let group_file = match &table.aggregate {
        Some(aggregate) => match &aggregate.groups {
            crate::document::Groups::Companion(name) => {
                let file = companion(document, snapshot, name)?;
                if file.is_none() {
                    missing_columns.push(format!("companion {name}"));
                }
                file
            }
            crate::document::Groups::Named(_) => None,
        },
        None => None,
    };
    let groups =
        table.aggregate.as_ref().map(|a| aggregate::groups(a, group_file.as_ref(), &mut missing_columns));

    let mut seen = Seen::new(table, groups.as_ref());
    let mut out = Table {
        spec: table.spec(&document.id),
        version,
        rows: Vec::new(),
        missing_columns: Vec::new(),
        duplicate_rows: 0,
        unreadable: Vec::new(),
    };
    let mut keys: HashMap<String, usize> = HashMap::new();
    let mut raws: HashSet<(String, u64)> = HashSet::new();
    for view in main.rows(&table.rows)? {
        let row = Joint { joined: joined.as_ref().and_then(|j| Some((j.find(&view)?, j.fields))), own: view };
        let kept = table.filter.iter().all(|condition| {
            holds(&condition.test, row.cell(&condition.column).map(|(cell, _)| cell).as_ref())
        });
        if !kept {
            continue;
        }
        let parts: Vec<String> = table
            .key
            .iter()
            .map(|part| row.cell(part).map(|(cell, _)| cut(&cell.text())).unwrap_or_default())
            .collect();
        if parts.iter().all(String::is_empty) {
            // Tables of a Markdown file that are about something else have no such column; neither have spacer rows.
            if !matches!(table.rows, RowSelector::All | RowSelector::Heading(_)) {
                seen.note(&row, table);
            }
            continue;
        }
        if out.rows.len() >= MAX_ROWS {
            return Err(ExtractError::TooMuch(format!("more than {MAX_ROWS} rows")));
        }
        seen.note(&row, table);
        let base = parts.join("|");
        if !raws.insert((base.clone(), row.own.fingerprint())) {
            out.duplicate_rows += 1;
        }
        let count = keys.entry(base.clone()).or_insert(0);
        *count += 1;
        let key = if *count == 1 { base } else { format!("{base}#{count}") };
        let built = build_row(
            document,
            table,
            groups.as_ref(),
            key,
            &row,
            registry,
            observed_at,
            &mut out.unreadable,
        );
        out.rows.push(built);
    }
    missing_columns.extend(seen.gone());
    out.missing_columns = missing_columns;
    Ok(out)
}

/// Which required columns some row has.
struct Seen {
    columns: Vec<(String, bool)>,
    groups: Vec<(Field, bool)>,
}

impl Seen {
    fn new(table: &TableDocument, groups: Option<&aggregate::GroupList>) -> Self {
        let required = required(table);
        Self {
            columns: required.map(|(name, field)| (format!("{name} ({field})"), false)).collect(),
            groups: groups.into_iter().flatten().flatten().map(|column| (column.clone(), false)).collect(),
        }
    }

    fn note(&mut self, row: &Joint<'_, '_>, table: &TableDocument) {
        for ((_, seen), (_, field)) in self.columns.iter_mut().zip(required(table)) {
            *seen = *seen || row.cell(field).is_some();
        }
        for (column, seen) in &mut self.groups {
            *seen = *seen || row.cell(column).is_some();
        }
    }

    fn gone(self) -> impl Iterator<Item = String> {
        let groups = self.groups.into_iter().map(|(field, seen)| (format!("score ({field})"), seen));
        self.columns.into_iter().chain(groups).filter(|(_, seen)| !seen).map(|(name, _)| name)
    }
}

fn required(table: &TableDocument) -> impl Iterator<Item = (&'static str, &Field)> {
    let key = table.key.iter().map(|field| ("key", field));
    let rest = [
        ("model", table.fields.model.as_ref()),
        ("score", table.fields.score.as_ref()),
        ("openness", table.openness.as_ref().map(|o| &o.field)),
    ];
    let rest = rest.into_iter().filter_map(|(name, field)| field.map(|field| (name, field)));
    key.chain(rest).filter(|(_, field)| !field.optional)
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).collect()
}

#[expect(clippy::too_many_arguments, reason = "everything one row is made of")]
fn build_row(
    document: &SourceDocument,
    table: &TableDocument,
    groups: Option<&aggregate::GroupList>,
    key: String,
    row: &Joint<'_, '_>,
    registry: &Registry,
    observed_at: DateTime<Utc>,
    unreadable: &mut Vec<Unreadable>,
) -> Row {
    let fields = &table.fields;
    let text = |field: Option<&Field>, name: &str| -> Option<String> {
        let text = cut(&row.named(field, name)?.0.text());
        if text.is_empty() || table.missing.contains(&text) { None } else { Some(text) }
    };
    let unreadable = RefCell::new(unreadable);
    let list = |field: &str, text: &str| {
        let text = text.chars().take(MAX_LISTED_CHARS).collect();
        unreadable.borrow_mut().push(Unreadable { key: key.clone(), field: field.to_owned(), text });
    };
    let percent = table.unit == bellwether_core::benchmark::Unit::Fraction;
    let number = |field: Option<&Field>, name: &str, scaled: bool| -> Option<rust_decimal::Decimal> {
        let (cell, _) = row.named(field, name)?;
        match values::number(&cell, &table.missing) {
            Ok(value) => value.map(|v| if scaled { values::to_percent(v) } else { v }),
            Err(text) => {
                list(name, &text);
                None
            }
        }
    };
    let (score, score_text) = match groups {
        None => {
            let text = row.named(fields.score.as_ref(), "score").map(|(cell, _)| cut(&cell.text()));
            (number(fields.score.as_ref(), "score", percent), text.unwrap_or_default())
        }
        Some(groups) => {
            let mean =
                aggregate::mean(groups, &table.missing, |column| row.cell(column).map(|(cell, _)| cell));
            let mean = match mean {
                Ok(mean) => mean.map(|m| if percent { values::to_percent(m) } else { m }),
                Err((column, text)) => {
                    list(&column, &text);
                    None
                }
            };
            (mean, mean.map(|m| m.to_string()).unwrap_or_default())
        }
    };
    let lower = number(fields.lower.as_ref(), "lower", percent);
    let upper = number(fields.upper.as_ref(), "upper", percent);
    let params_b = number(fields.params_b.as_ref(), "params_b", false);
    let date = |field: Option<&Field>, name: &str| {
        let (cell, format) = row.named(field, name)?;
        match values::date(&cell, format, &table.missing) {
            Ok(date) => date,
            Err(text) => {
                list(name, &text);
                None
            }
        }
    };
    let as_of = date(fields.as_of.as_ref(), "as_of").filter(|d| d.first == d.last).map(|d| d.first);
    let released = date(fields.released.as_ref(), "released");
    let model =
        row.named(fields.model.as_ref(), "model").map(|(cell, _)| cut(&cell.text())).unwrap_or_default();
    let organisation = text(fields.organisation.as_ref(), "organisation");
    let source_says = table.openness.as_ref().map_or(SourceSays::Silent, |openness| {
        source_says(openness, row.cell(&openness.field).map(|(cell, _)| cell).as_ref())
    });
    let judged = registry.judge(
        &document.id,
        &source_says,
        &model,
        organisation.as_deref(),
        &table.clean,
        observed_at,
    );
    Row {
        model,
        score,
        score_text,
        lower,
        upper,
        as_of,
        licence: text(fields.licence.as_ref(), "licence"),
        released,
        params_b,
        verified: text(fields.verified.as_ref(), "verified"),
        note: text(fields.note.as_ref(), "note"),
        organisation,
        source_says,
        openness: judged.openness,
        provenance: judged.provenance,
        registry_model: judged.registry_model,
        key,
    }
}

/// What the source's cell says of openness.
fn source_says(openness: &crate::document::OpennessField, cell: Option<&Cell<'_>>) -> SourceSays {
    let listed = |tests: &[crate::document::Test]| tests.iter().any(|test| holds(test, cell));
    let text = cell.map(|cell| cut(&cell.text())).unwrap_or_default();
    if listed(&openness.open) {
        SourceSays::Listed(Openness::Open)
    } else if listed(&openness.closed) {
        SourceSays::Listed(Openness::Closed)
    } else if listed(&openness.unknown) {
        SourceSays::ListedUnknown(text)
    } else if text.is_empty() {
        SourceSays::Silent
    } else {
        SourceSays::Unlisted(text)
    }
}
