//! What the form for a source document shows.

use askama::Template;

use super::{evidence_view::Errors, figures, parts::Mark, shell::Shell, source_view::PreviewRow};

/// Everything typed, as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceFields {
    /// The source that is changed; empty for a new one.
    pub of: String,
    /// The document.
    pub document: String,
    /// What it is tried on: `address`, `kept`, `pasted`.
    pub from: String,
    /// What was pasted.
    pub sample: String,
    /// Why an existing source is changed.
    pub reason: String,
}

/// A table that the document reads.
#[derive(Clone, Debug)]
pub(crate) struct TableRows {
    /// `source/benchmark`.
    pub id: String,
    /// How many rows it has.
    pub total: u64,
    /// The first of them.
    pub rows: Vec<PreviewRow>,
    /// What differs from what stands: how many rows of which kind, and which.
    pub differences: Vec<(String, String)>,
}

/// A new source, or a new version of one.
#[derive(Clone, Debug, Template)]
#[template(path = "source_new.html")]
pub(crate) struct NewSourcePage {
    /// The frame.
    pub shell: Shell,
    /// Everything typed.
    pub fields: SourceFields,
    /// What is wrong.
    pub errors: Errors,
    /// What it reads.
    pub tables: Vec<TableRows>,
    /// What was noticed while reading.
    pub remarks: Vec<String>,
    /// Names the document that was tried, once it was.
    pub seen: Option<String>,
    /// A source of its id is there: saving makes a new version.
    pub replaces: bool,
}

impl NewSourcePage {
    fn verb(&self) -> &'static str {
        if self.replaces { "Save the new version" } else { "Add this source" }
    }
}
