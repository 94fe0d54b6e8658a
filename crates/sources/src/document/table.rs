//! How the rows of one benchmark are read.

use std::collections::BTreeMap;

use bellwether_core::{
    benchmark::{BenchmarkId, Direction, Unit},
    ids::{BenchmarkName, SourceId},
    table::TableSpec,
};
use regex::Regex;
use rust_decimal::Decimal;
use scraper::Selector;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::Field;

/// One benchmark of a source.
#[derive(Clone, Debug)]
pub struct TableDocument {
    /// The second half of the benchmark's id.
    pub benchmark: BenchmarkName,
    /// Title for pages.
    pub title: String,
    /// What the file's scores count.
    pub unit: Unit,
    /// Lowest and highest possible score, in the file's unit.
    pub range: Option<(Decimal, Decimal)>,
    /// Which end is better.
    pub direction: Direction,
    /// The file of a zip archive, where it differs from the source's.
    pub member: Option<String>,
    /// Which parts of the file are rows.
    pub rows: RowSelector,
    /// Conditions that all must hold for a row to count.
    pub filter: Vec<Where>,
    /// Identity of a row; joined with `|`.
    pub key: Vec<Field>,
    /// The values of a row.
    pub fields: Fields,
    /// Texts that mean no value, beside empty.
    pub missing: Vec<String>,
    /// A score computed from several columns.
    pub aggregate: Option<Aggregate>,
    /// Values from a companion.
    pub join: Option<Join>,
    /// The source's own word on openness.
    pub openness: Option<OpennessField>,
    /// Cut from a name, in turn, for the registry look-up only.
    pub clean: Vec<Regex>,
    /// Flags that stand on every row.
    pub flags: Vec<String>,
    /// Points or Elo a row may move before it is held.
    pub max_jump: Option<Decimal>,
}

impl TableDocument {
    /// What the rows mean, once extracted: fractions have become percent.
    pub fn spec(&self, source: &SourceId) -> TableSpec {
        let hundred = Decimal::ONE_HUNDRED;
        let (unit, range) = match self.unit {
            Unit::Fraction => (Unit::Percent, self.range.map(|(low, high)| (low * hundred, high * hundred))),
            unit => (unit, self.range),
        };
        TableSpec {
            benchmark: BenchmarkId { source: source.clone(), name: self.benchmark.clone() },
            title: self.title.clone(),
            unit,
            direction: self.direction,
            range,
            flags: self.flags.clone(),
            max_jump: self.max_jump,
        }
    }
}

/// Which parts of a file are rows.
#[derive(Clone, Debug)]
pub enum RowSelector {
    /// Nodes of a JSON, YAML or TOML tree.
    Path(JsonPath),
    /// Elements of a page.
    Css(Selector),
    /// The rows of all Markdown tables under this heading.
    Heading(String),
    /// All rows of all tables.
    All,
}

/// The values of a row, each where the document names one.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// The model's name.
    pub model: Option<Field>,
    /// The score.
    pub score: Option<Field>,
    /// Lower end of the interval.
    pub lower: Option<Field>,
    /// Upper end of the interval.
    pub upper: Option<Field>,
    /// The row's own date.
    pub as_of: Option<Field>,
    /// Who made the model.
    pub organisation: Option<Field>,
    /// Its licence.
    pub licence: Option<Field>,
    /// Its release.
    pub released: Option<Field>,
    /// Its parameters in thousand millions.
    pub params_b: Option<Field>,
    /// The publisher's mark of verification.
    pub verified: Option<Field>,
    /// A remark.
    pub note: Option<Field>,
}

/// One condition on a row.
#[derive(Clone, Debug)]
pub struct Where {
    /// The column.
    pub column: Field,
    /// What must hold of it.
    pub test: Test,
}

/// What must hold of a cell.
#[derive(Clone, Debug)]
pub enum Test {
    /// It is one of these.
    In(Vec<Value>),
    /// The expression is found in it.
    Matching(Regex),
    /// The expression is not found in it.
    NotMatching(Regex),
}

/// A score that is the mean over groups of the mean of their columns.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The groups.
    pub groups: Groups,
}

/// Where the groups of an aggregate stand.
#[derive(Clone, Debug)]
pub enum Groups {
    /// In a companion: an object of lists of columns.
    Companion(String),
    /// In the document.
    Named(BTreeMap<String, Vec<Field>>),
}

/// Values that stand in a companion.
#[derive(Clone, Debug)]
pub struct Join {
    /// The companion's name.
    pub companion: String,
    /// Its rows.
    pub rows: RowSelector,
    /// Columns that must agree: this file's, the companion's.
    pub by: Vec<(Field, Field)>,
    /// What is taken over, under these names.
    pub fields: BTreeMap<String, Field>,
}

/// The source's own word on openness.
#[derive(Clone, Debug)]
pub struct OpennessField {
    /// The column.
    pub field: Field,
    /// Values that mean open.
    pub open: Vec<Test>,
    /// Values that mean closed.
    pub closed: Vec<Test>,
    /// Values that mean unknown.
    pub unknown: Vec<Test>,
}
