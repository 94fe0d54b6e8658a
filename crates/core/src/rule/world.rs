//! Everything a rule may look at.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::field::Seen;
use crate::{benchmark::BenchmarkId, registry::ModelEntry, table::Table, window::Window};

/// A row that jumped and is not believed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// The row's key.
    pub key: String,
    /// The score it had; `None`: the row is new.
    pub was: Option<Decimal>,
}

/// What stands for one benchmark at an instant.
#[derive(Clone, Debug, Default)]
pub struct TableAt<'a> {
    /// The content at hand; `None`: nothing was fetched yet.
    pub table: Option<&'a Table>,
    /// Why that content is quarantined.
    pub quarantined: Option<String>,
    /// Its rows that are held.
    pub held: Vec<HeldRow>,
    /// The source had no new content for its `stale_after`.
    pub stale: bool,
    /// What rules evaluated together have worked out of it so far.
    pub seen: Seen<'a>,
}

/// Everything a rule may look at.
pub struct World<'a, 't> {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The claim's window; releases count within it.
    pub window: &'a Window,
    /// The claim's `for`: how long a vanished witness stays a doubt.
    pub standing: TimeDelta,
    /// The tables, by benchmark.
    pub tables: &'a BTreeMap<BenchmarkId, TableAt<'t>>,
    /// The registry's models, for `released`.
    pub models: &'a [ModelEntry],
}
