//! A score that is the mean over groups of the mean of their columns.

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Cell, rows::Parsed, values};
use crate::document::{Aggregate, Alternative, Field, FieldSource, Groups};

/// The columns of each group.
pub(super) type GroupList = Vec<Vec<Field>>;

/// The groups, from the document or from a companion: an object of lists of column names.
pub(super) fn groups(
    aggregate: &Aggregate,
    companion: Option<&Parsed>,
    missing_columns: &mut Vec<String>,
) -> GroupList {
    match &aggregate.groups {
        Groups::Named(groups) => groups.values().cloned().collect(),
        Groups::Companion(name) => {
            let Some(tree) = companion.and_then(Parsed::first_tree) else { return Vec::new() };
            let groups: Option<GroupList> = tree.as_object().map(|groups| {
                groups
                    .values()
                    .map(|columns| columns.as_array()?.iter().map(|c| c.as_str().map(column)).collect())
                    .collect::<Option<GroupList>>()
                    .unwrap_or_default()
            });
            let groups = groups.unwrap_or_default();
            if groups.is_empty() || groups.iter().any(Vec::is_empty) {
                missing_columns.push(format!("companion {name}: it is no object of lists of columns"));
                return Vec::new();
            }
            groups
        }
    }
}

fn column(name: &str) -> Field {
    let source = FieldSource::Name(name.to_owned());
    Field { alternatives: vec![Alternative { source, format: None }], optional: false }
}

/// The mean over the groups of the mean of their columns; none where a cell is empty, an error where one is no number.
pub(super) fn mean<'r>(
    groups: &'r GroupList,
    missing: &[String],
    cell: impl Fn(&'r Field) -> Option<Cell<'r>>,
) -> Result<Option<Decimal>, (String, String)> {
    if groups.is_empty() {
        return Ok(None);
    }
    let mut sum = Decimal::ZERO;
    let mut incomplete = false;
    for columns in groups {
        let mut group = Decimal::ZERO;
        for column in columns {
            let cell = cell(column).unwrap_or(Cell::Value(&Value::Null));
            match values::number(&cell, missing) {
                Ok(Some(value)) => group += value,
                Ok(None) => incomplete = true,
                Err(text) => return Err((column.to_string(), text)),
            }
        }
        sum += group / Decimal::from(columns.len());
    }
    Ok(if incomplete { None } else { Some((sum / Decimal::from(groups.len())).normalize()) })
}
