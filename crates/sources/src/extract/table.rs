//! One table of a document, read row by row.

use std::collections::{HashMap, HashSet};

use bellwether_core::{registry::Registry, table::Table};
use chrono::{DateTime, Utc};

use super::{
    ExtractError, MAX_ROWS, aggregate,
    cells::holds,
    join::{Joined, Joint, companion},
    row::{build_row, cut},
    rows::Parsed,
};
use crate::{
    document::{Field, RowSelector, SourceDocument, TableDocument},
    snapshot::Snapshot,
};

pub(super) fn read(
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
