//! One extractor for every format: bytes of a snapshot in, the tables of its benchmarks out.
//!
//! Input is hostile until proven otherwise: every step is bounded in time and memory, and what cannot be read is an
//! error with a name, never a number.

mod aggregate;
mod cells;
mod grid;
mod html;
mod join;
mod row;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod values;

use std::collections::BTreeMap;

use bellwether_core::{
    openness::{Openness, SourceSays},
    registry::{ModelEntry, Registry},
    table::{Row, Table},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    document::{Format, SourceDocument, VersionRule},
    snapshot::{Main, PackingError, Snapshot},
};
use cells::Cell;
use rows::Parsed;

/// More rows than any leaderboard has.
pub const MAX_ROWS: usize = 100_000;
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
        tables.push(table::read(document, table, snapshot, main, version, registry, observed_at)?);
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
