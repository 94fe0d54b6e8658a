//! The source document: where to pull, how often, how to read rows. YAML or JSON, validated whole when it is parsed.

mod field;
mod raw;
mod read;
mod schedule;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bellwether_core::ids::SourceId;
use chrono::{NaiveDate, TimeDelta};
use serde_json_path::JsonPath;
use url::Url;

pub use field::{Alternative, Field, FieldSource};
pub use schedule::{MINIMUM_INTERVAL_MINUTES, Schedule};
pub use table::{Aggregate, Fields, Groups, Join, OpennessField, RowSelector, TableDocument, Test, Where};

/// A source as its document describes it.
#[derive(Clone, Debug)]
pub struct SourceDocument {
    /// Identity; the first half of its benchmarks' ids.
    pub id: SourceId,
    /// Title for pages.
    pub title: String,
    /// Where the main file is pulled from.
    pub url: Url,
    /// Under which licence the figures come.
    pub licence: String,
    /// Shown wherever the figures are.
    pub attribution: String,
    /// When it is pulled; `None`: never by itself.
    pub schedule: Option<Schedule>,
    /// No new content for so long is stale.
    pub stale_after: TimeDelta,
    /// Kept for history: never pulled, "stopped".
    pub retired: bool,
    /// A header to send with each request.
    pub auth: Option<Auth>,
    /// What the main file is.
    pub format: Format,
    /// The byte between cells of a CSV file.
    pub delimiter: u8,
    /// The file to read where the main file is a zip archive.
    pub member: Option<String>,
    /// How further pages are asked for.
    pub pagination: Option<Pagination>,
    /// Further files of one snapshot.
    pub companions: BTreeMap<String, Companion>,
    /// What the publisher calls the version of its benchmark.
    pub version: Option<VersionRule>,
    /// The benchmarks read from one fetch.
    pub tables: Vec<TableDocument>,
    /// The models it describes without scores: whose weights are open, when they were released.
    pub registry: Option<TableDocument>,
}

impl SourceDocument {
    /// Reads a document in YAML or JSON. Unknown keys, selectors, paths, expressions and schedules that mean nothing
    /// are errors that name the key.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        read::parse(text)
    }

    /// The table of a benchmark.
    pub fn table(&self, name: &str) -> Option<&TableDocument> {
        self.tables.iter().find(|table| table.benchmark.as_str() == name)
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// Comma-separated, or by the document's `delimiter`.
    Csv,
    /// A page.
    Html,
    /// Markdown with tables.
    Markdown,
}

impl Format {
    /// Whether rows are found by paths in a tree of objects and arrays.
    pub fn is_tree(self) -> bool {
        matches!(self, Self::Json | Self::Yaml | Self::Toml)
    }

    /// The format that a file's name ends in.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.strip_suffix(".gz").unwrap_or(name);
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "csv" | "tsv" => Some(Self::Csv),
            "html" | "htm" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// A header that carries a secret, which is known here by name only.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The header's name.
    pub header: String,
    /// The secret's name in the settings.
    pub secret: String,
}

/// How further pages are asked for.
#[derive(Clone, Debug)]
pub enum Pagination {
    /// `?PARAM=1`, `2`, ... while `more` finds `true` in the page.
    Page {
        /// The query parameter.
        param: String,
        /// Rows of a full page, where the publisher states it.
        size: Option<u32>,
        /// Finds whether there is another page.
        more: JsonPath,
    },
    /// `?PARAM=0`, `limit`, `2 x limit`, ... until a page has no rows.
    Offset {
        /// The query parameter.
        param: String,
        /// Rows of a full page.
        limit: u32,
    },
}

/// A further file of one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Companion {
    /// Pulled from here.
    Url(Url),
    /// Beside the main file under the same name with this ending.
    Suffix(String),
}

impl Companion {
    /// What stands after the date in an archive folder: the suffix, or `.NAME.EXT` for an address.
    pub fn disk_suffix(&self, name: &str) -> String {
        match self {
            Self::Suffix(suffix) => suffix.clone(),
            Self::Url(url) => match url.path().rsplit_once('.') {
                Some((_, ext)) if !ext.contains('/') => format!(".{name}.{ext}"),
                _ => format!(".{name}"),
            },
        }
    }

    /// Where it is pulled from: its own address, or the main file's with the ending replaced.
    pub fn fetch_url(&self, main: &Url) -> Url {
        match self {
            Self::Url(url) => url.clone(),
            Self::Suffix(suffix) => {
                let mut url = main.clone();
                let path = main.path();
                let (dir, file) = path.rsplit_once('/').unwrap_or(("", path));
                let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
                url.set_path(&format!("{dir}/{stem}{suffix}"));
                url
            }
        }
    }

    /// What the file is, by the ending of its name.
    pub fn format(&self) -> Option<Format> {
        match self {
            Self::Url(url) => Format::of_name(url.path()),
            Self::Suffix(suffix) => Format::of_name(suffix),
        }
    }
}

/// What the publisher calls the version of its benchmark.
#[derive(Clone, Debug)]
pub enum VersionRule {
    /// The file states it.
    Field(JsonPath),
    /// Declared by a person: from that day on.
    Dated(BTreeMap<NaiveDate, String>),
}

impl VersionRule {
    /// The declared version on a day.
    pub fn on(&self, day: NaiveDate) -> Option<&str> {
        match self {
            Self::Field(_) => None,
            Self::Dated(days) => days.range(..=day).next_back().map(|(_, name)| name.as_str()),
        }
    }
}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `tables[0].fields.score`.
    pub path: String,
    /// What, and what to do.
    pub message: String,
}

/// Why a text is no source document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is no YAML, a key is unknown, or a value is of the wrong kind.
    #[error("{0}")]
    Syntax(String),
    /// It reads, but these values mean nothing.
    #[error("{}", .0.iter().map(|p| format!("{}: {}", p.path, p.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
}
