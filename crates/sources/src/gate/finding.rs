//! What the gate finds wrong with a table, with the figures that show it.

use std::fmt;

use bellwether_core::table::Table;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How far ahead of the fetch a row may be dated: zones and late uploads, no more.
const AHEAD: TimeDelta = TimeDelta::days(2);

/// A reason for a quarantine. Its text is a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// The bytes are not what the source document says they are.
    Unreadable {
        /// The reader's words.
        reason: String,
    },
    /// Required columns that no row has.
    ColumnsGone {
        /// Their names.
        columns: Vec<String>,
    },
    /// Rows repeated byte for byte.
    Duplicates {
        /// How many.
        duplicates: usize,
        /// Of how many rows.
        rows: usize,
    },
    /// A score that cannot be.
    OutOfRange {
        /// The row.
        key: String,
        /// Its score.
        score: Decimal,
        /// The lowest possible.
        low: Decimal,
        /// The highest possible.
        high: Decimal,
    },
    /// A row dated after the fetch.
    Future {
        /// The row.
        key: String,
        /// Its date.
        as_of: NaiveDate,
    },
    /// Too few rows.
    RowsLost {
        /// Rows now.
        now: usize,
        /// Rows in the last trusted table.
        before: usize,
    },
    /// Too few of the old rows.
    KeysLost {
        /// Old rows that are still there.
        kept: usize,
        /// Rows in the last trusted table.
        before: usize,
    },
    /// So few of the old rows that this is another table.
    KeysGone {
        /// Old rows that are still there.
        kept: usize,
        /// Rows in the last trusted table.
        before: usize,
    },
    /// Another unit.
    RatioOff {
        /// Median of new over old score.
        median: Decimal,
        /// Rows in common.
        shared: usize,
    },
    /// The scores moved together.
    Rebased {
        /// Median of the moves.
        median: Decimal,
        /// Rows in common.
        shared: usize,
        /// How many moved the same way.
        same_way: usize,
    },
}

impl Finding {
    /// What makes a table unfit by itself.
    pub(super) fn unfit(table: &Table, fetched: DateTime<Utc>) -> Option<Self> {
        if !table.missing_columns.is_empty() {
            return Some(Self::ColumnsGone { columns: table.missing_columns.clone() });
        }
        let (rows, duplicates) = (table.rows.len(), table.duplicate_rows);
        if duplicates > 2 && duplicates * 50 > rows {
            return Some(Self::Duplicates { duplicates, rows });
        }
        if let Some((low, high)) = table.spec.range
            && let Some((row, score)) =
                table.rows.iter().find_map(|r| r.score.filter(|s| *s < low || *s > high).map(|s| (r, s)))
        {
            return Some(Self::OutOfRange { key: row.key.clone(), score, low, high });
        }
        table.rows.iter().find_map(|row| {
            let as_of = row.as_of?;
            (as_of.and_time(NaiveTime::MIN).and_utc() > fetched + AHEAD)
                .then(|| Self::Future { key: row.key.clone(), as_of })
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { reason } => write!(f, "unreadable: {reason}"),
            Self::ColumnsGone { columns } => write!(f, "required column gone: {}", columns.join(", ")),
            Self::Duplicates { duplicates, rows } => {
                write!(f, "{duplicates} of {rows} rows repeat another byte for byte")
            }
            Self::OutOfRange { key, score, low, high } => write!(
                f,
                "out of range: `{key}` has {}, possible are {} to {}",
                score.normalize(),
                low.normalize(),
                high.normalize()
            ),
            Self::Future { key, as_of } => write!(f, "`{key}` is dated {as_of}, after it was fetched"),
            Self::RowsLost { now, before } => {
                write!(f, "shrunk: {now} rows, the last trusted table had {before}")
            }
            Self::KeysLost { kept, before } => {
                write!(f, "shrunk: {kept} of the {before} rows of the last trusted table are left")
            }
            Self::KeysGone { kept, before } => {
                write!(f, "another table: {kept} of the {before} rows of the last trusted one are left")
            }
            Self::RatioOff { median, shared } => {
                write!(
                    f,
                    "unit changed: {shared} shared rows are now {} times what they were",
                    median.normalize()
                )
            }
            Self::Rebased { median, shared, same_way } => write!(
                f,
                "re-based: {same_way} of {shared} shared rows moved the same way, by a median of {:+}",
                median.round_dp(2)
            ),
        }
    }
}
