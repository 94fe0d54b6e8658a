//! What companions add to the rows of a table.

use std::collections::{BTreeMap, HashMap};

use super::{
    ExtractError,
    cells::{Cell, RowView, cell, cell_of},
    rows::{self, Parsed},
};
use crate::{
    document::{Field, SourceDocument},
    snapshot::Snapshot,
};

/// A companion of the snapshot, parsed; `None` when it is not there.
pub(super) fn companion(
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
pub(super) struct Joined<'a> {
    by: &'a [(Field, Field)],
    pub(super) fields: &'a BTreeMap<String, Field>,
    rows: HashMap<Vec<String>, RowView<'a>>,
}

impl<'a> Joined<'a> {
    pub(super) fn new(join: &'a crate::document::Join, companion: &'a Parsed) -> Result<Self, ExtractError> {
        let mut rows = HashMap::new();
        for row in companion.rows(&join.rows)? {
            let key: Vec<String> = join.by.iter().map(|(_, there)| text_of(&row, there)).collect();
            rows.entry(key).or_insert(row);
        }
        Ok(Self { by: &join.by, fields: &join.fields, rows })
    }

    pub(super) fn find(&self, row: &RowView<'_>) -> Option<&RowView<'a>> {
        let key: Vec<String> = self.by.iter().map(|(here, _)| text_of(row, here)).collect();
        if key.iter().all(String::is_empty) { None } else { self.rows.get(&key) }
    }
}

fn text_of(row: &RowView<'_>, field: &Field) -> String {
    cell(row, field).map(|cell| cell.text().into_owned()).unwrap_or_default()
}

/// A row together with what a companion adds to it.
pub(super) struct Joint<'a, 'b> {
    pub(super) own: RowView<'a>,
    pub(super) joined: Option<(&'b RowView<'b>, &'b BTreeMap<String, Field>)>,
}

impl Joint<'_, '_> {
    /// The first alternative that is present, in the row itself or under a name that the join took over.
    pub(super) fn cell<'s>(&'s self, field: &'s Field) -> Option<(Cell<'s>, Option<&'s str>)> {
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
    pub(super) fn named<'s>(
        &'s self,
        field: Option<&'s Field>,
        name: &str,
    ) -> Option<(Cell<'s>, Option<&'s str>)> {
        if let Some(field) = field {
            return self.cell(field);
        }
        let (row, fields) = self.joined?;
        let there = fields.get(name)?;
        let format = there.alternatives.first().and_then(|a| a.format.as_deref());
        cell(row, there).map(|cell| (cell, format))
    }
}
