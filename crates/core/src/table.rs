//! One benchmark's rows in one snapshot, as extraction gives them to the gate and the rules.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    benchmark::{BenchmarkId, Direction, Unit},
    openness::{Openness, Provenance, SourceSays},
};

/// A date of which the day or the month may be unsaid: `2024`, `2024-07`, `2024-07-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialDate {
    /// The first day it can mean.
    pub first: NaiveDate,
    /// The last day it can mean; equal to `first` when the date is whole.
    pub last: NaiveDate,
}

/// One row of a leaderboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Identity within the table; a second row of the same key carries `#2`.
    pub key: String,
    /// The model's name as the source writes it.
    pub model: String,
    /// Exact; in percent where the source gives fractions. `None`: the source states no score.
    pub score: Option<Decimal>,
    /// The score's cell as the source wrote it.
    pub score_text: String,
    /// Lower end of the source's interval, in the score's unit.
    pub lower: Option<Decimal>,
    /// Upper end of the source's interval, in the score's unit.
    pub upper: Option<Decimal>,
    /// The source's own date of this row.
    pub as_of: Option<NaiveDate>,
    /// Who made the model.
    pub organisation: Option<String>,
    /// Licence as the source writes it.
    pub licence: Option<String>,
    /// Release of the model.
    pub released: Option<PartialDate>,
    /// Parameters in thousand millions.
    pub params_b: Option<Decimal>,
    /// The publisher's mark of verification, as written.
    pub verified: Option<String>,
    /// A remark of the publisher.
    pub note: Option<String>,
    /// What the source's openness cell says.
    pub source_says: SourceSays,
    /// The judgement, after the registry was asked.
    pub openness: Openness,
    /// Why.
    pub provenance: Provenance,
    /// The registry's id of the model, where its name is known.
    pub registry_model: Option<String>,
}

/// What the rows of a table mean, from the source document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableSpec {
    /// `source/benchmark`.
    pub benchmark: BenchmarkId,
    /// The benchmark's title on pages.
    pub title: String,
    /// The unit that scores are compared in; never [`Unit::Fraction`] once extracted (see [`Unit`]).
    pub unit: Unit,
    /// Which end is better.
    pub direction: Direction,
    /// Lowest and highest possible score, in percent for fractions.
    pub range: Option<(Decimal, Decimal)>,
    /// Flags that stand on every row: `scaffolded`, `self-reported`.
    pub flags: Vec<String>,
    /// Points or Elo a row may move before it is held; the default depends on the unit.
    pub max_jump: Option<Decimal>,
}

/// A table as one snapshot has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What the rows mean.
    pub spec: TableSpec,
    /// The publisher's version of the benchmark, stated or declared.
    pub version: Option<String>,
    /// Rows in the file's order, rows without a key left out.
    pub rows: Vec<Row>,
    /// Required columns that no row has.
    pub missing_columns: Vec<String>,
    /// How many rows repeat another byte for byte.
    pub duplicate_rows: usize,
    /// Cells that could not be read, for review: the row's key, the column, the text.
    pub unreadable: Vec<Unreadable>,
}

/// A cell that holds something other than what its column should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The row's key.
    pub key: String,
    /// The field of the source document.
    pub field: String,
    /// The text as it stands, cut to 200 characters.
    pub text: String,
}
