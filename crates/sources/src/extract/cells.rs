//! A row of any format, and the cells a document can ask of it.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    rc::Rc,
};

use scraper::ElementRef;
use serde_json::{Map, Value};

use super::{grid::Header, html, values};
use crate::document::{Field, FieldSource, Test};

/// A row as its file has it.
pub(super) enum RowView<'a> {
    /// A node of a tree.
    Tree {
        node: &'a Value,
        /// Its member name.
        key: Option<String>,
        /// The nearest object that encloses it.
        parent: Option<&'a Map<String, Value>>,
        file: &'a str,
    },
    /// A line of a table.
    Grid { header: &'a Header, cells: &'a [String], file: &'a str },
    /// An element of a page.
    Html { element: ElementRef<'a>, columns: Option<Rc<html::Columns>>, file: &'a str },
}

/// A value as its file has it.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    /// A value of a tree.
    Value(&'a Value),
    /// A text.
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    /// The text, without blanks around it; null is empty.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Value(Value::Null) => "".into(),
            Self::Value(Value::String(text)) => text.trim().into(),
            Self::Value(Value::Number(number)) => values::number_text(number).into(),
            Self::Value(other) => other.to_string().into(),
            Self::Text(text) => text.trim().into(),
        }
    }
}

impl RowView<'_> {
    /// Equal for rows that are the same byte for byte.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::Tree { node, .. } => node.to_string().hash(&mut hasher),
            Self::Grid { cells, .. } => cells.hash(&mut hasher),
            Self::Html { element, .. } => element.html().hash(&mut hasher),
        }
        hasher.finish()
    }
}

/// The value at one place; `None` when the row has no such place.
pub(super) fn cell_of<'r>(row: &'r RowView<'_>, source: &FieldSource) -> Option<Cell<'r>> {
    match (source, row) {
        (
            FieldSource::File,
            RowView::Tree { file, .. } | RowView::Grid { file, .. } | RowView::Html { file, .. },
        ) => Some(Cell::Text((*file).into())),
        (FieldSource::Key, RowView::Tree { key, .. }) => key.as_deref().map(|key| Cell::Text(key.into())),
        (FieldSource::Parent(name), RowView::Tree { parent, .. }) => {
            parent.and_then(|p| p.get(name)).map(Cell::Value)
        }
        (FieldSource::Name(name), RowView::Tree { node, .. }) => node.as_object()?.get(name).map(Cell::Value),
        (FieldSource::Query { path, .. }, RowView::Tree { node, .. }) => {
            path.query(node).first().map(Cell::Value)
        }
        (FieldSource::Name(name), RowView::Grid { header, cells, .. }) => {
            cells.get(header.position(name)?).map(|text| Cell::Text(text.as_str().into()))
        }
        (FieldSource::Name(name), RowView::Html { element, columns, .. }) => {
            html::column(*element, columns.as_deref()?, name).map(|text| Cell::Text(text.into()))
        }
        (FieldSource::Select { selector, attribute, .. }, RowView::Html { element, .. }) => {
            let found = match selector {
                None => *element,
                Some(selector) => element.select(selector).next()?,
            };
            match attribute {
                None => Some(Cell::Text(html::text(found).into())),
                Some(name) => found.attr(name).map(|text| Cell::Text(text.to_owned().into())),
            }
        }
        _ => None,
    }
}

/// The first alternative that is present.
pub(super) fn cell<'r>(row: &'r RowView<'_>, field: &Field) -> Option<Cell<'r>> {
    field.alternatives.iter().find_map(|alternative| cell_of(row, &alternative.source))
}

/// Whether a cell is the value that a document lists. Words of YAML (`true`, `5`, null) match the texts that mean them.
pub(super) fn is(listed: &Value, cell: Option<&Cell<'_>>) -> bool {
    let text = cell.map(Cell::text).unwrap_or_default();
    match listed {
        Value::Null => text.is_empty(),
        Value::Bool(b) => text.eq_ignore_ascii_case(if *b { "true" } else { "false" }),
        Value::String(listed) => text == listed.trim(),
        Value::Number(number) => {
            text == values::number_text(number)
                || values::decimal(&text)
                    .is_some_and(|d| values::decimal(&values::number_text(number)) == Some(d))
        }
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a condition holds of a cell; a cell that is not there is empty.
pub(super) fn holds(test: &Test, cell: Option<&Cell<'_>>) -> bool {
    let text = || cell.map(|cell| cell.text()).unwrap_or_default();
    match test {
        Test::In(values) => values.iter().any(|value| is(value, cell)),
        Test::Matching(expression) => expression.is_match(&text()),
        Test::NotMatching(expression) => !expression.is_match(&text()),
    }
}
