//! One row: its cells as numbers, dates and texts, and whether its model is open.

use std::cell::RefCell;

use bellwether_core::{
    openness::{Openness, SourceSays},
    registry::Registry,
    table::{Row, Unreadable},
};
use chrono::{DateTime, Utc};

use super::{
    aggregate,
    cells::{Cell, holds},
    join::Joint,
    values,
};
use crate::document::{Field, SourceDocument, TableDocument};

/// A cell's text is kept up to this length.
const MAX_CELL_CHARS: usize = 2_000;
/// An unreadable cell is listed with so much of its text.
const MAX_LISTED_CHARS: usize = 200;

pub(super) fn cut(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).collect()
}

#[expect(clippy::too_many_arguments, reason = "everything one row is made of")]
pub(super) fn build_row(
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
